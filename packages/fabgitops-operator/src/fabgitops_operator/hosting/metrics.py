"""Metrics: listens to the engine. Values of single PLCs are read off when Prometheus asks, so a poll pays nothing.

Names without a prefix are those that the field knows, `process_` those of every Prometheus client on Linux; all others
begin with `fabgitops_`.
"""

import asyncio
from collections import Counter as Counts
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol, TypeVar

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.control.breaker import Breaker, circuit
from fabgitops_core.control.commands import Command, Commands, Notice, Publish, Wake
from fabgitops_core.control.events import Declared, Due, Event, Failure, FailureKind, Faulted
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc.events import ReadDone, ReadFailed, WriteDone, WriteFailed, WriteUnknown
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.requests import DeviceId
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.engine.device_requests import UNRECORDED
from prometheus_client import CollectorRegistry, Counter, Info, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fabgitops_operator.hosting import families
from fabgitops_operator.hosting.buckets import Buckets
from fabgitops_operator.hosting.families import Sample, in_parts
from fabgitops_operator.hosting.setpointmetrics import SetpointMetrics

_KNOWN = {ConditionStatus.TRUE: 1, ConditionStatus.FALSE: 0, ConditionStatus.UNKNOWN: None}


@dataclass(slots=True)
class _Row:
    """What is known of one PLC; None is not known, and not shown."""

    status: ApiModel | None
    drifts: int = 0
    attempts: int = 0
    corrections: int = 0
    repeats: int = 0
    failures: int = 0
    seconds: float | None = None
    connected: bool | None = None

    def take(self, command: Command) -> None:
        """Note what a controller wanted done."""
        if isinstance(command, Wake):
            if command.after is None:
                self.connected = None
        elif isinstance(command, Notice):
            self.drifts += command.reason is PlcReason.DRIFT_DETECTED
            self.corrections += command.reason is PlcReason.DRIFT_CORRECTED
        elif isinstance(command, Publish):
            self.status = command.status

    def take_write(self, event: WriteDone | WriteUnknown | WriteFailed) -> None:
        """Note what came of a write: a repetition corrects nothing, and counts when the device has confirmed it."""
        self.failures += not isinstance(event, WriteDone) and event.failure != UNRECORDED
        if event.change.repeat:
            self.repeats += isinstance(event, WriteDone)
        elif isinstance(event, WriteFailed):
            self.attempts += event.failure.code is not None  # else it was never sent: no connection, or no record
        else:
            self.attempts += 1

    def take_failure(self, failure: Failure) -> None:
        """Note why a reading failed; whether a device answers that may not be asked is not known."""
        self.failures += not failure.out_of_bounds
        self.connected = None if failure.out_of_bounds else failure.kind is not FailureKind.UNREACHABLE

    @property
    def in_sync(self) -> float | None:
        """Return 1 where it holds what it must, 0 where it does not."""
        return _KNOWN[situation_of(_plc(self.status)).in_sync]


def _plc(status: ApiModel | None) -> IndustrialPLCStatus:
    return status if isinstance(status, IndustrialPLCStatus) else IndustrialPLCStatus()


Meter = TypeVar("Meter", float, str)
Metered = Iterable[tuple[Key, Mapping[str, Meter]]]
"""Of each PLC what is shown of its registers, by their names."""


