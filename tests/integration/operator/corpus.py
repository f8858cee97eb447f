"""Manifests that are right and manifests that are wrong: what people write, field by field and in pairs of fields.

Each has a name by which a difference between the API server and the models is listed.
"""

import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any

Spec = dict[str, Any]

PLC: Spec = {"deviceAddress": "10.0.0.5"}
BASE: Spec = {"name": "a", "address": 10}
GROUPED: Spec = {**BASE, "group": "g"}
MANY = 260
SEED = 9

_SECRET: Spec = {"valueFrom": {"secretKeyRef": {"name": "lock", "key": "password"}}}
STEPS: list[Any] = [
    [{"address": 24, **_SECRET}, {"table": "coil", "reference": 17, "value": True}],
    [{"table": "coil", "address": 3, "value": 1}],
    [{"address": 24, "value": 1, **_SECRET}],
    [{"address": 24}],
    [{"address": 24, "reference": 40025, "value": 1}],
    [{"value": 1}],
    [{"reference": 30025, "value": 1}],
    [{"reference": 24, "value": 1000}],
    [{"reference": 40025, "table": "coil", "value": 1}],
    [{"address": 24, "value": True}],
    [{"address": 24, "value": 65536}],
    [{"address": 24, "value": "1000"}],
    [{"address": 24, "value": 1.5}],
    [{"table": "coil", "address": 3, "value": 2}],
    [{"table": "input", "address": 3, "value": 2}],
    [{"address": 24, "valueFrom": {"secretKeyRef": {"name": "lock"}}}],
    [{"address": 24, "valueFrom": {"secretKeyRef": {"name": "Lock", "key": "a/b"}}}],
    [{"address": 24, "valueFrom": {}}],
    [],
]
"""What may be tried before a register."""

FIELDS: dict[str, list[Any]] = {
    "table": ["holding", "input", "coil", "discrete", "Holding", None],
    "address": [0, 65535, 65536, -1, 1.5, "5", None],
    "reference": [40001, "400001", 30005, 10017, 17, 0, 40000, 465537, 50001, "4x", None],
    "unitId": [0, 255, 256, "1", None],
    "type": [
        "bool",
        "bit",
        "int16",
        "uint16",
        "int32",
        "uint64",
        "float32",
        "bcd16",
        "string",
        "float16",
        None,
        "bits",
        "sum",
    ],
    "bit": [0, 15, 16, "3", None],
    "lastBit": [5, 0, 16, "3", None],
    "noValue": [[0x8000], ["NaN"], ["0x8000", -1], ["8000h"], [2**40], [True], [], None],
    "parts": [
        [{"address": 3, "weight": 1}, {"address": 5, "weight": -0.5, "type": "int16"}],
        [{"reference": 40004, "weight": 1}, {"reference": 30005, "weight": 10}],
        [{"address": 3, "weight": 1}, {"weight": 0}],
        [{"address": 3, "weight": 1}],
        None,
    ],
    "readFrom": [
        {"table": "input", "address": 3},
        {"reference": 30004, "type": "float32", "scale": 0.5},
        {"table": "discrete", "address": 3},
        {"table": "coil", "address": 3, "type": "int16"},
        {"address": 8, "enum": {"A": 1}},
        {"address": 8, "type": "bit"},
        {"address": 10},
        {},
        None,
    ],
    "scaleRegister": [{"address": 5}, {"reference": 40008}, {"reference": 30008}, {"address": 10}, {}, None],
    "length": [2, 8, 250, 251, 7, 0, None],
    "encoding": ["ascii", "latin-1", "utf-8", "utf-16", None],
    "padding": ["null", "space", "zero", None],
    "byteOrder": ["ABCD", "CDAB", "BADC", "DCBA", "abcd", None],
    "scale": [1, 0.1, -2, 0, "0.1", True, None],
    "offset": [0, -40, 0.5, "1", None],
    "unit": ["°C", "", "x" * 33, "a\nb", None],
    "enum": [
        {},
        {"Off": 0, "On": 1},
        {"Off": 0, "Far": 70000},
        {"a": 1, "b": 1},
        {"a": 1.5},
        {"a": "1"},
        {"a\nb": 1},
        None,
    ],
    "value": [0, 1, True, 7.5, 21.5, 70000, -1, 2**53, 2.0**63, "On", "7", "seven", "${x}", "", [1], {}, None],
    "tolerance": [0, 0.5, -1, "2%", "2 %", "x%", "200", True, None],
    "min": [0, -5.5, "0", True, None],
    "max": [60, 0.5, -1, "9", None],
    "write": [
        {},
        {"function": "single"},
        {"function": "mask"},
        {"function": "multiple", "verify": False},
        {"verify": 1},
        {"verifyDelayMs": 600_001},
        None,
        {"repeatSecs": 60},
        {"repeatSecs": 4},
        {"repeatSecs": 60, "verify": False},
        {"repeatSecs": 60, "ramp": {"maxStep": 1, "stepIntervalSecs": 1}},
        {"repeatSecs": 0},
        *({"before": each} for each in STEPS),
        {"after": [{"reference": 40030, "value": 1}], "before": None},
    ],
    "group": ["g", "-", "", 7, None],
}
"""What may be tried in each field of a register: some of it right, some of it wrong."""

