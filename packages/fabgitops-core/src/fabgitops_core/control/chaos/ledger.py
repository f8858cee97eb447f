"""The book of an agent: what is injected, until when, and what never comes back; a pure function of its own clock.

Who holds injections, an agent or a mock PLC, asks this what to do with a request, and does only what it says. `now` is
its monotonic clock, `instance` names its process: another one has another book, and takes nothing that was meant for
this one. Answers are the statuses of HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from fabgitops_core.control.chaos.deeds import Clock, Fault, Lease, Leased, Renewal
from fabgitops_core.control.chaos.ids import InjectionId, TargetUid
from fabgitops_core.control.chaos.outcomes import Outcome, Result
from fabgitops_core.control.chaos.timing import AHEAD_SECS, LEASE_SECS, TOMBSTONE_SECS

MOST_INJECTIONS = 16


@dataclass(frozen=True, slots=True)
class Injection:
    """One that is there: it ends at `until`, and at `cap` however often it is renewed."""

    target: TargetUid
    fault: Fault
    until: float
    cap: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is injected by one process, and since when what has ended has."""

    instance: str
    injections: Mapping[InjectionId, Injection] = field(default_factory=dict)
    ended: Mapping[InjectionId, float] = field(default_factory=dict)
    stopped_until: float = 0.0
    most: int = MOST_INJECTIONS


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, with the clock of who answers."""

    status: HTTPStatus
    clock: Clock


Kept = tuple[Ledger, Reply]

_RESULTS = {
    HTTPStatus.OK: Result.DONE,
    HTTPStatus.NOT_FOUND: Result.LOST,
    HTTPStatus.GONE: Result.LOST,
    HTTPStatus.PRECONDITION_FAILED: Result.LATE,
}


def outcome(reply: Reply) -> Outcome:
    """Return what a reply means to who asked."""
    return Outcome(_RESULTS.get(reply.status, Result.REFUSED), reply.status.phrase, reply.clock)


def at(ledger: Ledger, now: float) -> Ledger:
    """Return the book as it is at a moment: what is over has ended, and is known for an hour not to come back."""
    over = {name: each for name, each in ledger.injections.items() if each.until <= now}
    known = {name: since for name, since in ledger.ended.items() if now - since < TOMBSTONE_SECS}
    if not over and len(known) == len(ledger.ended):
        return ledger
    there = {name: each for name, each in ledger.injections.items() if name not in over}
    return replace(ledger, injections=there, ended={**known, **dict.fromkeys(over, now)})


def inject(ledger: Ledger, deed: Leased, now: float) -> Kept:
    """Begin an injection, unless it is too late, was there before, or the target has one: the same again is fine."""
    ledger, name = at(ledger, now), deed.spot.id
    there = ledger.injections.get(name)
    if (refused := _too_late(ledger, deed.lease, now)) or (refused := _not_again(ledger, deed, there)):
        return ledger, _reply(ledger, refused, now)
    if there is None:
        until = now + min(deed.lease.secs, LEASE_SECS, deed.lease.cap_secs)
        begun = Injection(deed.spot.uid, deed.fault, until, now + deed.lease.cap_secs)
        ledger = replace(ledger, injections={**ledger.injections, name: begun})
    return ledger, _reply(ledger, HTTPStatus.OK, now)


def renew(ledger: Ledger, deed: Renewal, now: float) -> Kept:
    """Let an injection last on that is there; one that is not there is not begun."""
    ledger, name = at(ledger, now), deed.spot.id
    there = ledger.injections.get(name)
    if there is None:
        ended = HTTPStatus.GONE if name in ledger.ended else HTTPStatus.NOT_FOUND
        return ledger, _reply(ledger, ended, now)
    if refused := _too_late(ledger, deed.lease, now):
        return ledger, _reply(ledger, refused, now)
    until = min(now + min(deed.lease.secs, LEASE_SECS), there.cap)
    longer = replace(there, until=max(there.until, until))
    ledger = replace(ledger, injections={**ledger.injections, name: longer})
    return ledger, _reply(ledger, HTTPStatus.OK, now)


def remove(ledger: Ledger, name: InjectionId, now: float) -> Kept:
    """End an injection; whether it was there or not, it never begins from here on."""
    ledger = at(ledger, now)
    status = HTTPStatus.OK if name in ledger.injections else HTTPStatus.NOT_FOUND
    there = {each: injection for each, injection in ledger.injections.items() if each != name}
    ledger = replace(ledger, injections=there, ended={**ledger.ended, name: now})
    return ledger, _reply(ledger, status, now)


def stop(ledger: Ledger, now: float) -> Kept:
    """End all, and begin nothing that was on its way by now."""
    ledger = at(ledger, now)
    ended = {**ledger.ended, **dict.fromkeys(ledger.injections, now)}
    ledger = replace(ledger, injections={}, ended=ended, stopped_until=now + AHEAD_SECS)
    return ledger, _reply(ledger, HTTPStatus.OK, now)


def _too_late(ledger: Ledger, lease: Lease, now: float) -> HTTPStatus | None:
    """Return that a request was meant for another process, or for a time that is over, or not this one's at all."""
    if lease.instance != ledger.instance or not now <= lease.not_after <= now + AHEAD_SECS:
        return HTTPStatus.PRECONDITION_FAILED
    return HTTPStatus.LOCKED if lease.not_after <= ledger.stopped_until else None


def _not_again(ledger: Ledger, deed: Leased, there: Injection | None) -> HTTPStatus | None:
    name, target = deed.spot.id, deed.spot.uid
    if name in ledger.ended:
        return HTTPStatus.GONE
    if there is not None:
        same = (there.target, there.fault) == (target, deed.fault)
        return None if same else HTTPStatus.CONFLICT
    if any(each.target == target for each in ledger.injections.values()):
        return HTTPStatus.CONFLICT
    return HTTPStatus.TOO_MANY_REQUESTS if len(ledger.injections) >= ledger.most else None


def _reply(ledger: Ledger, status: HTTPStatus, now: float) -> Reply:
    return Reply(status, Clock(ledger.instance, now))
