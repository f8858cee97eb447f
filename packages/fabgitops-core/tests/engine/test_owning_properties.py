"""Somebody plays against a kind that owns objects: whatever happens, and in whichever order, it comes to one end."""

import asyncio
from functools import partial
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.engine.object_errors import Away, ObjectError, Refused
from fabgitops_core.testing.objects import AnswerLost
from fabgitops_core.testing.watches import FakeWatch
from hypothesis import given, note
from hypothesis import strategies as st

from .leaping import LeapingLoop
from .shelves import LABEL, WATCHED, Heedless, ShelfStatus, Shelves, body

TURN_SECS = 0.0005
SHELF = Key("Shelf", "plant", "a")
FAILURES: dict[str, ObjectError] = {
    "away": Away("nobody answers"),
    "patience": Away("too many requests", 3.0),
    "lost": AnswerLost("the connection was lost"),
    "refused": Refused("a webhook says no"),
}
PLACES = st.integers(0, 4)
ACTIONS = st.one_of(
    st.tuples(st.just("declare"), PLACES),
    st.tuples(st.just("delete"), PLACES),
    st.tuples(st.just("edit"), PLACES),
    st.tuples(st.just("disown"), PLACES),
    st.tuples(st.just("plant"), PLACES),
    st.tuples(st.just("fail"), st.sampled_from(sorted(FAILURES))),
    st.tuples(st.just("deliver"), st.integers(1, 5)),
    st.tuples(st.sampled_from(["lag", "cut", "list", "hold", "lift", "kill", "back_up", "restore"]), st.just(0)),
    st.tuples(st.just("rest"), st.sampled_from([0, 1, 12])),
)