WINDOWS: list[Spec] = [
    {"type": "deny", "timeZone": "Europe/Berlin"},
    {"type": "Allow"},
    {"type": None},
    {"schedule": "*/5 6-22 L JAN,JUL MON#2", "duration": "1h30m5s"},
    {"schedule": "0 2 * *"},
    {"schedule": "60 2 * * *"},
    {"schedule": "0 0 30 2 *"},
    {"schedule": "@daily"},
    {"duration": "0m"},
    {"duration": "2"},
    {"duration": 2},
    {"timeZone": "UTC"},
    {"timeZone": "Europe/Berlinn"},
    {"timeZone": "../Berlin"},
    {"timeZone": ""},
]
"""What may be tried in a window."""

INTERLOCKS: list[Spec] = [
    {},
    {"register": "no such one"},
    {"register": None},
    {"plc": "press", "maxAgeSecs": 5},
    {"plc": "press", "maxAgeSecs": 0},
    {"plc": "Press"},
    {"maxAgeSecs": 5},
    {"operator": "<", "value": 0.5},
    {"operator": "="},
    {"operator": None},
    {"operator": "in"},
    {"operator": "in", "value": None, "values": ["On", 1, True]},
    {"operator": "in", "value": None, "values": []},
    {"operator": "in", "value": None, "values": [None]},
    {"operator": "in", "value": None, "values": 1},
    {"values": [1]},
    {"value": None},
    {"value": [1]},
    {"value": "On"},
]
"""What may be tried in an interlock."""

