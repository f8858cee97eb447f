"""Registers and maps as a user writes them: what they mean, and what is refused at which field with which words."""

from fractions import Fraction
from typing import Any

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.registers import Register, WriteFunction
from fabgitops_core.api.refusals import sentences
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.types import DataType
from pydantic import ValidationError

SPEED = {"name": "speed", "address": 4001}


def register(**fields: Any) -> Register:
    """Return a register at address 4001, but for these fields."""
    return Register.model_validate({**SPEED, **fields})


def spec(**fields: Any) -> IndustrialPLCSpec:
    """Return a spec with these fields."""
    return IndustrialPLCSpec.model_validate({"deviceAddress": "10.0.0.5", **fields})


def refusal(**fields: Any) -> str:
    """Return what is said to a spec that is refused."""
    with pytest.raises(ValidationError) as refused:
        spec(**fields)
    return sentences(refused.value)


# --- what is meant ----------------------------------------------------------------------------------------------------


def test_the_least() -> None:
    """A register that says only where it is is one word without a sign, is observed, and any write is proven."""
    plain = register()
    assert (plain.place, plain.size, plain.codec.type) == ((Table.HOLDING, 4001), 1, DataType.UINT16)
    assert (plain.encoded, plain.holds((7,)), plain.unit_id) == (None, None, None)
    assert (plain.write.function, plain.write.verify, plain.write.verify_delay_ms) == (WriteFunction.AUTO, True, 0)


@pytest.mark.parametrize(
    ("fields", "place", "kind"),
    [
        ({"reference": 44002}, (Table.HOLDING, 4001), DataType.UINT16),
        ({"reference": "404002"}, (Table.HOLDING, 4001), DataType.UINT16),
        ({"reference": 30005, "table": "input"}, (Table.INPUT, 4), DataType.UINT16),
        ({"reference": 10017}, (Table.DISCRETE, 16), DataType.BOOL),
        ({"reference": 17, "value": True}, (Table.COIL, 16), DataType.BOOL),
        ({"address": 5, "table": "coil"}, (Table.COIL, 5), DataType.BOOL),
        ({"address": 5, "type": "bit", "bit": 3}, (Table.HOLDING, 5), DataType.BIT),
    ],
)
def test_places(fields: dict[str, Any], place: tuple[Table, int], kind: DataType) -> None:
    """An address and a table, or a reference, say where it is, and the table what it holds where no type is given."""
    found = Register.model_validate({"name": "here", **fields})
    assert (found.place, found.codec.type) == (place, kind)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"value": 2500}, (2500,)),
        ({"value": 21.5, "scale": 0.1}, (215,)),
        ({"value": "Running", "enum": {"Stopped": 0, "Running": 1}}, (1,)),
        ({"value": 21.1, "type": "float32", "byteOrder": "CDAB"}, (0xCCCD, 0x41A8)),
        ({"value": True, "type": "bit", "bit": 3}, (8,)),
        ({"value": "AB", "type": "string", "length": 4, "padding": "space"}, (0x4142, 0x2020)),
        ({"value": "AB", "type": "string", "length": 4, "padding": None}, (0x4142, 0)),
        ({"value": "18446744073709551615", "type": "uint64"}, (65535,) * 4),
        ({"value": None}, None),
        ({"value": 10, "min": 10, "max": 10}, (10,)),
        ({"value": 0.1, "type": "float32", "min": 0.1, "max": 0.1}, (0x3DCC, 0xCCCD)),
    ],
)
def test_the_words_it_must_hold(fields: dict[str, Any], words: tuple[int, ...] | None) -> None:
    """A desired value becomes the words that are compared and written; without one there are none."""
    assert register(**fields).encoded == words


