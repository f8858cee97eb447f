"""What Prometheus sees."""

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fabgitops_core.api.plc.correction import HeldCorrections
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.control.breaker import Breaker, Gate
from fabgitops_core.control.commands import Notice, Publish, Wake
from fabgitops_core.control.events import Declared, Due, Event, Failure, FailureKind, Removed
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.plc import situations
from fabgitops_core.control.plc.events import (
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
    WriteWithdrawn,
)
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.reporting import told
from fabgitops_core.control.plc.requests import Change, DeviceId, Endpoint, ReadPlan, Transport
from fabgitops_core.control.plc.situations import Situation
from fabgitops_core.engine.device_requests import UNRECORDED
from fabgitops_operator.hosting.buckets import Buckets
from fabgitops_operator.hosting.http import exposition
from fabgitops_operator.hosting.metrics import Metrics
from prometheus_client.parser import text_string_to_metric_families

from .conftest import KEY

AT = datetime(2026, 1, 1, tzinfo=UTC)
ENDPOINT = Endpoint("10.0.0.5", 502)
PLAN = ReadPlan(ENDPOINT, 1, 4001)
CHANGE = Change(ENDPOINT, 1, 4001, (2500,))
DECLARED: Declared[object, object] = Declared(AT, 1, None)  # type: ignore[type-var]
LABELS = {"plc_name": "mixer", "namespace": "plant"}
FIELD_NAMES = {
    "drift_events",
    "corrections",
    "plc_connection_status",
    "register_value",
    "managed_plcs",
    "reconciliation_duration_seconds",
}


def failed(kind: FailureKind) -> ReadFailed:
    """Return a reading that failed."""
    return ReadFailed(AT, PLAN, Failure(kind, "why"))


