"""The outbox in the status of a rollout: what has happened, and the sink has not taken for good yet."""

from typing import Protocol, TypeVar

from fabgitops_core.control.cdevents.words import SACRIFICED

MAX_OUTBOX = 16
"""So many events wait at most: a status has room for them."""


class Waiting(Protocol):
    """An entry, whatever else is told of it."""

    @property
    def id(self) -> str:
        """Return what names the event."""

    @property
    def type(self) -> str:
        """Return what has happened, as a word."""


W = TypeVar("W", bound=Waiting)


def put(outbox: tuple[W, ...], untold: int, pending: W) -> tuple[tuple[W, ...], int]:
    """Put an entry behind all others, and return the outbox and how many entries were dropped so far.

    One that is there already, by its id, changes nothing. In a full outbox the oldest of the least important is dropped
    (`words.SACRIFICED`), which may be the new one; the first stays, for it is on its way to the sink.

    Args:
        outbox: What waits, oldest first; at most MAX_OUTBOX.
        untold: How many were dropped before.
        pending: What has happened.
    """
    if any(each.id == pending.id for each in outbox):
        return outbox, untold
    entries = (*outbox, pending)
    if len(entries) <= MAX_OUTBOX:
        return entries, untold
    dropped = _least(entries[1:])
    return tuple(each for each in entries if each is not dropped), untold + 1


def taken(outbox: tuple[W, ...], id_: str) -> tuple[W, ...]:
    """Return the outbox without what the sink has for good now; one that is not there changes nothing."""
    return tuple(each for each in outbox if each.id != id_)


def _least(entries: tuple[W, ...]) -> W:
    """Return the oldest of the least important, or of all where all are important."""
    for words in SACRIFICED:
        for each in entries:
            if each.type in words:
                return each
    return entries[0]
