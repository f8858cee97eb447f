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
