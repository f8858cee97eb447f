"""The reference tells of every field, and what it shows as an example is what the programs take and say."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.marks import PROMOTE
from fabctl.rollouts import rollout_view
from fabctl.workloads import workload_view
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.control.chaos.reasons import Reason, ScheduleReason
from fabgitops_core.control.commands import Notice
from fabgitops_core.control.kinds import CHAOS_KINDS, DELIVERY_KINDS, SETPOINT_KINDS
from fabgitops_core.control.kinds import KINDS as PLC_KINDS
from fabgitops_core.control.plc import situations
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.rack import situations as racks
from fabgitops_core.control.rack.bmc.situations import Standing
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rollout.saying import situations as workloads
from fabgitops_core.control.setpoint import situations as rollouts

from .pages import ROOT

KINDS = tuple(dict.fromkeys((*PLC_KINDS, *RACK_KINDS, *SETPOINT_KINDS, *DELIVERY_KINDS, *CHAOS_KINDS)))
EXAMPLES = ROOT / "examples/reference"
REASONS = {
    "IndustrialPLC": {each.reason for each in situations.ALL},
    "IndustrialPLCTemplate": {"Valid", PlcReason.INVALID_SPEC, PlcReason.INTERNAL_ERROR},
    "RackTemplate": {"Valid", RackReason.INVALID_SPEC, RackReason.INTERNAL_ERROR},
    "Rack": {each.reason for each in racks.ALL},
    "BMC": {each.value for each in Standing},
    "AnalysisTemplate": {"Valid", "InvalidSpec", "InternalError"},
    "SetpointRollout": {each.reason for each in vars(rollouts).values() if isinstance(each, rollouts.Situation)},
    "ChaosExperiment": {each.value for each in Reason},
    "ChaosSchedule": {each.value for each in ScheduleReason},
    "Rollout": {each.reason for each in vars(workloads).values() if isinstance(each, workloads.Situation)},
}
"""The reasons of conditions that there are, by kind."""
BLOCK = re.compile(r"^- \*\*`(\w+)`\*\* · (.+)<br>\n  (.+)$", re.MULTILINE)


def page(kind: Kind) -> str:
    """Return the reference of a kind."""
    return (ROOT / "docs/reference" / f"{kind.name.lower()}.md").read_text()


def sections(text: str) -> dict[str, str]:
    """Return the text of each section of a page by its heading."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fields(path: str, schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of each object of a schema by where it is."""
    found = {path: dict(schema["properties"])}
    for name, field in schema["properties"].items():
        inner, mark = (field["items"], "[]") if field.get("type") == "array" else (field, "")
        if "properties" in inner:
            found |= fields(f"{path}.{name}{mark}", inner)
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_field_has_its_block(kind: Kind) -> None:
    """Each field that the API server knows has a block with a type, a meaning, and, unless an object, an example."""
    schema = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    told = sections(page(kind))
    wanted = {
        path: each for part in ("spec", "status") if part in schema for path, each in fields(part, schema[part]).items()
    }
    assert told.keys() == wanted.keys()
    for path, names in wanted.items():
        told_of = {name: head for name, head, _meaning in BLOCK.findall(told[path])}
        assert told_of.keys() == names.keys(), path
        for name, head in told_of.items():
            assert " · example `" in head or "](#" in head.split(" · ")[0], f"{path}.{name} has no example"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_times_and_sizes_have_their_unit(kind: Kind) -> None:
    """A field that is named for seconds, milliseconds or words is counted in those."""
    for name, head, _meaning in BLOCK.findall(page(kind)):
        for suffix, wanted in {"Secs": "s", "Ms": "ms", "Words": "words"}.items():
            assert not name.endswith(suffix) or head.split(" · ")[0].endswith(f" in {wanted}"), name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_reference_fits_a_page(kind: Kind) -> None:
    """No field stands in a table, which would be wider than any page."""
    assert "|---" not in page(kind)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_of_a_status_is_one(file: Path) -> None:
    """Each status among the examples is one that the operator could have stored, with a reason that there is."""
    for body in yaml.safe_load_all(file.read_text()):
        if "status" in body:
            model = next(kind.status for kind in KINDS if kind.matches(body))
            assert model is not None
            status = model.model_validate(body["status"])
            assert body["status"].keys() == status.model_dump(exclude_unset=True, by_alias=True).keys()
            assert {each["reason"] for each in body["status"].get("conditions", ())} <= REASONS.get(body["kind"], set())


def test_the_table_of_reasons_is_the_one_that_decides() -> None:
    """The page on the resource has each reason with the phase and the conditions that the controller gives it."""
    text = (ROOT / "docs/resource.md").read_text()
    rows = re.findall(r"^\| (\w+)(?: \([^|]*\))? \| (\w+) \| (\w+) \| (\w+) \| (\w+) \| (\w+) \|$", text, re.MULTILINE)
    assert rows == [
        (each.reason, each.phase, each.ready, each.in_sync, str(each.reconciling), str(each.stalled))
        for each in situations.ALL
    ]


def test_each_event_is_told_with_its_type() -> None:
    """The page on the resource lists each reason of an Event as the warning or the normal one that it is."""
    section = sections((ROOT / "docs/resource.md").read_text())["Events"]
    warnings, normal = section.split("(Warning)")
    told = {name: name in re.findall(r"`(\w+)`", warnings) for name in re.findall(r"`(\w+)`", warnings + normal)}
    assert told == {each.value: Notice(each, "").warning for each in PlcReason}


@pytest.mark.parametrize(
    ("file", "view", "said"),
    [("setpointrollout", rollout_view, "8f1c2d3e4a5b6c7d/1"), ("rollout", workload_view, "17f9a3c5d/2")],
)
def test_a_word_that_was_heard_is_shown_as_it_is_noted(file: str, view: Any, said: str) -> None:
    """Each kind notes it in its own way: what its example shows is what fabctl knows it by."""
    body = next(iter(yaml.safe_load_all((EXAMPLES / f"{file}.yaml").read_text())))
    assert view(body).has_heard(PROMOTE, said)
