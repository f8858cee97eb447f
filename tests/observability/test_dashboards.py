"""The dashboards as files: what Grafana does not complain of and users would."""

import json
import re
from typing import Any

import pytest

from .conftest import DASHBOARDS

ALL: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text()) for path in DASHBOARDS}


def panels(name: str) -> list[dict[str, Any]]:
    """Return the panels of a dashboard that show something."""
    return [panel for panel in ALL[name]["panels"] if panel["type"] != "row"]


def variables(name: str) -> set[str]:
    """Return what can be chosen on a dashboard."""
    return {each["name"] for each in ALL[name]["templating"]["list"]}


@pytest.mark.parametrize("name", ALL)
def test_a_panel_says_what_it_shows(name: str) -> None:
    """Each panel has a title of its own, a sentence on what it shows, and a unit."""
    titles = [panel["title"] for panel in panels(name)]
    for panel in panels(name):
        assert panel["description"].endswith(".")
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
            assert set(re.findall(r"var-(\w+)=", given)) <= variables(uid)
            (organize,) = panel["transformations"]
            assert set(re.findall(r"__data\.fields\.(\w+)", given)) <= set(organize["options"]["renameByName"].values())
            ways += 1
    assert ways == 2


def test_each_leads_to_all() -> None:
    """Each dashboard links to all that have the tag they share, and takes what was chosen along."""
    for dashboard in ALL.values():
        (link,) = dashboard["links"]
        assert set(link["tags"]) <= set(dashboard["tags"])
        assert link["includeVars"]
        assert link["keepTime"]
