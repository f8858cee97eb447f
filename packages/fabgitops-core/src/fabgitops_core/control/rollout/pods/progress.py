"""Whether a rollout gets on: the deadline counts from the last progress, in every stage that does not wait for others.

Progress is another revision, step or weight, or pods that are nearer to what is wanted than they ever were since: of
pods that come up and go down again only the first time counts, so that what is broken is found. Another number of
replicas is no progress, and no standstill: from then on it is measured by that.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from fabgitops_core.control.rollout.pods.sides import Side

_MARK = re.compile(r"([0-9]{1,9}) ((?:[0-9]{1,9}(?:,[0-9]{1,9})*)?) (.*)", re.DOTALL)


class Progress(NamedTuple):
    """How far a rollout is, and since when.

    `place` names revision, step and weight; `wanted` how many pods each revision is to have in the end, and `left` how
    much of that is missing, at its least so far. `at` is when it got on last, None while no deadline counts.
    """

    place: str
    wanted: tuple[int, ...]
    left: int
    at: datetime | None

    @property
    def mark(self) -> str:
        """Return all but the time as a text, for the status."""
        return f"{self.left} {','.join(map(str, self.wanted))} {self.place}"


def known(mark: str, at: datetime | None) -> Progress | None:
    """Return what a status tells of progress; None where it tells nothing, or somebody wrote something else there."""
    found = _MARK.fullmatch(mark)
    if found is None:
        return None
    left, wanted, place = found.groups()
    return Progress(place, tuple(int(each) for each in wanted.split(",") if each), int(left), at)


def left_to_do(revisions: Iterable[tuple[int, Side]]) -> int:
    """Return how far pods are from what is wanted: those to be made or taken away, to become ready, and available.

    Args:
        revisions: How many pods each is to have in the end, and how it stands.
    """
    return sum(
        abs(wanted - side.present) + max(wanted - side.up, 0) + max(wanted - side.available, 0)
        for wanted, side in revisions
    )


def advanced(before: Progress | None, place: str, revisions: Iterable[tuple[int, Side]], at: datetime) -> Progress:
    """Return how far a rollout is now; the same as before, by value, while it did not get on.

    Args:
        before: How far it was; None when nothing is known of that.
        place: Its revision, step and weight.
        revisions: How many pods each is to have in the end, and how it stands; also of those that are to go.
        at: Now.
    """
    pairs = tuple(revisions)
    wanted, left = tuple(count for count, _ in pairs), left_to_do(pairs)
    if before is None or before.at is None or before.place != place:
        return Progress(place, wanted, left, at)
    if before.wanted != wanted:
        # What was complete begins anew, what was under way has the time that was left.
        return Progress(place, wanted, left, min(before.at, at) if before.left else at)
    if left < before.left or (left and not before.left):
        return Progress(place, wanted, left, at)
    return before._replace(at=min(before.at, at))


def resting(before: Progress | None, place: str) -> Progress:
    """Return how far a rollout is that waits for a time, a person or an analysis: no deadline counts.

    It begins anew when that is over. The delay after which pods go that carried weight is such a time, too.
    """
    return Progress(place, before.wanted if before else (), before.left if before else 0, None)


def due(progress: Progress, deadline_secs: int, min_ready_secs: int, sides: Iterable[Side]) -> datetime | None:
    """Return when a rollout that does not get on is given up, or None while no deadline counts.

    Args:
        progress: How far it is.
        deadline_secs: `progressDeadlineSeconds`, above 0.
        min_ready_secs: `minReadySeconds`, 0 or more: a pod that is ready and not yet available does what it should for
            so long, and nothing is to be seen of it.
        sides: The revisions as they stand.
    """
    if progress.at is None:
        return None
    proves = any(side.up > side.available for side in sides)
    return progress.at + timedelta(seconds=deadline_secs + (min_ready_secs if proves else 0))
