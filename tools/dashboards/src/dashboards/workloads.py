"""Rollouts of workloads: which version has what share, what holds each, and what it decided and measured."""

from grafana_foundation_sdk.builders.dashboard import Dashboard as Page
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.pages import WORKLOADS, choice, page
from dashboards.panels import BLUE, FEW, GREEN, RED, YELLOW, Query, listing, number, timeline, trend

WHICH = 'namespace=~"$namespace",rollout=~"$rollout"'
SOME = f"{{{WHICH}}}"
OF = "fabgitops_workload_rollout"
PHASE = f"{OF}_phase"
PODS = f"{OF}_replicas"
BY_ROLLOUT = {"namespace": "Namespace", "rollout": "Rollout"}
NAMED = "{{namespace}}/{{rollout}}"
BAR = "[$__rate_interval]"
ANY = ((None, GREEN), (1, RED))
PHASES = {
    "Completed": GREEN,
    "Initializing": "light-blue",
    "Progressing": BLUE,
    "Preview": "purple",
    "Experimenting": "semi-dark-purple",
    "Concluded": "semi-dark-yellow",
    "Paused": YELLOW,
    "Failed": RED,
}


def dashboard() -> Dashboard:
    """Return the dashboard."""
    made = page(WORKLOADS, "FabGitOps / Workloads", "Which versions of workloads run, and what becomes of new ones.")
    made.with_variable(choice("namespace", "Namespace", f"label_values({PHASE}, namespace)", several=True))
    rollouts = f'label_values({PHASE}{{namespace=~"$namespace"}}, rollout)'
    made.with_variable(choice("rollout", "Rollout", rollouts, several=True))
    _now(made)
    made.with_row(Row("Over time"))
    _over_time(made)
    made.with_row(Row("Which ones"))
    _which(made)
    return made.build()


def _known(count: str) -> str:
    """Return a count that is 0 when there is nothing to count, and nothing when no operator is there to know."""
    return f'{count} or 0 * count(fabgitops_build_info{{kinds=~"delivery|argo"}})'


def _now(made: Page) -> None:
    def standing(phase: str) -> Query:
        return Query(_known(f'count({PHASE}{{{WHICH},phase=~"{phase}"}})'))

    under_way = "Initializing|Progressing|Preview|Experimenting"
    for panel in (
        number("Rollouts", "Rollouts that the operator looks after.", standing(".+")),
        number("Under way", "Rollouts with a version that is on its way.", standing(under_way)),
        number(
            "Waiting", "Rollouts that wait for somebody's word, or for a time.", standing("Paused|Concluded"), steps=FEW
        ),
        number(
            "Failed", "Rollouts that were given up, make no progress, or are not valid.", standing("Failed"), steps=ANY
        ),
        number(
            "Pods",
            "Pods of all versions that are available.",
            Query(_known(f'sum({PODS}{{{WHICH},state="available"}})')),
        ),
        number(
            "Contended",
            "Changes of weights and selectors by others, as they are counted now.",
            Query(_known(f"sum({OF}_contended{SOME})")),
            steps=FEW,
        ),
    ):
        made.with_panel(panel)


def _over_time(made: Page) -> None:
    numbered = dict(enumerate(PHASES, start=1))
    phases = " or ".join(f'{at} * {PHASE}{{{WHICH},phase="{phase}"}}' for at, phase in numbered.items())
    for panel in (
        timeline(
            "Phase",
            "Where each rollout stood.",
            Query(f"max by (namespace, rollout) ({phases})", NAMED),
            words={at: (phase, PHASES[phase]) for at, phase in numbered.items()},
        ),
        trend(
            "Share of the new version",
            "The share of requests, or of pods, that the new version has.",
            Query(f'max by (namespace, rollout) ({OF}_weight{{{WHICH},side="canary"}}) / 100', NAMED),
            unit="percentunit",
        ),
        trend(
            "Pods by state",
            "How pods stood; each counts in all states that hold of it.",
            Query(f"sum by (state) ({PODS}{SOME})", "{{state}}"),
        ),
        trend(
            "Decisions by rule",
            "What the rollouts of all namespaces decided in the time of each bar, by the rule that applied.",
            Query(f"sum by (rule) (increase({OF}_decisions_total{BAR}))", "{{rule}}"),
            bars=True,
            stacked=True,
        ),
        trend(
            "Passes by result",
            "Looks at the rollouts of all namespaces in the time of each bar, by what came of them.",
            Query(f"sum by (result) (increase({OF}_passes_total{BAR}))", "{{result}}"),
            bars=True,
            stacked=True,
        ),
        trend(
            "Events that wait",
            "What happened to rollouts and nobody has taken yet.",
            Query(f"max by (namespace, rollout) (fabgitops_outbox_pending{SOME})", NAMED),
        ),
    ):
        made.with_panel(panel)


def _which(made: Page) -> None:
    made.with_panel(
        listing(
            "Not done now",
            "Rollouts whose condition Ready is not true, with its reason.",
            Query(f"max by (namespace, rollout, reason) ({OF}_ready{SOME}) == 0"),
            names={**BY_ROLLOUT, "reason": "Reason"},
            hidden=["Value"],
        )
    )
    made.with_panel(
        listing(
            "Pods that are missing",
            "How many pods of a rollout are there and not available.",
            Query(
                f'max by (namespace, rollout) ({PODS}{{{WHICH},state="total"}})'
                f' - max by (namespace, rollout) ({PODS}{{{WHICH},state="available"}}) > 0'
            ),
            names={**BY_ROLLOUT, "Value": "Pods"},
        )
    )
