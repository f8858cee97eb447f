"""When a ChaosSchedule makes its next experiment, and which of those that are over it keeps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fabgitops_core.api.chaos.schedule import MAX_RUNNING, ChaosScheduleSpec, ConcurrencyPolicy
from fabgitops_core.api.schedules import begins_after

AHEAD = timedelta(hours=1)
"""What was looked at longer than this after now was looked at by a clock that was wrong by more than clocks are."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What is to be done at a moment.

    `begins` is the time for which an experiment is made now. `handled` is the last time that needs no more looking at,
    to be stored before anything is made; `why` says why one has passed without an experiment, or may have. `next` is
    when to look again, None where the schedule never comes again.
    """

    begins: datetime | None
    handled: datetime | None
    next: datetime | None
    why: str = ""


def tick(
    spec: ChaosScheduleSpec, created: datetime, handled: datetime | None, at: datetime, running: Iterable[str]
) -> Tick:
    """Return what a schedule does at a moment.

    The first time is the first after it was made: nothing runs because a manifest was applied. Of times that were
    missed the last counts, if it is no more than `startingDeadlineSecs` ago, and no other is made up for. A clock that
    was wrong, and is put back, keeps nothing from running for longer than `AHEAD`: what was looked at later than that
    does not count.

    Args:
        spec: The schedule.
        created: When it was made.
        handled: The last time that was looked at, as it is stored.
        at: Now.
        running: Its experiments that are not over.
    """
    wrong = ""
    if handled is not None and handled - at > AHEAD:
        wrong = (
            f"a clock was wrong: handledTime was {handled:%Y-%m-%d %H:%M} UTC, which is to come; it counts from now on"
        )
        handled = at
    since = max(handled or created, at - timedelta(seconds=spec.starting_deadline_secs))
    following = next(begins_after(spec.schedule, spec.time_zone, max(at, since)), None)
    due = _last(spec, since, at)
    if due is None:
        return Tick(None, handled, following, wrong)
    why = _passes(spec, due, tuple(running))
    return Tick(None if why else due, due, following, why)


def _last(spec: ChaosScheduleSpec, since: datetime, at: datetime) -> datetime | None:
    """Return the last time after one moment up to another: a day of minutes at most."""
    last = None
    for begin in begins_after(spec.schedule, spec.time_zone, since):
        if begin > at:
            break
        last = begin
    return last


def _passes(spec: ChaosScheduleSpec, due: datetime, running: tuple[str, ...]) -> str:
    """Return why nothing begins although it is time, or nothing."""
    if spec.suspend:
        return f"{due:%Y-%m-%d %H:%M} UTC passed: spec.suspend is true"
    if len(running) >= MAX_RUNNING:
        return f"{due:%Y-%m-%d %H:%M} UTC passed: {len(running)} runs are not over, and there are never more"
    if running and spec.concurrency_policy is ConcurrencyPolicy.FORBID:
        return f"{due:%Y-%m-%d %H:%M} UTC passed: {running[0]} was not over, and concurrencyPolicy is Forbid"
    return ""


def run_name(schedule: str, begins: datetime) -> str:
    """Return the name of the experiment for a time: whoever makes it a second time finds that it is there."""
    return f"{schedule}-{int(begins.timestamp()) // 60}"


def superfluous(finished: Iterable[tuple[str, datetime]], limit: int) -> tuple[str, ...]:
    """Return which experiments that are over are not kept, by name and when that was: the newest are."""
    newest = sorted(finished, key=lambda each: (each[1], each[0]), reverse=True)
    return tuple(name for name, _ in newest[limit:])
