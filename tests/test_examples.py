"""The manifests in examples/ are what a user copies first."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT, SetpointRolloutSpec
from fabgitops_core.control.intake import declared
from fabgitops_core.control.members import Facts, Standing
from fabgitops_core.control.setpoint.fleet import EMPTY, fleet_of

ROOT = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(ROOT.glob("*.yaml"))


def spec(path: Path) -> IndustrialPLCSpec:
    """Return the spec of an example."""
    event = declared(INDUSTRIAL_PLC, yaml.safe_load(path.read_text()), datetime.now(UTC))
    assert event.problem == ""
    assert isinstance(event.spec, IndustrialPLCSpec)
    return event.spec


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid(path: Path) -> None:
    """Each example parses, and is named as its file."""
    assert spec(path).registers_wanted
    assert yaml.safe_load(path.read_text())["metadata"]["name"] == path.stem


def test_no_two_examples_want_the_same_register() -> None:
    """The examples can be applied together: no two write the same register of the same PLC."""
    places = [
        (each.device_address, each.port, each.unit_id, register.place)
        for each in map(spec, EXAMPLES)
        for register in each.registers_wanted
    ]
    assert len(places) >= 2
    assert len(set(places)) == len(places)


def rollout(name: str) -> SetpointRolloutSpec:
    """Return the spec of a rollout of examples/setpoints."""
    event = declared(SETPOINT_ROLLOUT, documents(f"setpoints/{name}")[0], datetime.now(UTC))
    assert isinstance(event.spec, SetpointRolloutSpec), event.problem
    return event.spec


def documents(name: str) -> list[dict[str, Any]]:
    """Return the manifests in a file of the examples."""
    return list(yaml.safe_load_all((ROOT / f"{name}.yaml").read_text()))


def test_presses_go_one_then_half_then_all() -> None:
    """The rollout of the presses selects all that are there, in the order of their places, in three waves."""
    spec = rollout("presses-by-percent")
    plcs = [each for each in documents("setpoints/presses") if each["kind"] == "IndustrialPLC"]
    labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in plcs}
    members = {name: Facts("", "", "", 0, Standing(0), labels=each) for name, each in labels.items()}
    assert all(map(spec.selector.matches, labels.values()))
    fleet = fleet_of(EMPTY, members, spec, len(members), ())
    assert fleet.bounds == (1, 6, 12)
    assert list(fleet.order) == sorted(labels)


def test_mixers_are_judged_by_analyses_that_there_are() -> None:
    """What the rollout by labels names is in examples/analysis, with all arguments that it has to be given."""
    spec = rollout("mixers-by-line")
    assert spec.selector.matches({"machine": "kneader"})
    judged = [each for each in (spec.analysis, *(wave.analysis for wave in spec.waves)) if isinstance(each, Analyses)]
    assert len(judged) == 2
    for each in judged:
        for ref in each.templates:
            (body,) = documents(f"analysis/{ref.template_name}")
            template = AnalysisTemplateSpec.model_validate(body["spec"])
            assert not template.missing({arg.name: arg.value for arg in each.args})
