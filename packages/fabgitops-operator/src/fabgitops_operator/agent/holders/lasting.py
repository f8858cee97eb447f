"""The turns of a holder, from its beginning to its end, and why that came."""

import select
from collections.abc import Mapping
from typing import Protocol

from fabgitops_operator.agent.holders.pipes import Cause, Orders, tell
from fabgitops_operator.agent.holders.ties import Ties, now

BEAT_SECS = 1.0


class Work(Protocol):
    """What a holder does meanwhile."""

    def sources(self) -> list[int]:
        """Return what it waits at, beside what every holder does."""

    def wait(self) -> float:
        """Return after how many seconds it wants its turn at the latest."""

    def turn(self) -> Cause | None:
        """Do what is to be done now; return why this is the end, if it is."""

    def told(self) -> Mapping[str, object]:
        """Return what a beat tells."""


def last(ties: Ties, target: int, work: Work) -> Cause:
    """Go on until the lease or the cap is over, the target (a pidfd) ends, the agent says so, or the work does."""
    orders, beat = Orders(), 0.0
    while (left := ties.left()) > 0:
        if now() >= beat:
            tell("beat", **work.told())
            beat = now() + BEAT_SECS
        waits = [target, orders.fileno(), *work.sources()]
        ready: list[int] = select.select(waits, [], [], min(left, BEAT_SECS, work.wait()))[0]
        if target in ready:
            return Cause.TARGET
        if cause := work.turn():
            return cause if ties.left() > 0 else _over(ties)
        for secs in orders.holds() if orders.fileno() in ready else ():
            ties.hold(secs)
        if orders.ended:
            return Cause.REMOVED
    return _over(ties)


def _over(ties: Ties) -> Cause:
    return Cause.CAP if ties.cap <= now() else Cause.LEASE
