"""For how long anything may be active, in seconds; each is counted by a clock that does not jump."""

from datetime import datetime

LEASE_SECS = 15.0
"""An injection that was not renewed for so long ends by itself."""

RENEW_SECS = 5.0
"""Leases are renewed that often; a round of requests is over within the same time, answered or not."""

AHEAD_SECS = 10.0
"""A request is refused that is carried out later than so long after the answer by which its sender knew the clock."""

SILENCE_SECS = AHEAD_SECS + LEASE_SECS + 5.0
"""So long after the last request nothing of it is active: it was too late, or its lease has run out. 5 s are spare."""

CAP_SPARE_SECS = LEASE_SECS
"""Whatever is renewed, an injection ends so long after its experiment was to end."""

TOMBSTONE_SECS = 3600.0


SHORTEST_REST_SECS = 0.1
"""Less is no time at all by a clock that counts microseconds, and would be rested for again and again."""


def rest(left: float) -> float:
    """Return the seconds until the next round, when so many are left."""
    return max(min(RENEW_SECS, left), SHORTEST_REST_SECS)


def told(since: float | None, ticks: float | None) -> float | None:
    """Return the seconds from one event to the next by the clock of this process, None where it was not read at both.

    All of them count, also those that it took to look, or to be heard: what is injected goes on meanwhile.
    """
    return None if since is None or ticks is None else max(ticks - since, 0.0)


def elapsed(since: datetime, at: datetime, most: float) -> float:
    """Return the seconds from one event to the next, which was asked for after `most`.

    The wall clock may jump: time that is not there is not counted, and what is counted too little only waits longer.
    """
    return min(max((at - since).total_seconds(), 0.0), most)
