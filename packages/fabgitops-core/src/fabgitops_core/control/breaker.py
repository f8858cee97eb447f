"""The circuit breaker of one device: after three failures in a row it is left alone for a growing while.

    closed --3 failures--> open --time is up--> half-open --success--> closed
                            ^                       |
                            +-------failure---------+

While it is half-open one request probes; everybody else waits for what comes of it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

THRESHOLD = 3
DOUBTFUL = 2
"""From so many failures in a row on a device is taken for one that will perhaps not answer the next time either."""
MAX_SECS = 60.0
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row, and the moment (seconds of a monotonic clock) before which nothing is tried.

    `since` is the moment of the last of them.
    """

    failures: int = 0
    retry_at: float = 0.0
    cause: str = ""
    since: float = -inf


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a request may pass: `wait` is the seconds until it may, 0 for now; `cause` says why not."""

    wait: float = 0.0
    cause: str = ""


class Circuit(StrEnum):
    """The states of a breaker, as metrics name them."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


CLOSED = Breaker()
PASS = Gate()


def gate(breaker: Breaker, now: float) -> Gate:
    """Return whether a request may pass at `now`."""
    if breaker.failures < THRESHOLD or now >= breaker.retry_at:
        return PASS
    return Gate(breaker.retry_at - now, breaker.cause)


def tried(breaker: Breaker, now: float, allowance: float) -> Breaker:
    """Note that a request passes: an open circuit lets no other pass for `allowance` seconds."""
    if breaker.failures < THRESHOLD:
        return breaker
    return replace(breaker, retry_at=now + allowance)


def untried(breaker: Breaker, now: float) -> Breaker:
    """Note that what passed was no attempt: of an open circuit the next may be one."""
    return replace(breaker, retry_at=now) if breaker.failures >= THRESHOLD else breaker


def failed(breaker: Breaker, now: float, cause: str, chance: float, began: float = inf) -> Breaker:
    """Note a failure; from the third in a row on, wait min(2^n, 60) s less up to a fifth.

    Once open, what began before the last failure was known says nothing new: it is not waited for longer.

    Args:
        breaker: What stood before.
        now: Seconds of a monotonic clock.
        cause: Why it failed, for those who are told to wait.
        chance: A random number from 0 to 1 that spreads the retries of many.
        began: When the attempt began.
    """
    if breaker.failures >= THRESHOLD and began < breaker.since:
        return breaker
    failures = breaker.failures + 1
    if failures < THRESHOLD:
        return Breaker(failures, 0.0, cause, now)
    wait = min(2.0 ** min(failures - THRESHOLD + 1, 10), MAX_SECS)
    return Breaker(failures, now + wait * (1 - JITTER * chance), cause, now)


def circuit(breaker: Breaker, now: float) -> Circuit:
    """Return the state of the circuit, for people and metrics."""
    if breaker.failures < THRESHOLD:
        return Circuit.CLOSED
    return Circuit.OPEN if now < breaker.retry_at else Circuit.HALF_OPEN
