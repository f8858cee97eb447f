"""Metrics of the audit, read off when Prometheus asks."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fabgitops_operator.audit.keeper import Keeper


class AuditMetrics(Collector):
    """A collector for the operator's registry."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def collect(self) -> Iterator[Metric]:
        """Yield how it stands."""
        keeper = self._keeper
        yield GaugeMetricFamily(
            "fabgitops_audit_up", "1 while records of writes can be stored, else 0.", value=float(not keeper.trouble)
        )
        yield GaugeMetricFamily(
            "fabgitops_audit_waiting", "Records of writes that are not stored yet, or were lost.", value=keeper.waiting
        )
        yield GaugeMetricFamily(
            "fabgitops_audit_sequence", "The number of the last record that is stored.", value=keeper.seq
        )
        yield CounterMetricFamily(
            "fabgitops_audit_unrecorded_writes",
            "Writes that went out while their record could not be stored.",
            value=keeper.unrecorded,
        )
        stored = CounterMetricFamily("fabgitops_audit_records", "Records stored, by kind.", labels=("record",))
        for kind, count in keeper.counts.items():
            stored.add_metric((kind,), count)
        yield stored
