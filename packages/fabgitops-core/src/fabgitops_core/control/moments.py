"""Moments as a status holds them, and how long it is until something is tried again."""

from datetime import datetime, timedelta

FIRST_PAUSE_SECS, LONGEST_PAUSE_SECS = 2.0, 60.0
"""After a request to an API server that did not succeed the next follows after 2, 4 … 60 s."""


def pause_after(tries: int) -> float:
    """Return the seconds until the next request, after so many in a row that did not succeed, 1 or more."""
    return min(FIRST_PAUSE_SECS * 2.0 ** min(max(tries - 1, 0), 10), LONGEST_PAUSE_SECS)


def second(at: datetime) -> datetime:
    """Return a moment as a status holds it, the next whole second: no restart makes a wait shorter."""
    whole = at.replace(microsecond=0)
    return whole if whole == at else whole + timedelta(seconds=1)