@pytest.mark.parametrize(
    ("fields", "allowed", "word", "holds"),
    [
        ({"value": 200, "tolerance": 5}, Fraction(5), 205, True),
        ({"value": 200, "tolerance": 5}, Fraction(5), 206, False),
        ({"value": 20, "scale": 0.1, "tolerance": 0.5}, Fraction(1, 2), 195, True),
        ({"value": -20, "scale": 0.1, "type": "int16", "tolerance": "2%"}, Fraction(2, 5), 65536 - 204, True),
        ({"value": -20, "scale": 0.1, "type": "int16", "tolerance": "2%"}, Fraction(2, 5), 65536 - 205, False),
        ({"value": 20, "tolerance": "2.5 %"}, Fraction(1, 2), 20, True),
    ],
)
def test_tolerance(fields: dict[str, Any], allowed: Fraction, word: int, holds: bool) -> None:
    """A tolerance is in engineering units, or a share of the desired value, and its edge is still in."""
    assert register(**fields).allowed == allowed
    assert register(**fields).holds((word,)) is holds


def test_the_short_form_is_a_map_of_one() -> None:
    """The fields targetRegister and targetValue are one holding register named target."""
    (target,) = spec(targetRegister=4001, targetValue=2500).registers_wanted
    assert (target.name, target.place, target.encoded) == ("target", (Table.HOLDING, 4001), (2500,))


def test_a_map_is_taken_in_its_order() -> None:
    """All registers are there in the order of the map, and a template's resource has none of its own yet."""
    both = [{"name": "b", "address": 5}, {"name": "a", "address": 0, "type": "float32"}]
    assert [each.name for each in spec(registers=both).registers_wanted] == ["b", "a"]
    assert spec(templateRef={"name": "em340"}, registers=[{"name": "a", "value": 5}]).registers_wanted == ()