PIECES: dict[str, list[Any]] = {
    "port": [1, 65535, 0, "502"],
    "unitId": [0, 255, 256],
    "pollIntervalSecs": [1, 86400, 0, 1.5],
    "timeoutSecs": [0.1, 5, 0, 0.05, 61, 6, "1", None],
    "autoCorrect": [False, "no", 1],
    "suspend": [True, None],
    "correction": [
        {},
        {"mode": "Enforce"},
        {"mode": "enforce"},
        {"windows": []},
        *({"windows": [{"type": "allow", "schedule": "0 2 * * 1-5", "duration": "2h", **each}]} for each in WINDOWS),
        *({"interlocks": [{"register": "a", "operator": "==", "value": 1, **each}]} for each in INTERLOCKS),
    ],
    "tags": [[], ["line-1"], ["a\nb"], ["x" * 257], [1], ["t"] * 65],
    "identity": [{"vendor": "ACME"}, {}, {"vendor": ""}, {"vendor": None}, {"revision": "x" * 245}, None],
    "connection": [
        {},
        {"transport": "udp"},
        {"transport": "serial"},
        {"timeoutSecs": 0},
        {"timeoutSecs": 5},
        {"timeoutSecs": 60},
        {"maxWordsPerRead": 1},
        {"maxWordsPerRead": 126},
        {"maxGapWords": 124},
        {"tlsServerName": "plc"},
        {"transport": "tls", "tlsServerName": "plc..x", "tlsSecretRef": {"name": "tls"}},
        {"transport": "tls", "tlsServerName": "plc.example", "tlsInsecureSkipVerify": True},
        {"transport": "tls", "tlsSecretRef": {"name": "Not_a_name"}},
        {"tlsInsecureSkipVerify": 0},
        {"ignore": ["transactionId", "unitId", "writeEcho"]},
        {"ignore": ["transactionid"]},
        {"ignore": []},
        {"ignore": "unitId"},
        {"ignore": ["unitId"] * 4},
        {"ignore": ["transactionId"], "transport": "udp"},
        {"ignore": ["transactionId"], "transport": "tls"},
        {"ignore": ["unitId"], "transport": "udp"},
        {"ignore": ["unitId"], "transport": "rtuOverTcp"},
        {"ignore": ["writeEcho"], "transport": "rtuOverTcp", "echo": True},
        {"echo": True},
        {"echo": False},
        {"echo": True, "transport": "tls"},
        None,
    ],
    "deviceAddress": [
        "plc-7.example.com",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.5",
        "::ffff:a00:5",
        "a" * 64,
        "plc\n",
        "10.0.0.5:502",
        "300.1.1.1",
        "",
        "plc.",
        "a..b",
        None,
    ],
    "targetRegister": [1, None],
    "templateRef": [None],
}
"""What may be tried in each field of a PLC beside a register."""


def resources() -> Iterator[tuple[str, Spec]]:
    """Yield the specs of IndustrialPLCs."""
    for field, given in _each(FIELDS):
        yield f"register {field}={_short(given)}", {**PLC, "registers": [_placed({**BASE, field: given})]}
    for number, register in enumerate(_random(MANY)):
        yield f"random {number} {_short(register)}", {**PLC, "registers": [_placed(register)]}
    for field, given in _each(PIECES):
        yield f"{field}={_short(given)}", {**PLC, "registers": [BASE], field: given}
    for name, registers in MAPS.items():
        yield name, {**PLC, "registers": registers}
    for name, more in WHOLE.items():
        yield name, {**PLC, **more}