@pytest.fixture
def seen(metrics: Metrics) -> Metrics:
    """Return metrics of one PLC that was read once."""
    metrics.watch_registers(
        lambda: ((KEY, {"4001": 2311.0, "temperature": 21.5}),),
        lambda: ((KEY, {"4001": 2500.0}),),
        lambda: ((KEY, {"temperature": "°C"}),),
    )
    metrics.happened(KEY, DECLARED, ())
    metrics.happened(KEY, ReadDone(AT, PLAN, (2311,)), (Notice(PlcReason.DRIFT_DETECTED, "drift"),))
    return metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return a sample."""
    return metrics.registry.get_sample_value(name, labels)


async def test_the_series_of_a_plc(seen: Metrics) -> None:
    """A PLC has its series under the names of the field, labelled by its name and namespace."""
    assert value(seen, "managed_plcs") == 1
    assert value(seen, "drift_events_total", **LABELS) == 1
    assert value(seen, "corrections_total", **LABELS) == 0
    assert value(seen, "plc_connection_status", **LABELS) == 1
    assert value(seen, "register_value", register="4001", **LABELS) == 2311
    assert value(seen, "register_value", register="temperature", **LABELS) == 21.5
    assert value(seen, "fabgitops_register_desired_value", register="4001", **LABELS) == 2500
    assert value(seen, "fabgitops_register_info", register="temperature", unit="°C", **LABELS) == 1


async def test_what_holds_corrections_is_counted_by_its_reason(seen: Metrics) -> None:
    """Registers that a guard holds are counted under its reason, and no more when it lets them go."""
    held = HeldCorrections(guard="mode", reason=HoldReason.WARN, registers=3, since=AT)
    seen.happened(KEY, ReadDone(AT, PLAN, (2311,)), (Publish(IndustrialPLCStatus(held=(held,))),))
    assert value(seen, "fabgitops_held_corrections", reason="ModeWarn") == 3
    assert value(seen, "fabgitops_held_corrections", reason="Settling") == 0
    seen.happened(KEY, ReadDone(AT, PLAN, (2500,)), (Publish(IndustrialPLCStatus()),))
    assert value(seen, "fabgitops_held_corrections", reason="ModeWarn") == 0


async def test_what_is_no_plc_has_no_series(metrics: Metrics) -> None:
    """A template is not counted among the PLCs, and has no series."""
    metrics.happened(KEY._replace(kind="IndustrialPLCTemplate"), DECLARED, ())
    assert value(metrics, "managed_plcs") == 0


async def test_counters_count_notices(seen: Metrics) -> None:
    """Counters go with what is announced, and other notices count for neither."""
    for reason in PlcReason:
        seen.happened(KEY, ReadDone(AT, PLAN, (2500,)), (Notice(reason, "said"),))
    assert (value(seen, "drift_events_total", **LABELS), value(seen, "corrections_total", **LABELS)) == (2, 1)


@pytest.mark.parametrize(("kind", "connected"), [(FailureKind.UNREACHABLE, 0), (FailureKind.REFUSED_FOR_GOOD, 1)])
async def test_connection_after_a_failure(seen: Metrics, kind: FailureKind, connected: int) -> None:
    """A PLC that cannot be read counts as connected while it still answers."""
    seen.happened(KEY, failed(kind), ())
    assert value(seen, "plc_connection_status", **LABELS) == connected


async def test_nothing_is_claimed_while_suspended(seen: Metrics) -> None:
    """While a PLC is left alone no connection is shown, and its counters stay."""
    seen.happened(KEY, DECLARED, (Wake(None),))
    assert value(seen, "plc_connection_status", **LABELS) is None
    assert value(seen, "drift_events_total", **LABELS) == 1


def saying(situation: Situation) -> IndustrialPLCStatus:
    """Return a status that tells of a situation."""
    return told(IndustrialPLCStatus(), situation, "why", AT, 1)


@pytest.mark.parametrize(
    ("situation", "ready", "in_sync"),
    [
        (situations.IN_SYNC, 1, 1),
        (situations.VERIFICATION_FAILED, 0, 0),
        (situations.CONFLICT, 0, None),
        (situations.SUSPENDED, 0, None),
    ],
)
async def test_how_a_plc_stands(seen: Metrics, situation: Situation, ready: int, in_sync: int | None) -> None:
    """A PLC shows its Ready condition with the reason alone that it has now, and InSync only while that is known."""
    seen.happened(KEY, ReadDone(AT, PLAN, (2311,)), (Publish(saying(situations.CORRECTING)),))
    seen.happened(KEY, ReadDone(AT, PLAN, (2311,)), (Publish(saying(situation)),))
    assert value(seen, "fabgitops_plc_ready", reason=situation.reason, **LABELS) == ready
    assert value(seen, "fabgitops_plc_ready", reason="Correcting", **LABELS) is None
    assert value(seen, "fabgitops_plc_in_sync", **LABELS) == in_sync


async def test_how_a_plc_stood_before_a_restart(metrics: Metrics) -> None:
    """After a restart a PLC stands as its stored status says, and one without a status is pending."""
    metrics.happened(KEY, Declared(AT, 1, None, status=saying(situations.CONFLICT)), ())
    metrics.happened(KEY._replace(name="new"), DECLARED, ())
    assert value(metrics, "fabgitops_plc_ready", reason="Conflict", **LABELS) == 0
    assert value(metrics, "fabgitops_plc_ready", reason="Pending", plc_name="new", namespace="plant") == 0


@pytest.mark.parametrize(
    ("event", "attempts"),
    [
        (WriteDone(AT, CHANGE), 1),
        (WriteUnknown(AT, CHANGE, Failure(FailureKind.UNREACHABLE, "why")), 1),
        (WriteFailed(AT, CHANGE, Failure(FailureKind.REFUSED_FOR_GOOD, "why", 4)), 1),
        (WriteFailed(AT, CHANGE, Failure(FailureKind.UNREACHABLE, "no connection")), 0),
        (WriteFailed(AT, CHANGE, UNRECORDED), 0),
        (WriteSpared(AT, CHANGE), 0),
        (WriteWithdrawn(AT, CHANGE), 0),
    ],
    ids=["done", "unknown", "refused", "unreachable", "unrecorded", "spared", "withdrawn"],
)
async def test_attempts_count_what_was_sent(seen: Metrics, event: Event, attempts: int) -> None:
    """A write counts as an attempt to correct whatever came of it, unless it was not sent."""
    seen.happened(KEY, event, ())
    assert value(seen, "fabgitops_correction_attempts_total", **LABELS) == attempts
    assert value(seen, "corrections_total", **LABELS) == 0


@pytest.mark.parametrize(
    ("answer", "counted"),
    [
        (WriteDone(AT, replace(CHANGE, repeat=True)), 1),
        (WriteUnknown(AT, replace(CHANGE, repeat=True), Failure(FailureKind.UNREACHABLE, "why")), 0),
        (WriteFailed(AT, replace(CHANGE, repeat=True), Failure(FailureKind.REFUSED_FOR_GOOD, "why", 4)), 0),
    ],
    ids=["done", "unknown", "refused"],
)
async def test_a_repetition_is_no_attempt_to_correct(seen: Metrics, answer: Event, counted: int) -> None:
    """What was written though the device held it counts for itself, once that is confirmed."""
    seen.happened(KEY, answer, ())
    assert value(seen, "fabgitops_correction_attempts_total", **LABELS) == 0
    assert value(seen, "fabgitops_repeats_total", **LABELS) == counted


async def test_what_failed_and_how_long_the_last_pass_took(seen: Metrics) -> None:
    """What a device failed at counts, and not what we did not ask of it; a pass over one that is gone says nothing."""
    for event in (
        failed(FailureKind.UNREACHABLE),
        WriteUnknown(AT, CHANGE, Failure(FailureKind.UNREACHABLE, "why")),
        WriteFailed(AT, CHANGE, Failure(FailureKind.REFUSED_FOR_GOOD, "why", 4)),
        WriteDone(AT, CHANGE),
        WriteFailed(AT, CHANGE, UNRECORDED),
        ReadFailed(AT, PLAN, Failure(FailureKind.REFUSED_FOR_GOOD, "not allowed", out_of_bounds=True)),
    ):
        seen.happened(KEY, event, ())
    assert value(seen, "fabgitops_plc_failures_total", **LABELS) == 3
    assert value(seen, "fabgitops_plc_last_pass_seconds", **LABELS) is None
    seen.passed(KEY, 0.25)
    seen.passed(KEY._replace(name="gone"), 7.0)
    assert value(seen, "fabgitops_plc_last_pass_seconds", **LABELS) == 0.25
    assert value(seen, "fabgitops_plc_last_pass_seconds", plc_name="gone", namespace="plant") is None


async def test_series_go_with_their_plc(seen: Metrics) -> None:
    """All series of a PLC go with it, and the end of a pass that was under way does not bring them back."""
    seen.happened(KEY, Removed(AT), ())
    seen.forgotten(KEY)
    seen.watch_registers(tuple)
    seen.happened(KEY, ReadDone(AT, PLAN, (2311,)), ())
    assert "mixer" not in (await exposition(seen.registry)).decode()
    assert value(seen, "managed_plcs") == 0


async def test_circuits_requests_and_writes(seen: Metrics) -> None:
    """Devices in trouble, Modbus requests and API writes are counted by what they were and what came of them."""
    seen.watch_breakers(lambda: {DeviceId(ENDPOINT, 7): Breaker(3, 10.0)}, lambda: 5.0)
    seen.request("read", "ok")
    seen.request("read", "ok")
    seen.api_write("status", "forbidden")
    state = {"endpoint": "10.0.0.5:502", "transport": "tcp", "unit_id": "7", "state": "open"}
    assert value(seen, "fabgitops_breaker_state", **state) == 1
    assert value(seen, "fabgitops_modbus_requests_total", function="read", result="ok") == 2
    assert value(seen, "fabgitops_api_writes_total", resource="status", result="forbidden") == 1


async def test_no_series_comes_twice(seen: Metrics) -> None:
    """No two samples of one scrape have the same name and labels, even where a device is reached in every way there is.

    Prometheus refuses the whole scrape for one that does.
    """
    ways = [DeviceId(Endpoint("10.0.0.5", 502, transport), unit) for transport in Transport for unit in (1, 7)]
    seen.watch_breakers(lambda: dict.fromkeys(ways, Breaker(3, 10.0)), lambda: 5.0)
    for name in ("mixer", "press"):
        seen.happened(KEY._replace(name=name), DECLARED, ())
        seen.happened(KEY._replace(name=name, namespace="other"), DECLARED, ())
    series = [
        (sample.name, *sorted(sample.labels.items()))
        for family in text_string_to_metric_families((await exposition(seen.registry)).decode())
        for sample in family.samples
    ]
    assert len([each for each in series if each[0] == "fabgitops_breaker_state"]) == len(ways)
    assert len(series) == len(set(series))


@pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")
async def test_what_the_process_uses(metrics: Metrics) -> None:
    """Memory and processor time of the process are told under the names that all Prometheus clients use."""
    assert (value(metrics, "process_resident_memory_bytes") or 0) > 1_000_000
    assert (value(metrics, "process_cpu_seconds_total") or 0) > 0


async def test_the_text_is_what_prometheus_wants(seen: Metrics) -> None:
    """The text parses, and every family has help, a type, and a name by the conventions of Prometheus."""
    seen.request("read", "ok")
    seen.api_write("status", "ok")
    seen.passed(KEY, 0.002)
    text = await exposition(seen.registry)
    families = list(text_string_to_metric_families(text.decode()))
    names = [family.name for family in families]
    assert len(names) == len(set(names))
    assert set(names) >= FIELD_NAMES
    for family in families:
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}
        assert re.fullmatch("[a-z][a-z0-9_]*", family.name)
        assert family.name in FIELD_NAMES or family.name.startswith(("fabgitops_", "process_"))
        if family.type == "counter":
            assert all(sample.name == f"{family.name}_total" for sample in family.samples)
        elif family.type == "histogram":
            assert family.name.endswith("_seconds")
        else:
            assert not family.name.endswith(("_total", "_count", "_sum", "_bucket"))


def test_a_histogram_adds_up() -> None:
    """Buckets are cumulative, each bound belongs to its bucket, and the last holds all."""
    buckets = Buckets()
    for seconds in (0.001, 0.0011, 0.7, 99.0):
        buckets.observe(seconds)
    samples = {(sample.name, sample.labels.get("le", "")): sample.value for sample in buckets.family("x", "y").samples}
    bounds = ("0.001", "0.0025", "0.5", "1.0", "30.0", "+Inf")
    assert [samples["x_bucket", bound] for bound in bounds] == [1, 2, 2, 3, 3, 4]
    assert samples["x_count", ""] == 4
    assert samples["x_sum", ""] == pytest.approx(99.7021)


async def test_a_circuit_that_a_neighbour_opened_is_a_lost_connection(seen: Metrics) -> None:
    """A PLC that is not asked because its device's circuit is open is shown as not connected."""
    seen.happened(KEY, ReadDone(AT, PLAN, (2311,)), ())
    seen.happened(KEY, Due(AT, Gate(8.0, "no answer")), ())
    assert value(seen, "plc_connection_status", **LABELS) == 0