def test_the_timeout_of_the_connection() -> None:
    """connection.timeoutSecs counts as timeoutSecs does."""
    assert spec(registers=[SPEED], connection={"timeoutSecs": 1.5}).timeout == 1.5


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"name": "a"},
        "spec.registers[0]: say where it is: address: 4001 (0-based as on the wire) or reference: 44002 (as on the",
    ),
    (
        {"name": "a", "address": 4001, "reference": 44002},
        "spec.registers[0].reference is 44002: address 4001 says the same already: drop reference or address",
    ),
    (
        {"name": "a", "address": 4002, "reference": 44002},
        "spec.registers[0].reference is 44002: it is address 4001 of the holding registers, and address says 4002",
    ),
    (
        {"name": "a", "reference": 4001, "table": "holding"},
        "reference is 4001: it names a coil; for holding register 4001 write address: 4001 or reference: 44002",
    ),
    (
        {"name": "a", "reference": 4001, "value": 2500},
        "it names a coil, which holds true or false; for holding register 4001 write address: 4001 or reference: 44002",
    ),
    (
        {"name": "a", "reference": 30005, "table": "holding"},
        "it names an input register; for a holding register write reference: 40005, or table: input",
    ),
    ({"name": "a", "reference": 50000}, "its first digit names no table"),
    ({"name": "a", "reference": 4.5}, "it must be a number or a text: 40001"),
    ({"name": "a", "address": 70000}, "spec.registers[0].address is 70000"),
    ({"name": "a", "address": True}, "spec.registers[0].address is True"),
    (
        {"name": "a", "address": 65535, "type": "float32"},
        "spec.registers[0].address is 65535: float32 takes 2 words from there, and the last address is 65535",
    ),
    ({"name": "a", "table": "coil", "address": 1, "type": "int16"}, "a coil holds true or false: drop type"),
    ({"name": "a", "address": 1, "encoding": "utf-8"}, "encoding is 'utf-8': it goes with type string"),
    ({"name": "a", "address": 1, "type": "bit"}, "spec.registers[0].bit: it goes with type bit or bits, which need it"),
    ({"name": "a", "address": 1, "scale": 0}, "spec.registers[0].scale is 0.0: a scale of 0 makes every value the"),
    ({"name": "a", "address": 1, "scale": float("nan")}, "spec.registers[0].scale is nan"),
    ({"name": "a", "address": 1, "scale": "0.1"}, "spec.registers[0].scale is '0.1'"),
    ({"name": "a", "address": 1, "type": "string", "length": 7}, "spec.registers[0].length is 7: a string has an even"),
    (
        {"name": "a", "address": 1, "type": "string", "length": 8, "byteOrder": "CDAB"},
        "spec.registers[0].byteOrder is 'CDAB': a string is ABCD",
    ),
    ({"name": "a", "address": 1, "enum": {"Off": 0, "Stop": 0}}, "spec.registers[0].enum: Off and Stop both name 0"),
    (
        {"name": "a", "address": 1, "enum": {"Stopped": 0, "Running": 1}, "value": "Started"},
        "spec.registers[0].value is 'Started': it is no name in enum; one of Running, Stopped",
    ),
    (
        {"name": "a", "address": 1, "scale": 0.1, "value": 21.57},
        "spec.registers[0].value is 21.57: uint16 holds no such value with scale 0.1: the nearest are 21.5 and 21.6",
    ),
    ({"name": "a", "address": 1, "value": [1]}, "spec.registers[0].value is [1]: it must be a number, true or false"),
    ({"name": "a", "address": 1, "value": 5, "min": 6}, "spec.registers[0].value is 5: it is below min (6)"),
    ({"name": "a", "address": 1, "value": 5, "max": 4.5}, "spec.registers[0].value is 5: it is above max (4.5)"),
    (
        {"name": "a", "address": 1, "enum": {"Running": 7}, "value": "Running", "max": 4},
        "spec.registers[0].value is 'Running': it is above max (4)",
    ),
    ({"name": "a", "address": 1, "min": 5, "max": 4}, "spec.registers[0].min is 5.0: it is above max (4)"),
    ({"name": "a", "address": 1, "type": "bool", "min": 0}, "spec.registers[0].min is 0.0: it is for numbers"),
    ({"name": "a", "address": 1, "type": "bool", "tolerance": 1}, "tolerance is 1.0: it is for numbers"),
    ({"name": "a", "address": 1, "tolerance": -1}, "spec.registers[0].tolerance is -1: it must be a number from 0"),
    ({"name": "a", "address": 1, "tolerance": "2 percent"}, 'or a percentage of the value in quotes: "2%"'),
    (
        {"name": "a", "table": "input", "address": 1, "value": 5},
        "spec.registers[0].value is 5: an input register is read-only: drop value to observe it",
    ),
    ({"name": "a", "reference": 10001, "write": {}}, "spec.registers[0].write: a discrete input is read-only"),
    (
        {"name": "a", "address": 1, "type": "string", "length": 248, "value": "x"},
        "its 124 words are more than the 123 of one request: drop value to observe it",
    ),
    (
        {"name": "a", "address": 1, "type": "uint16", "write": {"function": "mask"}},
        "spec.registers[0].write.function is 'mask': FC22 changes bits of a holding register",
    ),
    (
        {"name": "a", "table": "coil", "address": 1, "write": {"function": "mask"}},
        "it goes with table holding, type bit",
    ),
    (
        {"name": "a", "address": 1, "type": "int32", "write": {"function": "single"}},
        "spec.registers[0].write.function is 'single': FC06 writes one word and int32 has 2",
    ),
]


@pytest.mark.parametrize(("fields", "told"), REFUSED)
def test_a_register_refused(fields: dict[str, Any], told: str) -> None:
    """What cannot be right is told by the path of the field, its value, the reason and the way out."""
    assert told in refusal(registers=[fields])


