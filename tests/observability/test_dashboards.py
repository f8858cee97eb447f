"""The dashboards as files: what Grafana does not complain of and users would."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from dashboards.panels import BAR
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from .conftest import DASHBOARDS

ALL: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text()) for path in DASHBOARDS}


GIVEN = {"__rate_interval", "__range", "__range_s", "__data", "__url_time_range", "__all"}
"""Variables that Grafana itself has."""

OF_MARKS = {"step", "titleFormat", "textFormat", "useValueForTime"}
"""What Grafana's Prometheus data source reads of an annotation, beyond the model of every data source."""


def panels(name: str) -> list[dict[str, Any]]:
    """Return the panels of a dashboard that show something."""
    return [panel for panel in ALL[name]["panels"] if panel["type"] != "row"]


def variables(name: str) -> set[str]:
    """Return what can be chosen on a dashboard."""
    return {each["name"] for each in ALL[name]["templating"]["list"]}


def lost(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield where something was before that is not so after."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from lost(value, after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (each, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(each, other, f"{path}[{number}]")
    elif before != after:
        yield f"{path}: {before!r} became {after!r}"


@pytest.mark.parametrize("name", ALL)
def test_a_panel_says_what_it_shows(name: str) -> None:
    """Each panel has a title of its own, a sentence on what it shows, and a unit."""
    titles = [panel["title"] for panel in panels(name)]
    for panel in panels(name):
        assert re.fullmatch(r"[A-Z][^{}]*\.", panel["description"])
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]
    assert len(set(titles)) == len(titles)
    assert len({panel["id"] for panel in ALL[name]["panels"]}) == len(ALL[name]["panels"])


@pytest.mark.parametrize("name", ALL)
def test_the_data_source_can_be_chosen(name: str) -> None:
    """No panel and no variable is bound to the data source of somebody's own Grafana."""
    assert "datasource" in variables(name)
    assert set(re.findall(r'"uid": "([^"]*)"', json.dumps(ALL[name]))) == {"${datasource}", name}
    assert ALL[name]["uid"] == name


@pytest.mark.parametrize("name", ALL)
def test_grafanas_own_model_knows_everything(name: str) -> None:
    """Grafana's model of a dashboard loses and changes nothing of the file; it may add defaults."""
    page = json.loads(json.dumps(ALL[name]))
    for mark in page["annotations"]["list"]:
        assert {key for key in mark if key in OF_MARKS} == OF_MARKS
        for key in OF_MARKS:
            del mark[key]
    register_default_plugins()  # so that it knows each kind of panel and query as well
    again = json.loads(json.dumps(Dashboard.from_json(page), cls=JSONEncoder))
    assert list(lost(page, again)) == []


@pytest.mark.parametrize("name", ALL)
def test_every_variable_that_is_used_is_there(name: str) -> None:
    """Each variable that is used can be chosen on this dashboard or is Grafana's own, and each choice is used."""
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(ALL[name])))
    assert used - GIVEN == variables(name)


@pytest.mark.parametrize("name", ALL)
def test_what_may_be_many_can_be_all(name: str) -> None:
    """Each variable offers what there is in the chosen time; but for one PLC it is several or all, at first all."""
    for variable in ALL[name]["templating"]["list"]:
        if variable["type"] != "query":
            continue
        assert variable["refresh"] == 2
        alone = name == "fabgitops-plc" and variable["name"] in {"namespace", "plc"}
        assert variable.get("includeAll", False) == variable.get("multi", False) == (not alone)
        if not alone:
            assert variable["allValue"] == ".*"
            assert variable["current"]["value"] == ["$__all"]


@pytest.mark.parametrize("name", ALL)
def test_every_query_minds_what_was_chosen(name: str) -> None:
    """No panel mixes in what was not chosen: each metric of ours is asked for by the dashboard's variables."""
    filters = {"fabgitops-fleet": "$namespace", "fabgitops-plc": "$plc"}
    filters |= dict.fromkeys(("fabgitops-internals", "fabgitops-racks", "fabgitops-chaos"), "$job")
    filters |= dict.fromkeys(("fabgitops-rollouts", "fabgitops-workloads"), 'namespace=~"$namespace"')
    for panel in panels(name):
        for target in panel["targets"]:
            if "ALERTS" not in target["expr"] and target["expr"] not in OF_ALL:
                assert filters[name] in target["expr"], panel["title"]
            if re.search(r"fabgitops_(setpoint|outbox|workload)_\w+{", target["expr"]):
                assert 'rollout=~"$rollout"' in target["expr"], panel["title"]


