"""Annotations that one who leads gives to its members: only to whom they are meant for, and only when it may."""

import asyncio

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Annotate
from fabgitops_core.control.events import Annotated, AnnotateFailed
from fabgitops_core.control.objects import ObjectFailure, ObjectFailureKind
from fabgitops_core.engine.object_errors import Away, ObjectError, Refused
from fabgitops_core.engine.ports import Stored

from .crews import NAMESPACE, ORDER, Crews

BO = Key("Sailor", NAMESPACE, "bo")


def order(crews: Crews, key: Key = BO) -> str | None:
    """Return the order that a sailor has."""
    annotations: dict[str, str] = crews.api[key]["metadata"].get("annotations", {})
    return annotations.get(ORDER)


def failures(crews: Crews) -> list[ObjectFailure]:
    """Return what captains were told of failures."""
    return [event.failure for _, event in crews.observer.events if isinstance(event, AnnotateFailed)]


async def test_members_are_annotated_and_declared_with_it(crews: Crews) -> None:
    """An order is an annotation of each member; all else of the object stays, and the member acts on what is told."""
    captain = crews.captain(order="north")
    crews.sailor("bo")
    crews.sailor("cy")
    crews.api.edit(BO, {"metadata": {"annotations": {"note": "left alone"}}})
    await crews.until(lambda: sum(isinstance(event, Annotated) for _, event in crews.observer.events) == 2)
    assert crews.api[BO]["metadata"]["annotations"] == {"note": "left alone", ORDER: "north"}
    assert crews.api[BO]["metadata"]["generation"] == 1
    crews.tell(BO)
    await crews.until(lambda: crews.shown(captain).members["bo"].released == "north")


async def test_another_of_the_name_is_not_annotated(crews: Crews) -> None:
    """What was meant for one that is gone does not go to another that has its name by now."""
    crews.objects.hold = asyncio.Event()
    crews.captain(order="north")
    crews.sailor("bo")
    await crews.until(lambda: crews.objects.waiting == 1)
    body = crews.api[BO]
    crews.api.remove(BO)
    crews.api.create({**body, "metadata": {"name": "bo", "namespace": NAMESPACE}})
    crews.objects.hold.set()
    await crews.until(lambda: bool(failures(crews)))
    assert [failure.kind for failure in failures(crews)] == [ObjectFailureKind.TAKEN]
    assert order(crews) is None


@pytest.mark.parametrize("error", [Refused("no"), Away("later", 2.0)])
async def test_why_it_was_not_done_is_told(crews: Crews, error: ObjectError) -> None:
    """A request that does not succeed is told with its kind and its sentence, and ends nothing."""
    crews.objects.errors = [error]
    captain = crews.captain(order="north")
    crews.sailor("bo")
    await crews.until(lambda: failures(crews) == [error.failure])
    assert not crews.engine.is_struck(captain)


async def test_one_that_is_gone_is_told_as_gone(crews: Crews) -> None:
    """A member that went meanwhile is not annotated, and its leader is told that it is gone."""
    crews.objects.hold = asyncio.Event()
    crews.captain(order="north")
    crews.sailor("bo")
    await crews.until(lambda: crews.objects.waiting == 1)
    crews.api.remove(BO)
    crews.objects.hold.set()
    await crews.until(lambda: [failure.kind for failure in failures(crews)] == [ObjectFailureKind.GONE])


async def test_a_hold_holds_annotations_too(crews: Crews) -> None:
    """While nothing may be written nobody is annotated; when that is over the leader looks again, and does it."""
    crews.engine.holds.put("read-only", "nothing is written here")
    captain = crews.captain(order="north")
    crews.sailor("bo")
    await crews.until(lambda: bool(failures(crews)))
    assert failures(crews)[-1] == ObjectFailure(ObjectFailureKind.HELD, "nothing is written here")
    assert not crews.objects.requests
    crews.engine.holds.lift("read-only")
    began = crews.time()
    await crews.until(lambda: order(crews) == "north")
    assert crews.time() - began < 2
    assert crews.musters(captain)


async def test_what_is_recorded_is_stored_first(crews: Crews) -> None:
    """An annotation that follows from a status waits until that is stored; one that is not holds it, for a while."""
    crews.captains.recorded = True
    crews.host.answer = Stored.AWAY
    captain = crews.captain(order="north")
    crews.sailor("bo")
    await crews.until(lambda: bool(failures(crews)))
    assert failures(crews)[-1].kind is ObjectFailureKind.HELD
    assert not crews.objects.requests
    crews.host.answer = Stored.YES
    await crews.until(lambda: order(crews) == "north")
    assert set(crews.host.waited) == {captain}


async def test_annotations_keep_their_pace(crews: Crews) -> None:
    """Each is sent so many seconds after it was asked for, and not sooner."""
    for number in range(10):
        crews.sailor(f"s{number}")
    crews.captains.after = 0.5
    began = crews.time()
    crews.captain(order="north")
    await crews.until(lambda: len(crews.objects.requests) == 10)
    assert crews.time() - began >= 5


async def test_an_annotation_that_waits_is_not_sent_after_the_end(crews: Crews) -> None:
    """What waits for its time when the engine is stopped is never sent."""
    crews.captains.after = 5.0
    crews.captain(order="north")
    crews.sailor("bo")
    await crews.rest()
    await crews.engine.stop(60)
    await crews.rest(10)
    assert not crews.objects.requests


async def test_none_takes_an_annotation_away(crews: Crews) -> None:
    """The port takes away what is None, and gives what is a text."""
    crews.sailor("bo")
    uid = crews.api[BO]["metadata"]["uid"]
    await crews.objects.annotate(BO, uid, {ORDER: "north", "note": "x"})
    await crews.objects.annotate(BO, uid, {ORDER: None})
    assert crews.api[BO]["metadata"]["annotations"] == {"note": "x"}
    assert Annotate(BO, uid, {ORDER: None}).recorded
