"""Traces: what a collector gets to see of a pass."""

import asyncio
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.control.breaker import PASS
from fabgitops_core.control.events import Declared, Due
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.device_errors import NoReply
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_operator.hosting.otlp import Sending
from fabgitops_operator.hosting.tracing import TracingUnavailable, tracing
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace.export import SpanExportResult

from .conftest import KEY

AT = datetime(2026, 1, 1, tzinfo=UTC)
ERROR = 2
PATIENCE = 5.0


@contextmanager
def closed_port() -> Iterator[int]:
    """Yield a port of the loopback on which nobody listens, and nobody can while it is held."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


class Collector:
    """An OTLP endpoint that keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()

    async def take(self, request: web.Request) -> web.Response:
        """Take a batch."""
        batch = ExportTraceServiceRequest.FromString(await request.read())
        for resource in batch.resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.services.add(named["service.name"])
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        return web.Response(body=b"", content_type="application/x-protobuf")


async def traced(
    devices: FakeDevices, until: str, collector: Collector | None = None
) -> tuple[list[Span], FakeObserver]:
    """Let an engine pass over a PLC until something is announced; return the spans, and who listened as well."""
    collector, observer, host = collector or Collector(), FakeObserver(), FakeHost()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    async with TestServer(app) as server, tracing(str(server.make_url("/v1/traces")), observer) as listening:
        engine = Engine(devices, host, listening)
        spec = IndustrialPLCSpec(device_address="10.0.0.5", target_register=4001, target_value=2500)
        declared: Declared[Any, Any] = Declared(AT, 1, spec)
        engine.declare(KEY, PlcController(settle_secs=0), declared)
        while until not in host.reasons(KEY) or not observer.passes:
            await asyncio.sleep(0.01)
        await engine.stop(1.0)
    return collector.spans, observer


def attributes(span: Span) -> dict[str, str | int]:
    """Return the attributes of a span."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


async def test_a_correction_is_one_tree() -> None:
    """A pass that corrects is a root with a read, a write and the read that proves it, and what was announced."""
    devices = FakeDevices()
    devices[Endpoint("10.0.0.5", 502)][4001] = 2311
    spans, observer = await traced(devices, "DriftCorrected")
    root = next(span for span in spans if span.name == "reconcile" and span.events)
    children = [span for span in spans if span.parent_span_id == root.span_id]
    assert [span.name for span in children] == ["modbus read", "modbus write", "modbus read"]
    assert [event.name for event in root.events] == ["DriftDetected", "DriftCorrected"]
    assert attributes(root) == {
        "k8s.namespace.name": KEY.namespace,
        "fabgitops.kind": KEY.kind,
        "fabgitops.name": KEY.name,
    }
    assert attributes(children[1])["modbus.address"] == 4001
    assert all(span.end_time_unix_nano for span in spans)
    assert observer.events


async def test_a_request_that_fails_is_an_error() -> None:
    """A request that was not answered is a span with the reason as its error."""
    devices = FakeDevices()
    devices[Endpoint("10.0.0.5", 502)].read_errors = [NoReply("10.0.0.5:502 did not answer")]
    spans, _ = await traced(devices, "ConnectionFailed")
    failed = [span for span in spans if span.status.code == ERROR]
    why = "10.0.0.5:502 did not answer"
    assert sorted((span.name, span.status.message) for span in failed) == [("modbus read", why), ("reconcile", why)]
    assert {attributes(span)["error.type"] for span in failed} == {"unreachable"}


async def test_the_environment_says_whose_traces_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the service is ours, unless OTEL_SERVICE_NAME gives this operator another."""
    for name, service in (("", "fabgitops-operator"), ("line-2", "line-2")):
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
        collector, devices = Collector(), FakeDevices()
        devices[Endpoint("10.0.0.5", 502)][4001] = 2311
        await traced(devices, "DriftDetected", collector)
        assert collector.services == {service}


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says of traces, by whomever."""
    return [
        record.message
        for record in caplog.records
        if record.name.startswith(("opentelemetry", "urllib3", "fabgitops_operator.hosting.otlp"))
    ]


async def test_a_collector_that_is_away_is_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While the collector refuses traces passes go on and the log says so once, and once more when it takes them."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    caplog.set_level("INFO")
    collector = Collector()
    answers: list[bool] = []

    async def take(request: web.Request) -> web.StreamResponse:
        answers.append(len(answers) >= 5)
        return await collector.take(request) if answers[-1] else web.Response(status=400, reason="not now")

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    async with TestServer(app) as server:
        url = str(server.make_url("/v1/traces"))
        async with tracing(url, FakeObserver()) as listening:
            while not collector.spans:
                listening.happened(KEY, Due(AT, PASS), ())
                listening.passed(KEY, 0.001)
                await asyncio.sleep(0.01)
    assert len(answers) >= 6
    away, back = told(caplog)
    assert away.startswith(f"traces are dropped until {url} takes them: ")
    assert "not now" in away
    assert back == f"{url} takes traces again"


async def test_a_stop_does_not_wait_for_a_collector_that_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a collector that is known to be away a stop sends nothing more, and the log has one line in all."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3")  # one retry, a second later: its reason is told
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}/v1/traces"
        sending = Sending(url)
        assert sending.export(()) is SpanExportResult.FAILURE
        sending.closing()
        began = time.monotonic()
        for _batch in range(100):
            assert sending.export(()) is SpanExportResult.FAILURE
        sending.shutdown()
    assert time.monotonic() - began < PATIENCE
    (line,) = told(caplog)
    assert url in line
    assert "refused" in line


async def test_without_an_endpoint_nothing_is_made() -> None:
    """Without an endpoint the observer is the one that was given, and OpenTelemetry is not needed."""
    observer = FakeObserver()
    async with tracing("", observer) as listening:
        assert listening is observer


async def test_without_opentelemetry_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traces asked for where OpenTelemetry is missing end in an error that names the extra to install."""
    monkeypatch.delitem(sys.modules, "fabgitops_operator.hosting.otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracingUnavailable, match=r"fabgitops-operator\[otel\]"):
        async with tracing("http://collector:4318/v1/traces", FakeObserver()):
            pass
