"""Operator internals: whether it keeps up, with the devices on one side and the API server on the other."""

from grafana_foundation_sdk.builders.dashboard import Dashboard as Page
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.alerts import LATE_SECS
from dashboards.pages import INTERNALS, choice, page
from dashboards.panels import BLUE, GREEN, RED, WHOLE_ROW, YELLOW, Query, listing, number, trend, word
from dashboards.queries import none_is_zero

SOME = '{job=~"$job"}'
FAILED_WRITES = 'fabgitops_api_writes_total{job=~"$job",result!~"ok|gone"}'
REQUESTS = "fabgitops_modbus_requests_total"
ITS = f"on (job, instance) group_left () fabgitops_build_info{SOME}"


def dashboard() -> Dashboard:
    """Return the dashboard."""
    made = page(INTERNALS, "FabGitOps / Operator", "Whether the operator keeps up with its devices and the API server.")
    made.with_variable(choice("job", "Job", "label_values(fabgitops_build_info, job)", several=True))
    _now(made)
    made.with_row(Row("Polls"))
    _polls(made)
    made.with_row(Row("Devices"))
    _devices(made)
    made.with_row(Row("API server and process"))
    _surroundings(made)
    return made.build()


def _quantiles(metric: str) -> list[Query]:
    buckets = f"sum by (le) (rate({metric}_bucket{SOME}[$__rate_interval]))"
    return [Query(f"histogram_quantile({share}, {buckets})", f"p{share * 100:g}") for share in (0.5, 0.95, 0.99)]


def _now(made: Page) -> None:
    late = f"histogram_quantile(0.99, sum by (le) (rate(fabgitops_poll_lateness_seconds_bucket{SOME}[5m])))"
    open_now = 'count(fabgitops_breaker_state{job=~"$job",state!="closed"})'
    failed = f'sum(increase({REQUESTS}{{job=~"$job",result!~"ok|withdrawn"}}[$__range]))'
    asked = f"(sum(increase({REQUESTS}{SOME}[$__range])) > 0)"
    for panel in (
        word(
            "Version",
            "What runs.",
            Query(f"max by (version) (fabgitops_build_info{SOME})", "{{version}}"),
            none="absent",
        ),
        number(
            "Uptime",
            "Since when the process runs that started last: less than you think means that it was restarted.",
            Query(f"time() - max(process_start_time_seconds * {ITS})"),
            unit="s",
            steps=((None, YELLOW), (600, BLUE)),
        ),
        number("PLCs", "Resources looked after.", Query(f"sum(managed_plcs{SOME})")),
        number(
            "Passes",
            "Passes over a PLC in a second.",
            Query(f"sum(rate(reconciliation_duration_seconds_count{SOME}[5m]))"),
            unit="ops",
        ),
        number(
            "Lateness, p99",
            "How long after their time polls begin.",
            Query(late),
            unit="s",
            steps=((None, GREEN), (LATE_SECS / 2, YELLOW), (LATE_SECS, RED)),
        ),
        number(
            "Breakers open",
            "Devices that are left alone for a while because they failed.",
            Query(none_is_zero(open_now)),
            steps=((None, GREEN), (1, YELLOW), (10, RED)),
        ),
        number(
            "API writes failed",
            "Writes to the API server that failed in the chosen time.",
            Query(none_is_zero(f"sum(increase({FAILED_WRITES}[$__range]))")),
            steps=((None, GREEN), (1, YELLOW), (100, RED)),
        ).decimals(0),
        number(
            "Requests failed",
            "Share of the Modbus requests in the chosen time that were refused, or not answered.",
            Query(f"({failed} or 0 * {asked}) / {asked}"),
            unit="percentunit",
            steps=((None, GREEN), (0.01, YELLOW), (0.1, RED)),
            none="no requests",
        ),
    ):
        made.with_panel(panel)


def _polls(made: Page) -> None:
    made.with_panel(
        trend(
            "Reconciliation latency",
            "How long one pass over a PLC takes: its requests, and the record before a write.",
            *_quantiles("reconciliation_duration_seconds"),
            unit="s",
        )
    )
    made.with_panel(
        trend(
            "Poll lateness",
            "How long after their time polls go out: above the line operator or connections have too much to do.",
            *_quantiles("fabgitops_poll_lateness_seconds"),
            unit="s",
            steps=((None, GREEN), (LATE_SECS, RED)),
        )
    )


def _devices(made: Page) -> None:
    requests = f"sum by (function, result) (rate({REQUESTS}{SOME}[$__rate_interval]))"
    made.with_panel(
        trend(
            "Modbus requests",
            "Requests by function and result.",
            Query(requests, "{{function}} {{result}}"),
            unit="reqps",
            stacked=True,
        )
    )
    made.with_panel(
        trend(
            "Breaker states",
            "Devices whose last request failed, by the state of their circuit breaker: closed is not yet left alone.",
            Query(f"count by (state) (fabgitops_breaker_state{SOME})", "{{state}}"),
            stacked=True,
            colors={"closed": BLUE, "half_open": YELLOW, "open": RED},
        )
    )
    made.with_panel(
        listing(
            "Devices in trouble",
            "Devices whose last request failed: open is left alone for a while, half_open is tried again.",
            Query(f"max by (endpoint, transport, unit_id, state) (fabgitops_breaker_state{SOME})"),
            names={"endpoint": "Endpoint", "transport": "Transport", "unit_id": "Unit id", "state": "State"},
            hidden=["Value"],
            span=WHOLE_ROW,
        )
    )


def _surroundings(made: Page) -> None:
    made.with_panel(
        trend(
            "API writes",
            "Writes to the API server by what was written and result, and listings that failed.",
            Query(
                f"sum by (resource, result) (rate(fabgitops_api_writes_total{SOME}[$__rate_interval]))",
                "{{resource}} {{result}}",
            ),
            unit="wps",
            stacked=True,
            span=6,
        )
    )
    made.with_panel(
        trend(
            "Watches",
            "Is 1 while the API server tells of changes of a kind; below, edits are heard by listings, or not at all.",
            Query(f"min by (kind) (fabgitops_watch_up{SOME})", "{{kind}}"),
            steps=((None, RED), (1, GREEN)),
            span=6,
        )
    )
    made.with_panel(
        trend(
            "CPU",
            "Cores used; one is all that the operator can use.",
            Query(f"sum by (instance) (rate(process_cpu_seconds_total[$__rate_interval]) * {ITS})", "{{instance}}"),
            steps=((None, GREEN), (0.8, RED)),
            span=6,
        )
    )
    made.with_panel(
        trend(
            "Memory",
            "Resident memory.",
            Query(f"sum by (instance) (process_resident_memory_bytes * {ITS})", "{{instance}}"),
            unit="bytes",
            span=6,
        )
    )
    made.with_panel(
        trend(
            "Lease",
            "Is 1 while an operator holds its Lease and may write; of a standby, while it could take over at once.",
            Query(f"max by (lease, instance) (fabgitops_leader{SOME})", "{{lease}} {{instance}}"),
            Query(f"max by (lease, instance) (fabgitops_standby{SOME})", "{{lease}} {{instance}}, standby"),
            span=24,
        )
    )
