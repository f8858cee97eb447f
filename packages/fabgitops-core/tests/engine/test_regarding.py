"""What the engine does for kinds that look at objects which they do not own, and patch them."""

import asyncio
from functools import partial
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Patch
from fabgitops_core.control.events import Faulted, Patched, PatchFailed
from fabgitops_core.control.objects import ObjectFailureKind, Viewed
from fabgitops_core.engine.object_errors import Away, Refused
from fabgitops_core.engine.ports import Stored
from fabgitops_core.testing.objects import AnswerLost
from fabgitops_core.testing.watches import FakeWatch
from hypothesis import given
from hypothesis import strategies as st

from .leaping import LeapingLoop
from .pointers import VIEWED, Pointers, sign
from .shelves import BOX, Shelves
from .shelves import seen as seen_box


@pytest.fixture
async def pointers(shelves: Shelves) -> Any:
    """Return an engine whose signs were listed: x and y of the plant."""
    del shelves  # whose loop leaps
    pointers = Pointers()
    for name in "xy":
        pointers.put_up(name)
    pointers.signs.list()
    yield pointers
    await pointers.engine.stop(1.0)


async def test_what_is_regarded_is_shown_beside_what_is_owned(pointers: Pointers) -> None:
    """A pass is shown the boxes that it owns and the signs that it regards, and of other signs nothing is kept."""
    pointers.point("x")
    pointers.declare(2)
    await pointers.rest()
    pointers.declare(2)
    await pointers.rest()
    shown = pointers.pointer.surveyed["a"].children
    assert sorted(key.name for key in shown) == ["a-0", "a-1", "x"]
    assert pointers.engine.families.has("Sign", None)
    assert len(pointers.engine.families.views.family) == 1


async def test_a_change_wakes_everyone_who_regards_it(pointers: Pointers) -> None:
    """Several may regard the same sign, and each is woken once by its changes; who regards another one is not."""
    keys = [pointers.point("x", by="a"), pointers.point("x", by="b"), pointers.point("y", by="c")]
    await pointers.rest()
    before = [pointers.passes(key) for key in keys]
    pointers.turn("x", 7)
    await pointers.rest()
    assert [pointers.passes(key) - number for key, number in zip(keys, before, strict=True)] == [1, 1, 0]
    assert (pointers.pointer.ways("a"), pointers.pointer.ways("b")) == ({"x": 7}, {"x": 7})
    pointers.api.remove(sign("x"))
    await pointers.rest()
    assert (pointers.pointer.ways("a"), pointers.pointer.ways("c")) == ({}, {"y": 1})


async def test_what_is_regarded_later_is_looked_at_once(pointers: Pointers) -> None:
    """One look says how it stands, or that it is not there; from then on the watch tells, and nobody looks again."""
    pointers.point("x", "none")
    await pointers.rest()
    assert sorted(pointers.looked()) == ["none", "x"]
    assert pointers.pointer.ways() == {"x": 1}
    pointers.put_up("none", 5)
    pointers.turn("x", 6)
    await pointers.rest()
    assert pointers.pointer.ways() == {"x": 6, "none": 5}
    assert len(pointers.looked()) == 2


async def test_what_was_regarded_before_the_listing_takes_no_look(caplog: pytest.LogCaptureFixture) -> None:
    """After a start nothing is asked for one by one: the listing shows it, and no pass begins before."""
    pointers = Pointers()
    pointers.put_up("x")
    key = pointers.point("x", "none")
    await asyncio.sleep(0.05)
    assert pointers.passes(key) == 0
    pointers.signs.list()
    await pointers.until(lambda: pointers.passes(key) == 1)
    await pointers.engine.stop(1.0)
    assert (pointers.pointer.ways(), pointers.looked(), caplog.text) == ({"x": 1}, [], "")


async def test_what_a_listing_showed_before_anybody_regarded_it_is_looked_at(pointers: Pointers) -> None:
    """A listing goes on for a while: what comes to be regarded behind its back is neither lost nor taken for gone."""
    with pointers.engine.families.listing(VIEWED, None) as listing:
        listing.show(pointers.api[sign("x")])
        pointers.point("x", "none")
        listing.complete(pointers.api.version)
    await pointers.rest()
    assert pointers.pointer.ways() == {"x": 1}
    assert pointers.looked() == ["x"]