OF_ALL = {
    'max by (version) (fabgitops_build_info{kinds!~"racks|delivery|argo|chaos"})',
    "max by (reason) (fabgitops_held_corrections)",
    "sum by (rule) (increase(fabgitops_setpoint_decisions_total[$__rate_interval]))",
    "sum by (rule) (increase(fabgitops_workload_rollout_decisions_total[$__rate_interval]))",
    "sum by (result) (increase(fabgitops_workload_rollout_passes_total[$__rate_interval]))",
    "sum by (verdict) (increase(fabgitops_analysis_measurements_total[$__rate_interval]))",
}
"""What is asked of the operator as a whole, as the panel says."""


@pytest.mark.parametrize("name", ALL)
def test_a_dashboard_opens_on_what_happens_now(name: str) -> None:
    """Each dashboard opens with the last hours, renews itself, and marks when the operator started."""
    page = ALL[name]
    assert (page["time"], page["refresh"]) == ({"from": "now-3h", "to": "now"}, "30s")
    assert all(mark["enable"] for mark in page["annotations"]["list"])
    marks = {mark["name"] for mark in page["annotations"]["list"]}
    assert marks == {"Operator starts"} | ({"Drift", "Corrections"} if name == "fabgitops-plc" else set())


@pytest.mark.parametrize("name", ALL)
def test_thresholds_go_up(name: str) -> None:
    """Colours begin at minus infinity and go up, and a share is drawn from 0 to 1."""
    for panel in panels(name):
        defaults = panel["fieldConfig"]["defaults"]
        values = [step["value"] for step in defaults["thresholds"]["steps"]]
        assert values[0] is None
        assert values[1:] == sorted(set(values[1:]))
        if defaults["unit"] == "percentunit" and panel["type"] == "timeseries":
            assert (defaults["min"], defaults["max"]) == (0, 1)


@pytest.mark.parametrize("name", ALL)
def test_one_event_is_one_bar(name: str) -> None:
    """What counts events in bars has bars of several scrapes, whose windows overlap little, and no halves of events."""
    for panel in panels(name):
        if any("increase(" in target["expr"] and "$__rate_interval" in target["expr"] for target in panel["targets"]):
            assert panel["interval"] == BAR
            assert panel["fieldConfig"]["defaults"]["decimals"] == 0


@pytest.mark.parametrize("name", ALL)
def test_nothing_known_is_not_zero(name: str) -> None:
    """A count falls back on 0 only while an operator is there to know; Prometheus itself knows its alerts."""
    for panel in panels(name):
        for target in panel["targets"]:
            if re.search(r"\) or vector\(0\)$", target["expr"]) and "counted" not in target["expr"]:
                assert "ALERTS" in target["expr"] or target["expr"].startswith("sum(increase("), panel["title"]


@pytest.mark.parametrize("name", ALL)
def test_panels_do_not_overlap(name: str) -> None:
    """Each place on a dashboard is taken by one panel at most, within its 24 columns."""
    taken = [
        (x, y)
        for panel in ALL[name]["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _y in taken) < 24


def test_the_way_from_a_fleet_to_a_plc() -> None:
    """A row of a table leads to the dashboard of its PLC, with columns that are there and variables that it has."""
    ways = 0
    for panel in panels("fabgitops-fleet"):
        for link in re.findall(r'"url": "(/d/[^"]*)"', json.dumps(panel)):
            uid, given = re.fullmatch(r"/d/([\w-]+)\?(.*)", link).groups()  # type: ignore[union-attr]
            assert uid in ALL
            assert {"namespace", "plc"} == set(re.findall(r"var-(\w+)=", given)) <= variables(uid)
            assert "${datasource:queryparam}" in given
            assert "${__url_time_range}" in given
            (organize,) = panel["transformations"]
            assert set(re.findall(r"__data\.fields\.(\w+)", given)) <= set(organize["options"]["renameByName"].values())
            ways += 1
    assert ways == 3


def test_each_leads_to_all() -> None:
    """Each dashboard links to all that have the tag they share, and takes what was chosen along."""
    for dashboard in ALL.values():
        (link,) = dashboard["links"]
        assert set(link["tags"]) <= set(dashboard["tags"])
        assert link["includeVars"]
        assert link["keepTime"]
