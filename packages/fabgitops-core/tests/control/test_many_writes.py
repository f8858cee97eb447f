"""What it costs to write many registers in one pass."""

from cProfile import Profile
from pstats import Stats
from typing import Any

import pytest

from .mapping import story

SCALED = {"scaleRegister": {"address": 999}}
RAMPED = {"write": {"ramp": {"maxStep": 1000, "stepIntervalSecs": 5}}}


def calls(count: int, more: dict[str, Any]) -> int:
    """Return how many calls it takes to write as many registers."""
    registers = [
        {"name": f"r{each}", "address": 900 + each % 90, "unitId": each // 90, "value": 50} for each in range(count)
    ]
    told, profile = story(*({**each, **more} for each in registers)), Profile()
    profile.runcall(told.polled)
    assert len(told.device.writes) == count
    return int(Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("more", [{}, RAMPED, SCALED], ids=["plain", "ramped", "scaled"])
def test_each_of_many_writes_costs_about_as_much_as_each_of_few(more: dict[str, Any]) -> None:
    """A map that is four times as large does not keep everybody waiting many times as long when all of it is adrift."""
    assert calls(160, more) < 8 * calls(40, more)
