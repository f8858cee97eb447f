"""Every query of every dashboard and rule, asked of a real Prometheus that scrapes the operator's metrics."""

import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml

from . import experiments, hall, workloads
from .conftest import DASHBOARDS, RULES, Prometheus, scraping, until
from .queries import Query, of_dashboard, of_marks, of_rules, of_variables
from .scene import operating

pytestmark = [pytest.mark.observability, pytest.mark.asyncio(loop_scope="module")]

OF_PANELS = [query for path in DASHBOARDS for query in (*of_dashboard(path), *of_marks(path))]
OF_RULES = [*of_rules(RULES, "record"), *of_rules(RULES, "alert")]
BY_PROMETHEUS = {"ALERTS"}
"""What Prometheus itself writes."""

HAS_HAPPENED = (
    "sum(increase(corrections_total[1m])) > 0",
    "sum(increase(drift_events_total[1m])) > 0",
    'count(fabgitops_plc_ready{reason="WriteRefused"}) > 0',
    'count(fabgitops_plc_ready{reason="Conflict"}) == 2',
    'count(fabgitops_breaker_state{state="open"}) > 0',
    'count(ALERTS{alertname="FabGitOpsDriftNotCorrected",alertstate="firing"}) > 0',
    "namespace:corrections_per_fabgitops_correction_attempts:ratio_increase1h >= 0",
    "sum(increase(fabgitops_rack_children_healed_total[1m])) > 20",
    "sum(fabgitops_rack_children_deleted_total) > 0",
    "sum(fabgitops_rack_held_removals) > 0",
    'sum(fabgitops_racks{phase="Error"}) > 0',
    'sum(fabgitops_bus_published_total{result="refused"}) > 0',
    "max(fabgitops_bus_oldest_seconds) > 0",
    "sum(increase(fabgitops_setpoint_decisions_total[1m])) > 0",
    "sum(increase(fabgitops_analysis_measurements_total[1m])) > 0",
    "sum(increase(fabgitops_workload_rollout_decisions_total[1m])) > 0",
    "max(fabgitops_workload_rollout_contended) > 2",
    "sum(increase(fabgitops_chaos_runs_total[1m])) > 3",
    "sum(increase(fabgitops_chaos_unconfirmed_recoveries_total[1m])) > 0",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prometheus(tools: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    """Return a Prometheus that has seen the plant for as long as its rules need."""
    folder = tmp_path_factory.mktemp("prometheus")
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if "alert" in rule:
                rule["for"] = "2s"
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    async with AsyncExitStack() as stack:
        ports = [
            await stack.enter_async_context(each)
            for each in (operating(folder), hall.running(), workloads.running(), experiments.running())
        ]
        running = await stack.enter_async_context(scraping(tools, folder, ports, [folder / "rules.yaml"]))
        for condition in HAS_HAPPENED:
            await until(lambda condition=condition: running.query(condition), condition)  # type: ignore[misc]
        yield running


def selectors(node: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield metric and labels of each selector in a syntax tree."""
    if isinstance(node, dict):
        if node.get("type") in {"vectorSelector", "matrixSelector"}:
            yield node["name"], [each["name"] for each in node["matchers"] if each["name"] != "__name__"]
        for child in node.values():
            yield from selectors(child)
    elif isinstance(node, list):
        for child in node:
            yield from selectors(child)


def written(node: Any) -> Iterator[str]:
    """Yield the labels that a syntax tree writes itself (label_replace), whatever the metrics have."""
    if isinstance(node, dict):
        if node.get("type") == "call" and node["func"]["name"] == "label_replace":
            yield node["args"][1]["val"]
        for child in node.values():
            yield from written(child)
    elif isinstance(node, list):
        for child in node:
            yield from written(child)


def groupings(node: Any) -> Iterator[tuple[set[str], list[str]]]:
    """Yield what each aggregation keeps of the labels of metrics, and the metrics within."""
    if isinstance(node, dict):
        if node.get("type") == "aggregation" and not node["without"]:
            yield set(node["grouping"]) - set(written(node)), [name for name, _labels in selectors(node)]
        for child in node.values():
            yield from groupings(child)
    elif isinstance(node, list):
        for child in node:
            yield from groupings(child)


async def labels_of(prometheus: Prometheus, metric: str) -> set[str]:
    """Return the labels that series of a metric have."""
    return {label for series in await prometheus.ask("series", **{"match[]": metric}) for label in series}


@pytest.mark.parametrize("query", [*OF_PANELS, *OF_RULES], ids=lambda query: query.where)
async def test_a_query_names_what_there_is(prometheus: Prometheus, query: Query) -> None:
    """Each metric that a query names is there, with the labels by which the query selects and groups."""
    tree = await prometheus.ask("parse_query", query=query.expr)
    found = list(selectors(tree))
    assert found
    for metric, labels in found:
        if metric not in BY_PROMETHEUS:
            there = await labels_of(prometheus, metric)
            assert there, f"there is no metric {metric}"
            assert set(labels) <= there, metric
    for kept, metrics in groupings(tree):
        for metric in set(metrics) - BY_PROMETHEUS:
            assert kept <= await labels_of(prometheus, metric), metric


@pytest.mark.parametrize("query", [*OF_PANELS, *of_rules(RULES, "record")], ids=lambda query: query.where)
async def test_a_query_has_data(prometheus: Prometheus, query: Query) -> None:
    """Each panel shows something of a plant in which everything happens, and each recording rule records."""
    series = await prometheus.query(query.expr)
    assert series, query.expr
    assert all(each["value"][1] != "NaN" for each in series), series


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
async def test_a_variable_has_values(prometheus: Prometheus, path: Path) -> None:
    """Each variable of a dashboard offers something to choose."""
    for selector, label in of_variables(path):
        assert await prometheus.ask(f"label/{label}/values", **{"match[]": selector}), (selector, label)


async def test_prometheus_evaluates_every_rule(prometheus: Prometheus) -> None:
    """All rules are evaluated without an error, and those alerts begin that the plant gives reason for."""

    async def evaluated() -> list[dict[str, Any]]:
        groups = (await prometheus.ask("rules"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return rules if all(rule["health"] != "unknown" for rule in rules) else []

    rules = await until(evaluated, "every rule is evaluated")
    assert len(rules) == len(OF_RULES)
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    begun = {rule["name"] for rule in rules if rule.get("alerts")}
    assert {"FabGitOpsPLCUnreachable", "FabGitOpsDriftNotCorrected", "FabGitOpsConflict"} <= begun
    assert {"FabGitOpsRackStalled", "FabGitOpsRackHealing"} <= begun
    assert {f"FabGitOpsRollout{each}" for each in ("Failed", "Stuck", "Paused", "Overlap")} <= begun
    assert {"FabGitOpsOutboxPending", "FabGitOpsPLCsLeftHeld"} <= begun
    assert {"FabGitOpsChaosUnconfirmed", "FabGitOpsChaosAgentDown"} <= begun
    assert not begun & {"FabGitOpsOperatorAbsent", "FabGitOpsChaosOverdue"}


async def test_a_plc_that_is_left_alone_raises_no_alert(prometheus: Prometheus) -> None:
    """A suspended PLC, whose device is off, is known to Prometheus and raises no alert, not even a pending one."""
    assert await prometheus.query('fabgitops_plc_ready{plc_name="spare",reason="Suspended"}')
    assert await prometheus.query('ALERTS{plc_name="pump"}')
    assert not await prometheus.query('last_over_time(ALERTS{plc_name="spare"}[10m])')


async def test_a_scrape_is_clean(prometheus: Prometheus, tools: Mapping[str, Path]) -> None:
    """Prometheus takes the whole of what each operator serves, and promtool's linter of metrics has no word to say."""
    targets = (await prometheus.ask("targets"))["activeTargets"]
    assert [(target["health"], target["lastError"]) for target in targets] == [("up", "")] * 4
    async with httpx.AsyncClient(trust_env=False) as client:
        scrapes = [(await client.get(target["scrapeUrl"])).content for target in targets]
    for wanted in (b"fabgitops_breaker_state{", b"fabgitops_rack_ready{", b"fabgitops_bus_outbox{"):
        assert any(wanted in scrape for scrape in scrapes), wanted
    for scrape in scrapes:
        command = [str(tools["promtool"]), "check", "metrics", "--lint=all"]
        said = subprocess.run(command, input=scrape, capture_output=True, check=False)
        assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")