async def test_who_regards_nothing_waits_for_no_listing() -> None:
    """A kind of which a resource regards nothing does not keep it waiting, listed or not."""
    pointers = Pointers()
    key = pointers.point()
    await pointers.until(lambda: pointers.passes(key) == 1)
    await pointers.engine.stop(1.0)


async def test_what_nobody_regards_any_more_is_forgotten(pointers: Pointers) -> None:
    """When the last who regarded it does not, or is gone, its record goes; regarded again it is looked at again."""
    key = pointers.point("x", by="a")
    await pointers.rest()
    other = pointers.point("x", by="b")
    await pointers.rest()
    pointers.engine.remove(key)
    family = pointers.engine.families.views.family
    assert len(family) == 1
    pointers.point(by="b")
    await pointers.rest()
    assert len(family) == 0
    pointers.turn("x", 4)
    pointers.point("x", by="b")
    await pointers.rest()
    assert (pointers.pointer.ways("b"), pointers.looked()) == ({"x": 4}, ["x", "x"])
    pointers.engine.remove(other)
    assert len(family) == 0


async def test_what_is_patched_is_known_at_once(pointers: Pointers) -> None:
    """What a patch made is known before the watch tells of it, to the others who regard it, too."""
    other = pointers.point("x", by="b")
    pointers.point("x", by="a")
    await pointers.rest()
    pointers.signs.lagging = True
    pointers.pointer.way = 9
    pointers.point("x", by="a")
    await pointers.rest()
    assert [request for request in pointers.sent() if request.startswith("patch")] == ["patch x"]
    assert pointers.way("x") == 9
    assert pointers.pointer.ways("b") == {"x": 9}
    assert pointers.passes(other) == 2
    assert [type(event) for event in pointers.pointer.told] == [Patched]
    pointers.signs.deliver()
    await pointers.rest()
    assert pointers.passes(other) == 2


@pytest.mark.parametrize("exact", [False, True])
async def test_what_changed_since_it_was_seen_is_not_patched(pointers: Pointers, exact: bool) -> None:
    """A test that does not hold, or a version that is another, keeps a patch from it; a look later it goes on."""
    pointers.pointer.exact = exact
    pointers.point("x")
    await pointers.rest()
    pointers.signs.lagging = True
    pointers.turn("x", 2)
    pointers.pointer.way = 9
    pointers.point("x")
    await pointers.until(lambda: bool(pointers.pointer.told))
    assert pointers.pointer.kinds_of_failures() == [ObjectFailureKind.CHANGED]
    assert pointers.way("x") == 2
    pointers.signs.deliver()
    await pointers.rest(10)
    assert pointers.way("x") == 9


async def test_a_patch_waits_for_its_record_and_for_holds(pointers: Pointers) -> None:
    """Nothing is patched before the status is stored that tells of it, nor while a hold stands."""
    pointers.pointer.way = 9
    pointers.host.answer = Stored.REFUSED
    pointers.point("x")
    await pointers.until(lambda: bool(pointers.pointer.told))
    assert (pointers.pointer.kinds_of_failures()[0], pointers.sent()) == (ObjectFailureKind.HELD, [])
    pointers.host.answer = Stored.YES
    pointers.engine.holds.put("listing", "not everything is listed yet")
    await pointers.rest(30)
    assert pointers.sent() == []
    pointers.engine.holds.lift("listing")
    await pointers.until(lambda: pointers.way("x") == 9)


async def test_only_what_is_owned_or_regarded_is_patched(pointers: Pointers) -> None:
    """A patch of what the resource neither owns nor regards, or is another by now, is not sent."""
    y = pointers.api[sign("y")]["metadata"]["uid"]
    steps = ({"op": "replace", "path": "/spec/way", "value": 9},)
    pointers.point("x")
    await pointers.rest()
    for patch in (Patch(sign("y"), y, steps), Patch(sign("x"), "other", steps)):
        pointers.controller.also = (patch,)
        entry = pointers.engine._entries[Key("Shelf", "plant", "a")]
        event = await pointers.engine._performing.perform(entry, patch)
        assert event.failure.kind is ObjectFailureKind.GONE  # type: ignore[union-attr]
    assert pointers.sent() == []


