"""Racks: how many stand how, what is made, healed and held, and whether the bus takes what is told."""

from grafana_foundation_sdk.builders.dashboard import Dashboard as Page
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.pages import RACKS, choice, page
from dashboards.panels import BLUE, FEW, GREEN, RED, SHARE, WHOLE_ROW, YELLOW, Query, listing, number, trend

SOME = '{job=~"$job"}'
WAITING = ((None, GREEN), (60, YELLOW), (300, RED))
PHASES = {"Ready": GREEN, "Provisioning": BLUE, "Pending": YELLOW, "Error": RED}
BAR = "[$__rate_interval]"


def dashboard() -> Dashboard:
    """Return the dashboard."""
    made = page(RACKS, "FabGitOps / Racks", "How racks stand, what is made and healed of them, and what waits.")
    made.with_variable(choice("job", "Job", "label_values(fabgitops_racks, job)", several=True))
    _now(made)
    made.with_row(Row("Over time"))
    _over_time(made)
    made.with_row(Row("Which ones"))
    made.with_panel(
        listing(
            "Not ready now",
            "Racks that are not as their template says, with the reason of the condition Ready.",
            Query('max by (namespace, rack_name, reason) (fabgitops_rack_ready{job=~"$job"}) == 0'),
            names={"namespace": "Namespace", "rack_name": "Rack", "reason": "Reason"},
            hidden=["Value"],
            span=WHOLE_ROW,
        )
    )
    return made.build()


def _now(made: Page) -> None:
    ready = 'sum(fabgitops_racks{job=~"$job",phase="Ready"})'
    for panel in (
        number("Racks", "Racks that the operator looks after.", Query(f"sum(fabgitops_racks{SOME})")),
        number(
            "Ready",
            "Share of the racks that are as their template says.",
            Query(f"{ready} / (sum(fabgitops_racks{SOME}) > 0)"),
            unit="percentunit",
            steps=SHARE,
            none="no racks",
        ),
        number(
            "In error",
            "Racks that cannot go on until somebody changes something.",
            Query('sum(fabgitops_racks{job=~"$job",phase="Error"})'),
            steps=FEW,
        ),
        number(
            "Removals that wait",
            "Parts that a template has no longer: they go when somebody says yes (fabctl rack approve).",
            Query(f"sum(fabgitops_rack_held_removals{SOME})"),
            steps=((None, GREEN), (1, YELLOW)),
        ),
        number(
            "Parts",
            "Chassis, blades, BMCs, nodes and PLCs that are there.",
            Query(f"sum(fabgitops_rack_children{SOME})"),
        ),
        number(
            "Events that wait",
            "What happened and the bus has not taken yet.",
            Query(f"sum(fabgitops_bus_outbox{SOME})"),
            steps=((None, GREEN), (100, YELLOW)),
        ),
        number(
            "Oldest of them",
            "How long the first of the events that wait has waited.",
            Query(f"max(fabgitops_bus_oldest_seconds{SOME})"),
            unit="s",
            steps=WAITING,
        ),
        number(
            "Pass, p99",
            "Ninety-nine of a hundred passes over a Rack are shorter.",
            Query(f"histogram_quantile(0.99, sum by (le) (rate(fabgitops_rack_pass_seconds_bucket{SOME}{BAR})))"),
            unit="s",
        ),
    ):
        made.with_panel(panel)


def _over_time(made: Page) -> None:
    for panel in (
        trend(
            "Racks by phase",
            "Where the racks stand.",
            Query(f"sum by (phase) (fabgitops_racks{SOME})", "{{phase}}"),
            stacked=True,
            colors=PHASES,
        ),
        trend(
            "Parts by kind",
            "What is there of racks.",
            Query(f"sum by (kind) (fabgitops_rack_children{SOME})", "{{kind}}"),
            stacked=True,
        ),
        trend(
            "Made, healed and deleted",
            "Parts made for the first time or again, put right by plan, and deleted, in the time of each bar.",
            Query(f"sum(increase(fabgitops_rack_children_created_total{SOME}{BAR}))", "made"),
            Query(f"sum(increase(fabgitops_rack_children_healed_total{SOME}{BAR}))", "healed"),
            Query(f"sum(increase(fabgitops_rack_children_deleted_total{SOME}{BAR}))", "deleted"),
            bars=True,
            colors={"made": GREEN, "healed": YELLOW, "deleted": RED},
        ),
        trend(
            "Passes by result",
            "Passes over racks in the time of each bar: ok, or what the first request met that failed.",
            Query(f"sum by (result) (increase(fabgitops_rack_passes_total{SOME}{BAR}))", "{{result}}"),
            bars=True,
            stacked=True,
            colors={"ok": GREEN},
        ),
        trend(
            "Events told",
            "Attempts to tell the bus, by what came of them, in the time of each bar.",
            Query(f"sum by (result) (increase(fabgitops_bus_published_total{SOME}{BAR}))", "{{result}}"),
            bars=True,
            stacked=True,
        ),
        trend(
            "Events that wait, over time",
            "What happened and the bus has not taken yet.",
            Query(f"sum by (bus) (fabgitops_bus_outbox{SOME})", "{{bus}}"),
        ),
    ):
        made.with_panel(panel)
