"""Recording rules and alerts, as groups of a Prometheus rule file."""

from dataclasses import dataclass
from typing import Any

RUNBOOKS = "https://github.com/fabgitops/fabgitops/blob/main/docs/runbooks/"
LATE_SECS = 1.0
"""Polls that begin later than this, seen over the slowest percent, are late."""

CRITICAL, WARNING, INFO = "critical", "warning", "info"
PLC = "{{ $labels.namespace }}/{{ $labels.plc_name }}"
REASON = (
    "{{ with printf \"fabgitops_plc_ready{namespace='%s',plc_name='%s'}\" $labels.namespace $labels.plc_name | query }}"
    ' (Ready says {{ . | first | label "reason" }}){{ end }}'
)


@dataclass(frozen=True)
class Alert:
    """One alert; `lasting` is how long its expression must hold, `runbook` the name of its page without `.md`."""

    name: str
    expr: str
    lasting: str
    severity: str
    summary: str
    description: str
    runbook: str

    def rule(self) -> dict[str, Any]:
        """Return it as a rule of Prometheus."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.lasting,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{RUNBOOKS}{self.runbook}.md",
            },
        }


def _p99(metric: str) -> str:
    return f"histogram_quantile(0.99, sum by (job, le) (rate({metric}_bucket[5m])))"


RECORDED = {
    "namespace:plc_connection_status:avg": "avg by (namespace) (plc_connection_status)",
    "namespace:fabgitops_plc_in_sync:avg": "avg by (namespace) (fabgitops_plc_in_sync)",
    "namespace:corrections:proven_ratio_increase1h": (
        "clamp_max(sum by (namespace) (increase(corrections_total[1h]))"
        " / (sum by (namespace) (increase(fabgitops_correction_attempts_total[1h])) > 0), 1)"
    ),
    "job:reconciliation_duration_seconds:p99_rate5m": _p99("reconciliation_duration_seconds"),
    "job:fabgitops_poll_lateness_seconds:p99_rate5m": _p99("fabgitops_poll_lateness_seconds"),
}
"""Recording rules, named level:metric:operations."""

# Series of a PLC are taken together over instances, so that an alert outlives a restart of the operator.
ALERTS = (
    Alert(
        "FabGitOpsOperatorAbsent",
        "absent(fabgitops_build_info)",
        "5m",
        CRITICAL,
        "No FabGitOps operator is scraped.",
        "For five minutes Prometheus has seen no operator: drift is neither found nor corrected, or its metrics are not"
        " reached. Every other alert of FabGitOps is blind meanwhile.",
        "operator-absent",
    ),
    Alert(
        "FabGitOpsPLCUnreachable",
        "max by (namespace, plc_name) (plc_connection_status) == 0",
        "5m",
        WARNING,
        f"{PLC} does not answer.",
        f"{PLC} has not answered for five minutes: what its registers hold is not known, and nothing is corrected.",
        "plc-unreachable",
    ),
    Alert(
        "FabGitOpsManyPLCsUnreachable",
        "namespace:plc_connection_status:avg < 0.75 and count by (namespace) (plc_connection_status) >= 4",
        "2m",
        CRITICAL,
        "Only {{ $value | humanizePercentage }} of the PLCs in {{ $labels.namespace }} answer.",
        "So many at once point to what they share: a switch, a firewall, a gateway, a NetworkPolicy.",
        "many-plcs-unreachable",
    ),
    Alert(
        "FabGitOpsDriftNotCorrected",
        "max by (namespace, plc_name) (fabgitops_plc_in_sync) == 0",
        "10m",
        WARNING,
        f"{PLC} has not held what Git wants for ten minutes.",
        f"Drift of {PLC} stays{REASON}: corrections are off, fail, or do not hold.",
        "drift-not-corrected",
    ),
    Alert(
        "FabGitOpsCorrectionNotProven",
        "sum by (namespace, plc_name) (increase(fabgitops_correction_attempts_total[15m]))"
        " - sum by (namespace, plc_name) (increase(corrections_total[15m])) > 2.5",
        "1m",
        CRITICAL,
        f"Corrections of {PLC} do not hold.",
        f'{{{{ $value | printf "%.0f" }}}} writes to {PLC} within 15 minutes were not proven by reading back{REASON}:'
        " the device refuses them, loses them, or something else writes the same register.",
        "correction-not-proven",
    ),
    Alert(
        "FabGitOpsDriftRecurring",
        "sum by (namespace, plc_name) (increase(drift_events_total[1h])) > 5",
        "5m",
        WARNING,
        f"{PLC} keeps drifting.",
        f'{PLC} has drifted {{{{ $value | printf "%.0f" }}}} times within an hour, although it was put right each time:'
        " somebody or something else wants another value.",
        "drift-recurring",
    ),
    Alert(
        "FabGitOpsConflict",
        'max by (namespace, plc_name) (fabgitops_plc_ready{reason="Conflict"}) == 0',
        "2m",
        WARNING,
        f"{PLC} and another resource want the same register.",
        f"Two resources declare a register of {PLC}: neither writes it until one of them lets go.",
        "conflict",
    ),
    Alert(
        "FabGitOpsPLCStalled",
        "max by (namespace, plc_name, reason)"
        ' (fabgitops_plc_ready{reason=~"InvalidSpec|TemplateNotFound|IdentityMismatch|DeviceException"}) == 0',
        "5m",
        WARNING,
        f"{PLC} waits for a person: {{{{ $labels.reason }}}}.",
        f"{PLC} is {{{{ $labels.reason }}}}, which does not go away by itself.",
        "plc-stalled",
    ),
    Alert(
        "FabGitOpsBreakerOpen",
        'max by (endpoint, transport, unit_id) (fabgitops_breaker_state{state=~"open|half_open"}) == 1',
        "15m",
        WARNING,
        "The circuit of {{ $labels.endpoint }} ({{ $labels.transport }}) unit {{ $labels.unit_id }} has been open for"
        " 15 minutes.",
        "Every request to this device fails; it is tried again once a minute at most.",
        "breaker-open",
    ),
    Alert(
        "FabGitOpsPollsLate",
        f"job:fabgitops_poll_lateness_seconds:p99_rate5m > {LATE_SECS:g}",
        "10m",
        WARNING,
        "Polls begin {{ $value | humanizeDuration }} late.",
        "One poll in a hundred begins so late or later: drift is seen and corrected later than the intervals say.",
        "polls-late",
    ),
    Alert(
        "FabGitOpsAPIWritesFailing",
        'sum by (resource, result) (rate(fabgitops_api_writes_total{result!~"ok|gone"}[5m])) > 0',
        "10m",
        WARNING,
        "The API server does not take what the operator writes: {{ $labels.resource }} {{ $labels.result }}.",
        "For ten minutes writes of {{ $labels.resource }} have ended with {{ $labels.result }}: what kubectl shows is"
        " older than what the operator knows, and corrections whose record is refused are not written.",
        "api-writes-failing",
    ),
)


def groups() -> list[dict[str, Any]]:
    """Return the groups of a rule file: what is recorded first, so that alerts see it."""
    recorded = [{"record": name, "expr": expr} for name, expr in RECORDED.items()]
    return [
        {"name": "fabgitops.recorded", "interval": "30s", "rules": recorded},
        {"name": "fabgitops.alerts", "interval": "30s", "rules": [alert.rule() for alert in ALERTS]},
    ]
