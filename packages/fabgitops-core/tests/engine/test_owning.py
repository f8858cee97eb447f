"""What the engine does for kinds that own objects."""

import asyncio
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Apply, Delete, Request, Wake
from fabgitops_core.control.events import Applied, ApplyFailed, Faulted, Surveyed
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.engine.object_errors import Away
from fabgitops_core.engine.object_requests import UNMADE
from fabgitops_core.engine.ports import Stored
from fabgitops_core.testing.objects import AnswerLost

from .shelves import Shake, ShelfController, ShelfState, ShelfStatus, Shelves, body


def box(name: str) -> Key:
    """Return the full name of a box."""
    return Key("Box", "plant", name)


async def test_what_is_missing_is_made_once_though_the_watch_lags(shelves: Shelves) -> None:
    """What was just applied is known before the watch tells of it: no further pass asks for it again."""
    shelves.watch.lagging = True
    key = shelves.declare(3)
    await shelves.rest()
    shelves.engine.declare(key, shelves.controller, shelves.declared(key))
    await shelves.rest()
    assert shelves.passes(key) == 2
    assert shelves.sent() == ["apply a-0", "apply a-1", "apply a-2"]
    shelves.watch.deliver()
    await shelves.rest()
    assert shelves.passes(key) == 2


async def test_no_pass_begins_before_everything_was_listed() -> None:
    """An owner that does not know yet what there is does nothing; as soon as all is listed it is looked at."""
    shelves = Shelves()
    shelves.api.create(body(Key("Shelf", "plant", "a"), "u", 0))
    key = shelves.declare(1)
    await asyncio.sleep(0.05)
    assert (shelves.passes(key), shelves.sent()) == (0, [])
    shelves.watch.list()
    await shelves.until(lambda: shelves.passes(key) == 1)
    await shelves.engine.stop(1.0)
    assert shelves.sent() == []


async def test_many_news_make_one_pass(shelves: Shelves) -> None:
    """News of many objects wake their owner once, and it sees all of it; nobody else is woken."""
    key, other = shelves.declare(20), shelves.declare(1, "b")
    await shelves.rest()
    before, others = shelves.passes(key), shelves.passes(other)
    shelves.watch.lagging = True
    for place in range(20):
        shelves.api.remove(box(f"a-{place}"))
    shelves.watch.deliver()
    await shelves.rest()
    assert (shelves.passes(key), shelves.passes(other)) == (before + 1, others)
    assert len(shelves.boxes()) == 21


async def test_news_in_a_pass_make_another(shelves: Shelves) -> None:
    """What changes while a pass is under way does not disturb it, and another pass sees it, whatever it ends with."""
    shelves.controller = ShelfController(waits=(Wake(None),))
    shelves.objects.hold = asyncio.Event()
    key = shelves.declare(2)
    await shelves.until(lambda: shelves.objects.waiting == 1)
    shelves.api.create(body(key, "u", 7))
    shelves.watch.lagging = True
    await shelves.rest()
    assert shelves.passes(key) == 1
    shelves.objects.hold.set()
    await shelves.rest()
    assert shelves.passes(key) == 2
    assert shelves.sent() == ["apply a-0", "apply a-1", "delete a-7"]


async def test_one_request_of_each_owner_at_a_time(shelves: Shelves) -> None:
    """Several owners are looked after side by side, each with one request under way."""
    shelves.objects.hold = asyncio.Event()
    for name in "abc":
        shelves.declare(4, name)
    await shelves.rest()
    assert shelves.objects.waiting == 3
    shelves.objects.hold.set()
    await shelves.until(lambda: len(shelves.boxes()) == 12)


async def test_nothing_is_deleted_without_its_record(shelves: Shelves) -> None:
    """A deletion is sent when the status that tells of it is stored; one that is refused stops it for a while."""
    key = shelves.declare(1)
    shelves.api.create(body(key, "u", 7))
    shelves.host.answer = Stored.REFUSED
    await shelves.rest()
    assert "a-7" in shelves.boxes()
    assert {each.kind for each in shelves.failures(key)} == {ObjectFailureKind.HELD}
    shelves.host.answer = Stored.YES
    await shelves.until(lambda: "a-7" not in shelves.boxes())
    recorded = [status.deleting for _key, status in shelves.host.published if isinstance(status, ShelfStatus)]
    assert ("a-7",) in recorded