async def test_what_is_owned_is_patched_as_well(pointers: Pointers) -> None:
    """A box of its own is patched, known at once, and one that has lost the label by that is its own no more."""
    key = pointers.declare(1)
    await pointers.rest()
    pointers.watch.lagging = True
    entry, box = pointers.engine._entries[key], Key(BOX.name, "plant", "a-0")
    family = pointers.engine.families.of("Shelf")
    uid = family.of(key)[box].uid
    steps: list[dict[str, Any]] = [
        {"op": "replace", "path": "/spec/place", "value": 5},
        {"op": "remove", "path": "/metadata/labels"},
    ]
    event = await pointers.engine._performing.perform(entry, Patch(box, uid, (steps[0],)))
    assert isinstance(event, Patched)
    assert (event.child.digest, family.of(key)) == (b"5", {box: event.child})
    assert isinstance(await pointers.engine._performing.perform(entry, Patch(box, uid, (steps[1],))), Patched)
    assert family.of(key) == {}


async def test_a_patch_whose_answer_is_lost_is_seen_by_the_watch(pointers: Pointers) -> None:
    """It may have been done: the watch tells, and it is not done twice."""
    pointers.objects.errors = [AnswerLost("the connection was lost")]
    pointers.pointer.way = 9
    pointers.point("x")
    await pointers.rest(30)
    assert pointers.pointer.kinds_of_failures() == [ObjectFailureKind.AWAY]
    assert [request for request in pointers.sent() if request.startswith("patch")] == ["patch x"]


async def test_what_is_gone_when_it_is_to_be_patched_is_known_to_be(pointers: Pointers) -> None:
    """One that was deleted, or made anew under its name, is told as gone; of what is there now the watch tells."""
    pointers.point("x")
    await pointers.rest()
    pointers.signs.lagging = True
    pointers.api.remove(sign("x"))
    pointers.put_up("x", 3)
    pointers.pointer.way = 9
    pointers.point("x")
    await pointers.until(lambda: bool(pointers.pointer.told))
    assert pointers.pointer.kinds_of_failures() == [ObjectFailureKind.GONE]
    await pointers.rest()
    assert pointers.pointer.ways() == {}
    pointers.signs.deliver()
    await pointers.rest()
    assert pointers.way("x") == 9


@pytest.mark.parametrize("error", [Away("nobody answers"), Refused("forbidden")])
async def test_what_cannot_be_looked_at_is_told_and_tried_again(pointers: Pointers, error: Any) -> None:
    """A resource is looked after meanwhile, and knows what it does not see; the next look comes by itself."""
    pointers.objects.unseen = [error]
    pointers.point("x")
    await pointers.until(lambda: "a" in pointers.pointer.surveyed)
    assert (pointers.pointer.ways(), dict(pointers.pointer.surveyed["a"].unseen)) == ({}, {"Sign": str(error)})
    await pointers.rest(15)
    assert (pointers.pointer.ways(), dict(pointers.pointer.surveyed["a"].unseen)) == ({"x": 1}, {})


async def test_a_kind_that_is_not_there_keeps_nobody_waiting() -> None:
    """It is among what is not seen, with the reason, until it is there; when it goes its objects are gone with it."""
    pointers = Pointers()
    families, why = pointers.engine.families, "the API server does not serve this kind"
    pointers.put_up("x")
    families.absent(VIEWED, None, why)
    key = pointers.point("x")
    await pointers.until(lambda: pointers.passes(key) == 1)
    assert (pointers.pointer.ways(), dict(pointers.pointer.surveyed["a"].unseen)) == ({}, {"Sign": why})
    pointers.signs.list()
    await pointers.until(lambda: pointers.passes(key) == 2)
    assert (pointers.pointer.ways(), dict(pointers.pointer.surveyed["a"].unseen)) == ({"x": 1}, {})
    families.absent(VIEWED, None, why)
    await pointers.until(lambda: pointers.passes(key) == 3)
    assert (pointers.pointer.ways(), dict(pointers.pointer.surveyed["a"].unseen)) == ({}, {"Sign": why})
    assert (pointers.looked(), families.has("Sign", None)) == ([], False)
    await pointers.engine.stop(1.0)


