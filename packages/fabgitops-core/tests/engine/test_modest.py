"""Resources that leave to another what that has already, in the engine: they are told of it, and when it is let go."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fabgitops_core.api.kinds import foreign
from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import Contested, Declared, Event
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver

AT = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [Key("Seat", "plant", name) for name in "abc"]


class Seat(NamedTuple):
    """What is known of one: what it has, what it would have, and who contests that."""

    has: frozenset[str] = frozenset()
    would: frozenset[str] = frozenset()
    rivals: Mapping[str, str] = {}


class Seats:
    """Takes what it has and would have from annotations."""

    kind = foreign("Seat", "seats", "example.com")

    def __init__(self) -> None:
        """Know nobody."""
        self.told: dict[Key, Mapping[str, str]] = {}

    def start(self, key: Key) -> tuple[Key, Seat]:
        """Return that it has nothing."""
        return key, Seat()

    def step(self, state: tuple[Key, Seat], event: Event) -> tuple[tuple[Key, Seat], Commands]:
        """Take what is declared, and who contests it."""
        key, seat = state
        if isinstance(event, Declared) and "fault" in event.annotations:
            raise RuntimeError("a fault of ours")
        if isinstance(event, Declared):
            has, would = (frozenset(event.annotations.get(name, "").split()) for name in ("has", "would"))
            return (key, seat._replace(has=has, would=would)), ()
        if isinstance(event, Contested):
            self.told[key] = dict(event.rivals)
        return state, ()

    def identities(self, state: tuple[Key, Seat]) -> frozenset[str]:
        """Return what it has."""
        return state[1].has

    def wishes(self, state: tuple[Key, Seat]) -> frozenset[str]:
        """Return what it would have."""
        return state[1].would


Says = Callable[..., None]


def play(story: Callable[[Seats, Engine, Says], Coroutine[Any, Any, None]]) -> None:
    """Play a story in an engine, in which resources say what they have and would have."""

    async def played() -> None:
        seats, engine = Seats(), Engine(FakeDevices(), FakeHost(), FakeObserver())

        def says(key: Key, generation: int, **annotations: str) -> None:
            event: Declared[Any, Any] = Declared(AT, generation, None, annotations=annotations)
            engine.declare(key, seats, event)

        await story(seats, engine, says)

    asyncio.run(played())


def test_who_wishes_is_told_of_who_has_it_and_of_nobody_else() -> None:
    """Two who wish for the same do not contest each other; both are told when it is had, and when it is let go."""

    async def story(seats: Seats, engine: Engine, says: Says) -> None:
        one, two, three = KEYS
        says(one, 1, would="hmi")
        says(two, 1, would="hmi")
        assert seats.told == {}
        says(three, 1, has="hmi")
        assert seats.told == {one: {"hmi": "plant/c"}, two: {"hmi": "plant/c"}, three: {"hmi": "plant/a"}}
        engine.remove(three)
        assert (seats.told[one], seats.told[two]) == ({}, {})
        says(one, 2, has="hmi")
        assert seats.told[two] == {"hmi": "plant/a"}
        await engine.stop(0.0)

    play(story)


def test_a_fault_of_ours_gives_nobody_what_somebody_has() -> None:
    """Nothing is in force for one that is struck, and what it has stays its own; when it is gone it is let go."""

    async def story(seats: Seats, engine: Engine, says: Says) -> None:
        one, two, _ = KEYS
        says(one, 1, has="hmi")
        says(two, 1, would="hmi")
        says(one, 2, fault="yes")
        assert engine.is_struck(one)
        assert seats.told[two] == {"hmi": "plant/a"}
        engine.remove(one)
        assert seats.told[two] == {}
        await engine.stop(0.0)

    play(story)
