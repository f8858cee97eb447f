"""Registers that are written at one place and read at another."""

import pytest
from mock_plc.memory import Table
from mock_plc.spec.reading import SpecError

from .running import device

FAN = "- {name: fan, address: 3, readFrom: {table: input, address: 3}}"
MODE = "enum: {Stop: 0, Run: 1}, value: Run, readFrom: {address: 21, enum: {Stop: 2, Run: 3, Fault: 9}}"


def test_what_is_written_shows_at_the_other_place_and_nowhere_else() -> None:
    """The place of writing goes on reading as 0, and a restart loses what was written."""
    running = device(FAN)
    running.write(3, 7)
    assert (running.words(3), running.words(3, table=Table.INPUT), running["fan"]) == ([0], [7], 7)
    running.machine.restart()
    assert (running.words(3, table=Table.INPUT), running["fan"]) == ([0], 0)
    assert running.refusal(3, 1, table=Table.INPUT) == 1


@pytest.mark.parametrize(
    ("says", "wrote", "shown"),
    [
        ("address: 1, scale: 0.1, readFrom: {address: 9, type: float32}", 213, [0x41AA, 0x6666]),
        ("address: 1, scale: 0.1, readFrom: {address: 9, type: int16}", 216, [22]),
        ("address: 1, type: int16, readFrom: {address: 9, byteOrder: BADC}", 0x1234, [0x3412]),
        ("address: 1, readFrom: {address: 9, type: bit, bit: 4}", 1, [0x10]),
        ("address: 1, table: coil, readFrom: {address: 9}", 1, [1]),
    ],
)
def test_the_other_place_has_a_form_of_its_own(says: str, wrote: int, shown: list[int]) -> None:
    """A value is shown in another type, scale or order, rounded to what that has."""
    running = device(f"- {{name: a, {says}}}")
    running.write(1, wrote, table=Table.COIL if "coil" in says else Table.HOLDING)
    assert running.words(9, len(shown)) == shown


def test_a_name_is_another_number_where_it_is_read() -> None:
    """A command to run is 1, the state that it leads to 3; one that is told of a fault shows that."""
    running = device(f"- {{name: mode, address: 20, {MODE}}}")
    assert running.words(20, 2) == [0, 3]
    running.write(20, 0)
    assert running.words(20, 2) == [0, 2]
    running.machine.points["mode"].set("Fault")
    assert running["mode"] == 9


def test_bits_of_one_word_are_left_alone_by_each_other() -> None:
    """A mask write of one bit, which reads the word, changes what shows that bit alone, also after a restart."""
    running = device(
        "- {name: a, address: 30, type: bit, bit: 1, value: true, readFrom: {table: discrete, address: 9}}\n"
        "- {name: b, address: 30, type: bit, bit: 2, readFrom: {address: 31}}"
    )
    running.write(30, running.words(30)[0] | 4)
    assert (running["a"], running["b"]) == (True, True)
    running.machine.restart()
    running.write(30, running.words(30)[0] & ~2)
    assert (running["a"], running["b"]) == (False, False)


def test_it_behaves_where_it_is_read() -> None:
    """What it does to writes holds for those that come from the other place."""
    running = device(FAN.replace("}}", "}, behaviours: {clamps: {max: 5}, wearsOut: {after: 2, code: 4}}}"))
    running.write(3, 9)
    assert running["fan"] == 5
    running.write(3, 1)
    assert (running.refusal(3, 2), running["fan"]) == (4, 1)


def test_two_that_are_read_in_one_place_are_refused() -> None:
    """Where a register is read belongs to it as much as where it is written."""
    with pytest.raises(Exception, match="overlaps fan at input address 3"):
        device(f"{FAN}\n- {{name: other, table: input, address: 3}}")


def test_a_form_that_is_none_is_told_at_its_field() -> None:
    """A type that there is not is said of readFrom.type, also where there is a value."""
    with pytest.raises(SpecError, match=r"readFrom\.type: 'foo' must be bool"):
        device("- {name: a, address: 1, value: 3, readFrom: {address: 9, type: foo}}")
