"""What is counted of racks: passes, what was made, healed and deleted, and how many stand how."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.parts import BMC
from fabgitops_core.api.rack.rack import RACK
from fabgitops_core.api.rack.rackstatus import Phase, RackStatus
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Applied, ApplyFailed, Declared, Deleted, DeleteFailed, Event, Surveyed
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fabgitops_operator.hosting.bmcmetrics import BmcMetrics
from fabgitops_operator.hosting.buckets import Buckets
from fabgitops_operator.hosting.families import by_name, in_parts, readiness

_KIND = ("kind",)

PASSES = partial(CounterMetricFamily, "fabgitops_rack_passes", "Passes over racks by result.", labels=("result",))
CHILDREN = partial(GaugeMetricFamily, "fabgitops_rack_children", "Parts of racks that are there.", labels=_KIND)
CREATED = partial(CounterMetricFamily, "fabgitops_rack_children_created", "Parts made.", labels=_KIND)
HEALED = partial(
    CounterMetricFamily, "fabgitops_rack_children_healed", "Parts made again, or put right, by plan.", labels=_KIND
)
DELETED = partial(CounterMetricFamily, "fabgitops_rack_children_deleted", "Parts deleted.", labels=_KIND)
READY = partial(
    GaugeMetricFamily,
    "fabgitops_rack_ready",
    "Whether a Rack is as its template says, with the reason of its condition Ready.",
    labels=("namespace", "rack_name", "reason"),
)
RACKS = partial(GaugeMetricFamily, "fabgitops_racks", "Racks looked after, by phase.", labels=("phase",))


@dataclass(slots=True)
class _Row:
    """What is known of one Rack; `settled` is the plan of which all was there, as far as it was said."""

    status: RackStatus = field(default_factory=RackStatus)
    settled: str = ""
    parts: Counter[str] = field(default_factory=Counter)
    result: str = "ok"

    @property
    def plan(self) -> str:
        """Return what names the plan that it was looked at by last."""
        return self.status.template.plan_hash if self.status.template else ""

    def says(self, status: object) -> None:
        """Note how it stands."""
        if isinstance(status, RackStatus):
            self.status = status
            if status.phase is Phase.READY:
                self.settled = self.plan


class RackMetrics:
    """Counts what happens to racks, and shows it when asked."""

    kinds = "racks"

    def __init__(self) -> None:
        self._rows: dict[Key, _Row] = {}
        self._passes: Counter[str] = Counter()
        self._seconds = Buckets()
        self._created: Counter[str] = Counter()
        self._healed: Counter[str] = Counter()
        self._deleted: Counter[str] = Counter()
        self._bmcs = BmcMetrics()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done."""
        if key.kind == BMC.name:
            self._bmcs.happened(key, event, commands)
        if key.kind != RACK.name:
            return
        row = self._rows.get(key)
        if row is None:
            if not isinstance(event, Declared):
                return  # the end of a pass over one that is gone
            row = self._rows[key] = _Row()
            row.says(event.status)
        self._take(row, event)
        for command in commands:
            if isinstance(command, Publish):
                row.says(command.status)

    def _take(self, row: _Row, event: Event) -> None:
        if isinstance(event, Surveyed):
            row.parts, row.result = Counter(child.kind for child in event.children), "ok"
        elif isinstance(event, Applied):
            kind = event.child.key.kind
            self._created[kind] += event.created
            row.parts[kind] += event.created
            # By a plan of which all was there before nothing is left to be made: somebody took it away, or changed it.
            self._healed[kind] += bool(row.plan) and row.plan == row.settled
        elif isinstance(event, Deleted):
            self._deleted[event.key.kind] += 1
            row.parts[event.key.kind] -= 1
        elif isinstance(event, ApplyFailed | DeleteFailed) and row.result == "ok":
            row.result = event.failure.kind.name.lower()

    def passed(self, key: Key, seconds: float) -> None:
        """Note that a pass has ended, and how long it took."""
        if (row := self._rows.get(key)) is not None:
            self._passes[row.result] += 1
            self._seconds.observe(seconds)

    def forgotten(self, key: Key) -> None:
        """Drop what is known of a Rack, or of a BMC, that is gone."""
        self._rows.pop(key, None)
        self._bmcs.forgotten(key)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        parts: Counter[str] = Counter()
        phases = Counter({phase.value: 0 for phase in Phase})
        held = 0
        for row in self._rows.values():
            parts += row.parts
            phases[row.status.phase.value] += 1
            held += row.status.pending.removals if row.status.pending else 0
        yield from in_parts(PASSES, by_name(self._passes))
        yield from in_parts(CHILDREN, by_name(parts))
        yield from in_parts(CREATED, by_name(self._created))
        yield from in_parts(HEALED, by_name(self._healed))
        yield from in_parts(DELETED, by_name(self._deleted))
        yield from in_parts(RACKS, by_name(phases))
        yield from in_parts(READY, [readiness(key, row.status.conditions) for key, row in self._rows.items()])
        yield GaugeMetricFamily(
            "fabgitops_rack_held_removals", "Parts of racks whose removal waits for a yes.", value=held
        )
        yield self._seconds.family("fabgitops_rack_pass_seconds", "Seconds that one pass over a Rack took.")
        yield from self._bmcs.families()
