"""When experiments come again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.chaos.schedule import ChaosScheduleSpec
from fabgitops_core.control.chaos.scheduling import AHEAD, Tick, run_name, superfluous, tick
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EXPERIMENT = {
    "scenario": {"podKiller": {}},
    "target": {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}},
}


def every(schedule: str = "*/10 * * * *", **more: Any) -> ChaosScheduleSpec:
    """Return a schedule."""
    return ChaosScheduleSpec.model_validate({"schedule": schedule, "template": {"spec": EXPERIMENT}, **more})


def after(**time: float) -> datetime:
    """Return a moment after noon."""
    return NOON + timedelta(**time)


def test_nothing_runs_because_it_was_applied() -> None:
    """A schedule that is made begins at its next time, also when it is made at one."""
    for made in (NOON, after(minutes=3)):
        assert tick(every(), made, None, made, ()) == Tick(None, None, after(minutes=10))


def test_a_run_begins_once() -> None:
    """At its time one experiment is made, and when it is looked at again none."""
    due = tick(every(), NOON, None, after(minutes=10), ())
    assert due == Tick(after(minutes=10), after(minutes=10), after(minutes=20))
    assert tick(every(), NOON, due.handled, after(minutes=10), ()).begins is None
    assert tick(every(), NOON, due.handled, after(minutes=10, seconds=30), ()).begins is None


def test_only_the_last_that_was_missed_is_made_up_for() -> None:
    """After a night without an operator one experiment begins, if its time is not long ago; else none does."""
    spec = every(startingDeadlineSecs=3600)
    assert tick(spec, NOON, None, after(hours=9, minutes=5), ()).begins == after(hours=9)
    assert tick(every(), NOON, None, after(hours=9, minutes=5), ()) == Tick(None, None, after(hours=9, minutes=10))


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    """Times that a wrong clock has looked at do not count, and people are told; one a little back repeats none."""
    for wrong in (after(days=400), after(days=6), after(hours=2)):
        put_back = tick(every(), NOON, wrong, after(minutes=5), ())
        assert put_back == Tick(None, after(minutes=5), after(minutes=10), put_back.why)
        assert f"a clock was wrong: handledTime was {wrong:%Y-%m-%d %H:%M} UTC" in put_back.why
        due = tick(every(), NOON, put_back.handled, after(minutes=10), ())
        assert (due.begins, due.why) == (after(minutes=10), "")
    assert tick(every(), NOON, after(minutes=10), after(minutes=9, seconds=58), ()).begins is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "hmi-1 was not over, and concurrencyPolicy is Forbid"),
        ({"suspend": True}, "spec.suspend is true"),
        ({"concurrencyPolicy": "Allow"}, ""),
    ],
)
def test_a_time_may_pass(fields: dict[str, Any], why: str) -> None:
    """A time that comes while a run is under way, or while it is suspended, passes, and is not made up for."""
    due = tick(every(**fields), NOON, None, after(minutes=10), ["hmi-1"])
    assert due.why.endswith(why)
    assert (due.begins is None) is bool(why)
    assert due.handled == after(minutes=10)
    assert tick(every(), NOON, due.handled, after(minutes=10, seconds=9), ()).begins is None


def test_one_that_waited_long_begins_again() -> None:
    """After any number of times that have passed the next one begins as ever."""
    handled = None
    for number in range(1, 200):
        handled = tick(every(), NOON, handled, after(minutes=10 * number), ["hmi-1"]).handled
    assert tick(every(), NOON, handled, after(minutes=2000), ()).begins == after(minutes=2000)


def test_a_clock_that_is_set_back_repeats_nothing() -> None:
    """What was handled by a clock that was an hour ahead does not come again."""
    handled = after(hours=1)
    assert tick(every(), NOON, handled, after(minutes=10), ()) == Tick(None, handled, after(hours=1, minutes=10))


@given(st.lists(st.integers(-4000, 4000), max_size=30), st.integers(10, 7200))
def test_each_time_begins_once_whenever_it_is_looked_at(steps: list[int], deadline: int) -> None:
    """However often, late, or by a clock up to an hour ahead: no time begins twice, or too late, or too early."""
    spec, at, handled, latest = every(startingDeadlineSecs=deadline), NOON, None, NOON
    begun: list[datetime] = []
    for secs in steps:
        at = max(at + timedelta(seconds=secs), latest - AHEAD)
        latest = max(at, latest)
        due = tick(spec, NOON, handled, at, ())
        handled = due.handled
        if due.begins is not None:
            assert NOON < due.begins <= at
            assert at - due.begins <= timedelta(seconds=deadline)
            begun.append(due.begins)
    assert len({run_name("nightly", each) for each in begun}) == len(begun)


def test_a_run_has_the_name_of_its_minute() -> None:
    """An operator that was killed after it made a run finds that it is there when it makes it again."""
    assert run_name("nightly", NOON) == run_name("nightly", after(seconds=59))
    assert run_name("nightly", NOON) != run_name("nightly", after(minutes=1))


def test_the_newest_runs_are_kept() -> None:
    """Of runs that are over the oldest go, as many as are beyond the limit."""
    over = [("b", after(hours=1)), ("c", after(hours=2)), ("a", NOON)]
    assert superfluous(over, 2) == ("a",)
    assert superfluous(over, 3) == ()
