"""Fleet overview: how many PLCs stand how, and which ones to look at."""

from grafana_foundation_sdk.builders.dashboard import Dashboard as Page
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.pages import FLEET, ONE_PLC, choice, page
from dashboards.panels import (
    BLUE,
    FEW,
    GREEN,
    REASON_COLORS,
    RED,
    SHARE,
    WHOLE_ROW,
    Query,
    listing,
    number,
    trend,
    word,
)
from dashboards.queries import OPERATORS, counted, none_is_zero

SOME = '{namespace=~"$namespace"}'
BY_PLC = {"namespace": "Namespace", "plc_name": "PLC"}
NOT_READY = (
    'max by (namespace, plc_name, reason) (fabgitops_plc_ready{namespace=~"$namespace",reason!="Suspended"}) == 0'
)
FIRING = 'ALERTS{alertname=~"FabGitOps.*",alertstate="firing",namespace=~"$namespace|"}'


def dashboard() -> Dashboard:
    """Return the dashboard."""
    made = page(FLEET, "FabGitOps / Fleet", "How the PLCs of all chosen namespaces stand, and which to look at.")
    made.with_variable(choice("namespace", "Namespace", "label_values(fabgitops_plc_ready, namespace)", several=True))
    _now(made)
    made.with_row(Row("Over time"))
    _over_time(made)
    made.with_row(Row("Which ones"))
    _which(made)
    return made.build()


def _now(made: Page) -> None:
    proven = f"sum(increase(corrections_total{SOME}[$__range]))"
    sent = f"(sum(increase(fabgitops_correction_attempts_total{SOME}[$__range])) > 0)"
    for panel in (
        word(
            "Operator",
            "The operator's version; while none is scraped everything here is what was last known, or nothing.",
            Query(f"max by (version) ({OPERATORS})", "{{version}}"),
            none="absent",
        ),
        number(
            "PLCs",
            "Resources that the operator looks after.",
            Query(none_is_zero(f"count(count by (namespace, plc_name) (fabgitops_plc_ready{SOME}))")),
        ),
        number(
            "Connected",
            "Share of the PLCs that answer; those that are suspended do not count.",
            Query(f"avg(plc_connection_status{SOME})"),
            unit="percentunit",
            steps=SHARE,
        ),
        number(
            "In sync",
            "Share of the PLCs that hold what Git wants, of those of which that is known.",
            Query(f"avg(fabgitops_plc_in_sync{SOME})"),
            unit="percentunit",
            steps=SHARE,
        ),
        number(
            "Not ready",
            "PLCs to look at: those that do not hold what Git wants, or of which that is not known.",
            Query(none_is_zero(f"count({NOT_READY})")),
            steps=FEW,
        ),
        number(
            "Drift events",
            "Episodes of drift that began in the chosen time.",
            Query(counted(f"drift_events_total{SOME}")),
        ).decimals(0),
        number(
            "Corrections proven",
            "Corrections that reading back proved, as a share of the writes that were sent.",
            Query(f"clamp_max({proven} / {sent}, 1)"),
            unit="percentunit",
            steps=SHARE,
            none="no writes",
        ),
        number("Alerts", "Alerts of FabGitOps that fire.", Query(f"count({FIRING}) or vector(0)"), steps=FEW),
    ):
        made.with_panel(panel)


def _over_time(made: Page) -> None:
    for panel in (
        trend(
            "PLCs by state",
            "The reason of the condition Ready, of each PLC.",
            Query(f"count by (reason) (fabgitops_plc_ready{SOME})", "{{reason}}"),
            stacked=True,
            colors=REASON_COLORS,
        ),
        trend(
            "Connection by namespace",
            "Share of the PLCs that answer.",
            Query(f"avg by (namespace) (plc_connection_status{SOME})", "{{namespace}}"),
            unit="percentunit",
            steps=((None, RED), (0.75, GREEN)),
        ),
        trend(
            "Drift events over time",
            "Episodes of drift that began in the time of each bar.",
            Query(f"sum by (namespace) (increase(drift_events_total{SOME}[$__rate_interval]))", "{{namespace}}"),
            bars=True,
            stacked=True,
        ),
        trend(
            "Corrections",
            "Writes that were sent in the time of each bar, and corrections that reading back proved.",
            Query(f"sum(increase(fabgitops_correction_attempts_total{SOME}[$__rate_interval]))", "sent"),
            Query(f"sum(increase(corrections_total{SOME}[$__rate_interval]))", "proven"),
            bars=True,
            colors={"sent": BLUE, "proven": GREEN},
        ),
        trend(
            "Held corrections by reason",
            "Registers of all namespaces that are not as Git wants them and are not written, by what holds them.",
            Query("max by (reason) (fabgitops_held_corrections)", "{{reason}}"),
            stacked=True,
        ),
    ):
        made.with_panel(panel)


def _which(made: Page) -> None:
    made.with_panel(
        listing(
            "Alerts firing",
            "What is the matter now, as Alertmanager is told; a click on a PLC shows it.",
            Query(
                "max by (alertname, severity, namespace, plc_name, rollout, reason, endpoint, transport, unit_id)"
                f" ({FIRING})"
            ),
            names={
                "alertname": "Alert",
                "severity": "Severity",
                **BY_PLC,
                "rollout": "Rollout",
                "reason": "Reason",
                "endpoint": "Endpoint",
                "transport": "Transport",
                "unit_id": "Unit id",
            },
            hidden=["Value"],
            links={"PLC": ONE_PLC},
            span=WHOLE_ROW,
            none="none",
        )
    )
    drifts = f"sum by (namespace, plc_name) (increase(drift_events_total{SOME}[$__range]))"
    made.with_panel(
        listing(
            "Not ready now",
            "PLCs that do not hold what Git wants, or of which that is not known; a click shows one.",
            Query(NOT_READY),
            names={**BY_PLC, "reason": "Reason"},
            hidden=["Value"],
            links={"PLC": ONE_PLC},
        )
    )
    made.with_panel(
        listing(
            "Most drifts",
            "PLCs with the most episodes of drift in the chosen time: somebody, or something, keeps changing them.",
            Query(f"topk(10, {drifts} > 0)"),
            names={**BY_PLC, "Value": "Drifts"},
            links={"PLC": ONE_PLC},
        )
    )