class Others(Protocol):
    """What is counted of a family of kinds, instead of what is of PLCs alone."""

    @property
    def kinds(self) -> str:
        """Return what the family is called."""
        ...

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done."""
        ...

    def passed(self, key: Key, seconds: float) -> None:
        """Note that a pass has ended, and how long it took."""
        ...

    def forgotten(self, key: Key) -> None:
        """Drop what is known of a resource that is gone."""
        ...

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        ...


class Metrics(Collector):
    """The engine's observer, and a collector for `prometheus_client`.

    Args:
        others: Counts instead of what is of PLCs alone.
        besides: Counts what is of a further family, besides.
    """

    def __init__(self, others: Others | None = None, besides: Others | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # left without annotations there
        self.registry = CollectorRegistry()
        self._others, self._besides = others, besides
        self._rollouts = SetpointMetrics()
        self._rows: dict[Key, _Row] = {}
        self._breakers: Callable[[], Mapping[DeviceId, Breaker]] = dict
        self._clock: Callable[[], float] = float
        self._readings: Callable[[], Metered[float]] = tuple
        self._targets: Callable[[], Metered[float]] = tuple
        self._units: Callable[[], Metered[str]] = tuple
        self._lease: tuple[str, Callable[[], bool], Callable[[], bool]] = ("", bool, bool)
        self._brake: Callable[[], bool] | None = None
        self._kinds_up: Callable[[], Mapping[str, bool]] = dict
        self._given_up: Callable[[], Mapping[str, int]] = dict
        self._passes = Buckets()
        self._lateness = Buckets()
        self._requests: dict[tuple[str, str], int] = {}
        self._writes = Counter(
            "fabgitops_api_writes",
            "Writes to the Kubernetes API by what was written and result.",
            ("resource", "result"),
            registry=self.registry,
        )
        self._faults = Counter(
            "fabgitops_faults",
            "Faults of the operator's own that struck a resource, by its kind and what they struck.",
            ("kind", "where"),
            registry=self.registry,
        )
        Info("fabgitops_build", "What runs here.", registry=self.registry).info(
            {
                "version": version("fabgitops-operator"),
                "core_version": version("fabgitops-core"),
                "kinds": others.kinds if others else "plc",
            }
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def watch_breakers(self, breakers: Callable[[], Mapping[DeviceId, Breaker]], clock: Callable[[], float]) -> None:
        """Say where the circuit breakers are found when Prometheus asks, and by which clock they go."""
        self._breakers, self._clock = breakers, clock

    def watch_lease(self, name: str, held: Callable[[], bool], stands_by: Callable[[], bool] = bool) -> None:
        """Say which Lease there is (none: ""), and how it is found out, when Prometheus asks, who holds it.

        Args:
            name: The Lease.
            held: Whether this operator holds it, and may write.
            stands_by: Whether it waits for that of another, and could take over at once.
        """
        self._lease = name, held, stands_by

    def watch_registers(
        self,
        readings: Callable[[], Metered[float]],
        targets: Callable[[], Metered[float]] = tuple,
        units: Callable[[], Metered[str]] = tuple,
    ) -> None:
        """Say where is found, when Prometheus asks, what registers held last, must hold, and are counted in."""
        self._readings, self._targets, self._units = readings, targets, units

    def watch_brake(self, engaged: Callable[[], bool]) -> None:
        """Say how it is found out whether the fleet brake is on when Prometheus asks."""
        self._brake = engaged

    def watch_given_up(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Say where is found, when Prometheus asks, how many PLCs of which namespace nobody looks after any more."""
        self._given_up = counts

    def watch_hearing(self, kinds_up: Callable[[], Mapping[str, bool]]) -> None:
        """Say where is found, when Prometheus asks, of which kinds the watch is up."""
        self._kinds_up = kinds_up

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done."""
        if self._besides is not None:
            self._besides.happened(key, event, commands)
        if self._others is not None:
            self._others.happened(key, event, commands)
            return
        row = self._rows.get(key)
        if row is None:
            self._rollouts.happened(key, event, commands)
            if not isinstance(event, Declared | Faulted) or key.kind != INDUSTRIAL_PLC.name:
                return  # the end of a pass over a PLC that is gone: its series must not come back
            stored = event.status if isinstance(event, Declared) else None
            row = self._rows[key] = _Row(stored)  # what an earlier process said of it stands until we know better
        if isinstance(event, ReadDone):
            row.connected = True
        elif isinstance(event, ReadFailed):
            row.take_failure(event.failure)
        elif isinstance(event, Due) and event.gate.wait:
            row.connected = False
        elif isinstance(event, WriteDone | WriteUnknown | WriteFailed):
            row.take_write(event)
        for command in commands:
            row.take(command)

    def passed(self, key: Key, seconds: float) -> None:
        """Note that a pass has ended, and how long it took."""
        if self._others is not None:
            self._others.passed(key, seconds)
        elif key.kind == INDUSTRIAL_PLC.name:
            self._passes.observe(seconds)
            if (row := self._rows.get(key)) is not None:
                row.seconds = seconds

    def late(self, seconds: float) -> None:
        """Note how long after its time a pass had its turn."""
        self._lateness.observe(seconds)

    def fault(self, key: Key, where: str) -> None:
        """Count a fault of our own."""
        self._faults.labels(key.kind, where).inc()

    def forgotten(self, key: Key) -> None:
        """Drop the series of what is gone."""
        self._rows.pop(key, None)
        self._rollouts.forgotten(key)
        for each in (self._others, self._besides):
            if each is not None:
                each.forgotten(key)

    def request(self, function: str, result: str) -> None:
        """Count a Modbus request."""
        asked = (function, result)
        self._requests[asked] = self._requests.get(asked, 0) + 1

    def api_write(self, resource: str, result: str) -> None:
        """Count a write to the Kubernetes API."""
        self._writes.labels(resource, result).inc()

    def collect(self) -> Iterator[Metric]:
        """Yield what is read off when asked, a large family in parts, each made when its turn comes."""
        yield from self._of_plcs() if self._others is None else self._others.families()
        yield from self._besides.families() if self._besides is not None else ()
        yield GaugeMetricFamily("fabgitops_tasks", "Tasks of the event loop.", value=len(_tasks()))
        name, held, stands_by = self._lease
        yield from in_parts(families.LEADER, [((name,), held())] if name else [])
        yield from in_parts(families.STANDBY, [((name,), stands_by())] if name else [])
        if self._brake is not None:
            yield from in_parts(families.BRAKE, [((), self._brake())])
        yield from in_parts(families.WATCHES, [((kind,), up) for kind, up in self._kinds_up().items()])

    def _of_plcs(self) -> Iterator[Metric]:
        rows = list(self._rows.items())
        yield GaugeMetricFamily("managed_plcs", "IndustrialPLC resources looked after.", value=len(rows))
        yield from in_parts(families.DRIFTS, _of_each(rows, lambda row: row.drifts))
        yield from in_parts(families.ATTEMPTS, _of_each(rows, lambda row: row.attempts))
        yield from in_parts(families.CORRECTIONS, _of_each(rows, lambda row: row.corrections))
        yield from in_parts(families.REPEATS, _of_each(rows, lambda row: row.repeats))
        yield from in_parts(families.FAILURES, _of_each(rows, lambda row: row.failures))
        yield from in_parts(families.LAST_PASS, _of_each(rows, lambda row: row.seconds))
        yield from in_parts(families.CONNECTED, _of_each(rows, lambda row: row.connected))
        yield from in_parts(families.IN_SYNC, _of_each(rows, lambda row: row.in_sync))
        yield from in_parts(families.READY, (_readiness(key, row) for key, row in rows))
        yield from in_parts(families.HELD, _held(rows))
        yield from in_parts(families.UNRELEASED, _unreleased(rows))
        yield from in_parts(families.VALUES, _of_registers(self._readings()))
        yield from in_parts(families.TARGETS, _of_registers(self._targets()))
        yield from in_parts(families.UNITS, self._unit_samples())
        yield from in_parts(families.BREAKERS, self._breaker_states())
        yield from in_parts(families.GIVEN_UP, [((name,), count) for name, count in self._given_up().items()])
        yield self._passes.family("reconciliation_duration_seconds", "Seconds that one pass over a PLC took.")
        yield self._lateness.family(
            "fabgitops_poll_lateness_seconds", "Seconds that a poll had its turn after its time."
        )
        yield from in_parts(families.REQUESTS, list(self._requests.items()))
        yield from self._rollouts.families()

    def _unit_samples(self) -> Iterator[Sample]:
        for key, units in self._units():
            for register, unit in units.items():
                yield (key.name, key.namespace, register, unit), 1

    def _breaker_states(self) -> Iterator[Sample]:
        now = self._clock()
        for device, breaker in self._breakers().items():
            endpoint, state = device.endpoint, circuit(breaker, now).value
            yield (str(endpoint), endpoint.transport.value, str(device.unit_id), state), 1


def _tasks() -> Collection[object]:
    """Return the tasks of the loop that runs, of none where none does."""
    try:
        return asyncio.all_tasks()
    except RuntimeError:
        return ()


def _of_registers(metered: Metered[float]) -> Iterator[Sample]:
    for key, numbers in metered:
        for register, number in numbers.items():
            yield (key.name, key.namespace, register), number


def _readiness(key: Key, row: _Row) -> Sample:
    situation = situation_of(_plc(row.status))
    return (key.name, key.namespace, situation.reason), situation.ready is ConditionStatus.TRUE


def _held(rows: list[tuple[Key, _Row]]) -> Iterator[Sample]:
    """Yield how many registers each reason holds; one that holds none any more stays, at 0."""
    registers = Counts({str(reason): 0 for reason in HoldReason})
    for _, row in rows:
        for each in _plc(row.status).held:
            registers[each.reason] += each.registers
    return iter([((reason,), float(count)) for reason, count in registers.items()])


def _unreleased(rows: list[tuple[Key, _Row]]) -> Iterator[Sample]:
    """Yield how many PLCs of a namespace are held for which reason, as their condition Released has it."""
    plcs: Counts[tuple[str, str]] = Counts()
    for key, row in rows:
        release = _plc(row.status).release
        if release is not None and release.released != release.wanted:
            plcs[key.namespace, release.reason] += 1
    return iter([(labels, float(count)) for labels, count in plcs.items()])


def _of_each(rows: list[tuple[Key, _Row]], value: Callable[[_Row], float | None]) -> Iterator[Sample]:
    for key, row in rows:
        if (number := value(row)) is not None:
            yield (key.name, key.namespace), number
