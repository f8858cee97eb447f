"""A register that says by words of its own that it has no value."""

import pytest

from .running import device


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("type: int16, noValue: [0x8000]", [0x8000]),
        ("type: int16, noValue: [-32768]", [0x8000]),
        ("type: int32, byteOrder: CDAB, noValue: [0x7FFFFFFF]", [0xFFFF, 0x7FFF]),
        ("type: uint64, noValue: ['0xFFFFFFFFFFFFFFFF']", [0xFFFF] * 4),
        ("type: float32, noValue: [NaN]", [0x7FC0, 0]),
    ],
)
def test_it_begins_without_a_value_and_gets_one(says: str, words: list[int]) -> None:
    """It shows those words at the start, is told to have none, and has a value when it is given one."""
    running = device(f"- {{name: a, address: 0, {says}, value: no value}}")
    assert running.words(0, len(words)) == words
    told = [running["a"]]
    running.machine.points["a"].set(1)
    assert [*told, running["a"]] == ["no value", 1]
    running.machine.points["a"].set("no value")
    assert running.words(0, len(words)) == words


@pytest.mark.parametrize("power", [0x8000, 11, 400, 0x7FFF, 0x8001, 0xFFF5])
def test_a_power_of_ten_that_there_is_not_stops_nothing(power: int) -> None:
    """A client may write anything there: it has no value then and stands still, and moves on once the power is back."""
    ramp = "value: 10, behaviours: {ramp: {to: 100, over: 10s, then: back}}"
    plc = device(f"- {{name: a, address: 0, scaleRegister: {{address: 1}}, {ramp}}}\n- {{name: b, address: 2, {ramp}}}")
    plc.at(5).write(1, power)
    plc.at(5)
    assert isinstance(plc["a"], str)
    assert (plc.words(0), plc["b"]) == ([55], 100)
    plc.write(1, 0)
    assert plc.at(5)["a"] != 55
