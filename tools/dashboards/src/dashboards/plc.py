"""One PLC: how it stands, what its registers hold, what was done to it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard as Page
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.pages import PLC, Mark, choice, page
from dashboards.panels import BLUE, GREEN, RED, WHOLE_ROW, YELLOW, Query, listing, number, timeline, trend, word
from dashboards.queries import counted

ONE = 'namespace="$namespace",plc_name="$plc"'
CONNECTED = {1: ("answers", GREEN), 0: ("does not answer", RED)}
MOST = 20
"""So many registers are drawn at once."""

READINESS = {1: ("ready", GREEN), 0: ("not ready", RED)}
SYNC = {1: ("in sync", GREEN), 0: ("drifted", YELLOW)}


def dashboard() -> Dashboard:
    """Return the dashboard."""
    made = page(PLC, "FabGitOps / One PLC", "How one PLC stands, what its registers hold, what was done to it.")
    made.with_variable(choice("namespace", "Namespace", "label_values(fabgitops_plc_ready, namespace)", several=False))
    plcs = 'label_values(fabgitops_plc_ready{namespace="$namespace"}, plc_name)'
    made.with_variable(choice("plc", "PLC", plcs, several=False))
    made.with_variable(choice("register", "Register", f"label_values(register_value{{{ONE}}}, register)", several=True))
    for name, counter, color in (
        ("Drift", "drift_events_total", YELLOW),
        ("Corrections", "corrections_total", GREEN),
    ):
        happened = f"round(sum(increase({counter}{{{ONE}}}[2m]))) > 0"
        made.annotation(Mark(name, happened, f"{name} of $namespace/$plc", color))
    _now(made)
    made.with_row(Row("Registers"))
    _registers(made)
    made.with_row(Row("What happened"))
    _happened(made)
    return made.build()


def _now(made: Page) -> None:
    attempts, proven = f"fabgitops_correction_attempts_total{{{ONE}}}", f"corrections_total{{{ONE}}}"
    unproven = f"clamp_min(({counted(attempts)}) - ({counted(proven)}), 0)"
    for panel in (
        word(
            "State",
            "The reason of the condition Ready.",
            Query(f"max by (reason) (fabgitops_plc_ready{{{ONE}}})", "{{reason}}"),
        ),
        word(
            "Connection",
            "Whether it answers; nothing while it is suspended.",
            Query(f"max(plc_connection_status{{{ONE}}})"),
            CONNECTED,
        ),
        word(
            "In sync",
            "Whether it holds what Git wants; nothing while that is not known.",
            Query(f"max(fabgitops_plc_in_sync{{{ONE}}})"),
            SYNC,
        ),
        number(
            "Drift events",
            "Episodes of drift that began in the chosen time.",
            Query(counted(f"drift_events_total{{{ONE}}}")),
        ),
        number(
            "Corrections",
            "Corrections in the chosen time that reading back proved.",
            Query(counted(proven)),
        ),
        number(
            "Writes sent",
            "Writes in the chosen time that were sent to correct drift, whatever came of them.",
            Query(counted(attempts)),
        ),
        number(
            "Unproven writes",
            "Writes in the chosen time that were refused, not confirmed, or did not hold.",
            Query(unproven),
            steps=((None, GREEN), (1, YELLOW), (3, RED)),
        ),
        number(
            "Alerts",
            "Alerts of this PLC that fire.",
            Query(f'count(ALERTS{{alertname=~"FabGitOps.*",alertstate="firing",{ONE}}}) or vector(0)'),
            steps=((None, GREEN), (1, RED)),
        ),
    ):
        made.with_panel(panel.decimals(0))


def _registers(made: Page) -> None:
    values = f'register_value{{{ONE},register=~"$register"}}'
    moving = f"topk({MOST}, max by (register) (changes({values}[$__range] @ end())))"
    made.with_panel(
        trend(
            "Register values",
            "What was last read, in engineering units where the map gives a scale: of the chosen registers the"
            f" {MOST} that changed most often in the chosen time.",
            Query(f"max by (register) ({values}) and on (register) {moving}", "{{register}}"),
            span=16,
        )
    )
    made.with_panel(
        listing(
            "Now",
            "What was last read; a register that cannot be read is missing.",
            Query(f"max by (register) ({values})"),
            names={"register": "Register", "Value": "Value"},
            span=8,
        )
    )
    _git_against_reality(made)


def _git_against_reality(made: Page) -> None:
    chosen = f'{{{ONE},register=~"$register"}}'
    both = f"max by (register) (register_value{chosen}) and on (register) fabgitops_register_desired_value{chosen}"
    apart = f"max by (register) (abs(register_value{chosen} - fabgitops_register_desired_value{chosen}))"
    widest = f"topk({MOST}, max_over_time(({apart})[$__range:] @ end()))"
    made.with_panel(
        trend(
            "Git against reality",
            'What the chosen registers held and, called "Git", what they must hold: of those with a desired value the'
            f" {MOST} that were furthest from it in the chosen time.",
            Query(f"({both}) and on (register) {widest}", "{{register}}"),
            Query(
                f"max by (register) (fabgitops_register_desired_value{chosen}) and on (register) {widest}",
                "{{register}} Git",
            ),
            span=24,
        )
    )


def _happened(made: Page) -> None:
    made.with_panel(
        timeline(
            "Connection over time",
            "Whether it answered.",
            Query(f"max(plc_connection_status{{{ONE}}})", "connection"),
            words=CONNECTED,
        )
    )
    made.with_panel(
        timeline(
            "State over time",
            "The reasons that the condition Ready had: green while it was True, blue while the PLC was suspended.",
            Query(f"max by (reason) (fabgitops_plc_ready{{{ONE}}})", "{{reason}}"),
            words=READINESS,
            other={"Suspended": {0: ("suspended", BLUE)}},
        )
    )
    made.with_panel(
        trend(
            "Drift and corrections",
            "In the time of each bar: episodes of drift that began, writes sent, corrections that reading back proved.",
            Query(f"sum(increase(drift_events_total{{{ONE}}}[$__rate_interval]))", "drift"),
            Query(f"sum(increase(fabgitops_correction_attempts_total{{{ONE}}}[$__rate_interval]))", "sent"),
            Query(f"sum(increase(corrections_total{{{ONE}}}[$__rate_interval]))", "proven"),
            bars=True,
            span=WHOLE_ROW,
            colors={"drift": YELLOW, "sent": BLUE, "proven": GREEN},
        )
    )
