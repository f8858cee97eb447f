"""What an agent does with a request: by its own clock, and by what it has held."""

from dataclasses import replace
from http import HTTPStatus

import pytest
from fabgitops_core.control.chaos import ledger as book
from fabgitops_core.control.chaos.deeds import AgentInject, AgentRenew, Clock, Lease, Spot
from fabgitops_core.control.chaos.ids import InjectionId, NodeName, TargetUid
from fabgitops_core.control.chaos.ledger import Kept, Ledger
from fabgitops_core.control.chaos.outcomes import Result

NAME = InjectionId("e.t")
SPOT = Spot("plant", "hmi", TargetUid("t"), NodeName("n"), NAME)
LEASE = Lease("i", 110.0, 15.0, 40.0)
INJECT = AgentInject(SPOT, {"kind": "cpu"}, LEASE)
EMPTY = Ledger("i")


def until(kept: Kept) -> float:
    """Return until when the injection is."""
    return kept[0].injections[NAME].until


def renewal(not_after: float) -> AgentRenew:
    """Return a renewal."""
    return AgentRenew(SPOT, replace(LEASE, not_after=not_after))


def test_it_ends_by_itself() -> None:
    """An injection that nobody renews is over after its lease, and does not come back."""
    kept, reply = book.inject(EMPTY, INJECT, 100.0)
    assert (reply.status, reply.clock) == (HTTPStatus.OK, Clock("i", 100.0))
    assert until((kept, reply)) == 115.0
    assert book.at(kept, 114.9).injections
    over = book.at(kept, 115.0)
    assert not over.injections
    assert book.renew(over, renewal(120.0), 115.0)[1].status is HTTPStatus.GONE
    late = replace(INJECT, lease=replace(LEASE, not_after=120.0))
    assert book.inject(over, late, 115.0)[1].status is HTTPStatus.GONE


def test_it_is_renewed_up_to_its_cap() -> None:
    """A renewal lets it last for another lease, and no longer than its cap, whoever goes on renewing."""
    kept, _ = book.inject(EMPTY, INJECT, 100.0)
    for now, expected in ((105.0, 120.0), (118.0, 133.0), (130.0, 140.0), (139.0, 140.0)):
        renewed = book.renew(kept, renewal(now + 5), now)
        assert until(renewed) == expected
        kept = renewed[0]
    assert not book.at(kept, 140.0).injections


def test_a_renewal_makes_nothing() -> None:
    """What was never there is not begun by a renewal."""
    kept, reply = book.renew(EMPTY, renewal(110.0), 100.0)
    assert (kept, reply.status) == (EMPTY, HTTPStatus.NOT_FOUND)


def test_the_same_again_is_the_same() -> None:
    """A request that is sent twice makes one injection, and does not make it longer."""
    kept, _ = book.inject(EMPTY, INJECT, 100.0)
    again, reply = book.inject(kept, INJECT, 104.0)
    assert (again, reply.status) == (kept, HTTPStatus.OK)
    other = replace(INJECT, fault={"kind": "network"})
    assert book.inject(kept, other, 104.0)[1].status is HTTPStatus.CONFLICT


def test_a_target_has_one() -> None:
    """Another experiment does not get a target that has an injection."""
    kept, _ = book.inject(EMPTY, INJECT, 100.0)
    other = replace(INJECT, spot=replace(SPOT, id=InjectionId("f.t")))
    assert book.inject(kept, other, 100.0)[1].status is HTTPStatus.CONFLICT


@pytest.mark.parametrize("there", [True, False])
def test_what_was_ended_never_begins(there: bool) -> None:
    """A request that arrives after its own undoing does nothing, whichever of both came first."""
    kept = book.inject(EMPTY, INJECT, 100.0)[0] if there else EMPTY
    ended, reply = book.remove(kept, NAME, 101.0)
    assert reply.status is (HTTPStatus.OK if there else HTTPStatus.NOT_FOUND)
    again, answer = book.inject(ended, INJECT, 102.0)
    assert (dict(again.injections), answer.status) == ({}, HTTPStatus.GONE)
    assert not book.at(again, 101.0 + 3600.0).ended


@pytest.mark.parametrize(
    ("lease", "now"),
    [
        (LEASE, 110.1),
        (replace(LEASE, not_after=111.0), 100.0),
        (replace(LEASE, instance="before"), 100.0),
    ],
)
def test_what_is_too_late_is_not_done(lease: Lease, now: float) -> None:
    """Nothing begins after its time, by a clock that cannot be this one, or for a process that is gone."""
    kept, reply = book.inject(EMPTY, replace(INJECT, lease=lease), now)
    assert (kept, reply.status) == (EMPTY, HTTPStatus.PRECONDITION_FAILED)
    assert book.outcome(reply).result is Result.LATE


def test_it_holds_only_so_many() -> None:
    """A node is not asked for more than it can hold."""
    kept = replace(EMPTY, most=1)
    kept, _ = book.inject(kept, INJECT, 100.0)
    more = replace(INJECT, spot=replace(SPOT, uid=TargetUid("u"), id=InjectionId("e.u")))
    reply = book.inject(kept, more, 100.0)[1]
    assert (reply.status, book.outcome(reply).result) == (HTTPStatus.TOO_MANY_REQUESTS, Result.REFUSED)


def test_the_kill_switch_ends_all_and_what_is_on_its_way() -> None:
    """After a stop nothing is injected, not even by a request that was sent before; later ones are heard again."""
    kept, _ = book.inject(EMPTY, INJECT, 100.0)
    stopped, _ = book.stop(kept, 103.0)
    assert not stopped.injections
    other = replace(INJECT, spot=replace(SPOT, uid=TargetUid("u"), id=InjectionId("e.u")))
    assert book.inject(stopped, other, 104.0)[1].status is HTTPStatus.LOCKED
    fresh = replace(other, lease=replace(LEASE, not_after=114.0))
    assert book.inject(stopped, fresh, 104.0)[1].status is HTTPStatus.OK
