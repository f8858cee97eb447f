"""What registers do to those who write to them."""

import pytest
from mock_plc.exceptions import ModbusException
from mock_plc.memory import Table

from .running import device

COIL = Table.COIL


def test_a_second_master_writes_the_old_value_back() -> None:
    """A register that resists holds what was written until its time has come, and then what it held before."""
    plc = device("- {name: a, address: 0, value: 50, behaviours: {resists: 5s}}")
    plc.write(0, 70)
    assert plc.at(4.9)["a"] == 70
    assert plc.at(0.2)["a"] == 50
    plc.write(0, 80)
    assert plc.at(4.9)["a"] == 80
    assert plc.at(0.2)["a"] == 50


def test_a_second_master_is_not_put_off_by_more_writes() -> None:
    """Who writes again in the meantime neither delays what is written back nor changes it."""
    plc = device("- {name: a, address: 0, value: 50, behaviours: {resists: 5s}}")
    plc.write(0, 70)
    plc.at(4)
    plc.write(0, 71)
    assert plc.at(1.1)["a"] == 50


def test_a_write_of_the_same_is_not_resisted() -> None:
    """Who writes what is there already starts no fight."""
    plc = device("- {name: a, address: 0, value: 50, behaviours: {resists: 5s}}")
    plc.write(0, 50)
    assert plc.machine.tick(plc.now) is None


def test_a_bit_that_resists_leaves_its_neighbours_alone() -> None:
    """Of a bit that resists, only the bit comes back, whatever has become of its word."""
    plc = device(
        "- {name: a, address: 0, type: bit, bit: 0, behaviours: {resists: 1s}}\n"
        "- {name: b, address: 0, type: bit, bit: 1}"
    )
    plc.write(0, 0b01)
    plc.write(0, 0b11)
    assert plc.at(1.1).words(0) == [0b10]


@pytest.mark.parametrize(
    ("to", "kind", "written", "kept"),
    [
        (0.5, "float64", 21.3, 21.5),
        (0.1, "float64", 0.30000001, 0.3),
        (10, "uint16", 65535, 65530),
        (10, "int16", -17, -20),
    ],
)
def test_rounds_to_fewer_digits(to: float, kind: str, written: float, kept: float) -> None:
    """A register that rounds keeps the nearest multiple that it can hold, and answers as if all was well."""
    plc = device(f"- {{name: a, address: 0, type: {kind}, behaviours: {{rounds: {to}}}}}")
    plc.write(0, *plc.machine.points["a"].register.codec.encode(written))  # type: ignore[attr-defined]
    assert plc["a"] == kept


def test_clamps_to_its_ends() -> None:
    """A register that clamps keeps the end that a value is beyond."""
    plc = device("- {name: a, address: 0, type: int16, scale: 0.1, behaviours: {clamps: {min: -1, max: 6}}}")
    for written, kept in ((50, 5.0), (61, 6.0), (0xFFF5, -1.0)):
        plc.write(0, written)
        assert plc["a"] == kept


def test_what_is_no_number_cannot_be_clamped() -> None:
    """NaN and words that are no BCD are refused by exception 3 where a number is needed, and nothing is written."""
    plc = device(
        "- {name: a, address: 0, type: float32, value: 5, behaviours: {clamps: {max: 9}}}\n"
        "- {name: b, address: 2, type: bcd16, value: 5, behaviours: {rounds: 10}}"
    )
    assert (plc.refusal(0, 0x7FC0, 0), plc.refusal(2, 0x000A)) == (3, 3)
    assert (plc["a"], plc["b"]) == (5.0, 5)


def test_a_clamp_changes_the_other_half_too() -> None:
    """Half of a value that is written by itself makes a whole new value, and that is what is clamped."""
    plc = device("- {name: a, address: 0, type: uint32, value: 5, behaviours: {clamps: {max: 100}}}")
    plc.write(0, 1)
    assert plc.words(0, 2) == [0, 100]


@pytest.mark.parametrize(("ways", "code"), [("readOnly: true", 2), ("readOnly: {code: 3}", 3)])
def test_read_only_refuses(ways: str, code: int) -> None:
    """A read-only register refuses each write by its exception, and holds what it held."""
    plc = device(f"- {{name: a, address: 0, value: 7, behaviours: {{{ways}}}}}")
    assert plc.refusal(0, 8) == code
    assert plc["a"] == 7


def test_a_refused_write_changes_nothing_at_all() -> None:
    """A write of several registers of which one refuses changes none of them, wears none, and starts no fight."""
    plc = device(
        "- {name: a, address: 0, value: 1, behaviours: {resists: 5s, wearsOut: 1}}\n"
        "- {name: b, address: 1, value: 2, behaviours: {readOnly: true}}"
    )
    assert plc.refusal(0, 8, 9) == 2
    assert plc.words(0, 2) == [1, 2]
    assert plc.machine.tick(plc.now) is None
    assert plc.refusal(0, 8) == 0


