"""Traces, on request: one tree of spans for each pass over a resource, sent by OTLP over HTTP.

The pass is the root; each request to the device is a child, from the moment it was asked for to its answer, so that
waiting for a turn on the connection shows. What is announced stands on the root as span events. Names follow
OpenTelemetry's semantic conventions where there are any (server.*, network.protocol.name, error.type, k8s.*); those of
Modbus are ours, as there are none. A pass of which a request failed is an error itself, so that it is found as one.

OpenTelemetry comes with the extra `otel`, and is imported only when traces are asked for. What its SDK reads from the
environment counts here as well: OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER=traceidratio.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import Due, Event
from fabgitops_core.control.plc.commands import DeviceRequest, Identify, Read, Write
from fabgitops_core.control.plc.events import (
    IdentifyDone,
    IdentifyFailed,
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
    WriteUnrecorded,
    WriteWithdrawn,
)
from fabgitops_core.engine.ports import Observer

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_FAILURES = (ReadFailed, IdentifyFailed, WriteFailed, WriteUnrecorded, WriteUnknown)
_ANSWERS = (*_FAILURES, ReadDone, IdentifyDone, WriteDone, WriteSpared, WriteWithdrawn)
_NAMES = {Read: "modbus read", Identify: "modbus identify", Write: "modbus write"}


class TracingUnavailable(Exception):
    """Traces were asked for, and cannot be made: the text says what to install."""


@dataclass(slots=True)
class _Tree:
    """A pass under way: its span, and that of the request it waits for."""

    root: "Span"
    request: "Span | None" = None


class Tracing:
    """An observer that makes spans of what it hears, and passes it on."""

    def __init__(self, tracer: "Tracer", then: Observer) -> None:
        self._tracer = tracer
        self._then = then
        self._trees: dict[Key, _Tree] = {}

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Open and close spans."""
        self._then.happened(key, event, commands)
        if isinstance(event, Due):
            self._end(key)  # a pass that died of a fault of ours
            attributes = {"k8s.namespace.name": key.namespace, "fabgitops.kind": key.kind, "fabgitops.name": key.name}
            self._trees[key] = _Tree(self._tracer.start_span("reconcile", attributes=attributes))
        tree = self._trees.get(key)
        if tree is None:
            return
        _answered(tree, event)
        for command in commands:
            if isinstance(command, Notice):
                tree.root.add_event(command.reason.value, {"message": command.message})
            elif isinstance(command, Read | Identify | Write):
                tree.request = self._asked(tree.root, command)

    def passed(self, key: Key, seconds: float) -> None:
        """Close the span of a pass."""
        self._then.passed(key, seconds)
        self._end(key)

    def late(self, seconds: float) -> None:
        """Pass it on."""
        self._then.late(seconds)

    def fault(self, key: Key, where: str) -> None:
        """Pass it on."""
        self._then.fault(key, where)

    def forgotten(self, key: Key) -> None:
        """Close what is open of a resource that is gone."""
        self._then.forgotten(key)
        self._end(key)

    def _asked(self, root: "Span", request: DeviceRequest) -> "Span":
        from opentelemetry.trace import SpanKind, set_span_in_context  # noqa: PLC0415

        asked = request.change if isinstance(request, Write) else request.plan
        attributes: dict[str, str | int] = {
            "network.protocol.name": "modbus",
            "server.address": asked.endpoint.host,
            "server.port": asked.endpoint.port,
            "modbus.unit_id": asked.unit_id,
        }
        if not isinstance(request, Identify):
            place = request.change if isinstance(request, Write) else request.plan
            attributes |= {"modbus.table": place.table.value, "modbus.address": place.address}
        context = set_span_in_context(root)
        return self._tracer.start_span(_NAMES[type(request)], context, kind=SpanKind.CLIENT, attributes=attributes)

    def _end(self, key: Key) -> None:
        tree = self._trees.pop(key, None)
        if tree is not None:
            if tree.request is not None:
                tree.request.end()
            tree.root.end()


def _answered(tree: _Tree, event: Event) -> None:
    """Close the span of the request that an event answers."""
    span = tree.request
    if span is None or not isinstance(event, _ANSWERS):
        return
    if isinstance(event, _FAILURES):
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

        kind = event.failure.kind.name.lower()
        for failed in (span, tree.root):
            failed.set_status(Status(StatusCode.ERROR, event.failure.message))
            failed.set_attribute("error.type", kind)
    span.end()
    tree.request = None


@asynccontextmanager
async def tracing(endpoint: str, then: Observer) -> AsyncIterator[Observer]:
    """Yield an observer that sends traces to an OTLP endpoint, or just `then` where there is none.

    Args:
        endpoint: The URL that traces are posted to, such as http://collector:4318/v1/traces; empty for no traces.
        then: Who listens as well.

    Raises:
        TracingUnavailable: OpenTelemetry is not installed.
    """
    if not endpoint:
        yield then
        return
    try:
        from fabgitops_operator.hosting.otlp import Traces  # noqa: PLC0415
    except ImportError as error:
        raise TracingUnavailable(
            f"--otlp-endpoint is {endpoint}, and OpenTelemetry is not installed ({error}): "
            "pip install 'fabgitops-operator[otel]', or leave it out"
        ) from error
    traces = Traces(endpoint)
    try:
        yield Tracing(traces.provider.get_tracer("fabgitops", version("fabgitops-operator")), then)
    finally:
        await asyncio.to_thread(traces.close)
