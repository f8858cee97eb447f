"""Metrics of the bus, read off when Prometheus asks."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fabgitops_operator.bus.standing import Result, Standing


class BusMetrics(Collector):
    """A collector for the operator's registry."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        """Yield how it stands."""
        now = self._standing()
        bus = (now.kind.value,)
        outbox = GaugeMetricFamily("fabgitops_bus_outbox", "Events that the bus has not taken yet.", labels=("bus",))
        outbox.add_metric(bus, now.waiting)
        yield outbox
        oldest = GaugeMetricFamily(
            "fabgitops_bus_oldest_seconds", "How long the oldest of them waits, or 0.", labels=("bus",)
        )
        oldest.add_metric(bus, now.oldest)
        yield oldest
        published = CounterMetricFamily(
            "fabgitops_bus_published", "Attempts to publish an event, by what came of them.", labels=("bus", "result")
        )
        for result in Result:
            published.add_metric((*bus, result.value), now.results[result])
        yield published
