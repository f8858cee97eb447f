"""Somebody plays against those who lead and those who are led: whatever happens, all know of each other in the end."""

import asyncio
from functools import partial
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import Event, Mustered
from fabgitops_core.control.members import Standing
from hypothesis import given, note
from hypothesis import strategies as st

from .crews import NAMESPACE, Crews
from .leaping import LeapingLoop

TURN_SECS = 0.0005
CAPTAINS, SAILORS, DECKS = st.sampled_from(["ada", "eve"]), st.sampled_from(["bo", "cy", "di"]), st.sampled_from("ab")
TASKS = st.sampled_from(["row", "rest", "rum", "cook"])
PLANS = st.sampled_from(["", "north", "south"])
ACTIONS = st.one_of(
    st.tuples(st.just("captain"), CAPTAINS, DECKS, PLANS),
    st.tuples(st.just("sailor"), SAILORS, DECKS, TASKS),
    st.tuples(st.just("sailor"), SAILORS, DECKS, TASKS),
    st.tuples(st.just("remove"), st.one_of(CAPTAINS, SAILORS)),
    st.tuples(st.sampled_from(["break_captains", "break_sailors", "mend"])),
    st.tuples(st.just("kill"), st.booleans()),
    st.tuples(st.just("rest"), st.sampled_from([0, 1, 12])),
)


class Game:
    """Captains and sailors of two decks, and what is done to them; each muster is looked at when it happens."""

    def __init__(self) -> None:
        self.crews = Crews()
        self.wrong = False
        self.watch()

    def watch(self) -> None:
        """See to it that whoever leads is shown all that it leads, or nothing."""
        happened = self.crews.observer.happened

        def looked(key: Key, event: Event, commands: Commands) -> None:
            happened(key, event, commands)
            if isinstance(event, Mustered):
                self.wrong = self.wrong or (set(event.members) != set(self.selected(key)))

        self.crews.observer.happened = looked  # type: ignore[method-assign]

    def selected(self, captain: Key) -> list[str]:
        """Return whom a captain leads by its labels, by what is stored."""
        crew = self.crews.api[captain]["spec"]["crew"].items()
        sailors = self.crews.api.keys("Sailor")
        return [key.name for key in sailors if crew <= self.crews.api[key]["metadata"]["labels"].items()]

    async def play(self, action: tuple[Any, ...]) -> None:
        """Do something, and let a few turns of the loop pass."""
        name, *about = action
        done = getattr(self, name)(*about)
        if asyncio.iscoroutine(done):
            await done
        for _ in range(3):
            await asyncio.sleep(0)

    def captain(self, name: str, deck: str, plan: str) -> None:
        """Declare a captain, new or changed."""
        self.crews.captain(name, crew={"deck": deck}, plan=plan)

    def sailor(self, name: str, deck: str, task: str) -> None:
        """Declare a sailor, new or changed."""
        self.crews.sailor(name, task, deck)

    def remove(self, name: str) -> None:
        """Let one be gone."""
        for kind in ("Captain", "Sailor"):
            if (key := Key(kind, NAMESPACE, name)) in self.crews.api:
                self.crews.remove(key)

    def break_captains(self) -> None:
        """Let no captain say whom it leads."""
        self.crews.captains.broken = "selects"

    def break_sailors(self) -> None:
        """Let some not take what is declared, and others not say how they stand."""
        self.crews.sailors.poisoned, self.crews.sailors.broken = {"rum"}, {"cook"}

    def mend(self) -> None:
        """Let all be well again, for who is declared from now on."""
        self.crews.captains.broken = ""
        self.crews.sailors.poisoned, self.crews.sailors.broken = set(), set()

    async def kill(self, captains_first: bool) -> None:
        """End the process wherever it is, and begin another, which hears of everything in an order of its own."""
        before = self.crews
        await before.engine.stop(0.0)
        self.crews = Crews(listed=False)
        self.crews.api, self.crews.objects = before.api, before.objects
        self.watch()
        for key in self.everybody(captains_first=captains_first):
            self.crews.tell(key)
            await asyncio.sleep(0)
        self.crews.engine.listed("Sailor", None)

    def everybody(self, *, captains_first: bool) -> list[Key]:
        """Return all there are."""
        captains, sailors = self.crews.api.keys("Captain"), self.crews.api.keys("Sailor")
        return [*captains, *sailors] if captains_first else [*sailors, *captains]

    async def rest(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def end(self) -> None:
        """Let everything be well again, and time pass."""
        self.mend()
        for key in self.everybody(captains_first=True):
            if self.crews.engine.is_struck(key):
                self.crews.tell(key)
        await asyncio.sleep(7300)  # more than the longest pause after faults

    def check(self) -> None:
        """Hold what each knows against what is stored."""
        crews, led_by = self.crews, {key.name: set[tuple[str, str, str]]() for key in self.crews.api.keys("Sailor")}
        for captain in crews.api.keys("Captain"):
            shown, body = crews.shown(captain), crews.api[captain]
            assert set(shown.members) == set(self.selected(captain))
            for name, facts in shown.members.items():
                sailor = crews.api[Key("Sailor", NAMESPACE, name)]
                assert (facts.uid, facts.wanted) == (sailor["metadata"]["uid"], sailor["spec"]["task"])
                assert Standing.FAILED not in facts.standing
                place = f"{body['spec']['plan']}/{name[0]}" if body["spec"]["plan"] else ""
                led_by[name].add((captain.name, body["metadata"]["uid"], place))
            others = [other for other in crews.api.keys("Captain") if other != captain]
            both = {name for other in others for name in self.selected(other)} & set(shown.members)
            assert set(shown.rivals) == both
        for name, wanted in led_by.items():
            assert set(crews.led_by(Key("Sailor", NAMESPACE, name))) == wanted


@given(st.lists(ACTIONS, max_size=30))
def test_whatever_happens_they_know_of_each_other(actions: list[tuple[Any, ...]]) -> None:
    """In the end each leader was shown just its members as they stand, and each member knows just its leaders.

    Nobody who leads was ever shown some of them and not others.
    """

    async def story() -> None:
        game = Game()
        for action in actions:
            await game.play(action)
            note(f"{action}")
        await game.end()
        game.check()
        assert not game.wrong
        await game.crews.engine.stop(1.0)

    with asyncio.Runner(loop_factory=partial(LeapingLoop, TURN_SECS)) as runner:
        runner.run(story())