async def test_of_a_namespace_that_is_not_looked_after_nothing_is_known() -> None:
    """What is regarded elsewhere keeps nobody waiting where that is never listed, and is told as not seen."""
    pointers = Pointers()
    with pointers.engine.families.listing(VIEWED, "plant") as listing:
        listing.complete(pointers.api.version)
    pointers.put_up("x", namespace="elsewhere")
    pointers.pointer.regarded["a"] = frozenset({sign("x", "elsewhere")})
    key = pointers.declare(0)
    await pointers.until(lambda: pointers.passes(key) == 1)
    assert dict(pointers.pointer.surveyed["a"].unseen) == {"Sign": "nothing is known of namespace elsewhere"}
    assert pointers.looked() == []
    await pointers.engine.stop(1.0)


async def test_what_comes_to_be_regarded_while_somebody_looks_is_looked_at_too(pointers: Pointers) -> None:
    """A pass is never told that something is not there only because nobody has looked yet."""
    look, answered = pointers.objects.look, asyncio.Event()

    async def slowly(key: Key) -> Any:
        await answered.wait()
        return await look(key)

    pointers.objects.look = slowly  # type: ignore[method-assign]
    pointers.point("x")
    await pointers.rest()
    pointers.point("x", "y")
    answered.set()
    await pointers.until(lambda: "a" in pointers.pointer.surveyed)
    assert pointers.pointer.ways() == {"x": 1, "y": 1}


async def test_a_fault_while_somebody_looks_begins_no_pass(pointers: Pointers) -> None:
    """What could not be found out, by a fault of ours, is not told as not there: the pass comes later."""
    look = pointers.objects.look

    async def broken(key: Key) -> Any:
        del key
        raise ZeroDivisionError("by a look")

    pointers.objects.look = broken  # type: ignore[method-assign]
    key = pointers.point("x")
    await pointers.rest()
    assert (pointers.passes(key), pointers.observer.faults) == (0, [(key, "survey")])
    pointers.objects.look = look  # type: ignore[method-assign]
    await pointers.rest(65)
    assert pointers.pointer.ways() == {"x": 1}


async def test_who_regards_needs_somebody_to_look(pointers: Pointers) -> None:
    """Where nobody keeps objects, to regard one is a fault that is told, and no pass goes by what nobody saw."""
    pointers.engine._watching._objects = None
    key = pointers.point("x")
    await pointers.rest()
    assert (pointers.passes(key), pointers.observer.faults) == (0, [(key, "survey")])


async def test_who_regards_something_elsewhere_hears_when_it_is_listed() -> None:
    """A listing of another namespace wakes who regards something there, as one of its own does."""
    pointers = Pointers()
    with pointers.engine.families.listing(VIEWED, "plant") as listing:
        listing.complete(pointers.api.version)
    pointers.pointer.regarded["a"] = frozenset({sign("x", "elsewhere")})
    key = pointers.declare(0)
    await pointers.until(lambda: pointers.passes(key) == 1)
    with pointers.engine.families.listing(VIEWED, "elsewhere") as listing:
        listing.complete(pointers.api.version)
    await pointers.until(lambda: pointers.passes(key) == 2)
    assert (pointers.pointer.ways(), pointers.pointer.surveyed["a"].unseen) == ({}, {})
    await pointers.engine.stop(1.0)


async def test_what_is_deleted_while_somebody_looks_stays_gone(pointers: Pointers) -> None:
    """An answer that is under way when the watch tells of the end brings nothing back."""
    look, answered = pointers.objects.look, asyncio.Event()

    async def slowly(key: Key) -> Any:
        body = await look(key)
        await answered.wait()
        return body

    pointers.objects.look = slowly  # type: ignore[method-assign]
    pointers.point("x")
    await pointers.until(lambda: pointers.looked() == ["x"])
    await pointers.rest()
    pointers.api.remove(sign("x"))
    answered.set()
    await pointers.rest()
    assert "a" in pointers.pointer.surveyed
    assert pointers.pointer.ways() == {}