async def test_what_is_recorded_is_made_when_that_is_stored(shelves: Shelves) -> None:
    """An object that follows from a status is made when that is stored, and not while the API server refuses it."""
    key = shelves.declare(0)
    await shelves.rest()
    entry, box = shelves.engine._entries[key], body(key, "u", 0)
    shelves.host.answer = Stored.REFUSED
    event = await shelves.engine._performing.perform(entry, Apply(box, recorded=True))
    assert isinstance(event, ApplyFailed)
    assert (event.failure.kind, event.failure.message) == (ObjectFailureKind.HELD, UNMADE)
    assert shelves.boxes() == []
    shelves.host.answer = Stored.YES
    assert isinstance(await shelves.engine._performing.perform(entry, Apply(box, recorded=True)), Applied)


async def test_a_hold_keeps_everything_back_and_says_why(shelves: Shelves) -> None:
    """While a hold stands nothing is sent, its reason is told, and at its end who was held goes on at once."""
    shelves.engine.holds.put("listing", "not everything is listed yet")
    key = shelves.declare(1)
    await shelves.rest(1.0)
    failure = shelves.failures(key)[0]
    assert (failure.kind, failure.message) == (ObjectFailureKind.HELD, "not everything is listed yet")
    assert shelves.sent() == []
    began = shelves.time()
    shelves.engine.holds.lift("listing")
    await shelves.until(lambda: shelves.boxes() == ["a-0"])
    assert shelves.time() - began < 2


async def test_a_lease_that_is_lost_while_a_request_waits_withdraws_it(shelves: Shelves) -> None:
    """Whether anything may be sent is asked when a request has its turn; who is held finds out when it may again."""
    lost = ""
    shelves.controller = ShelfController(waits=(Wake(3600),))
    shelves.engine.holds.ask("lease", lambda: lost)
    shelves.objects.hold = asyncio.Event()
    key = shelves.declare(2)
    await shelves.until(lambda: shelves.objects.waiting == 1)
    lost = "another operator has the Lease"
    shelves.objects.hold.set()
    await shelves.rest()
    assert (shelves.sent(), shelves.failures(key)[0].message) == ([], lost)
    lost = ""
    await shelves.rest(15)
    assert shelves.boxes() == ["a-0", "a-1"]


async def test_what_is_not_wanted_any_more_is_not_sent(shelves: Shelves) -> None:
    """A kind that can say so is asked right before a request is sent, and may have heard of something meanwhile."""
    shelves.controller = Hesitant()
    shelves.objects.hold = asyncio.Event()
    key = shelves.declare(2)
    await shelves.until(lambda: shelves.objects.waiting == 1)
    shelves.declare(0)
    shelves.objects.hold.set()
    await shelves.rest()
    assert shelves.sent() == []
    failure = shelves.failures(key)[0]
    assert (failure.kind, failure.message) == (ObjectFailureKind.HELD, "it is not wanted any more")


class Hesitant(ShelfController):
    """Wants a request only for as long as it wants boxes at all."""

    def wants(self, state: ShelfState, request: Request) -> bool:
        """Return whether it does."""
        del request
        return state.spec is not None and state.spec.boxes > 0


async def test_a_stop_lets_the_request_in_hand_end_and_sends_no_other(shelves: Shelves) -> None:
    """A request that was sent is waited for, so that what came of it is known; who waits for a turn sends nothing."""
    answer = asyncio.Event()
    sent = shelves.objects.apply

    async def slowly(*args: Any, **how: Any) -> Any:
        applied = await sent(*args, **how)
        await answer.wait()
        return applied

    shelves.objects.apply = slowly  # type: ignore[method-assign]
    key = shelves.declare(5)
    await shelves.until(lambda: shelves.boxes() == ["a-0"])
    stopping = asyncio.ensure_future(shelves.engine.stop(60.0))
    await shelves.rest()
    answer.set()
    await stopping
    assert shelves.sent() == ["apply a-0"]
    assert any(each == key and isinstance(event, Applied) for each, event in shelves.observer.events)


async def test_nothing_is_sent_for_an_owner_that_is_gone(shelves: Shelves) -> None:
    """A request that waits for its turn when its owner is removed is not sent, nor any after it."""
    shelves.objects.hold = asyncio.Event()
    key = shelves.declare(3)
    await shelves.until(lambda: shelves.objects.waiting == 1)
    shelves.engine.remove(key)
    shelves.objects.hold.set()
    shelves.api.create(body(key, "u", 7))
    await shelves.rest(60)
    assert shelves.sent() == []
    assert shelves.boxes() == ["a-7"]


