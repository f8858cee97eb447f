"""The manifests in examples/ are what a user copies first."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.control.intake import declared

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.yaml"))


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
