"""Recording rules and alerts, as groups of a Prometheus rule file."""

from typing import Any

from dashboards.alerts import ALERTS


def _p99(metric: str) -> str:
    return f"histogram_quantile(0.99, sum by (job, le) (rate({metric}_bucket[5m])))"


RECORDED = {
    "namespace:plc_connection_status:avg": "avg by (namespace) (plc_connection_status)",
    "namespace:fabgitops_plc_in_sync:avg": "avg by (namespace) (fabgitops_plc_in_sync)",
    "namespace:corrections_per_fabgitops_correction_attempts:ratio_increase1h": (
        "clamp_max(sum by (namespace) (increase(corrections_total[1h]))"
        " / (sum by (namespace) (increase(fabgitops_correction_attempts_total[1h])) > 0), 1)"
    ),
    "job:reconciliation_duration_seconds:p99_rate5m": _p99("reconciliation_duration_seconds"),
    "job:fabgitops_poll_lateness_seconds:p99_rate5m": _p99("fabgitops_poll_lateness_seconds"),
}
"""Recording rules, named level:metric:operations; of a ratio the metric is the one per the other."""


def groups() -> list[dict[str, Any]]:
    """Return the groups of a rule file: what is recorded first, so that alerts see it."""
    recorded = [{"record": name, "expr": expr} for name, expr in RECORDED.items()]
    return [
        {"name": "fabgitops.recorded", "interval": "30s", "rules": recorded},
        {"name": "fabgitops.alerts", "interval": "30s", "rules": [alert.rule() for alert in ALERTS]},
    ]