async def test_an_answer_that_was_lost_makes_nothing_twice(shelves: Shelves) -> None:
    """What was made without our knowing stands in the way of being made again, and is taken for what it is."""
    shelves.watch.lagging = True
    shelves.objects.errors = [AnswerLost("the connection was lost")]
    key = shelves.declare(1)
    await shelves.rest(30)
    assert shelves.boxes() == ["a-0"]
    assert [each.kind for each in shelves.failures(key)] == [ObjectFailureKind.AWAY, ObjectFailureKind.TAKEN]
    stands = shelves.failures(key)[1].stands
    assert stands is not None
    assert stands.uid == shelves.api[box("a-0")]["metadata"]["uid"]


async def test_what_was_deleted_is_known_to_be_leaving(shelves: Shelves) -> None:
    """A deletion is not asked for again, however late the watch tells of it."""
    key = shelves.declare(1)
    await shelves.rest()
    shelves.watch.lagging = True
    shelves.declare(0)
    await shelves.rest()
    shelves.declare(0)
    await shelves.rest()
    assert shelves.sent() == ["apply a-0", "delete a-0"]
    assert not shelves.failures(key)


async def test_what_changed_since_it_was_looked_at_is_not_deleted(shelves: Shelves) -> None:
    """A deletion that says of which version the object must be does not happen to another."""
    key = shelves.declare(1)
    await shelves.rest()
    shelves.watch.lagging = True
    shelves.api.edit(box("a-0"), {"spec": {"label": "in use"}})
    shelves.declare(0)
    await shelves.until(lambda: bool(shelves.failures(key)))
    assert shelves.failures(key)[0].kind is ObjectFailureKind.CHANGED
    assert shelves.boxes() == ["a-0"]


async def test_a_value_of_somebody_else_is_told_with_who_and_where(shelves: Shelves) -> None:
    """A field of ours that somebody gave another value is told with the manager and the field."""
    key = shelves.declare(1)
    await shelves.rest()
    shelves.api.edit(box("a-0"), {"spec": {"place": 9}}, "hands")
    await shelves.until(lambda: bool(shelves.failures(key)))
    failure = shelves.failures(key)[0]
    assert (failure.kind, failure.manager, failure.fields) == (ObjectFailureKind.CONFLICT, "hands", (".spec.place",))


@pytest.mark.parametrize("strange", [Delete(box("b-0"), "u"), Delete(box("a-0"), "other")])
async def test_only_what_is_known_as_its_own_is_deleted(shelves: Shelves, strange: Delete) -> None:
    """A deletion of what does not belong to the resource, or is another by now, is not sent."""
    shelves.declare(1, "b")
    await shelves.rest()
    shelves.controller = ShelfController(also=(strange,))
    key = shelves.declare(1)
    await shelves.rest()
    assert [each.kind for each in shelves.failures(key)][:1] == [ObjectFailureKind.GONE]
    assert "delete" not in " ".join(shelves.sent())


async def test_what_would_not_be_its_own_is_a_fault(shelves: Shelves) -> None:
    """An object without the owner's label, which nobody would find again, is not applied: it is a fault of ours."""
    shelves.controller = ShelfController(also=(Apply(body(Key("Shelf", "plant", "b"), "u", 0)),))
    key = shelves.declare(0)
    await shelves.rest()
    assert shelves.sent() == []
    assert (key, "request") in shelves.observer.faults


async def test_after_a_fault_of_ours_a_pass_that_changes_nothing_comes_first(shelves: Shelves) -> None:
    """What ended a pass is over with the next that goes well, and that one sends nothing; the others go on."""
    step = shelves.controller.step
    shelves.controller.step = breaking(step, "a")  # type: ignore[method-assign]
    key, other = shelves.declare(2), shelves.declare(2, "b")
    await shelves.rest()
    assert (key, "step") in shelves.observer.faults
    assert shelves.boxes() == ["b-0", "b-1"]
    shelves.controller.step = step  # type: ignore[method-assign]
    await shelves.rest(65)
    assert shelves.failures(key)[0].message.startswith("a fault of the operator's own")
    await shelves.rest(65)
    assert shelves.boxes() == ["a-0", "a-1", "b-0", "b-1"]
    assert not shelves.failures(other)