class Game:
    """A shelf that takes back what is its own, somebody else's boxes, and what is done to them."""

    def __init__(self) -> None:
        self.shelves = Shelves()
        self.shelves.controller = Heedless()
        self.shelves.watch.list()
        self.shelves.api.create(body(Key("Shelf", "plant", "b"), "another", 0))
        self.shelves.api.create({**body(SHELF, "", 77), "metadata": {"name": "a-77", "namespace": "plant"}})
        self.backup = self.shelves.api.backup()
        self.declare(2)
        self.watch_deletions()

    async def play(self, action: tuple[str, Any]) -> None:
        """Do something to it, and let a few turns of the loop pass."""
        name, about = action
        done = getattr(self, name)(about) if name not in {"rest", "kill"} else None
        del done
        if name == "rest":
            await asyncio.sleep(about)
        elif name == "kill":
            await self.kill()
        for _ in range(3):
            await asyncio.sleep(0)

    async def end(self) -> None:
        """Let everything be well again, and time pass."""
        self.shelves.objects.errors.clear()
        self.shelves.engine.holds.lift("listing")
        self.shelves.watch.lagging = False
        self.shelves.watch.list()
        if SHELF not in self.shelves.api:
            self.declare(2)
        await asyncio.sleep(120)

    def declare(self, boxes: int) -> None:
        """Want so many boxes."""
        self.shelves.declare(boxes)

    def delete(self, place: int) -> None:
        """Let somebody delete a box."""
        if self.there(place):
            self.shelves.api.remove(self.box(place))

    def edit(self, place: int) -> None:
        """Let somebody give a field of ours another value."""
        if self.there(place):
            self.shelves.api.edit(self.box(place), {"spec": {"place": 9}}, "hands")

    def disown(self, place: int) -> None:
        """Let somebody take the label away."""
        if self.there(place):
            self.shelves.api.edit(self.box(place), {"metadata": {"labels": {LABEL: None}}}, "hands")

    def plant(self, place: int) -> None:
        """Let somebody make a box that looks like one of ours."""
        if not self.there(place) and SHELF in self.shelves.api:
            uid = self.shelves.api[SHELF]["metadata"]["uid"]
            self.shelves.api.create(body(SHELF, uid, place), "hands")

    def fail(self, how: str) -> None:
        """Let the next request fail."""
        self.shelves.objects.errors.append(FAILURES[how])

    def lag(self, _: int) -> None:
        """Let the watch be late from now on."""
        self.shelves.watch.lagging = True

    def deliver(self, count: int) -> None:
        """Let it tell of some changes."""
        self.shelves.watch.deliver(count)

    def cut(self, _: int) -> None:
        """Let it break."""
        self.shelves.watch.cut()

    def list(self, _: int) -> None:
        """Let it list."""
        self.shelves.watch.list()

    def hold(self, _: int) -> None:
        """Let nothing be sent."""
        self.shelves.engine.holds.put("listing", "not everything is listed yet")

    def lift(self, _: int) -> None:
        """Let it be sent again."""
        self.shelves.engine.holds.lift("listing")

    def back_up(self, _: int) -> None:
        """Back the store up."""
        self.backup = self.shelves.api.backup()

    def restore(self, _: int) -> None:
        """Set it back, as from the backup; the operator hears of its shelf as of a new one."""
        self.shelves.api.restore(self.backup)
        self.shelves.watch.list()
        self.shelves.engine.remove(SHELF)
        if SHELF in self.shelves.api:
            declared = self.shelves.declared(SHELF)
            self.shelves.engine.declare(SHELF, self.shelves.controller, declared)

    async def kill(self) -> None:
        """End the process wherever it is, and begin another."""
        shelves = self.shelves
        await shelves.engine.stop(0.0)
        shelves.api.watchers.remove(shelves.watch)
        shelves.begin()
        shelves.watch = FakeWatch(shelves.api, shelves.engine.families, WATCHED)
        shelves.watch.list()
        if SHELF in shelves.api:
            shelves.engine.declare(SHELF, shelves.controller, shelves.declared(SHELF))

    def watch_deletions(self) -> None:
        """See to it that each deletion that is sent was recorded in the status published last."""
        delete = self.shelves.objects.delete

        async def recorded(key: Key, uid: str, version: int = 0, **how: Any) -> None:
            status = self.shelves.host.status(SHELF)
            assert isinstance(status, ShelfStatus)
            assert key.name in status.deleting
            await delete(key, uid, version, **how)

        self.shelves.objects.delete = recorded  # type: ignore[method-assign]

    def box(self, place: int) -> Key:
        """Return the full name of a box of the shelf."""
        return Key("Box", "plant", f"a-{place}")

    def there(self, place: int) -> bool:
        """Return whether it is there."""
        return self.box(place) in self.shelves.api


@given(st.lists(ACTIONS, max_size=30))
def test_whatever_happens_it_comes_to_one_end(actions: list[tuple[str, Any]]) -> None:
    """In the end there is what is wanted, each box once, with what we say of it; what is not ours was never touched.

    Nothing more is sent then, however often it is looked at, and no deletion ever was that the status did not tell of.
    """

    async def story() -> None:
        game = Game()
        others = [game.shelves.api[Key("Box", "plant", name)] for name in ("b-0", "a-77")]
        for action in actions:
            await game.play(action)
        await game.end()
        api = game.shelves.api
        wanted = api[SHELF]["spec"]["boxes"]
        note(f"wanted {wanted}, sent {game.shelves.sent()}")
        mine = [key.name for key in api.keys("Box") if api[key]["metadata"].get("labels") == {LABEL: "a"}]
        assert mine == [f"a-{place}" for place in range(wanted)]
        assert [api[game.box(place)]["spec"]["place"] for place in range(wanted)] == list(range(wanted))
        assert [api[Key("Box", "plant", name)] for name in ("b-0", "a-77")] == others
        before = len(game.shelves.objects.requests)
        game.shelves.engine.declare(SHELF, game.shelves.controller, game.shelves.declared(SHELF))
        await asyncio.sleep(30)
        assert len(game.shelves.objects.requests) == before
        assert not game.shelves.observer.faults
        await game.shelves.engine.stop(1.0)

    with asyncio.Runner(loop_factory=partial(LeapingLoop, TURN_SECS)) as runner:
        runner.run(story())