def templates() -> Iterator[tuple[str, Spec]]:
    """Yield the specs of IndustrialPLCTemplates; each parameter has a default, so each can be resolved as it is."""
    for field, given in _each(FIELDS):
        yield f"register {field}={_short(given)}", {"registers": [_placed({**BASE, field: given})]}
    for number, register in enumerate(_random(MANY // 2)):
        yield f"random {number} {_short(register)}", {"registers": [_placed(register)]}
    for field in ("connection", "identity", "pollIntervalSecs"):
        for given in PIECES[field]:
            yield f"{field}={_short(given)}", {"registers": [BASE], field: given}
    for name, registers in MAPS.items():
        yield name, {"registers": registers}
    for name, more in TEMPLATES.items():
        yield name, {"registers": [BASE], **more}


def _each(fields: dict[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    return ((field, given) for field, several in fields.items() for given in several)


def _placed(register: Spec) -> Spec:
    """Leave address out where reference says it."""
    if register.get("reference") is not None and register.get("address") == BASE["address"]:
        return {key: value for key, value in register.items() if key != "address"}
    return register


def _random(many: int) -> list[Spec]:
    """Return registers with two to five further fields, most of them plausible; the same ones each time."""
    dice = random.Random(SEED)  # noqa: S311  # the same each time, and no secret
    made = []
    for pair in _pairs(dice, many):
        register: Spec = dict(BASE)
        for field in pair:
            register[field] = dice.choice(FIELDS[field][: 1 + dice.randrange(len(FIELDS[field]))])
        made.append(register)
    return made


def _pairs(dice: random.Random, many: int) -> list[tuple[str, ...]]:
    chosen = ["type", "value", "table", "scale", "enum", "length", "write", "min", "byteOrder"]
    several = [*combinations(chosen, 2), *combinations(chosen, 3), *combinations(chosen[:6], 4)]
    return [dice.choice(several) for _ in range(many)]


def _short(given: Any) -> str:
    text = repr(given)
    return text if len(text) < 100 else f"{text[:40]}… ({len(text)})"


def _with(**fields: Any) -> list[Spec]:
    return [{**BASE, **fields}]


MAPS: dict[str, list[Spec]] = {
    "largest uint16": _with(value=65535),
    "beyond uint16": _with(value=65536),
    "beyond uint16 in quotes": _with(value="65536"),
    "below int16": _with(type="int16", value=-32769),
    "scaled into reach": _with(scale=0.1, value=6553.5),
    "scaled out of reach": _with(scale=0.1, value=6553.6),
    "negative scale": _with(scale=-0.5, offset=10, value=-5.5),
    "between two steps": _with(scale=0.1, value=50.05),
    "on a step": _with(scale=0.1, value=50.1),
    "on a fine step": _with(type="int32", scale=0.0001, value=214.7483),
    "between two fine steps": _with(type="int32", scale=0.001, value=7.0005),
    "offset between steps": _with(offset=0.5, value=3),
    "bcd": _with(type="bcd16", value=9999),
    "beyond bcd": _with(type="bcd32", value=100_000_000),
    "uint64 in quotes": _with(type="uint64", value="18446744073709551615"),
    "beyond uint64 in quotes": _with(type="uint64", value="18446744073709551616"),
    "far beyond uint64 in quotes": _with(type="uint64", value="28446744073709551616"),
    "2**53 - 1": _with(type="uint64", value=2**53 - 1),
    "2**53": _with(type="uint64", value=2**53),
    "2**63 + 3": _with(type="uint64", value=2**63 + 3),
    "-2**53": _with(type="int64", value=-(2**53)),
    "a name of 2**53": _with(type="uint64", enum={"Far": 2**53}),
    "a name of 2**53 - 1": _with(type="uint64", enum={"Far": 2**53 - 1}),
    "a name of 2**63 + 3": _with(type="uint64", enum={"Far": 2**63 + 3}),
    "a name of 2**53 for a float": _with(type="float64", enum={"Far": 2**53}),
    "max of 2**53": _with(type="uint64", max=2**53),
    "max of 2**63 + 3": _with(type="uint64", max=2**63 + 3),
    "max of 1e30 for a word": _with(max=1e30),
    "min of -2**53": _with(type="int64", min=-(2**53)),
    "offset of 2**53": _with(type="uint64", offset=2**53),
    "tolerance of 2**53": _with(type="uint64", tolerance=2**53),
    "tolerance of 2**53 for a word": _with(tolerance=2**53),
    "steps finer than doubles": _with(type="int64", scale=0.001, value=9007199254740.5),
    "steps finer than doubles, in quotes": _with(type="int64", scale=0.001, value="9007199254740.5"),
    "max with steps finer than doubles": _with(type="int64", scale=0.001, max=9007199254740.5),
    "1e30 for a float": _with(type="float32", value=1e30),
    "1e39 for a float32": _with(type="float32", value=1e39),
    "1e39 for a float64": _with(type="float64", value=1e39),
    "1e400 in quotes": _with(type="float64", value="1e400"),
    "1e-60 for a float32": _with(type="float32", value=1e-60),
    "a name": _with(enum={"Stopped": 0, "Running": 1}, value="Running"),
    "no name": _with(enum={"Stopped": 0, "Running": 1}, value="Started"),
    "a number beside names": _with(enum={"Stopped": 0, "Running": 1}, value=7),
    "a number in quotes beside names": _with(enum={"Stopped": 0}, value="7"),
    "a truth beside names": _with(enum={"Off": 0, "On": 1}, value=True),
    "a name above max": _with(enum={"Off": 0, "Far": 9}, max=5, value="Far"),
    "a name of a bit": _with(type="bit", bit=3, enum={"Off": 0, "On": 1}, value="On"),
    "a bit named 2": _with(type="bit", bit=3, enum={"Off": 0, "On": 2}),
    "a bit with 2": _with(type="bit", bit=3, value=2),
    "a bit with 1": _with(type="bit", bit=3, value=1),
    "a bit with a text": _with(type="bit", bit=3, value="1"),
    "a text": _with(type="string", length=8, value="Bread"),
    "a text that is too long": _with(type="string", length=4, value="Bread"),
    "a number for a text": _with(type="string", length=8, value=5),
    "umlaut in ascii": _with(type="string", length=8, value="Öl"),
    "umlaut in latin-1": _with(type="string", length=2, encoding="latin-1", value="Öl"),
    "umlaut in utf-8": _with(type="string", length=2, encoding="utf-8", value="Öl"),
    "euro in latin-1": _with(type="string", length=4, encoding="latin-1", value="€"),
    "null in a text": _with(type="string", length=4, value="a\0b"),
    "a text of 248 bytes": _with(type="string", length=248, value="a"),
    "a text of 248 bytes, observed": _with(type="string", length=248),
    "names of a text": _with(type="string", length=8, enum={"a": 1}),
    "a placeholder for a text": _with(type="string", length=8, value="${x}"),
    "a truth for a number": _with(value=True),
    "a text for a number": _with(value="fast"),
    "a short reference of a register": [{"name": "a", "reference": 4001, "value": 2500}],
    "a short reference of a coil": [{"name": "a", "reference": 17, "value": True}],
    "a short reference of type uint16": [{"name": "a", "reference": 17, "type": "uint16"}],
    "a coil by its reference and type": [{"name": "a", "reference": "00017", "type": "bool"}],
    "a coil with a scale": [{"name": "a", "table": "coil", "address": 1, "scale": 2}],
    "a coil with an order": [{"name": "a", "table": "coil", "address": 1, "byteOrder": "CDAB"}],
    "a repetition between two polls": [{"name": "a", "address": 1, "value": 7, "write": {"repeatSecs": 4}}],
    "a coil with a mask": [{"name": "a", "table": "coil", "address": 1, "write": {"function": "mask"}}],
    "a coil with min": [{"name": "a", "reference": "000017", "min": 0}],
    "write beside an input": [{"name": "a", "table": "input", "address": 1, "write": {"verify": True}}],
    "the last word": [{"name": "a", "address": 65534, "type": "int32"}],
    "beyond the last word": [{"name": "a", "address": 65535, "type": "int32"}],
    "beyond the last reference": [{"name": "a", "reference": 465534, "type": "int64"}],
    "the same place": [BASE, {"name": "b", "address": 10}],
    "the same place by reference": [BASE, {"name": "b", "reference": 40011}],
    "half over another": [{**BASE, "type": "float32"}, {"name": "b", "address": 11}],
    "half over another, backwards": [{"name": "b", "address": 11}, {**BASE, "type": "float32"}],
    "beside another": [{**BASE, "type": "float32"}, {"name": "b", "address": 12}],
    "within a text": [{**BASE, "type": "string", "length": 100}, {"name": "b", "address": 40, "type": "int64"}],
    "behind a text": [{**BASE, "type": "string", "length": 100}, {"name": "b", "address": 60, "type": "int64"}],
    "two bits": [{**BASE, "type": "bit", "bit": 0}, {"name": "b", "address": 10, "type": "bit", "bit": 1}],
    "the same bit": [{**BASE, "type": "bit", "bit": 1}, {"name": "b", "address": 10, "type": "bit", "bit": 1}],
    "a bit of a word": [BASE, {"name": "b", "address": 10, "type": "bit", "bit": 1}],
    "another table": [BASE, {"name": "b", "table": "input", "address": 10}],
    "another unit": [BASE, {"name": "b", "address": 10, "unitId": 7}],
    "the unit of all": [BASE, {"name": "b", "address": 10, "unitId": 1}],
    "the same name": [BASE, {"name": "a", "address": 11}],
    "a tolerance for a truth": [{"name": "a", "table": "coil", "address": 1, "tolerance": 1}],
    "a group": [{**GROUPED, "value": 1}, {**GROUPED, "name": "b", "address": 11, "type": "float32", "value": 2.5}],
    "a group by reference": [
        {**GROUPED, "value": 1},
        {"name": "b", "reference": 40012, "group": "g", "value": 2, "unitId": 1},
    ],
    "a group of coils": [
        {**GROUPED, "table": "coil", "value": True},
        {"name": "b", "reference": 12, "group": "g", "value": False},
    ],
    "a group of one": [{**GROUPED, "value": 1}, {"name": "b", "address": 11, "value": 1}],
    "a group without a value": [{**GROUPED, "value": 1}, {**GROUPED, "name": "b", "address": 11}],
    "a group with a hole": [{**GROUPED, "value": 1}, {**GROUPED, "name": "b", "address": 12, "value": 2}],
    "a group over two units": [
        {**GROUPED, "value": 1},
        {**GROUPED, "name": "b", "address": 11, "unitId": 2, "value": 2},
    ],
    "a group over two tables": [
        {**GROUPED, "value": 1},
        {**GROUPED, "name": "b", "address": 11, "table": "coil", "value": True},
    ],
    "two groups": [
        {**GROUPED, "name": f"r{at}", "address": at, "group": f"g{at // 2}", "value": at} for at in range(6)
    ],
    "a group with a bit": [
        {**GROUPED, "value": 1},
        {**GROUPED, "name": "b", "address": 11, "type": "bit", "bit": 3, "value": True},
    ],
    "a group of inputs": [{**GROUPED, "table": "input"}, {**GROUPED, "table": "input", "name": "b", "address": 11}],
    "a group with a command": [
        {**GROUPED, "value": 1},
        {**GROUPED, "name": "b", "address": 11, "value": 2, "write": {"verify": False}},
    ],
    "a group with FC06": [
        {**GROUPED, "value": 1},
        {**GROUPED, "name": "b", "address": 11, "value": 2, "write": {"function": "single"}},
    ],
    "a group with a ramp": [
        {**GROUPED, "value": 1},
        {**GROUPED, "name": "b", "address": 11, "value": 2, "write": {"ramp": {"maxStep": 1, "stepIntervalSecs": 1}}},
    ],
    "a group of more than one request": [
        {**GROUPED, "name": f"r{at}", "address": 100 * at, "type": "string", "length": 200, "value": "a"}
        for at in range(2)
    ],
    "a reference with a blank": [{"name": "a", "reference": " 40001"}],
}
"""Registers as they stand in a map, and in a template."""

WHOLE: dict[str, Spec] = {
    "short form": {"targetRegister": 1, "targetValue": 2},
    "half a short form": {"targetRegister": 1},
    "nothing": {},
    "beside a template": {"templateRef": {"name": "em"}, "registers": [{"name": "a", "max": 5}]},
    "value above max beside a template": {
        "templateRef": {"name": "em"},
        "registers": [{"name": "a", "max": 5, "value": 6}],
    },
    "70000 beside a template": {"templateRef": {"name": "em"}, "registers": [{"name": "a", "value": 70000}]},
    "a wrong tolerance beside a template": {
        "templateRef": {"name": "em"},
        "registers": [{"name": "a", "tolerance": "x"}],
    },
    "both short form and template": {"templateRef": {"name": "em"}, "targetRegister": 1, "targetValue": 1},
    "a template that cannot be": {"templateRef": {"name": "Em 340"}},
    "parameters": {"templateRef": {"name": "em", "parameters": {"a": 1, "b": "x", "c": True, "d": None, "e_1": 0.5}}},
    "a parameter of 2**53": {"templateRef": {"name": "em", "parameters": {"a": 2**53}}},
    "a parameter of 2**63 + 3": {"templateRef": {"name": "em", "parameters": {"a": 2**63 + 3}}},
    "a parameter that is a list": {"templateRef": {"name": "em", "parameters": {"a": [1]}}},
    "a long parameter": {"templateRef": {"name": "em", "parameters": {"a": "x" * 251}}},
    "a placeholder as parameter": {"templateRef": {"name": "em", "parameters": {"a": "${b}"}}},
    "a parameter of a strange name": {"templateRef": {"name": "em", "parameters": {"a b": 1}}},
    "a timeout beside a template": {"templateRef": {"name": "em"}, "timeoutSecs": 30},
    "words for a large text": {
        "registers": [{**BASE, "type": "string", "length": 100}],
        "connection": {"maxWordsPerRead": 49},
    },
    "another unit of all": {"unitId": 7, "registers": [BASE, {"name": "b", "address": 10, "unitId": 7}]},
}
"""Specs of PLCs that no single field makes."""

TEMPLATES: dict[str, Spec] = {
    "a placeholder": {"parameters": [{"name": "x", "default": 5}], "registers": _with(value="${x}", unitId="${x}")},
    "a placeholder that is not declared": {"registers": _with(value="${x}")},
    "a placeholder in write": {"registers": _with(write={"verifyDelayMs": "${x}"})},
    "placeholders in a step": {
        "parameters": [{"name": "x", "default": 24}],
        "registers": _with(write={"before": [{"address": "${x}", "value": "${x}"}]}),
    },
    "a text in a step": {"registers": _with(write={"before": [{"address": 1, "value": "x"}]})},
    "a placeholder in connection": {"connection": {"requestDelayMs": "${x}"}},
    "a placeholder in a Secret's name": {"connection": {"transport": "tls", "tlsSecretRef": {"name": "${x}"}}},
    "a dollar that stays": {"registers": _with(type="string", length=8, value="$${x}")},
    "a part of a word": {"parameters": [{"name": "x", "default": 32}], "registers": _with(type="int${x}")},
    "a name with a placeholder": {"registers": [{"name": "${x}", "address": 1}]},
    "a default of 2**53": {"parameters": [{"name": "x", "default": 2**53}]},
    "a default that is a list": {"parameters": [{"name": "x", "default": [1]}]},
    "a parameter of a strange name": {"parameters": [{"name": "a-b"}]},
    "a description of lines": {"parameters": [{"name": "x", "default": 1, "description": "a\nb\n"}]},
    "an escape in a description": {"parameters": [{"name": "x", "default": 1, "description": "\x1b[2J"}]},
    "a server name": {
        "connection": {"transport": "tls", "tlsServerName": "${x}.example"},
        "parameters": [{"name": "x", "default": "a"}],
    },
    "a reference by parameter": {
        "parameters": [{"name": "x", "default": 40001}],
        "registers": [{"name": "a", "reference": "${x}"}],
    },
    "the same unit by parameter": {
        "parameters": [{"name": "x", "default": 3}],
        "registers": [{**BASE, "unitId": "${x}"}, {"name": "b", "address": 10, "unitId": "${x}"}],
    },
    "overlap with another placeholder": {
        "parameters": [{"name": "x", "default": 3}],
        "registers": [{**BASE, "type": "float32", "value": "${x}"}, {"name": "b", "address": 11}],
    },
    "no place": {"registers": [{"name": "a", "value": 1}]},
}
"""Specs of templates that no single field makes."""
