"""Chaos experiments: what is injected now, how runs end and what they show, and whether agents answer."""

from grafana_foundation_sdk.builders.dashboard import Dashboard as Page
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.pages import CHAOS, choice, page
from dashboards.panels import BLUE, FEW, GREEN, RED, YELLOW, Query, listing, number, trend

WHICH = 'job=~"$job"'
SOME = f"{{{WHICH}}}"
OF = "fabgitops_chaos"
ENDS = f"{OF}_end_timestamp_seconds"
BAR = "[$__rate_interval]"
VERDICTS = {"Passed": GREEN, "Failed": RED, "Inconclusive": YELLOW}
PHASES = {
    "Pending": YELLOW,
    "Running": RED,
    "Recovering": "orange",
    "Completed": GREEN,
    "Failed": "semi-dark-purple",
    "Aborted": BLUE,
}
ANY = ((None, GREEN), (1, RED))


def dashboard() -> Dashboard:
    """Return the dashboard."""
    made = page(CHAOS, "FabGitOps / Chaos", "What chaos experiments inject now, how they end, and what they show.")
    made.with_variable(choice("job", "Job", f"label_values({OF}_unconfirmed_recoveries_total, job)", several=True))
    _now(made)
    made.with_row(Row("Over time"))
    _over_time(made)
    made.with_row(Row("Which ones"))
    _which(made)
    return made.build()


def _known(count: str) -> str:
    """Return a count that is 0 when there is nothing to count, and nothing when no operator is there to know."""
    return f"{count} or 0 * sum({OF}_unconfirmed_recoveries_total{SOME})"


def _ended(verdict: str) -> Query:
    counted = f'sum(increase({OF}_runs_total{{{WHICH},verdict="{verdict}"}}[$__range]))'
    return Query(_known(counted))


def _now(made: Page) -> None:
    waiting = f'sum({OF}_experiments{{{WHICH},phase="Pending"}})'
    for panel in (
        number(
            "Injected",
            "Targets that have, or may have, something injected now.",
            Query(_known(f"sum({OF}_active_injections{SOME})")),
            steps=FEW,
        ),
        number("Waiting", "Experiments that something does not allow yet to begin.", Query(_known(waiting))),
        number("Passed", "Experiments of the chosen time in which all held.", _ended("Passed")),
        number("Failed", "Experiments of the chosen time in which a probe failed.", _ended("Failed"), steps=ANY),
        number("Inconclusive", "Experiments of the chosen time that show nothing.", _ended("Inconclusive"), steps=FEW),
        number(
            "Unconfirmed",
            "Injections of the chosen time of which nobody has said that they are over.",
            Query(f"sum(increase({OF}_unconfirmed_recoveries_total{SOME}[$__range]))"),
            steps=FEW,
        ),
        number(
            "Recovery, p99",
            "After the end of ninety-nine of a hundred experiments all was over sooner.",
            Query(f"histogram_quantile(0.99, sum by (le) (increase({OF}_recovery_seconds_bucket{SOME}[$__range])))"),
            unit="s",
            none="none ended",
        ),
        number(
            "Agents down",
            "Agents that experiments ask for and that do not renew their Lease.",
            Query(_known(f"count({OF}_agent_up{SOME} == 0)")),
            steps=ANY,
        ),
    ):
        made.with_panel(panel)


def _over_time(made: Page) -> None:
    for panel in (
        trend(
            "Injections",
            "What is injected, by what is done.",
            Query(f"sum by (scenario) ({OF}_active_injections{SOME})", "{{scenario}}"),
            stacked=True,
        ),
        trend(
            "Experiments by phase",
            "Where the experiments stand that there are.",
            Query(f"sum by (phase) ({OF}_experiments{SOME})", "{{phase}}"),
            stacked=True,
            colors=PHASES,
        ),
        trend(
            "Runs by verdict",
            "Experiments that ended in the time of each bar, by what they showed.",
            Query(f"sum by (verdict) (increase({OF}_runs_total{SOME}{BAR}))", "{{verdict}}"),
            bars=True,
            stacked=True,
            colors=VERDICTS,
        ),
        trend(
            "Runs by scenario",
            "Experiments that ended in the time of each bar, by what was done.",
            Query(f"sum by (scenario) (increase({OF}_runs_total{SOME}{BAR}))", "{{scenario}}"),
            bars=True,
            stacked=True,
        ),
        trend(
            "Answers of probes",
            "What probes were answered in the time of each bar.",
            Query(f"sum by (result) (increase({OF}_probes_total{SOME}{BAR}))", "{{result}}"),
            bars=True,
            stacked=True,
            colors={"passed": GREEN, "failed": RED, "unknown": YELLOW},
        ),
        trend(
            "Requests to agents",
            "What agents were asked in the time of each bar, by what came of it.",
            Query(f"sum by (result) (increase({OF}_agent_requests_total{SOME}{BAR}))", "{{result}}"),
            bars=True,
            stacked=True,
            colors={"done": GREEN, "unknown": RED},
        ),
        trend(
            "How long runs last",
            "Half of the experiments of each scenario were over sooner.",
            Query(
                f"histogram_quantile(0.5, sum by (scenario, le) (increase({OF}_run_seconds_bucket{SOME}[$__range])))",
                "{{scenario}}",
            ),
            unit="s",
        ),
    ):
        made.with_panel(panel)


def _which(made: Page) -> None:
    named = {"namespace": "Namespace", "experiment": "Experiment", "scenario": "Scenario"}
    made.with_panel(
        listing(
            "Injected now",
            "Experiments that have something injected, and in how many targets.",
            Query(f"max by (namespace, experiment, scenario) ({OF}_active_injections{SOME})"),
            names={**named, "Value": "Targets"},
        )
    )
    made.with_panel(
        listing(
            "Seconds left",
            "How long each of them goes on by itself; what is below zero is being ended.",
            Query(f"max by (namespace, experiment) ({ENDS}{SOME}) - time()"),
            names={"namespace": "Namespace", "experiment": "Experiment", "Value": "Left"},
            unit="s",
        )
    )