LOST = "JSON keeps 53 bits of a number, so its last digits may be lost"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        # as the API server stores 18446744073709551615 and 9223372036854775811, and gives them back
        ({"value": 18446744073709552000}, f"value is 18446744073709552000: {LOST}: write it in quotes, with all of"),
        ({"value": 9223372036854776000}, f"value is 9223372036854776000: {LOST}: write it in quotes"),
        # as it stores 9007199254740993.0: a double of less than 21 digits is printed as an integer
        ({"value": 9007199254740992}, f"value is 9007199254740992: {LOST}: write it in quotes"),
        ({"type": "int64", "value": -(2**53)}, f"value is -9007199254740992: {LOST}: write it in quotes"),
        ({"value": 9007199254740992.0}, f"value is 9007199254740992.0: {LOST}: write it in quotes"),
        # 9.2233720368547758 at steps of 1e-18
        ({"scale": 1e-18, "value": 9.223372036854775807}, f"{LOST}: write it in quotes"),
        ({"scale": 0.001, "value": 10**13}, f"{LOST}: write it in quotes"),
        ({"type": "uint16", "offset": 1e15, "scale": 0.1, "value": 1e15}, f"{LOST}: write it in quotes"),
        ({"max": 2**64 - 1}, f"max is 1.8446744073709552e+19: {LOST}: leave it out, or write one nearer to 0"),
        ({"min": 2**53 + 1}, f"min is 9007199254740992.0: {LOST}: leave it out"),
        ({"tolerance": 2**53 + 1}, f"tolerance is 9007199254740992.0: {LOST}: leave it out"),
        ({"offset": 2**53 + 1}, f"offset is 9007199254740992.0: {LOST}: leave it out"),
        ({"scale": 2**53 + 1}, f"scale is 9007199254740992.0: {LOST}: leave it out"),
        ({"enum": {"Huge": 2**53 + 1}}, f"enum: Huge names 9007199254740993, but {LOST}: leave the name out, and"),
        ({"type": "uint16", "value": 18446744073709552000}, "it does not fit uint16, which reaches from 0 to 65535"),
        ({"value": 10**400}, "spec.registers[0].value: it does not fit uint64"),
        ({"tolerance": 10**400}, "spec.registers[0].tolerance: it must be a number from 0"),
    ],
)
def test_a_number_that_may_have_lost_digits_is_refused(fields: dict[str, Any], told: str) -> None:
    """A number without quotes that may not be the one that was written is refused wherever it stands."""
    assert told in refusal(registers=[{"name": "serial", "address": 1, "type": "uint64", **fields}])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "uint64", "value": 2**53 - 1}, (0x1F, 0xFFFF, 0xFFFF, 0xFFFF)),
        ({"type": "uint64", "value": "9223372036854775811", "min": 0, "max": 2**53 - 1}, None),
        ({"type": "uint64", "value": "9223372036854775811"}, (0x8000, 0, 0, 3)),
        ({"type": "int64", "scale": 1e-18, "value": "9.223372036854775807"}, (0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF)),
        ({"type": "uint64", "value": "Huge", "enum": {"Huge": 2**53 - 1}}, (0x1F, 0xFFFF, 0xFFFF, 0xFFFF)),
        ({"type": "float64", "value": 2**60, "max": 1e300}, (0x43B0, 0, 0, 0)),
    ],
)
def test_a_number_whose_digits_are_all_there_is_taken(fields: dict[str, Any], words: tuple[int, ...] | None) -> None:
    """In quotes every digit counts, below 2^53 none can be lost, and a float keeps no more digits than JSON does."""
    given = {"name": "serial", "address": 1, **fields}
    if words is None:
        assert "it is above max" in refusal(registers=[given])
    else:
        assert Register.model_validate(given).encoded == words


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"targetRegister": 1, "targetValue": 2, "registers": [SPEED]},
            "spec.targetRegister is 1: it is the short form",
        ),
        (
            {"targetValue": 2, "templateRef": {"name": "em340"}},
            "spec.targetValue is 2: it is the short form of a map of one register, and templateRef is given: drop one",
        ),
        ({}, "say what the PLC must hold: targetRegister and targetValue, or registers, or templateRef"),
        ({"targetValue": 2}, "spec.targetRegister is missing"),
        ({"registers": []}, "spec.registers"),
        ({"registers": [SPEED] * 501}, "spec.registers: "),
        (
            {"registers": [SPEED, {**SPEED, "address": 5}]},
            "registers[1].name is 'speed': registers[0] has the same name",
        ),
        (
            {"registers": [SPEED], "timeoutSecs": 1, "connection": {"timeoutSecs": 2}},
            "spec.timeoutSecs is 1.0: connection.timeoutSecs (2) says it too: keep one of them",
        ),
        (
            {"registers": [SPEED], "connection": {"timeoutSecs": 6}},
            "spec.connection.timeoutSecs is 6.0: timeoutSecs (6) must not be longer than pollIntervalSecs (5)",
        ),
        (
            {"registers": [SPEED], "connection": {"tlsInsecureSkipVerify": True}},
            "spec.connection.tlsInsecureSkipVerify is True: it goes with transport tls, and the transport is tcp",
        ),
        ({"registers": [SPEED], "identity": {}}, "spec.identity: it names nothing: give vendor, productCode or"),
        (
            {"registers": [{**SPEED, "type": "int64"}], "connection": {"maxWordsPerRead": 2}},
            "spec.registers[0]: speed takes 4 words, and connection.maxWordsPerRead is 2: raise it",
        ),
    ],
)
def test_a_spec_refused(fields: dict[str, Any], told: str) -> None:
    """What contradicts itself across fields is told by the one to change."""
    assert told in refusal(**fields)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Several registers that are wrong are all told, so that one edit mends them all."""
    told = refusal(registers=[{"name": "a"}, {"name": "b", "address": 1, "scale": 0, "value": 5}])
    assert "spec.registers[0]: say where it is" in told
    assert "spec.registers[1].scale is 0.0" in told


# --- overlaps ---------------------------------------------------------------------------------------------------------

FLOAT = {"name": "f", "address": 10, "type": "float32"}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            {"name": "g", "address": 11},
            "spec.registers[1]: g (holding 11) overlaps registers[0], f (holding 10 to 11)",
        ),
        ({"name": "g", "reference": 40010, "type": "int32"}, "g (holding 9 to 10) overlaps"),
        ({"name": "g", "address": 11, "type": "bit", "bit": 3}, "g (holding 11 bit 3) overlaps"),
        ({"name": "g", "address": 10, "unitId": 1}, "overlaps"),
    ],
)
def test_overlaps_are_refused(other: dict[str, Any], told: str) -> None:
    """Two registers with a word in common are refused, with both names and both places."""
    assert told in refusal(registers=[FLOAT, other])


@pytest.mark.parametrize(
    "other",
    [
        {"name": "g", "address": 12},
        {"name": "g", "address": 9},
        {"name": "g", "address": 10, "table": "input"},
        {"name": "g", "address": 10, "unitId": 7},
    ],
)
def test_neighbours_are_taken(other: dict[str, Any]) -> None:
    """Registers beside each other, in another table or of another unit do not overlap."""
    assert len(spec(registers=[FLOAT, other]).registers_wanted) == 2


def test_bits_of_one_word() -> None:
    """Different bits of one word do not overlap, the same bit does, and so does the word around them."""
    bits = [{"name": f"bit{bit}", "address": 3, "type": "bit", "bit": bit} for bit in range(16)]
    assert len(spec(registers=bits).registers_wanted) == 16
    told = refusal(registers=[*bits, {"name": "again", "address": 3, "type": "bit", "bit": 7}])
    assert "again (holding 3 bit 7) overlaps registers[7], bit7 (holding 3 bit 7)" in told
    assert "word (holding 3) overlaps registers[0], bit0" in refusal(registers=[*bits, {"name": "word", "address": 3}])


def test_a_long_register_overlaps_what_lies_far_behind_its_start() -> None:
    """A text is compared with everything in it, also when something small lies between."""
    told = refusal(
        registers=[
            {"name": "text", "address": 0, "type": "string", "length": 40},
            {"name": "far", "address": 19},
            {"name": "near", "address": 1},
        ]
    )
    assert "registers[1]: far (holding 19) overlaps registers[0], text (holding 0 to 19)" in told
    assert "registers[2]: near (holding 1) overlaps registers[0]" in told


@pytest.mark.parametrize(
    ("registers", "said"),
    [
        ([{**SPEED, "address": -1}], "spec.registers[0].address is -1: Input should be greater than or equal to 0"),
        (
            [{**SPEED, "value": 1, "write": {"after": [{"address": -2, "value": 1}]}}],
            "spec.registers[0].write.after[0].address is -2: Input should be greater than or equal to 0",
        ),
        ([], "spec.registers is []: Tuple should have at least 1 item after validation, not 0"),
    ],
)
def test_what_is_wrong_in_a_row_does_not_make_it_too_short(registers: list[dict[str, Any]], said: str) -> None:
    """One mistake is told once, where it is: a row of one that is wrong is not said to be empty as well."""
    assert refusal(registers=registers) == said
