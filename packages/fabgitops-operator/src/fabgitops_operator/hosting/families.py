"""Families of metrics in parts: none takes the event loop for longer than a poll may be late."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import Key
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

PART = 100
"""Samples in a part: to make them and to write them out takes some two milliseconds."""

Family = TypeVar("Family", CounterMetricFamily, GaugeMetricFamily)

Sample = tuple[Sequence[str], float]
"""The values of the labels, and the number."""

_PLC = ("plc_name", "namespace")

DRIFTS = partial(CounterMetricFamily, "drift_events", "Episodes of drift seen.", labels=_PLC)
ATTEMPTS = partial(
    CounterMetricFamily, "fabgitops_correction_attempts", "Writes sent to correct drift, proven or not.", labels=_PLC
)
CORRECTIONS = partial(CounterMetricFamily, "corrections", "Corrections proven by reading back.", labels=_PLC)
REPEATS = partial(
    CounterMetricFamily, "fabgitops_repeats", "Writes of what registers held, against lapsing, confirmed.", labels=_PLC
)
FAILURES = partial(CounterMetricFamily, "fabgitops_plc_failures", "Readings and writes of it that failed.", labels=_PLC)
LAST_PASS = partial(
    GaugeMetricFamily, "fabgitops_plc_last_pass_seconds", "Seconds that the last pass over it took.", labels=_PLC
)
CONNECTED = partial(GaugeMetricFamily, "plc_connection_status", "1 while the PLC answers, else 0.", labels=_PLC)
IN_SYNC = partial(GaugeMetricFamily, "fabgitops_plc_in_sync", "1 while it holds what it must, else 0.", labels=_PLC)
READY = partial(
    GaugeMetricFamily,
    "fabgitops_plc_ready",
    "1 while Ready is True, else 0, by the reason that it has.",
    labels=(*_PLC, "reason"),
)
HELD = partial(
    GaugeMetricFamily,
    "fabgitops_held_corrections",
    "Registers that are not as Git wants them and are not written, by what holds them.",
    labels=("reason",),
)
UNRELEASED = partial(
    GaugeMetricFamily,
    "fabgitops_unreleased_plcs",
    "PLCs that are held at what they were released to while Git wants something else, by why.",
    labels=("namespace", "reason"),
)
VALUES = partial(
    GaugeMetricFamily, "register_value", "The value last read, in engineering units.", labels=(*_PLC, "register")
)
TARGETS = partial(
    GaugeMetricFamily,
    "fabgitops_register_desired_value",
    "The value that it must hold, in engineering units.",
    labels=(*_PLC, "register"),
)
UNITS = partial(
    GaugeMetricFamily,
    "fabgitops_register_info",
    "1, with the unit of the register's values where its map says one.",
    labels=(*_PLC, "register", "unit"),
)
WATCHES = partial(
    GaugeMetricFamily,
    "fabgitops_watch_up",
    "1 while the API server tells of the changes of a kind, else 0.",
    labels=("kind",),
)
BREAKERS = partial(
    GaugeMetricFamily,
    "fabgitops_breaker_state",
    "Circuit breakers of devices that failed last: 1 for the state that each is in.",
    labels=("endpoint", "transport", "unit_id", "state"),
)
LEADER = partial(
    GaugeMetricFamily,
    "fabgitops_leader",
    "1 while this operator holds its Lease and may write, else 0.",
    labels=("lease",),
)
STANDBY = partial(
    GaugeMetricFamily,
    "fabgitops_standby",
    "1 while this operator waits for the Lease of another, and could take over at once, else 0.",
    labels=("lease",),
)
BRAKE = partial(
    GaugeMetricFamily,
    "fabgitops_fleet_brake",
    "1 while the fleet brake holds all corrections, else 0.",
    labels=(),
)
GIVEN_UP = partial(
    GaugeMetricFamily,
    "fabgitops_given_up_plcs",
    "PLCs of namespaces that this operator looks after no more, and that nobody else has taken over.",
    labels=("namespace",),
)
REQUESTS = partial(
    CounterMetricFamily,
    "fabgitops_modbus_requests",
    "Modbus requests by function and result.",
    labels=("function", "result"),
)


def in_parts(family: Callable[[], Family], samples: Iterable[Sample]) -> Iterator[Family]:
    """Yield a family in parts of at most PART samples, each made when its turn comes; one without samples is one part.

    Whoever takes the next part later sees what there is by then: `samples` had better be a snapshot, or not mind.
    """
    part = family()
    for number, (labels, value) in enumerate(samples, 1):
        part.add_metric(labels, value)
        if number % PART == 0:
            yield part
            part = family()
    yield part


def by_name(counted: Counter[str]) -> list[Sample]:
    """Return what was counted of each name, as samples of a family that has one label."""
    return [((name,), number) for name, number in counted.items()]


def readiness(key: Key, conditions: Iterable[Condition]) -> Sample:
    """Return 1 with the reason of the condition Ready where it is true, 0 with its reason where it is not."""
    ready = next((each for each in conditions if each.type == "Ready"), None)
    reason = ready.reason if ready else "Pending"
    return (key.namespace, key.name, reason), float(ready is not None and ready.status is ConditionStatus.TRUE)
