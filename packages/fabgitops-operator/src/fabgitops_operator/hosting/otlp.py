"""Sends traces by OTLP over HTTP, so that a collector that is away costs nothing but the traces.

Imported only when traces are asked for: it needs OpenTelemetry.
"""

import logging
import time
from collections.abc import Sequence
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

CLOSE_SECS = 5.0
"""How long a stop may begin to send what is left."""

_ITS_LOGS = (OTLPSpanExporter.__module__, "opentelemetry.sdk._shared_internal")
"""Loggers that tell of each batch, and of each span while the queue is full."""

log = logging.getLogger(__name__)


class _Reason(logging.Filter):
    """Keeps what loggers say to itself, of the exporter the first words; a traceback is a fault, and goes on."""

    words = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is to be seen."""
        if record.name == _ITS_LOGS[0]:
            self.words = self.words or record.getMessage()
        return record.exc_info is not None


class Sending(SpanExporter):
    """An exporter that says once that the collector is away, and once that it is back."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._exporter = OTLPSpanExporter(endpoint=endpoint)
        self._reason = _Reason()
        self._away = False
        self._until: float | None = None
        for name in _ITS_LOGS:
            logging.getLogger(name).addFilter(self._reason)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; what the collector does not take is dropped."""
        if self._until is not None and (self._away or time.monotonic() > self._until):
            return SpanExportResult.FAILURE
        self._reason.words = ""
        result = self._exporter.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("traces are dropped until %s takes them: %s", self._endpoint, self._reason.words)
        elif self._away and not away:
            log.info("%s takes traces again", self._endpoint)
        self._away = away
        return result

    def closing(self) -> None:
        """Send nothing any more while the collector is away, and begin nothing after `CLOSE_SECS`."""
        self._until = time.monotonic() + CLOSE_SECS

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # left without annotations there
        for name in _ITS_LOGS:
            logging.getLogger(name).removeFilter(self._reason)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Return whether nothing is kept here, which is always so."""
        return self._exporter.force_flush(timeout_millis)


class Traces:
    """Where spans are made and sent from.

    Args:
        endpoint: The URL that traces are posted to.
    """

    def __init__(self, endpoint: str) -> None:
        own = {"service.name": "fabgitops-operator", "service.version": version("fabgitops-operator")}
        asked = OTELResourceDetector().detect()  # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES outdo ours
        self._sending = Sending(endpoint)
        self.provider = TracerProvider(resource=Resource.create(own).merge(asked))
        self.provider.add_span_processor(BatchSpanProcessor(self._sending))

    def close(self) -> None:
        """Send what is left, and wait for it."""
        self._sending.closing()
        self.provider.shutdown()
