"""The queries that users' Prometheus will be asked: of every panel and variable, and of every rule."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

CHOSEN = {
    "$__rate_interval": "1m",
    "$__range_s": "300",
    "$__range": "5m",
    "$namespace": "plant",
    "$plc": "mixer",
    "$register": ".*",
    "$job": ".*",
    "$rollout": ".*",
}
"""What stands for Grafana's variables."""


class Query(NamedTuple):
    """An expression, and where it stands."""

    where: str
    expr: str


def chosen(text: str) -> str:
    """Return an expression as Grafana sends it."""
    for variable, value in CHOSEN.items():
        text = text.replace(variable, value)
    assert "$" not in text, f"a variable that nobody declares: {text}"
    return text


def of_dashboard(path: Path) -> list[Query]:
    """Return the queries of the panels of a dashboard."""
    panels: list[dict[str, Any]] = json.loads(path.read_text())["panels"]
    return [
        Query(f"{path.stem}: {panel['title']}", chosen(target["expr"]))
        for panel in panels
        for target in panel.get("targets", ())
    ]


def of_marks(path: Path) -> list[Query]:
    """Return the queries of the marks (annotations) of a dashboard."""
    marks: list[dict[str, Any]] = json.loads(path.read_text())["annotations"]["list"]
    return [Query(f"{path.stem}: {mark['name']}", chosen(mark["expr"])) for mark in marks]


def of_variables(path: Path) -> list[tuple[str, str]]:
    """Return selector and label of the values that variables of a dashboard offer."""
    variables: list[dict[str, Any]] = json.loads(path.read_text())["templating"]["list"]
    found = []
    for variable in variables:
        if variable["type"] == "query":
            values = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            assert values, variable
            found.append((chosen(values[1]), values[2]))
    return found


def of_rules(path: Path, kind: str) -> list[Query]:
    """Return the expressions of all rules of a kind, `record` or `alert`."""
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text())["groups"]
    return [Query(rule[kind], rule["expr"]) for group in groups for rule in group["rules"] if kind in rule]
