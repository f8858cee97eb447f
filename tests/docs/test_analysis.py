"""What the page on analyses shows is what judges: its table, its examples, and the answers that they are given."""

import json
import re
from typing import Any

import pytest
import yaml
from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.analysis.asking import of_fleet, of_web
from fabgitops_core.control.analysis.judging import judged
from fabgitops_core.control.analysis.registers import Unread, of_registers
from fabgitops_core.control.members import Facts, Standing

from .pages import ROOT, blocks

PAGE = ROOT / "docs/analysis.md"
EXAMPLES = {path.stem: path.read_text() for path in sorted((ROOT / "examples/analysis").glob("*.yaml"))}
ROW = re.compile(r"\| (.*?) \| (.*?) \| `(.+)` \| (\w+) \|")


def rows() -> list[list[str]]:
    """Return the rows of the table: conditions, answer, verdict."""
    table = PAGE.read_text().partition("| successCondition |")[2].partition("\n\n")[0].splitlines()[2:]
    found = [ROW.fullmatch(line.replace("| |", "|  |")) for line in table]
    assert all(found)
    return [[each.strip("` ").replace("\\|", "|") for each in row.groups()] for row in found if row]


@pytest.mark.parametrize(("success", "failure", "answer", "verdict"), rows())
def test_the_table_says_how_answers_are_judged(success: str, failure: str, answer: str, verdict: str) -> None:
    """Each row of the table is what the code says."""
    given = {"successCondition": success or None, "failureCondition": failure or None}
    metric = Metric.model_validate({"name": "m", "provider": {"prometheus": {"query": "q"}}, **given})
    assert judged(metric, Answer(json.loads(answer, parse_int=float))).verdict == verdict


def test_the_page_shows_the_examples() -> None:
    """What the page shows is what stands in examples/analysis, and all of it."""
    shown = [yaml.safe_load(block.text) for block in blocks(PAGE) if block.language == "yaml"]
    assert {body["metadata"]["name"]: body for body in shown} == {
        name: yaml.safe_load(text) for name, text in EXAMPLES.items()
    }


def resolved(name: str, metric: str, **args: str) -> Metric:
    """Return a metric of an example with its arguments."""
    spec = AnalysisTemplateSpec.model_validate(yaml.safe_load(EXAMPLES[name])["spec"])
    assert not spec.missing(args)
    return spec.resolved(next(each for each in spec.metrics if each.name == metric), args)


@pytest.mark.parametrize(("value", "verdict"), [([0.01], "Successful"), ([0.1], "Inconclusive"), ([], "NoData")])
def test_the_scrap_of_a_line_is_judged(value: Any, verdict: str) -> None:
    """The example that asks Prometheus judges the scrap of the line that it is told of."""
    metric = resolved("scrap", "rate", line="7")
    assert metric.provider.prometheus is not None
    assert metric.provider.prometheus.query.count('line="7"') == 2
    assert judged(metric, Answer(value)).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"), [(b'{"complaints": {"open": 0}}', "Successful"), (b'{"complaints": {}}', "NoData")]
)
def test_complaints_are_judged(text: bytes, verdict: str) -> None:
    """The example that asks a web server judges what is at its path."""
    metric = resolved("quality", "complaints", line="7")
    assert metric.provider.web is not None
    assert metric.provider.web.url == "https://mes.example.com/lines/7/quality"
    assert judged(metric, of_web(text, metric.provider.web.json_path)).verdict == verdict


def look(plc: str, register: str) -> float:
    """Return what the plant holds: bearings at 70 and 90 degrees, a chiller that is too warm, and press-3 is away."""
    if plc == "press-3":
        raise Unread("press-3 was not read lately")
    return {"press-1.bearing_temp": 70.0, "press-2.bearing_temp": 90.0, "chiller.flow": 14.0, "chiller.outlet": 19.0}[
        f"{plc}.{register}"
    ]


@pytest.mark.parametrize(
    ("released", "most", "verdict"),
    [
        (["press-1"], "80", "Successful"),
        (["press-1", "press-2"], "80", "Failed"),
        (["press-1", "press-3"], "80", "NoData"),
    ],
)
def test_temperatures_are_judged(released: list[str], most: str, verdict: str) -> None:
    """The example over registers judges those PLCs that were released, and no others."""
    metric = resolved("temperature", "bearings", most=most)
    assert metric.provider.registers is not None
    members = ["press-1", "press-2", "press-3"]
    assert (
        judged(metric, of_registers(metric.provider.registers.expression, members, released, look)).verdict == verdict
    )


def test_an_expression_is_its_own_condition() -> None:
    """The example without a condition fails when what it says is false."""
    metric = resolved("temperature", "cooling")
    assert metric.provider.registers is not None
    assert judged(metric, of_registers(metric.provider.registers.expression, [], [], look)).verdict == "Failed"


@pytest.mark.parametrize(("away", "verdict"), [(1, "Successful"), (2, "Failed")])
def test_the_fleet_is_judged(away: int, verdict: str) -> None:
    """The example over the fleet lets one of twenty be away, and not two."""
    metric, holds = resolved("fleet", "reachable"), resolved("fleet", "holds")
    there = Standing.REACHABLE | Standing.IN_SYNC
    members = {f"p{at}": Facts("u", "w", "w", 1, there if at >= away else Standing(0)) for at in range(20)}
    assert metric.provider.fleet is not None
    assert judged(metric, of_fleet(members, metric.provider.fleet.of)).verdict == verdict
    assert judged(holds, of_fleet(members, metric.provider.fleet.of)).verdict == "Successful"
