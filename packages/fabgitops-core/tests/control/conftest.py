"""A controller at hand, and a way to tell it a story."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus, RegisterStatus
from fabgitops_core.control.breaker import PASS, Gate
from fabgitops_core.control.commands import Command, Notice, Publish, Wake
from fabgitops_core.control.events import Declared, Due, Event, Failure, FailureKind, SyncRequest
from fabgitops_core.control.neighbours import Outside
from fabgitops_core.control.plc.commands import DeviceRequest, Identify, Read, Write
from fabgitops_core.control.plc.events import ReadDone, ReadFailed, WriteDone, WriteFailed, WriteUnknown, WriteWithdrawn
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.planner import planned
from fabgitops_core.control.plc.requests import Change, ReadPlan
from fabgitops_core.control.plc.state import NEW, PlcState
from fabgitops_core.control.plc.table import step
from fabgitops_core.control.plc.writing import still_wanted

from .device import Device

START = datetime(2026, 1, 1, tzinfo=UTC)
LOST = Failure(FailureKind.UNREACHABLE, "10.0.0.5:502 refused the connection")


def spec(**changes: Any) -> IndustrialPLCSpec:
    """Return a valid spec: register 4001 must hold 2500."""
    given = {"device_address": "10.0.0.5", "target_register": 4001, "target_value": 2500, **changes}
    return IndustrialPLCSpec.model_validate(given)


def plan_of(wanted: IndustrialPLCSpec) -> ReadPlan:
    """Return the first reading of a spec: of the short form, the only one."""
    device_map = map_of(wanted, "default", {})
    return planned(device_map.points, device_map.limits)[0].plan


def change_of(wanted: IndustrialPLCSpec) -> Change:
    """Return the write that makes the first register of a spec hold what it must."""
    return map_of(wanted, "default", {}).points[0].change()


@dataclass
class Story:
    """A controller that is told one thing after the other, and what it wanted done last and altogether."""

    state: PlcState = NEW
    generation: int = 1
    last: tuple[Command, ...] = ()
    all: list[Command] = field(default_factory=list)
    at: datetime = START
    device: Device = field(default_factory=Device)
    pace: float = 1.0
    """Seconds between two events."""

    def tell(self, event: Event) -> Self:
        """Tell one event."""
        self.state, self.last = step(self.state, event)
        self.all.extend(self.last)
        self.at += timedelta(seconds=self.pace)
        return self

    def declare(
        self,
        wanted: IndustrialPLCSpec | None = None,
        *,
        request: SyncRequest | None = None,
        status: IndustrialPLCStatus | None = None,
        problem: str = "",
        same: bool = False,
    ) -> Self:
        """Declare a spec, as the next generation unless it is the same."""
        self.generation += 0 if same or self.state is NEW else 1
        return self.tell(Declared(self.at, self.generation, wanted, problem, request, status))

    def due(self, gate: Gate = PASS) -> Self:
        """Say that it is time."""
        return self.tell(Due(self.at, gate))

    def reads(self, value: int) -> Self:
        """Answer the reading under way."""
        return self.tell(ReadDone(self.at, plan_of(self.spec), (value,)))

    def fails_to_read(self, failure: Failure = LOST, retry_after: float = 0.0) -> Self:
        """Let the reading under way fail."""
        return self.tell(ReadFailed(self.at, plan_of(self.spec), failure, retry_after))

    def writes(self) -> Self:
        """Confirm the write under way."""
        return self.tell(WriteDone(self.at, change_of(self.spec)))

    def may_have_written(self) -> Self:
        """Leave the write under way without an answer."""
        return self.tell(WriteUnknown(self.at, change_of(self.spec), LOST))

    def fails_to_write(self, failure: Failure) -> Self:
        """Let the write under way fail."""
        return self.tell(WriteFailed(self.at, change_of(self.spec), failure))

    def withdraws(self) -> Self:
        """Let the write under way be withdrawn."""
        return self.tell(WriteWithdrawn(self.at, change_of(self.spec)))

    def passes(self, *values: int) -> Self:
        """Go through a pass: due, a reading of the first value, and a confirmed write before each further one."""
        self.due().reads(values[0])
        for value in values[1:]:
            self.writes().reads(value)
        return self

    def answered(self) -> Self:
        """Let the device answer the request under way; what is to be written must still be wanted at that moment."""
        assert self.request is not None
        if isinstance(self.request, Write):
            known = Outside(self.state.going.neighbours)
            assert still_wanted(self.state, self.request.change, self.at, known), "decided, and held before its bytes"
        return self.tell(self.device.answer(self.at, self.request))

    def polled(self, after: float = 0.0, until: type | None = None) -> Self:
        """Go through a whole pass, as the device answers; or until a request of a kind is wanted."""
        self.at += timedelta(seconds=after)
        self.due()
        while self.request is not None and not (until and isinstance(self.request, until)):
            self.answered()
        return self

    def crashed(self, wanted: IndustrialPLCSpec | None = None) -> "Story":
        """Return the story of a process that begins with nothing but the status that was published last."""
        stored = IndustrialPLCStatus.model_validate_json(self.published[-1].model_dump_json(by_alias=True))
        revived = Story(generation=self.generation, at=self.at, device=self.device, pace=self.pace)
        return revived.tell(Declared(self.at, self.generation, wanted or self.spec, status=stored))

    def register(self, name: str) -> RegisterStatus:
        """Return what the status says of a register."""
        return next(each for each in self.status.registers if each.name == name)

    @property
    def spec(self) -> IndustrialPLCSpec:
        """Return the spec that the controller goes by."""
        assert self.state.spec is not None
        return self.state.spec

    @property
    def status(self) -> IndustrialPLCStatus:
        """Return the status as it stands."""
        return self.state.status

    @property
    def request(self) -> DeviceRequest | None:
        """Return the request to the device that was wanted last."""
        return next((each for each in self.last if isinstance(each, Read | Write | Identify)), None)

    @property
    def wake(self) -> Wake | None:
        """Return when the controller wanted to be woken last."""
        return next((each for each in reversed(self.last) if isinstance(each, Wake)), None)

    @property
    def notices(self) -> list[str]:
        """Return the reasons of everything announced so far."""
        return [each.reason.value for each in self.all if isinstance(each, Notice)]

    @property
    def published(self) -> list[IndustrialPLCStatus]:
        """Return everything published so far."""
        return [each.status for each in self.all if isinstance(each, Publish)]  # type: ignore[misc]

    def condition(self, name: str) -> tuple[str, str]:
        """Return status and reason of a condition."""
        found = next(each for each in self.status.conditions if each.type == name)
        return found.status.value, found.reason


@pytest.fixture
def story() -> Callable[..., Story]:
    """Return a way to begin a story with a spec that is declared."""

    def begin(**changes: Any) -> Story:
        return Story().declare(spec(**changes))

    return begin
