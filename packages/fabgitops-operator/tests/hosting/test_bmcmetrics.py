"""What is counted of BMCs."""

from datetime import UTC, datetime

import pytest
from fabgitops_core.api.conditions import Condition, ConditionStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.bmcstatus import BmcStatus
from fabgitops_core.control.commands import Publish
from fabgitops_core.control.events import Declared, Event, Failure, FailureKind
from fabgitops_core.control.rack.bmc.facts import Found
from fabgitops_core.control.rack.bmc.requests import (
    Discover,
    Discovered,
    DiscoverFailed,
    PowerFailed,
    PowerSet,
    PowerUnknown,
    PowerUnrecorded,
    SetPower,
    Way,
)
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.rackmetrics import RackMetrics
from prometheus_client import generate_latest

AT = datetime(2026, 11, 29, tzinfo=UTC)
KEY = Key("BMC", "plant", "rack-01-c0s0b0")
WAY = Way("10.0.0.5")
LOOK, POWER = Discover(WAY), SetPower(WAY, "/1", "/1/Reset", "On")
LOST = Failure(FailureKind.UNREACHABLE, "gone")


def status(reason: str) -> BmcStatus:
    """Return a status whose condition Ready has a reason."""
    ready = Condition(type="Ready", status=ConditionStatus.TRUE, reason=reason, last_transition_time=AT)
    return BmcStatus(conditions=(ready,))


def text(metrics: Metrics) -> str:
    """Return what is served."""
    return generate_latest(metrics.registry).decode()


def test_bmcs_are_counted_by_how_they_stand() -> None:
    """A BMC counts by what was said of it last, by an earlier process too, until it is gone."""
    metrics = Metrics(RackMetrics())
    metrics.happened(KEY, Declared(AT, 1, None, status=status("Known")), ())
    assert 'fabgitops_bmcs{reason="Known"} 1.0' in text(metrics)
    metrics.happened(KEY, DiscoverFailed(AT, LOOK, LOST), (Publish(status("ConnectionFailed")),))
    metrics.happened(KEY, Declared(AT, 1, None, status=status("Known")), ())
    assert 'fabgitops_bmcs{reason="ConnectionFailed"} 1.0' in text(metrics)
    metrics.forgotten(KEY)
    assert "fabgitops_bmcs{" not in text(metrics)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Discovered(AT, LOOK, Found()), 'fabgitops_bmc_looks_total{result="ok"} 1.0'),
        (DiscoverFailed(AT, LOOK, LOST), 'fabgitops_bmc_looks_total{result="failed"} 1.0'),
        (DiscoverFailed(AT, LOOK, LOST, denied=True), 'fabgitops_bmc_looks_total{result="denied"} 1.0'),
        (PowerSet(AT, POWER), 'fabgitops_bmc_power_requests_total{reset="On",result="taken"} 1.0'),
        (PowerUnknown(AT, POWER, LOST), 'fabgitops_bmc_power_requests_total{reset="On",result="unknown"} 1.0'),
        (PowerFailed(AT, POWER, LOST), 'fabgitops_bmc_power_requests_total{reset="On",result="failed"} 1.0'),
        (PowerUnrecorded(AT, POWER, LOST), 'fabgitops_bmc_power_requests_total{reset="On",result="unrecorded"} 1.0'),
    ],
    ids=range(7),
)
def test_looks_and_requests_for_power_are_counted(event: Event, line: str) -> None:
    """Each look counts by its end, and each request for power by what is known of it."""
    metrics = Metrics(RackMetrics())
    metrics.happened(KEY, event, ())
    assert line in text(metrics)
