"""What holds whatever happens to the power of machines: an adversary chooses wishes, answers, restarts and rivals."""

from dataclasses import replace
from datetime import timedelta

from fabgitops_core.api.rack.bmcstatus import BmcStatus
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.events import Due, Event
from fabgitops_core.control.rack.bmc.requests import (
    Discover,
    DiscoverFailed,
    PowerFailed,
    PowerSet,
    PowerUnknown,
    PowerUnrecorded,
    SetPower,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from .played import BUSY, LINK, REFUSED, UNANSWERED, Played, machine, spec

SECOND = "/redfish/v1/Systems/2"
LINKS = st.sampled_from([LINK, SECOND])
POWERS = st.sampled_from(["On", "Off"] * 4 + ["PoweringOn", "PoweringOff", "", "Paused"])
TAKEN = st.sampled_from(
    [None, None, None, ("On", "ForceOff", "GracefulShutdown"), ("On", "ForceOff"), ("GracefulShutdown",), ()]
)

MOST_REQUESTS = 50
"""So many requests no pass makes: two looks, and what is to be sent to each of two machines."""

AFTER = st.sampled_from([5, 11, 11, 70, 130, 310])
FATES = st.lists(st.sampled_from(list("ooorubld")), max_size=3)
"""How requests end: o well, r refused, u unrecorded, b busy, l lost on the way, d the operator dies."""


class Died(Exception):
    """The operator was killed."""


class Adversary(RuleBasedStateMachine):
    """Two machines, an operator that may die between any two commands, and people who change their minds."""

    @initialize(first=POWERS, second=POWERS)
    def begin(self, first: str, second: str) -> None:
        """Begin with machines in any state."""
        self.played = Played({LINK: machine(power=first), SECOND: machine(link=SECOND, power=second)}, follows=False)
        self.kept: BmcStatus | None = None
        self.rivals = False
        self.refused: set[str] = set()
        self.doing: set[tuple[str, str]] = set()
        """What was sent, or may have been, for the present wish since the machine was last seen as wished."""
        self.asked: set[str] = set()
        """Who was asked gracefully since it was last seen as wished, by this wish or one that nobody has looked at."""
        self.takes: dict[str, tuple[str, ...] | None] = {}
        """What each takes, as a whole look has shown it: a short one does not read that."""
        self.played.declare(spec(power="On"))

    @rule(power=st.sampled_from([None, "On", "Off", "On", "Off"]), off=st.sampled_from(["Graceful", "Force"]))
    def wish(self, power: str | None, off: str) -> None:
        """Somebody wants something else, or the same."""
        before = self.played.spec.power
        self.played.declare(spec(**({"power": power} if power else {}), powerOff=off))
        if before != self.played.spec.power:
            self.doing.clear()

    @rule(link=LINKS, power=POWERS, taken=TAKEN)
    def become(self, link: str, power: str, taken: tuple[str, ...] | None) -> None:
        """A machine changes by itself, and so does what its BMC takes."""
        self.played.machines[link] = replace(self.played.machines[link], power=power, resets=taken)

    @rule(there=st.sampled_from([True, False, False]))
    def contest(self, there: bool) -> None:
        """Somebody else wants the same, or lets go."""
        self.rivals = there
        self.played.contest({"uuid x": "plant/other"} if there else {})

    @rule(passes=st.lists(st.tuples(AFTER, FATES), min_size=2, max_size=6))
    def look(self, passes: list[tuple[int, list[str]]]) -> None:
        """Some passes, in which requests end as the adversary likes, and the operator may die at any of them."""
        for after, fates in passes:
            self.look_once(after, list(fates))

    def look_once(self, after: int, fates: list[str]) -> None:
        """One pass, some seconds after the last."""
        played = self.played
        played.now += timedelta(seconds=after)
        try:
            request = played._step(Due(played.now, PASS))
            for _ in range(MOST_REQUESTS):
                if request is None:
                    return
                fate = fates.pop() if fates else "o"
                event = self.power(request, fate) if isinstance(request, SetPower) else self.looked(request, fate)
                request = played._step(event)
        except Died:
            self.restart(lost=True)
        else:
            raise AssertionError("a pass does not end")

    @rule()
    def stores(self) -> None:
        """The API server has all that was published."""
        self.kept = self.played.stored

    @rule(lost=st.booleans())
    def restart(self, lost: bool) -> None:
        """The operator begins anew, with what is stored: perhaps not the last that it published."""
        if lost:
            self.played.stored = self.kept
        self.kept = self.played.stored
        stored = self.kept.systems if self.kept else ()
        self.asked |= {each.link for each in stored if each.power and each.power.reset == "GracefulShutdown"}
        self.played.restart()
        self.rivals = False
        self.played.declare()

    def looked(self, request: object, fate: str) -> Event:
        """Look, in vain when the BMC is lost; whoever is seen as wished has done with what was sent."""
        assert isinstance(request, Discover)
        if fate == "l":
            return DiscoverFailed(self.played.now, request, UNANSWERED)
        wanted = self.played.spec.power
        if not request.links:
            self.takes = {link: each.resets for link, each in self.played.machines.items()}
        for link in request.links or self.played.machines:
            if wanted and self.played.machines[link].power == wanted.value:
                self.doing = {each for each in self.doing if each[0] != link}
                self.asked.discard(link)
        return self.played.answered(request)

    def power(self, request: SetPower, fate: str) -> Event:
        """Check a request for power before it is carried out, or whatever becomes of it."""
        played = self.played
        wanted, off, seen = played.spec.power, played.spec.power_off, played.machines[request.link]
        assert wanted is not None
        assert not self.rivals
        assert seen.power == ("Off" if wanted == "On" else "On")
        takes = self.takes[request.link]
        assert takes is None or request.reset in takes
        if request.reset == "ForceOff":
            assert off == "Force"
            asked = request.link in self.asked | self.refused
            assert asked or (takes is not None and "GracefulShutdown" not in takes)
        assert (request.link, request.reset) not in self.doing
        record = played.system(request.link).power
        assert record is not None
        assert (record.reset, record.outcome.value) == (request.reset, "Intended")
        if fate == "r":
            self.refused.add(request.link)
            return PowerFailed(played.now, request, REFUSED)
        if fate == "b":
            return PowerFailed(played.now, request, BUSY)
        if fate == "u":
            return PowerUnrecorded(played.now, request, BUSY)
        self.kept = played.stored  # what is sent is recorded for good before
        self.doing.add((request.link, request.reset))
        if request.reset == "GracefulShutdown":
            self.asked.add(request.link)
        if fate == "d":
            raise Died
        return PowerUnknown(played.now, request, UNANSWERED) if fate == "l" else PowerSet(played.now, request)


TestAdversary = Adversary.TestCase
TestAdversary.settings = settings(max_examples=3 * settings().max_examples, stateful_step_count=40)
