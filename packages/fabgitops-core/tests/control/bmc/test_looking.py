"""A BMC is looked at from time to time, and what it tells stands in the status; lights follow an annotation."""

from dataclasses import replace

from fabgitops_core.control.commands import Request
from fabgitops_core.control.events import Declared, Event, Failure, FailureKind
from fabgitops_core.control.rack.bmc.facts import Light
from fabgitops_core.control.rack.bmc.requests import Discover, DiscoverFailed, IndicatorFailed, SetIndicator

from .played import LINK, START, UNANSWERED, Played, lamp, machine, silent, spec


def test_a_bmc_without_an_address_costs_nothing() -> None:
    """Nothing is asked of it, and nothing is said of it; an address that is taken away is told."""
    played = Played()
    played.declare(spec(ipAddress=""))
    played.look(60)
    assert played.asked == []
    assert played.stored is None
    played.declare(spec())
    played.look(60)
    played.declare(spec(ipAddress=""))
    assert played.ready() == ("True", "NotAddressed")
    assert played.wake is None


def test_a_wish_without_an_address_is_told() -> None:
    """Who wants power or a light of a BMC that has no address hears so."""
    played = Played()
    played.declare(spec(ipAddress="", power="On"))
    assert played.ready() == ("False", "PowerNotAsWished")
    assert "no ipAddress" in (played.stored.message if played.stored else "")
    other = Played()
    other.declare(spec(ipAddress=""), locate="on")
    assert other.stored is not None
    assert other.stored.locate is not None
    assert (other.stored.locate.wanted, other.stored.locate.state) == ("on", "unknown")
    assert other.asked == []


def test_what_was_seen_stands_in_the_status() -> None:
    """Maker, model, serial number, UUID, power, health, processors, memory and MAC addresses are told as they are."""
    told = machine(
        manufacturer="Contoso", model="3500", serial="437XR1138R2", uuid="4c4c4544-0035-5910-8048-b4c04f4e3132"
    )
    told = replace(told, power="On", cpu_model="Xeon", cpu_count=2, memory=96.0, macs=("00:25:90:11:11:11",))
    played = Played({LINK: told})
    played.declare()
    played.look()
    assert played.stored is not None
    assert played.stored.model_dump(mode="json", by_alias=True, exclude_none=True)["systems"] == [
        {
            "link": LINK,
            "identity": "mac 00:25:90:00:00:01",
            "manufacturer": "Contoso",
            "model": "3500",
            "serialNumber": "437XR1138R2",
            "uuid": "4c4c4544-0035-5910-8048-b4c04f4e3132",
            "powerState": "On",
            "health": "OK",
            "cpuModel": "Xeon",
            "cpuCount": 2,
            "memoryGB": 96.0,
            "macAddresses": ["00:25:90:11:11:11"],
        }
    ]
    assert (played.stored.reachable, played.stored.firmware_version) == (True, "2.90")
    assert played.stored.power_state == "On"


def test_a_bmc_that_does_not_answer_is_told_of_once() -> None:
    """One Event says that it is silent, over a restart too, and one that it answers; meanwhile power is unknown."""
    played = Played()
    played.declare()
    played.look()
    played.answers = silent
    for _ in range(3):
        played.look(120)
    played.restart()
    played.declare()
    played.look(120)
    assert played.ready() == ("False", "ConnectionFailed")
    assert played.stored is not None
    assert (played.stored.reachable, played.system().power_state) == (False, "Unknown")
    assert played.system().identity == "mac 00:25:90:00:00:01"
    played.answers = lambda _request: None
    played.look(120)
    assert played.notices == ["BMCUnreachable", "BMCReachable"]


def test_a_bmc_that_lets_nobody_in_is_left_alone_for_long() -> None:
    """After a denial the next try is a quarter of an hour away: who asks again and again is locked out."""
    denied = Failure(FailureKind.REFUSED_FOR_GOOD, "10.0.0.5:443 denies it (401)")

    def answers(request: Request) -> Event | None:
        return DiscoverFailed(START, request, denied, denied=True) if isinstance(request, Discover) else None

    played = Played(answers=answers)
    played.declare()
    played.look()
    assert played.ready() == ("False", "AccessDenied")
    assert played.wake == 900
    assert played.notices == ["AccessDenied"]


def test_an_invalid_spec_is_said_and_nothing_is_asked() -> None:
    """A spec that does not parse has no address, so nothing is asked by the one before."""
    played = Played()
    played.declare()
    played.look()
    asked = len(played.asked)
    played.state, _ = played.controller.step(played.state, _invalid(played))
    played.look(120)
    assert len(played.asked) == asked


def _invalid(played: Played) -> Event:
    return Declared(played.now, 7, None, problem="spec.ipAddress is no address", status=played.stored)


def test_a_light_is_switched_as_the_annotation_says_and_read_back() -> None:
    """On and off go to the light once each, and the status tells what it is."""
    played = Played({LINK: machine(lamp=lamp())})
    played.declare(locate="on")
    played.look()
    assert played.machines[LINK].lamp == lamp(on=True)
    assert played.stored is not None
    assert played.stored.locate is not None
    assert (played.stored.locate.wanted, played.stored.locate.state, played.stored.locate.message) == ("on", "on", "")
    played.declare(locate="off")
    played.look(120)
    assert played.machines[LINK].lamp == lamp(on=False)
    assert sum(isinstance(each, SetIndicator) for each in played.asked) == 2


def test_a_light_that_does_not_follow_is_switched_three_times_at_most() -> None:
    """A BMC that takes the wish and does nothing is told of, and is not asked for ever."""
    played = Played({LINK: machine(lamp=lamp(light=Light.ACTIVE))})
    stubborn = played.machines[LINK]
    played.declare(locate="on")
    for _ in range(6):
        played.look(120)
        played.machines[LINK] = stubborn
    assert sum(isinstance(each, SetIndicator) for each in played.asked) <= 3
    played.answers = lambda request: (
        IndicatorFailed(START, request, UNANSWERED) if isinstance(request, SetIndicator) else None
    )
    played.look(120)
    assert played.stored is not None
    assert played.stored.locate is not None
    assert (played.stored.locate.state, played.stored.locate.message) == ("off", "it does not follow")


def test_what_has_no_light_says_so_and_other_words_are_refused() -> None:
    """A machine without a light, and an annotation that is neither on nor off, are told of in the status."""
    played = Played()
    played.declare(locate="on")
    played.look()
    assert played.stored is not None
    assert played.stored.locate is not None
    assert "has a light" in played.stored.locate.message
    played.declare(locate="blue")
    played.look(120)
    assert played.stored.locate is not None
    assert played.stored.locate.message == "fabgitops.io/locate takes on or off"
    assert played.asked == [each for each in played.asked if isinstance(each, Discover)]
