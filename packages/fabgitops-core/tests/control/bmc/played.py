"""A BMC with machines that do what a test says, and somebody who carries out what its controller wants done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.bmcstatus import BmcStatus, PowerOutcome, SystemStatus
from fabgitops_core.api.rack.marks import LOCATE
from fabgitops_core.api.rack.parts import BmcSpec
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.commands import Commands, Notice, Publish, Request, Wake
from fabgitops_core.control.events import Contested, Declared, Due, Event, Failure, FailureKind, SyncRequest
from fabgitops_core.control.rack.bmc.facts import Board, Found, Lamp, Light, Machine
from fabgitops_core.control.rack.bmc.requests import (
    Discover,
    Discovered,
    DiscoverFailed,
    IndicatorSet,
    PowerFailed,
    PowerSet,
    PowerUnknown,
    PowerUnrecorded,
    SetIndicator,
    SetPower,
)
from fabgitops_core.control.rack.bmc.table import BmcController

KEY = Key("BMC", "plant", "rack-01-c0s0b0")
START = datetime(2026, 3, 1, tzinfo=UTC)
RESETS = ("On", "ForceOff", "GracefulShutdown", "ForceOn")
LINK = "/redfish/v1/Systems/1"
BOARD = Board("/redfish/v1/Managers/1", "2.90", macs=("00:25:90:00:00:01",))
UNANSWERED = Failure(FailureKind.UNREACHABLE, "bmc:443 gave no answer")
REFUSED = Failure(FailureKind.REFUSED_FOR_GOOD, "bmc:443 refuses it (400)")
BUSY = Failure(FailureKind.REFUSED_FOR_NOW, "bmc:443 refuses it (503)")


def machine(**fields: Any) -> Machine:
    """Return a machine that is off, unless told otherwise."""
    told = {"link": LINK, "power": "Off", "health": "OK", "resets": RESETS, "reset_target": f"{LINK}/Reset", **fields}
    return Machine(**told)


def spec(**fields: Any) -> BmcSpec:
    """Return the spec of a BMC that is reached."""
    return BmcSpec.model_validate({"bladeRef": {"name": "rack-01-c0s0"}, "ipAddress": "10.0.0.5", **fields})


@dataclass
class Played:
    """One BMC object: its controller, what is stored of its status, and the machines.

    `answers` says what becomes of a request, instead of that it is carried out; None that it is.
    """

    machines: dict[str, Machine] = field(default_factory=lambda: {LINK: machine()})
    boards: tuple[Board, ...] = (BOARD,)
    now: datetime = START
    stored: BmcStatus | None = None
    sent: list[tuple[str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    wake: float | None = None
    answers: Callable[[Request], Event | None] = lambda _request: None
    follows: bool = True
    asked: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin as an operator does."""
        self.controller = BmcController()
        self.generation = 0
        self.spec = spec()
        self.annotations: Mapping[str, str] = {}
        self.request: SyncRequest | None = None
        self.restart()

    def restart(self) -> None:
        """Begin anew with what is stored, as it is parsed again."""
        if self.stored is not None:
            self.stored = BmcStatus.model_validate_json(self.stored.model_dump_json(by_alias=True, exclude_none=True))
        self.state = self.controller.start(KEY)

    def declare(self, wanted: BmcSpec | None = None, *, locate: str | None = None, force: str = "") -> None:
        """Declare a spec, an annotation, or a wish for a pass."""
        if wanted is not None and wanted != self.spec:
            self.spec, self.generation = wanted, self.generation + 1
        if locate is not None:
            self.annotations = {LOCATE: locate}
        if force:
            self.request = SyncRequest(force, force=True)
        self._step(
            Declared(
                self.now,
                self.generation,
                self.spec,
                status=self.stored,
                request=self.request,
                annotations=self.annotations,
            )
        )

    def contest(self, rivals: Mapping[str, str]) -> None:
        """Say who else wants what."""
        self._step(Contested(self.now, rivals))

    def look(self, after: float = 0.0) -> None:
        """Let time pass, and then one pass from its begin to its end."""
        self.now += timedelta(seconds=after)
        request = self._step(Due(self.now, PASS))
        while request is not None:
            request = self._step(self.answers(request) or self.answered(request))

    def settle(self) -> None:
        """Look as often as it takes for what is wanted to have settled."""
        for _ in range(4):
            self.look(5.0)

    def answered(self, request: Request) -> Event:
        """Carry a request out."""
        self.asked.append(request)
        match request:
            case Discover():
                links = request.links or tuple(self.machines)
                shown = Found("1.15.0", tuple(self.machines[link] for link in links), (), self.boards)
                return Discovered(self.now, request, shown)
            case SetPower():
                self.do(request)
                return PowerSet(self.now, request)
            case SetIndicator():
                lit = replace(self.machines[request.lamp.link], lamp=replace(request.lamp, on=request.on))
                self.machines[request.lamp.link] = lit
                return IndicatorSet(self.now, request)
        raise AssertionError(request)

    def do(self, request: SetPower) -> None:
        """Do as a BMC does; the record must stand before."""
        record = self.system(request.link).power
        assert record is not None
        assert (record.reset, record.outcome) == (request.reset, "Intended")
        self.sent.append((request.link, request.reset))
        if self.follows:
            power = "On" if "On" in request.reset else "Off"
            self.machines[request.link] = replace(self.machines[request.link], power=power)

    def system(self, link: str = LINK) -> SystemStatus:
        """Return what is stored of a machine."""
        assert self.stored is not None
        return next(each for each in self.stored.systems if each.link == link)

    def outcome(self) -> PowerOutcome:
        """Return what is stored of the last request for power."""
        record = self.system().power
        assert record is not None
        return record.outcome

    def ready(self) -> tuple[str, str]:
        """Return status and reason of the condition Ready."""
        assert self.stored is not None
        ready = next(each for each in self.stored.conditions if each.type == "Ready")
        return ready.status.value, ready.reason

    def _step(self, event: Event) -> Request | None:
        self.state, commands = self.controller.step(self.state, event)
        return self._carried_out(commands)

    def _carried_out(self, commands: Commands) -> Request | None:
        for command in commands:
            match command:
                case Publish():
                    assert isinstance(command.status, BmcStatus)
                    self.stored = command.status
                case Notice():
                    self.notices.append(str(command.reason))
                case Wake():
                    self.wake = command.after
                case Request():
                    return command
        return None


def power_answer(kind: str) -> Callable[[Request], Event | None]:
    """Return what lets each request for power end so: lost, refused, busy or unrecorded."""

    def answers(request: Request) -> Event | None:
        if not isinstance(request, SetPower):
            return None
        at = START
        return {
            "lost": PowerUnknown(at, request, UNANSWERED),
            "refused": PowerFailed(at, request, REFUSED),
            "busy": PowerFailed(at, request, BUSY),
            "unrecorded": PowerUnrecorded(at, request, BUSY),
        }[kind]

    return answers


def silent(request: Request) -> Event | None:
    """Let each look fail."""
    return DiscoverFailed(START, request, UNANSWERED, 2.0) if isinstance(request, Discover) else None


def lamp(*, on: bool | None = False, light: Light = Light.LED, link: str = LINK) -> Lamp:
    """Return a light."""
    return Lamp(link, light, on)