async def test_what_cannot_be_read_stops_those_alone_who_regard_it(pointers: Pointers) -> None:
    """A sign of which no record can be made is a fault that those tell who regard it; nobody else minds."""
    key, other = pointers.point("x", by="a"), pointers.point("y", by="b")
    await pointers.rest()
    pointers.api.edit(sign("x"), {"spec": {"way": "nowhere"}})
    await pointers.rest()
    assert {each for each, where in pointers.observer.faults if where == "survey"} == {key}
    assert not any(each == other and isinstance(event, Faulted) for each, event in pointers.observer.events)


async def test_what_a_kind_does_not_view_it_cannot_regard(pointers: Pointers) -> None:
    """To regard what is not watched for it, and would never be seen, is a fault of ours; it ends when that does."""
    pointers.pointer.regarded["a"] = frozenset({Key("Box", "plant", "z")})
    key = pointers.declare(0)
    await pointers.rest()
    assert (key, "regards") in pointers.observer.faults
    assert pointers.passes(key) == 0
    pointers.pointer.regarded["a"] = frozenset({sign("x")})
    await pointers.rest(600)
    assert pointers.pointer.ways() == {"x": 1}


async def test_what_is_owned_and_regarded_is_shown_as_it_is_by_now(pointers: Pointers) -> None:
    """Of two records of one object the newer one is shown, whichever watch lags; what is made is known as both."""
    boxes = Viewed(BOX, seen_box)
    pointers.pointer.also_views = (boxes,)
    watch = FakeWatch(pointers.api, pointers.engine.families, boxes)
    watch.list()
    key, box = pointers.declare(0), Key(BOX.name, "plant", "a-0")
    pointers.pointer.regarded = {"a": frozenset({box}), "b": frozenset({box})}
    for name, count in (("b", 0), ("a", 1)):
        pointers.declare(count, name)
    watch.lagging = pointers.watch.lagging = True
    await pointers.rest()
    assert pointers.pointer.surveyed["b"].children[box].uid == pointers.api[box]["metadata"]["uid"]
    pointers.api.edit(box, {"spec": {"label": "theirs"}})
    version = pointers.api.version
    watch.deliver()
    pointers.declare(1)
    await pointers.rest()
    assert pointers.pointer.surveyed["a"].children[box].version == version
    assert pointers.engine.families.of("Shelf").of(key)[box].version < version
    pointers.api.edit(box, {"metadata": {"labels": None}})
    watch.deliver()
    pointers.watch.deliver()
    await pointers.rest()
    assert pointers.engine.families.of("Shelf").of(key) == {}
    assert box in pointers.pointer.surveyed["b"].children


async def test_what_is_owned_no_more_in_the_form_that_was_known_may_be_regarded(pointers: Pointers) -> None:
    """A patch is for the object of its uid, be it known as owned or as regarded: of another it is not sent."""
    boxes = Viewed(BOX, seen_box)
    pointers.pointer.also_views = (boxes,)
    watch = FakeWatch(pointers.api, pointers.engine.families, boxes)
    watch.list()
    key, box = pointers.declare(1), Key(BOX.name, "plant", "a-0")
    pointers.pointer.regarded = {"a": frozenset({box})}
    await pointers.rest()
    patch = Patch(box, "another", ({"op": "replace", "path": "/spec/place", "value": 5},))
    event = await pointers.engine._performing.perform(pointers.engine._entries[key], patch)
    assert isinstance(event, PatchFailed)
    assert "patch a-0" not in pointers.sent()


def test_a_step_that_is_none_is_a_fault() -> None:
    """An API server answers to it as to one that does not fit: so it is refused before it is asked."""
    for step in ({"op": "frob", "path": "/a"}, {"path": "/a"}, {"op": "add", "path": "/a"}, {"op": "test", "value": 1}):
        with pytest.raises(ValueError, match="no step of a JSON patch"):
            Patch(sign("x"), "u", (step,))