def test_wears_out_for_good() -> None:
    """A register that wears out takes its number of writes, and after that exception 4, over a restart as well."""
    plc = device("- {name: a, address: 0, value: 1, behaviours: {wearsOut: 3}}")
    assert [plc.refusal(0, each) for each in (7, 8, 9, 10, 11)] == [0, 0, 0, 4, 4]
    assert plc["a"] == 9
    plc.machine.restart()
    assert (plc["a"], plc.refusal(0, 7)) == (1, 4)


def test_one_request_wears_a_register_once() -> None:
    """A value of several words that is written in one request is one write."""
    plc = device("- {name: a, address: 0, type: uint32, behaviours: {wearsOut: 2}}")
    assert [plc.refusal(0, 0, each) for each in (7, 8, 9)] == [0, 0, 4]


def test_a_bit_is_touched_only_where_it_changes() -> None:
    """A word may be written with a read-only bit in it as long as this bit stays what it is."""
    plc = device(
        "- {name: a, address: 0, type: bit, bit: 0, value: true, behaviours: {readOnly: true}}\n"
        "- {name: b, address: 0, type: bit, bit: 1}"
    )
    assert plc.refusal(0, 0b11) == 0
    assert plc.refusal(0, 0b10) == 2
    assert (plc["a"], plc["b"]) == (True, True)


def test_restart_brings_the_start_values_back() -> None:
    """A restart brings the start values back, moves begin anew, and fights are forgotten."""
    plc = device(
        "- {name: a, address: 0, value: 50, behaviours: {resists: 5s}}\n"
        "- {name: b, address: 1, behaviours: {counter: 1}}\n"
        "- {name: c, table: coil, address: 0, value: true}"
    )
    plc.write(0, 70)
    plc.write(0, 0, table=COIL)
    plc.at(3)
    plc.machine.restart()
    assert (plc["a"], plc["b"], plc["c"]) == (50, 0, True)
    plc.write(0, 60)
    assert plc.at(4.9)["a"] == 60
    assert plc["b"] == 4


def test_holes_are_refused_or_zero() -> None:
    """A hole is exception 2, or reads as zero where the file says so; it cannot be written either way."""
    registers = "- {name: a, address: 0, value: 1}\n- {name: b, address: 2, value: 3}"
    plc = device(registers)
    with pytest.raises(ModbusException, match="2"):
        plc.words(0, 3)
    assert plc.refusal(0, 1, 1, 1) == 2
    plc = device(registers, holes="zero")
    assert plc.words(0, 4) == [1, 0, 3, 0]
    assert plc.refusal(0, 1, 1, 1) == 2


def test_tables_that_nobody_can_write_stay_so() -> None:
    """Input registers and discrete inputs cannot be written, and a table without registers is not there at all."""
    plc = device("- {name: a, table: input, address: 0}\n- {name: b, table: discrete, address: 0}")
    assert [plc.refusal(0, 1, table=each) for each in (Table.INPUT, Table.DISCRETE, Table.HOLDING)] == [1, 1, 1]
    with pytest.raises(ModbusException, match="1"):
        plc.words(0)


def test_the_process_is_not_held_up() -> None:
    """What the control API sets goes past all that stands against writes, and takes the names of an enum."""
    plc = device("- {name: a, address: 0, enum: {Idle: 0, Moving: 1}, behaviours: {readOnly: true}}")
    plc.machine.points["a"].set("Moving")
    assert plc["a"] == 1
    with pytest.raises(ValueError, match="'Movin' is no number"):
        plc.machine.points["a"].set("Movin")


def test_floats_are_shown_as_they_were_meant() -> None:
    """A float is shown with the digits that it needs, and with all of them where it needs them."""
    plc = device(
        "- {name: a, address: 0, type: float32, value: 21.3}\n"
        "- {name: b, address: 2, type: float64, value: 21.299999237060547}"
    )
    assert (plc["a"], plc["b"]) == (21.3, 21.299999237060547)


def test_a_group_is_taken_in_one_write_only() -> None:
    """A write of a part of a group is refused with exception 2 and changes nothing; all of it at once is taken."""
    group = "group: schedule"
    plc = device(
        f"- {{name: a, address: 0, value: 1, {group}}}\n- {{name: b, address: 1, type: uint32, value: 2, {group}}}\n"
        "- {name: c, address: 3, value: 3}\n- {name: d, table: coil, address: 0, group: other}\n"
        "- {name: e, table: coil, address: 1, group: other}"
    )
    for address, values in ((0, [7]), (0, [7, 7]), (1, [7, 7]), (2, [7, 7])):
        assert plc.refusal(address, *values) == 2
    assert plc.refusal(1, 1, table=COIL) == 2
    assert plc.words(0, 4) == [1, 0, 2, 3]
    plc.write(0, 7, 0, 8)
    plc.write(3, 9)
    plc.write(0, 1, 1, table=COIL)
    assert [plc[name] for name in "abcde"] == [7, 8, 9, True, True]
