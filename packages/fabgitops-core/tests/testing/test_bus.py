"""The fake bus: it takes things at once, or when it is back, in their order."""

from datetime import UTC, datetime

from fabgitops_core.api.meta import Key
from fabgitops_core.control.happenings import Happening
from fabgitops_core.testing.bus import FakeBus

KEY = Key("Rack", "plant", "r1")


def test_a_bus_that_is_away_takes_everything_when_it_is_back() -> None:
    """What waits is taken in its order, and each is told as taken once; what a process that ended had is lost."""
    bus, told = FakeBus(), list[str]()

    def tell(name: str) -> None:
        happening = Happening(name, f"io.example.{name}", "/", "r1", datetime(2026, 1, 1, tzinfo=UTC), "plant/r1")
        bus.publish(KEY, happening, lambda: told.append(name))

    tell("a")
    bus.away = True
    tell("b")
    tell("c")
    assert (told, len(bus)) == (["a"], 2)
    bus.come_back(1)
    assert (told, bus.away) == (["a", "b"], True)
    bus.lose()
    bus.come_back()
    tell("b")
    assert (told, [each.id for each in bus.taken]) == (["a", "b", "b"], ["a", "b", "b"])
    assert bus.types("r1") == ["io.example.a", "io.example.b"]


def test_a_bus_that_refuses_a_type_says_why() -> None:
    """What it never takes is told as given up to whoever asks for that, and as done with to whoever does not."""
    bus, told = FakeBus(), list[str]()
    bus.refuses["io.example.a"] = "413 too large"
    for refused in (told.append, None):
        happening = Happening("a", "io.example.a", "/", "r1", datetime(2026, 1, 1, tzinfo=UTC), "plant/r1")
        bus.publish(KEY, happening, lambda: told.append("done"), refused)
    assert (told, bus.taken) == (["413 too large", "done"], [])
