"""Who is released when: the order of a fleet, percentages, and waves by labels."""

from typing import Any

import pytest
from fabgitops_core.api.setpoint.setpointrollout import SetpointRolloutSpec
from fabgitops_core.control.members import Facts, Standing
from fabgitops_core.control.setpoint.fleet import EMPTY, Fleet, fleet_of, share
from hypothesis import given
from hypothesis import strategies as st

NAMES = [f"press-{number}" for number in range(10)]


def members(labels: dict[str, dict[str, str]]) -> dict[str, Facts]:
    """Return members with labels."""
    return {name: Facts(name, "w", "r", 0, Standing(0), labels=each) for name, each in labels.items()}


def fleet(labels: dict[str, dict[str, str]], size: int = 0, late: tuple[str, ...] = (), **changes: Any) -> Fleet:
    """Return the fleet of members with labels."""
    spec = SetpointRolloutSpec.model_validate({"selector": {"matchLabels": {"line": "a"}}, **changes})
    return fleet_of(EMPTY, members(labels), spec, size or len(labels), late)


PLAIN: dict[str, dict[str, str]] = {name: {} for name in NAMES}


def test_those_named_come_first_then_labels_then_a_hash() -> None:
    """Who is named comes first and in that order; the others go by a label, those without it last."""
    labels = {"a": {"hall": "2"}, "b": {}, "c": {"hall": "1"}, "d": {"hall": "2"}, "e": {}}
    found = fleet(labels, order=["e", "zz"], orderBy="hall").order
    assert found[:2] == ("e", "c")
    assert set(found[2:4]) == {"a", "d"}
    assert found[4] == "b"


def test_the_order_depends_on_nothing_but_names_and_labels() -> None:
    """The order in which members are heard of changes nothing, nor does who else is there."""
    there = dict(reversed(PLAIN.items()))
    assert fleet(there).order == fleet(PLAIN).order
    fewer: dict[str, dict[str, str]] = {name: {} for name in NAMES[:6]}
    assert [name for name in fleet(PLAIN).order if name in fewer] == list(fleet(fewer).order)


def test_who_came_late_is_last() -> None:
    """Who came after the change was begun is behind all others, whatever its name says."""
    found = fleet(PLAIN, order=["press-3"], late=("press-3", "press-4"))
    assert found.order[-2:] == ("press-3", "press-4")


@pytest.mark.parametrize(("percent", "size", "count"), [(1, 10, 1), (10, 10, 1), (11, 10, 2), (50, 5, 3), (100, 7, 7)])
def test_a_percentage_is_rounded_up(percent: int, size: int, count: int) -> None:
    """A percentage is of the fleet as it was at the start, rounded up, and at least one PLC."""
    assert share(percent, size) == count


def test_waves_are_cumulative() -> None:
    """Each wave says how far the change has gone when it is done; one that goes no further has nobody."""
    assert fleet(PLAIN).bounds == (1, 1, 5, 10)
    found = fleet(PLAIN, waves=[{"count": 3}, {"percent": 20}, {"count": 100}])
    assert found.bounds == (3, 3, 10)
    assert found.members_of(2) == ()
    assert found.wave_of[found.order[2]] == 1
    assert found.wave_of[found.order[3]] == 3


def test_what_no_wave_reaches_comes_last() -> None:
    """Waves that do not reach all are followed by one that does."""
    assert fleet(PLAIN, waves=[{"count": 2}]).bounds == (2, 10)


def test_percentages_are_of_the_size_at_the_start() -> None:
    """PLCs that have come meanwhile make no wave larger but the last."""
    assert fleet(PLAIN, size=4, waves=[{"percent": 50}, {"percent": 100}]).bounds == (2, 10)


def test_a_wave_by_labels_takes_all_that_carry_them() -> None:
    """A wave by labels adds those that carry them to the waves before; a count that follows counts them."""
    labels = {name: {"canary": "yes"} if name in {"press-7", "press-8"} else {} for name in NAMES}
    waves = [{"matchLabels": {"canary": "yes"}}, {"count": 5}, {"percent": 100}]
    found = fleet(labels, waves=waves)
    assert set(found.order[:2]) == {"press-7", "press-8"}
    assert found.bounds == (2, 5, 10)


def test_the_order_is_made_once() -> None:
    """While neither names nor labels change the order is the same object; a changed label makes another."""
    spec = SetpointRolloutSpec.model_validate({"selector": {"matchLabels": {"line": "a"}}, "orderBy": "hall"})
    there = members({name: {"hall": name} for name in NAMES})
    found = fleet_of(EMPTY, there, spec, 10, ())
    assert fleet_of(found, dict(there), spec, 10, ()) is found
    moved = {**there, "press-0": there["press-0"]._replace(labels={"hall": "zz"})}
    again = fleet_of(found, moved, spec, 10, ())
    assert again.order[-1] == "press-0"
    assert again.digest != found.digest


@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    size=st.integers(0, 25),
    late=st.integers(0, 5),
)
def test_every_member_is_in_just_one_wave(counts: list[int], size: int, late: int) -> None:
    """Whatever the waves are, each PLC is released by one of them and by no other."""
    labels: dict[str, dict[str, str]] = {f"plc-{number}": {} for number in range(size)}
    waves = [{"count": each} for each in counts]
    found = fleet(labels, waves=waves, late=tuple(list(labels)[:late]))
    assert sorted(found.order) == sorted(labels)
    assert sum(len(found.members_of(wave)) for wave in range(1, len(found.bounds) + 1)) == size
    assert list(found.bounds) == sorted(found.bounds)
    assert all(name in found.members_of(wave) for name, wave in found.wave_of.items())
