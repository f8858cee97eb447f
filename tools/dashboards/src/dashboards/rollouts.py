"""Rollouts of set-points: how far each is, what holds it, what it decided and measured, and what waits to be told."""

from grafana_foundation_sdk.builders.dashboard import Dashboard as Page
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.pages import ROLLOUTS, choice, page
from dashboards.panels import BLUE, FEW, GREEN, RED, YELLOW, Query, listing, number, timeline, trend
from dashboards.queries import none_is_zero

WHICH = 'namespace=~"$namespace",rollout=~"$rollout"'
SOME = f"{{{WHICH}}}"
PHASE = "fabgitops_setpoint_rollout_phase"
MEMBERS = "fabgitops_setpoint_members"
TROUBLED = "failed|unreachable|skipped|drifting"
BY_ROLLOUT = {"namespace": "Namespace", "rollout": "Rollout"}
BAR = "[$__rate_interval]"
ANY = ((None, GREEN), (1, RED))
PHASES = {
    "Watching": "semi-dark-green",
    "Done": GREEN,
    "Planning": "light-blue",
    "Releasing": BLUE,
    "Baking": "purple",
    "Analysing": "semi-dark-purple",
    "Paused": YELLOW,
    "Restoring": "orange",
    "Aborted": RED,
}
UNDER_WAY = "Releasing|Baking|Analysing|Restoring"
STATES = {
    "proven": GREEN,
    "released": BLUE,
    "held": YELLOW,
    "restored": "orange",
    "failed": RED,
    "unreachable": "semi-dark-red",
}


def dashboard() -> Dashboard:
    """Return the dashboard."""
    made = page(ROLLOUTS, "FabGitOps / Rollouts", "How far changes of set-points are, what holds them, and why.")
    made.with_variable(choice("namespace", "Namespace", f"label_values({PHASE}, namespace)", several=True))
    rollouts = f'label_values({PHASE}{{namespace=~"$namespace"}}, rollout)'
    made.with_variable(choice("rollout", "Rollout", rollouts, several=True))
    _now(made)
    made.with_row(Row("Over time"))
    _over_time(made)
    made.with_row(Row("Which ones"))
    _which(made)
    return made.build()


def _now(made: Page) -> None:
    def standing(phase: str) -> Query:
        return Query(none_is_zero(f'count({PHASE}{{{WHICH},phase=~"{phase}"}})'))

    def members(state: str) -> Query:
        return Query(none_is_zero(f'sum({MEMBERS}{{{WHICH},state="{state}"}})'))

    for panel in (
        number("Rollouts", "Rollouts that the operator looks after.", standing(".+")),
        number("Under way", "Rollouts whose change is being released, watched, or put back.", standing(UNDER_WAY)),
        number("Paused", "Rollouts that wait for somebody's word.", standing("Paused"), steps=FEW),
        number("Given up", "Rollouts whose change failed, or that somebody aborted.", standing("Aborted"), steps=ANY),
        number(
            "Held",
            "PLCs that are held while Git wants something else, also where their rollout is gone.",
            Query(none_is_zero('sum(fabgitops_unreleased_plcs{namespace=~"$namespace"})')),
        ),
        number(
            "Failed",
            "PLCs that have failed in the change that is under way, or was last.",
            members("failed"),
            steps=ANY,
        ),
        number("Away", "PLCs that do not answer.", members("unreachable"), steps=FEW),
        number(
            "Events that wait",
            "What happened to rollouts and nobody has taken yet.",
            Query(none_is_zero(f"sum(fabgitops_outbox_pending{SOME})")),
            steps=((None, GREEN), (5, YELLOW)),
        ),
    ):
        made.with_panel(panel)


def _over_time(made: Page) -> None:
    numbered = dict(enumerate(PHASES, start=1))
    phases = " or ".join(f'{at} * {PHASE}{{{WHICH},phase="{phase}"}}' for at, phase in numbered.items())
    total = f'(sum by (namespace, rollout) ({MEMBERS}{{{WHICH},state="total"}}) > 0)'
    proven = f'sum by (namespace, rollout) ({MEMBERS}{{{WHICH},state="proven"}})'
    for panel in (
        timeline(
            "Phase",
            "Where each rollout stood.",
            Query(f"max by (namespace, rollout) ({phases})", "{{namespace}}/{{rollout}}"),
            words={at: (phase, PHASES[phase]) for at, phase in numbered.items()},
        ),
        trend(
            "How far",
            "Share of its PLCs that were read back to hold what Git wants.",
            Query(f"{proven} / {total}", "{{namespace}}/{{rollout}}"),
            unit="percentunit",
        ),
        trend(
            "Wave",
            "Which wave was under way.",
            Query(f"max by (namespace, rollout) (fabgitops_setpoint_wave{SOME})", "{{namespace}}/{{rollout}}"),
        ),
        trend(
            "PLCs by state",
            "How the PLCs stood; each counts in all states that hold of it.",
            Query(f'sum by (state) ({MEMBERS}{{{WHICH},state!="total"}})', "{{state}}"),
            colors=STATES,
        ),
        trend(
            "Held PLCs by reason",
            "PLCs of the chosen namespaces that are held while Git wants something else, and why.",
            Query('sum by (reason) (fabgitops_unreleased_plcs{namespace=~"$namespace"})', "{{reason}}"),
            stacked=True,
        ),
        trend(
            "Decisions by rule",
            "What the rollouts of all namespaces decided in the time of each bar, by the rule that applied.",
            Query(f"sum by (rule) (increase(fabgitops_setpoint_decisions_total{BAR}))", "{{rule}}"),
            bars=True,
            stacked=True,
        ),
        trend(
            "Measurements by verdict",
            "What analyses of all namespaces measured in the time of each bar.",
            Query(f"sum by (verdict) (increase(fabgitops_analysis_measurements_total{BAR}))", "{{verdict}}"),
            bars=True,
            stacked=True,
            colors={"Successful": GREEN, "Failed": RED, "Inconclusive": YELLOW, "NoData": BLUE},
        ),
        trend(
            "Events that wait, over time",
            "What happened to rollouts and nobody has taken yet.",
            Query(f"max by (namespace, rollout) (fabgitops_outbox_pending{SOME})", "{{namespace}}/{{rollout}}"),
        ),
    ):
        made.with_panel(panel)


def _which(made: Page) -> None:
    made.with_panel(
        listing(
            "Not done now",
            "Rollouts whose condition Ready is not true, with its reason.",
            Query(f"max by (namespace, rollout, reason) (fabgitops_setpoint_rollout_ready{SOME}) == 0"),
            names={**BY_ROLLOUT, "reason": "Reason"},
            hidden=["Value"],
        )
    )
    made.with_panel(
        listing(
            "PLCs to look at",
            "How many PLCs of a rollout have failed, are away, were passed over, or do not hold what they must.",
            Query(f'max by (namespace, rollout, state) ({MEMBERS}{{{WHICH},state=~"{TROUBLED}"}}) > 0'),
            names={**BY_ROLLOUT, "state": "State", "Value": "PLCs"},
        )
    )
