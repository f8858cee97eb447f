"""A template as a tree: who uses it, and how each register stands."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from fabctl.render.tree import tree
from fabctl.uses import of_plc, of_template

Make = Callable[..., dict[str, Any]]
HOSTILE = "\x1b[2J\x07\u202e\nforged"
TEMPLATE: Mapping[str, Any] = {
    "metadata": {"name": "drum", "generation": 1},
    "spec": {"parameters": [{"name": "setpoint"}], "registers": [{"name": "a"}, {"name": "b"}]},
    "status": {"conditions": [{"type": "Ready", "status": "True", "message": "the template is valid"}]},
}


def named(plc: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a PLC under another name."""
    return {**plc, "metadata": {**plc["metadata"], "name": name}}


def test_who_uses_a_template_and_how_registers_stand(mapped: Make, plc: Make) -> None:
    """PLCs by name, each with its registers: what they hold, and what Git wants where that is something else."""
    drifted = mapped("DriftDetected", "False", speed={"inSync": False, "actual": "19"})
    top = of_template(
        TEMPLATE, [named(drifted, "oven"), named(plc("InSync", "True", inSync=True, currentValue=2500), "crane")]
    )
    assert [each.plain for each in tree(top, wide=False)] == [
        "template drum  valid, 2 registers, 2 PLCs",
        "├── PLC crane  SYNCED",
        "│   └── register 4001  holds 2500, Git wants 2500",
        "└── PLC oven  DRIFT, 1/2 in sync",
        "    ├── speed  DRIFT, holds 19 rpm, Git wants 21.5 rpm",
        "    ├── mode  SYNCED, holds Running",
        "    └── power  OBSERVED, holds 700 W",
    ]
    wide = [each.plain for each in tree(top, wide=True)]
    assert wide[0].endswith("takes setpoint")
    assert "holding 100 float32 unit 1" in wide[4]


def test_a_template_that_is_not_valid_says_why() -> None:
    """And that nobody uses it."""
    condition = {"type": "Ready", "status": "False", "message": "spec.registers: too few"}
    (line,) = tree(of_template({**TEMPLATE, "status": {"conditions": [condition]}}, []), wide=False)
    assert line.plain == "template drum  not valid, spec.registers: too few, 2 registers, 0 PLCs"


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}])
def test_whatever_it_holds_is_drawn(junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, do not disturb the tree."""
    bodies = [
        {"metadata": junk, "spec": junk, "status": junk},
        {"metadata": {"name": junk}, "spec": {"registers": junk, "templateRef": junk}, "status": {"registers": [junk]}},
        {
            "spec": {"registers": [{"name": junk, "value": junk}]},
            "status": {"registers": [{"name": junk, "actual": junk}]},
        },
    ]
    for body in bodies:
        lines = [*tree(of_template(body, bodies), wide=True), *tree(of_plc(body), wide=True)]
        assert all(line.plain.isprintable() for line in lines)
