"""How often a pass that writes tells of itself: its record before the first write, then a status a second at most.

What a status counts is announced together with it. So status, Events and metrics agree wherever a process dies: what
was not stored was not announced either, and what was proven since is proven by the next reading once more.
"""

from dataclasses import replace
from datetime import datetime

from fabgitops_core.control.commands import Command, Commands, Notice, Publish
from fabgitops_core.control.events import Contested, Declared, Event, Referenced
from fabgitops_core.control.plc.state import PlcState, Stage, Step

EVERY_SECS = 1.0
"""Seconds between two statuses within one pass."""


def paced(before: PlcState, after: PlcState, commands: Commands, event: Event) -> Step:
    """Return a step of a pass that writes: what it tells goes out, or waits with what was told before it.

    News of what is wanted never waits, nor does the record of a write.
    """
    going, writing = before.going, after.stage in {Stage.WRITING, Stage.PROVING}
    told = [each for each in commands if isinstance(each, Publish)]
    urgent = isinstance(event, Declared | Referenced | Contested) or any(each.before_write for each in told)
    if writing and not urgent and _lately(going.published, event.at):
        unsaid = (*going.unsaid, *(each for each in commands if isinstance(each, Notice | Publish)))
        rest = tuple(each for each in commands if not isinstance(each, Notice | Publish))
        return after._replace(going=replace(after.going, unsaid=unsaid)), rest
    late: tuple[Command, ...] = tuple(each for each in going.unsaid if isinstance(each, Notice))
    if going.unsaid and not told and after.stage is not Stage.GONE:
        late = (*late, Publish(after.status))
    if writing:
        published = event.at if told or late else going.published
        after = after._replace(going=replace(after.going, unsaid=(), published=published))
    return after, (*late, *commands)


def _lately(published: datetime | None, at: datetime) -> bool:
    return published is not None and 0 <= (at - published).total_seconds() < EVERY_SECS
