"""Requests of which the API server and `fabgitops_core.admission` must say the same: thousands, the same each time.

Every example of the repository, what `integration.operator.corpus` tries, each field of a definition with each junk
value in several bases, manifests by dice, and changes of stored objects, also of such as today's definitions refuse.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE
from fabgitops_core.control.kinds import KINDS

from ..integration.operator.corpus import FIELDS, PIECES, resources, templates  # noqa: TID252 - tests have no package

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
SEED = 11
WHOLE_RANDOM, EDITS = 1500, 60
"""How many manifests are made by dice, and how many changes of each stored object."""
OF_CHANGED = 7
"""How much of the junk is tried in each field of a stored object."""
VALIDATIONS = ("Strict", "Warn", "Ignore")

JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.05, 1.5, 2.0, -2.0, 16, 250, 255, 256, 65535, 65536, 86401, 1e6, 2**53, 2**63),
    *(-(2**63) - 1, 1e30, "", "a", "5", "1.5", "true", "${x}", "$${x}", "2%", "40001", "holding", "string", "coil"),
    *("tls", "plc-7.example.com", "::1", "fe80::1%eth0", "010.0.0.1", "x" * 300, "a\nb", "\u202e", "ü€\U0001f600"),
    *('<&">\\', [], [1], ["a"], [None], [{"name": "x"}], {}, {"a": 1}, {"a": None}, {"name": "x"}, {"": "b"}),
)
"""What nobody means, and some of what somebody does: tried in each field."""

REGISTER: Json = {"name": "a", "address": 10}
BASES: dict[str, tuple[Kind, Json]] = {
    "short": (INDUSTRIAL_PLC, {"deviceAddress": "10.0.0.5", "targetRegister": 1, "targetValue": 2}),
    "map": (INDUSTRIAL_PLC, {"deviceAddress": "plc", "registers": [{**REGISTER, "value": 5}]}),
    "user": (
        INDUSTRIAL_PLC,
        {
            "deviceAddress": "plc",
            "templateRef": {"name": "em", "parameters": {"a": 1}},
            "registers": [{"name": "a", "max": 5}],
        },
    ),
    "text": (
        INDUSTRIAL_PLC,
        {
            "deviceAddress": "plc",
            "registers": [{**REGISTER, "type": "string", "length": 8, "value": "Bread"}, {"name": "b", "address": 20}],
            "connection": {"transport": "tls", "tlsServerName": "plc", "timeoutSecs": 2},
            "identity": {"vendor": "ACME"},
        },
    ),
    "template": (INDUSTRIAL_PLC_TEMPLATE, {"registers": [{**REGISTER, "value": 5}]}),
    "parameters": (
        INDUSTRIAL_PLC_TEMPLATE,
        {
            "parameters": [{"name": "x", "default": 3}],
            "registers": [{**REGISTER, "value": "${x}", "type": "int32", "enum": {"On": 1}}],
            "connection": {"requestDelayMs": "${x}"},
        },
    ),
}
"""Manifests that are taken, in which a field is exchanged."""

STORED_BEFORE: dict[str, tuple[Kind, Json]] = {
    "nested": (INDUSTRIAL_PLC, {"deviceAddress": "plc", "registers": [{**REGISTER, "value": [[1]]}]}),
    "twice": (INDUSTRIAL_PLC, {"deviceAddress": "plc", "registers": [REGISTER, {**REGISTER, "unit": "a\nb"}]}),
    "slack": (INDUSTRIAL_PLC, {"deviceAddress": "a..b", "registers": [REGISTER], "timeoutSecs": 0, "tags": ["a\nb"]}),
    "misfit": (
        INDUSTRIAL_PLC,
        {
            "deviceAddress": "plc",
            "port": 0,
            "registers": [{**REGISTER, "value": 70000, "bit": 3, "type": "int16"}, {"name": "b", "scale": 0}],
        },
    ),
    "typed": (INDUSTRIAL_PLC, {"deviceAddress": 5, "registers": [{"address": "x"}], "unknown": 1}),
    "slack-template": (
        INDUSTRIAL_PLC_TEMPLATE,
        {"registers": [{**REGISTER, "value": "${y}", "unit": "a\nb"}], "parameters": [{"name": "a-b"}]},
    ),
}
"""Objects as an earlier definition may have let them in, which today's refuse."""