ACTIONS = st.one_of(
    st.tuples(st.just("regard"), st.sets(st.sampled_from("xyz")).map("".join)),
    st.tuples(st.just("turn"), st.sampled_from("xyz")),
    st.tuples(st.just("toggle"), st.sampled_from("xyz")),
    st.tuples(st.sampled_from(["lag", "cut", "list", "deliver", "fail", "absent", "back_up", "restore"]), st.just("")),
    st.tuples(st.just("rest"), st.sampled_from(["", "long"])),
)


class Game:
    """A pointer that turns all signs it regards, and what is done to them."""

    def __init__(self) -> None:
        self.pointers = Pointers()
        self.pointers.pointer.way = 9
        self.pointers.signs.list()
        self.backup = self.pointers.api.backup()

    def play(self, what: str, about: str) -> None:
        """Do something."""
        pointers, signs = self.pointers, self.pointers.signs
        if what == "regard":
            pointers.point(*about)
        elif what == "turn":
            self.turn(about)
        elif what == "toggle":
            self.toggle(about)
        elif what == "fail":
            pointers.objects.unseen.append(Away("nobody answers"))
            pointers.objects.errors.append(AnswerLost("the connection was lost"))
        elif what in {"cut", "list", "deliver"}:
            getattr(signs, what)()
        elif what in {"lag", "absent", "back_up", "restore"}:
            getattr(self, what)()

    def turn(self, name: str) -> None:
        """Let somebody turn a sign back."""
        if sign(name) in self.pointers.api:
            self.pointers.turn(name, 1)

    def toggle(self, name: str) -> None:
        """Let somebody take a sign down, or put one up."""
        if sign(name) in self.pointers.api:
            self.pointers.api.remove(sign(name))
        else:
            self.pointers.put_up(name)

    def lag(self) -> None:
        """Let the watch be late from now on."""
        self.pointers.signs.lagging = True

    def absent(self) -> None:
        """Let there be no such kind, until it is listed."""
        self.pointers.signs.cut()
        self.pointers.engine.families.absent(VIEWED, None, "there is no such kind")

    def back_up(self) -> None:
        """Back the store up."""
        self.backup = self.pointers.api.backup()

    def restore(self) -> None:
        """Set it back, as from the backup."""
        self.pointers.api.restore(self.backup)
        self.pointers.watch.list()
        self.pointers.signs.list()

    async def end(self) -> None:
        """Let everything be well again, and time pass."""
        self.pointers.objects.errors.clear()
        self.pointers.objects.unseen.clear()
        self.pointers.signs.lagging = False
        self.pointers.signs.list()
        await asyncio.sleep(60)


@given(st.lists(ACTIONS, max_size=25))
def test_whatever_happens_each_sign_is_turned_in_the_end(actions: list[tuple[str, str]]) -> None:
    """In the end what is regarded is known as it is, every sign of it is turned, and no other ever was."""

    async def story() -> None:
        game = Game()
        pointers = game.pointers
        pointers.point("x")
        regarded_once = {"x"}
        for what, about in actions:
            game.play(what, about)
            regarded_once |= set(about) if what == "regard" else set()
            await asyncio.sleep(20 if about == "long" else 0)
        await game.end()
        regarded = {key.name for key in pointers.pointer.regarded["a"]}
        there = {key.name for key in pointers.api.keys("Sign")}
        assert pointers.pointer.ways() == dict.fromkeys(regarded & there, 9)
        assert all(pointers.way(name) == 9 for name in regarded & there)
        patched = {request.removeprefix("patch ") for request in pointers.sent() if request.startswith("patch")}
        assert patched <= regarded_once
        assert set(pointers.engine.families.views.family._group_of) == {sign(name) for name in regarded & there}
        assert not pointers.observer.faults
        await pointers.engine.stop(1.0)

    with asyncio.Runner(loop_factory=partial(LeapingLoop, 0.0005)) as runner:
        runner.run(story())
