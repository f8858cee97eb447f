"""What is counted of BMCs: how many stand how, how they were looked at, and what was asked of power."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.rack.bmcstatus import BmcStatus
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, Event
from fabgitops_core.control.rack.bmc.requests import (
    Discovered,
    DiscoverFailed,
    PowerFailed,
    PowerSet,
    PowerUnknown,
    PowerUnrecorded,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fabgitops_operator.hosting.families import by_name, in_parts

BMCS = partial(
    GaugeMetricFamily,
    "fabgitops_bmcs",
    "BMCs looked after, by the reason of their condition Ready.",
    labels=("reason",),
)
LOOKS = partial(CounterMetricFamily, "fabgitops_bmc_looks", "Looks at BMCs by result.", labels=("result",))
POWER = partial(
    CounterMetricFamily,
    "fabgitops_bmc_power_requests",
    "Requests that switch the power of machines, by what is known of them.",
    labels=("reset", "result"),
)

_RESULTS: dict[type[Event], str] = {
    PowerSet: "taken",
    PowerUnknown: "unknown",
    PowerFailed: "failed",
    PowerUnrecorded: "unrecorded",
}


class BmcMetrics:
    """Counts what happens to BMCs, and shows it when asked."""

    def __init__(self) -> None:
        self._reasons: dict[Key, str] = {}
        self._looks: Counter[str] = Counter({"ok": 0, "failed": 0, "denied": 0})
        self._power: Counter[tuple[str, str]] = Counter()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done."""
        if isinstance(event, Declared):
            if key not in self._reasons:
                self._says(key, event.status)  # what an earlier process said of it stands until we know better
        elif isinstance(event, Discovered):
            self._looks["ok"] += 1
        elif isinstance(event, DiscoverFailed):
            self._looks["denied" if event.denied else "failed"] += 1
        elif type(event) in _RESULTS:
            request: Any = event
            self._power[request.request.reset, _RESULTS[type(event)]] += 1
        for command in commands:
            if isinstance(command, Publish):
                self._says(key, command.status)

    def _says(self, key: Key, status: ApiModel | None) -> None:
        if isinstance(status, BmcStatus):
            ready = next((each.reason for each in status.conditions if each.type == "Ready"), "")
            if ready:
                self._reasons[key] = ready

    def forgotten(self, key: Key) -> None:
        """Drop what is known of a BMC that is gone."""
        self._reasons.pop(key, None)

    def families(self) -> Iterator[Metric]:
        """Yield what is read off when asked."""
        yield from in_parts(BMCS, by_name(Counter(self._reasons.values())))
        yield from in_parts(LOOKS, by_name(self._looks))
        yield from in_parts(POWER, [(labels, number) for labels, number in self._power.items()])