STATUSES: dict[str, Json] = {
    "short": {
        "phase": "Connected",
        "driftEvents": 3,
        "conditions": [
            {"type": "Ready", "status": "True", "reason": "InSync", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        ],
    },
    "map": {"registers": [{"name": "a", "actual": "5"}], "lastUpdate": "2026-01-01T00:00:00Z"},
    "nested": {"phase": "Dancing", "conditions": [{"type": "Ready"}, {"type": "Ready"}], "driftEvents": -1},
}
"""Statuses that stored objects have."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; of a change, `old` names the stored object. `subresource` is `status` or nothing."""

    name: str
    kind: str
    body: Json
    old: str = ""
    subresource: str = ""
    validation: str = "Strict"


@dataclass(slots=True)
class _Walk:
    """The paths of a schema to each field in it, by what stands there: a name, the first item, or any key."""

    found: list[tuple[Any, ...]] = field(default_factory=list)

    def down(self, schema: Mapping[str, Any], path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Add all below a node."""
        steps = dict(schema.get("properties", {}))
        if "items" in schema:
            steps[0] = schema["items"]
        if "additionalProperties" in schema:
            steps["a"] = schema["additionalProperties"]
        for step, inner in steps.items():
            self.found.append((*path, step))
            self.down(inner, (*path, step))
        return self.found


@cache
def paths(kind: Kind, part: str) -> list[tuple[Any, ...]]:
    """Return the paths of all fields in a kind's `spec` or `status`."""
    schema = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    return _Walk().down(schema[part])


def exchanged(base: Any, path: Sequence[Any], value: Any) -> Any:
    """Return a copy with another value at a path, and with all that must be above it."""
    if not path:
        return value
    step, *further = path
    if step == 0:
        items = base if isinstance(base, list) else []
        return [exchanged(items[0] if items else None, further, value), *items[1:]]
    whole = base if isinstance(base, dict) else {}
    return {**whole, step: exchanged(whole.get(step), further, value)}


def created() -> Iterator[Question]:
    """Yield manifests that are new."""
    yield from _examples()
    for kind, specs in ((INDUSTRIAL_PLC, resources), (INDUSTRIAL_PLC_TEMPLATE, templates)):
        yield from (_new(f"tried: {name}", kind, spec) for name, spec in specs())
    for name, (kind, spec) in {**BASES, **STORED_BEFORE}.items():
        yield _new(f"base {name}", kind, spec)
    for name, (kind, spec) in BASES.items():
        for path in paths(kind, "spec"):
            yield from (_new(f"{name} {_said(path, value)}", kind, exchanged(spec, path, value)) for value in JUNK)
    for number, (kind, spec) in enumerate(_random(random.Random(SEED), WHOLE_RANDOM)):  # noqa: S311
        yield _new(f"dice {number}", kind, spec)
    yield from _large()
    for name, spec in _unknown():
        body = _body(INDUSTRIAL_PLC, spec)
        yield from (Question(f"{how}: {name}", "IndustrialPLC", body, validation=how) for how in VALIDATIONS)


def changed(stored: Mapping[str, Json]) -> Iterator[Question]:
    """Yield changes of stored objects, by their names."""
    dice = random.Random(SEED + 1)  # noqa: S311
    for name, object_ in stored.items():
        kind = next(each for each in KINDS if each.name == object_["kind"])
        yield Question(f"{name} as it is", kind.name, object_, name)
        for part in ("spec", "status"):
            for path in paths(kind, part):
                for value in dice.sample(JUNK, OF_CHANGED):
                    body = {**object_, part: exchanged(object_.get(part, {}), path, value)}
                    title = f"{name} {part}.{_said(path, value)}"
                    yield Question(title, kind.name, body, name, "status" if part == "status" else "")
        for number, spec in enumerate(_edits(dice, kind, object_["spec"])):
            yield Question(f"{name} edited {number}", kind.name, {**object_, "spec": spec}, name)


def _edits(dice: random.Random, kind: Kind, spec: Json) -> Iterator[Json]:
    """Yield a spec with some fields exchanged, with one less, and with other registers beside those that it has."""
    for _ in range(EDITS):
        yield _edited(dice, kind, spec)
    for leaving in spec:
        yield {name: value for name, value in spec.items() if name != leaving}
    for registers in _reordered(spec.get("registers")):
        yield {**spec, "registers": registers}


def _reordered(registers: Any) -> Iterator[list[Any]]:
    if isinstance(registers, list):
        yield registers[::-1]
        yield [*registers, {"name": "new", "address": 30}]
        yield [{"name": "new", "address": 30}, *registers]
        yield [*registers, *registers]


def _examples() -> Iterator[Question]:
    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        for number, document in enumerate(yaml.safe_load_all(path.read_text(encoding="utf-8"))):
            kind = next((each for each in KINDS if isinstance(document, dict) and each.matches(document)), None)
            if kind is not None:
                document["metadata"].pop("namespace", None)
                yield Question(f"{path.relative_to(ROOT)}[{number}]", kind.name, document)


def _large() -> Iterator[Question]:
    """Yield maps of 500 registers: what they cost on the API server is near what an object may cost."""
    full = [{"name": f"register-{number}", "address": 8 * number} for number in range(500)]
    names = {f"name-{number}": number for number in range(12)}
    said: dict[str, Json] = {
        "words": {"value": 7, "min": 0, "max": 100, "scale": 0.5, "offset": 1, "tolerance": "2%", "unit": "bar"},
        "names": {"value": "name-3", "enum": names},
        "texts": {"type": "string", "length": 8, "value": "Bread", "encoding": "utf-8"},
        "misfits": {"value": 70000},
    }
    for name, fields in said.items():
        registers = [{**each, **fields} for each in full]
        yield _new(f"500 {name}", INDUSTRIAL_PLC, {"deviceAddress": "plc", "registers": registers})
        yield _new(f"500 {name} of a template", INDUSTRIAL_PLC_TEMPLATE, {"registers": registers})
    crowded = [{**each, "address": 8 * (number % 499)} for number, each in enumerate(full)]
    yield _new("500 of which two overlap", INDUSTRIAL_PLC, {"deviceAddress": "plc", "registers": crowded})
    yield _new("501", INDUSTRIAL_PLC, {"deviceAddress": "plc", "registers": [*full, {"name": "one", "address": 1}]})


def _new(name: str, kind: Kind, spec: Any) -> Question:
    return Question(name, kind.name, _body(kind, spec))


def _body(kind: Kind, spec: Any) -> Json:
    return {"apiVersion": "fabgitops.io/v1", "kind": kind.name, "metadata": {"name": "asked"}, "spec": spec}


def _said(path: Sequence[Any], value: Any) -> str:
    return f"{'.'.join(map(str, path))}={value!r:.40}"


def _unknown() -> Iterator[tuple[str, Json]]:
    spec: Json = BASES["map"][1]
    yield "unknown at the top", {**spec, "portt": 502, "b": {"c": 1}}
    yield "unknown in a register", {**spec, "registers": [{**REGISTER, "length_": 5}, {"name": "b", "x": [1], "y": {}}]}
    yield "unknown in a part", {**spec, "connection": {"tls": True, "timeoutSecs": 1}, "identity": {"model": "x"}}
    yield "unknown and wrong", {**spec, "deviceAddress": 5, "tagss": None}


def _random(dice: random.Random, many: int) -> Iterator[tuple[Kind, Json]]:
    """Yield specs of a few fields, of which some may be junk."""
    for _ in range(many):
        kind = dice.choice((INDUSTRIAL_PLC, INDUSTRIAL_PLC, INDUSTRIAL_PLC_TEMPLATE))
        spec: Json = {"deviceAddress": "plc"} if kind is INDUSTRIAL_PLC else {}
        for name in dice.sample(sorted(PIECES), dice.randrange(4)):
            if kind is INDUSTRIAL_PLC or name in ("connection", "identity", "pollIntervalSecs"):
                spec[name] = dice.choice(PIECES[name])
        if dice.random() < 0.2:
            spec["templateRef"] = {"name": "em", "parameters": {"a": dice.choice(JUNK)}}
        spec["registers"] = [_register(dice, number) for number in range(dice.choice((1, 1, 2, 3, 5)))]
        yield kind, spec


def _register(dice: random.Random, number: int) -> Json:
    register: Json = {"name": dice.choice("abcdefgh"), "address": 10 + number * dice.choice((0, 1, 2, 4))}
    for name in dice.sample(sorted(FIELDS), dice.randrange(6)):
        values: Any = FIELDS[name] if dice.random() < 0.85 else JUNK
        register[name] = dice.choice(values)
    return register


def _edited(dice: random.Random, kind: Kind, spec: Json) -> Json:
    """Return a spec with one to three fields exchanged: most of them as somebody might."""
    found = paths(kind, "spec")
    for _ in range(dice.randrange(1, 4)):
        path = dice.choice(found)
        known = FIELDS.get(str(path[-1])) if len(path) > 1 else PIECES.get(str(path[-1]))
        spec = exchanged(spec, path, dice.choice(known if known and dice.random() < 0.7 else JUNK))
    return spec
