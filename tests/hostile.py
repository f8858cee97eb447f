"""Objects as nobody would write them on purpose: valid ones with parts put in the place of which anything stands."""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

PATH = "reconcile.fabgitops.io/"
SPECS: tuple[dict[str, Any], ...] = (
    {"deviceAddress": "10.9.0.1", "targetRegister": 1, "targetValue": 7, "pollIntervalSecs": 1},
    {
        "deviceAddress": "10.9.0.2",
        "pollIntervalSecs": 1,
        "identity": {"vendor": "ACME"},
        "connection": {"maxGapWords": 4, "transport": "tcp"},
        "registers": [
            {"name": "speed", "address": 10, "value": 50.5, "type": "float32", "tolerance": 0.1, "unit": "Hz"},
            {"name": "mode", "address": 20, "enum": {"Off": 0, "Auto": 2}, "value": "Auto"},
            {"name": "text", "address": 30, "type": "string", "length": 8, "value": "line 1"},
            {"name": "flag", "address": 40, "type": "bit", "bit": 3, "value": True},
            {"name": "seen", "reference": "40101", "type": "int64"},
        ],
    },
    {
        "deviceAddress": "10.9.0.3",
        "pollIntervalSecs": 1,
        "templateRef": {"name": "drive", "parameters": {"speed": 40}},
        "registers": [{"name": "speed", "max": 50}],
    },
)
TEMPLATE: dict[str, Any] = {
    "parameters": [{"name": "speed", "default": 30, "description": "as on the plate"}],
    "connection": {"requestDelayMs": 0},
    "registers": [
        {"name": "speed", "address": 1, "value": "${speed}", "scale": 0.1},
        {"name": "state", "address": 2, "table": "input"},
    ],
}
STATUS: dict[str, Any] = {
    "phase": "Correcting",
    "endpoint": "10.9.0.1:502",
    "driftEvents": 3,
    "correctionsApplied": 2,
    "driftedSince": "2026-01-01T00:00:00Z",
    "unverifiedWrite": 7,
    "lastUpdate": "2026-01-01T00:00:00Z",
    "message": "target differs",
    "observedGeneration": 1,
    "registers": [
        {
            "name": "target",
            "place": "holding 1 uint16 unit 1",
            "raw": "0x0007",
            "unverifiedWrite": "0x0007",
            "driftedSince": "2026-01-01T00:00:00Z",
            "inSync": False,
        }
    ],
    "conditions": [
        {
            "type": "Ready",
            "status": "False",
            "reason": "Correcting",
            "message": "target differs",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
    ],
}
TIMES = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-01-01T00:00:00",
    "2026-02-30T00:00:00Z",
    "0000-00-00",
    "-1",
    10**18,
)
NUMBERS = (
    *(0, -1, 1, 65535, 65536, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400),
    *(0.1, 5e-324, 1e308, -0.0, float("nan"), float("inf"), float("-inf"), 9007199254740993.0),
)
TEXTS = (
    *("", " ", "a" * 300, "ü" * 5000, "\ud800", "\udfff text", "\x00", "\x1b[2J\x9b31m", "a\nb\r\u2028c", "\u202eevil"),
    *("${speed}", "${", "${speed", "$$", "${speed}${speed}", "0x41", "1e400", "NaN", "true", "null", "40001", "999999"),
    *("10.9.0.1", "::1", "[::1]:502", "a..b", ".plc.example", "xn--", "a" * 64 + ".example", "plc.example."),
    *("..", "/", "Ready", "InSync", "DriftDetected", "Conflict", "uint16", "float64", "string", "bit", "__class__"),
)
KEYS = ("", "name", "value", "spec", "\ud800", "\x1b", "registers", "a" * 300, "type", "__proto__")
DEPTHS = (3, 40, 200, 900, 1500)


def deep(dice: random.Random) -> Any:
    """Return lists or mappings in each other."""
    value: Any = 1
    mapping = dice.random() < 0.5
    for _ in range(dice.choice(DEPTHS)):
        value = {"a": value} if mapping else [value]
    return value


def anything(dice: random.Random) -> Any:
    """Return a value that is rarely what belongs there."""
    kind = dice.randrange(20)
    if kind == 0:
        return deep(dice)
    if kind < 7:
        return dice.choice(NUMBERS)
    if kind < 13:
        return dice.choice(TEXTS)
    if kind < 15:
        return dice.choice(TIMES)
    few: tuple[Callable[[], Any], ...] = (
        lambda: None,
        lambda: dice.random() < 0.5,
        list,
        dict,
        lambda: [anything(dice) for _ in range(dice.randrange(1, 4))],
        lambda: {dice.choice(KEYS): anything(dice) for _ in range(dice.randrange(1, 4))},
    )
    return dice.choice(few)()


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a value in lists and mappings: what holds it, and under which key."""
    left = [node]
    while left:
        holder = left.pop()
        if isinstance(holder, dict | list):
            for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
                yield holder, key
                left.append(holder[key])


def spoil(dice: random.Random, whole: Any) -> None:
    """Put another value in the place of one, take it out, or have it there twice."""
    all_there_are = [*places(whole)]
    if not all_there_are:
        return
    holder, key = dice.choice(all_there_are)
    what = dice.randrange(8)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, list):
        holder.append(holder[key])
    elif what == 2 and isinstance(holder[key], list) and holder[key]:
        holder[key] = [dice.choice(holder[key]) for _ in range(dice.choice((0, 2, 40)))]
    elif what == 3 and isinstance(holder, dict):
        holder[dice.choice(KEYS)] = anything(dice)
    else:
        holder[key] = anything(dice)


def annotations(dice: random.Random) -> dict[str, Any]:
    """Return annotations, mostly such as ask for a sync."""
    token = dice.choice(("now", "later", "", "x" * 2000, "\x1b", 5, None))
    return {f"{PATH}requestedAt": token, f"{PATH}forceAt": dice.choice((token, "another"))}


def objects(dice: random.Random, count: int, names: int = 12) -> Iterator[dict[str, Any]]:
    """Yield so many objects, templates among them, that take each other's names; about half of them are valid."""
    for number in range(1, count + 1):
        template = dice.random() < 0.1
        spec = TEMPLATE if template else dice.choice(SPECS)
        body: dict[str, Any] = {"spec": copy.deepcopy(spec)}
        if not template and dice.random() < 0.4:
            body["status"] = copy.deepcopy(STATUS)
        for _ in range(dice.choice((0, 0, 1, 1, 2, 6))):
            spoil(dice, body)
        metadata: dict[str, Any] = {
            "namespace": "lab",
            "name": "drive" if template else f"plc-{dice.randrange(names)}",
            "uid": f"uid-{dice.randrange(3)}",
            "generation": number,
            "resourceVersion": str(1000 + number),
        }
        if dice.random() < 0.2:
            metadata["annotations"] = annotations(dice)
        if dice.random() < 0.03:
            metadata["deletionTimestamp"] = dice.choice(TIMES)
        if dice.random() < 0.1:
            spoil(dice, metadata)
            for name in ("namespace", "name", "uid"):
                if metadata.get(name) in TEXTS:
                    del metadata[name]  # no API server has such a one
        kind = "IndustrialPLCTemplate" if template else "IndustrialPLC"
        yield {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": metadata, **body}