def breaking(step: Any, name: str) -> Any:
    """Return steps that break when the shelf of this name is shown what there is."""

    def broken(state: Any, event: Any) -> Any:
        if isinstance(event, Surveyed) and state.key.name == name:
            raise ZeroDivisionError("by a shelf")
        return step(state, event)

    return broken


async def test_what_cannot_be_read_stops_its_owner_alone(shelves: Shelves) -> None:
    """An object of which no record can be made is a fault that its owner tells; it does nothing until that is over."""
    key, other = shelves.declare(2), shelves.declare(2, "b")
    await shelves.rest()
    shelves.api.edit(box("a-0"), {"spec": {"place": "nowhere"}})
    shelves.api.remove(box("a-1"))
    shelves.api.remove(box("b-1"))
    await shelves.rest()
    assert shelves.boxes() == ["a-0", "b-0", "b-1"]
    assert (key, "survey") in shelves.observer.faults
    assert (other, "survey") not in shelves.observer.faults
    assert any(each == key and isinstance(event, Faulted) for each, event in shelves.observer.events)
    shelves.api.edit(box("a-0"), {"spec": {"place": 0}}, "fabgitops-rack")
    await shelves.rest(130)
    assert "a-1" in shelves.boxes()


async def test_the_bus_keeps_nobody_waiting(shelves: Shelves) -> None:
    """What happens is told in order when the bus is back; until then everything else goes on."""
    shelves.bus.away = True
    key = shelves.declare(3)
    await shelves.until(lambda: len(shelves.boxes()) == 3)
    assert (len(shelves.bus), shelves.bus.taken) == (3, [])
    shelves.bus.come_back()
    await shelves.rest()
    told = shelves.host.status(key)
    assert isinstance(told, ShelfStatus)
    assert list(told.told) == [each.id for each in shelves.bus.taken]
    assert [each.id.split("-")[-1] for each in shelves.bus.taken] == [
        f"{shelves.api[box(name)]['metadata']['uid'].split('-')[-1]}/created" for name in ("a-0", "a-1", "a-2")
    ]


async def test_what_the_bus_gives_up_is_said(shelves: Shelves) -> None:
    """Whoever tells of something that the bus will never take is told so, with the reason, and goes on."""
    shelves.bus.refuses["io.example.box.created"] = "413 too large"
    key = shelves.declare(1)
    await shelves.rest()
    status = shelves.host.status(key)
    assert isinstance(status, ShelfStatus)
    assert shelves.bus.taken == []
    assert [each.rpartition("/")[2] for each in status.told] == ["created: 413 too large"]


async def test_a_bus_that_takes_at_once_is_heard_of_afterwards(shelves: Shelves) -> None:
    """A controller is told of one thing after the other: what it publishes last is what it knew last."""
    shelves.watch.lagging = True
    key = shelves.declare(1)
    await shelves.rest()
    told = shelves.host.status(key)
    assert isinstance(told, ShelfStatus)
    assert len(told.told) == 1


async def test_a_kind_brings_requests_of_its_own(shelves: Shelves) -> None:
    """A request of a kind's own goes to its performer, which asks what speaks against it like any other."""
    shelves.controller = ShelfController(also=(Shake(),))
    key = shelves.declare(0)
    await shelves.rest()
    assert shelves.shaken == [key]
    shelves.engine.holds.put("stop", "no more")
    shelves.declare(0)
    await shelves.rest()
    assert shelves.shaken == [key]


async def test_what_nobody_carries_out_is_a_fault(shelves: Shelves) -> None:
    """A request that has no performer is a fault of ours that its resource tells."""
    shelves.engine._performing._by_type.pop(Shake)
    shelves.controller = ShelfController(also=(Shake(),))
    key = shelves.declare(0)
    await shelves.rest()
    status = shelves.host.status(key)
    assert isinstance(status, ShelfStatus)
    assert status.problem == "TypeError: nobody carries out Shake()"


async def test_an_api_server_that_is_away_is_asked_again(shelves: Shelves) -> None:
    """A failure that is no answer is told with for how long patience is asked for."""
    shelves.objects.errors = [Away("429", 7.0)]
    key = shelves.declare(1)
    await shelves.until(lambda: shelves.boxes() == ["a-0"])
    assert (shelves.failures(key)[0].kind, shelves.failures(key)[0].retry_after) == (ObjectFailureKind.AWAY, 7.0)
