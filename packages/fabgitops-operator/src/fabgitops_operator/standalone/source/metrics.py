"""Metrics of the source, read off when Prometheus asks."""

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from fabgitops_operator.standalone.source.standing import Standing, Why

ENDS = ("taken", "same", *Why)
"""How a look may end."""


class SourceMetrics(Collector):
    """A collector for the operator's registry."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        """Yield how it stands."""
        now = self._standing()
        yield GaugeMetricFamily(
            "fabgitops_source_up", "1 while the source can be read, else 0.", value=float(now.away is None)
        )
        rejected = GaugeMetricFamily(
            "fabgitops_source_revision_rejected",
            "1 while the revision that the source names is not taken, by the reason, else 0.",
            labels=("reason",),
        )
        for reason in (Why.REFUSED, Why.HELD):
            rejected.add_metric((reason,), float(now.rejected is not None and now.rejected.why is reason))
        yield rejected
        yield GaugeMetricFamily(
            "fabgitops_source_objects", "Objects of the revision in force.", value=float(now.taken.objects)
        )
        yield InfoMetricFamily(
            "fabgitops_source_revision", "The revision in force.", value={"revision": now.taken.revision}
        )
        if now.taken.at:
            yield GaugeMetricFamily(
                "fabgitops_source_taken_timestamp_seconds",
                "When the revision in force was taken, in seconds since 1970.",
                value=datetime.fromisoformat(now.taken.at).timestamp(),
            )
        looks = CounterMetricFamily("fabgitops_source_looks", "Looks at the source, by their end.", labels=("end",))
        for end in ENDS:
            looks.add_metric((end,), float(now.counts.get(end, 0)))
        yield looks
