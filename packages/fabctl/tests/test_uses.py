"""A template as a tree: who uses it, and how each register stands."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from fabctl.commands.tree import _first, _meant
from fabctl.errors import Denied, FabctlError, NotInstalled, UnknownPLC, UsageError
from fabctl.names import PLC, RACK, ROLLOUT, TEMPLATE, WORKLOAD, Kind
from fabctl.render.tree import tree
from fabctl.uses import of_plc, of_template

Make = Callable[..., dict[str, Any]]
HOSTILE = "\x1b[2J\x07\u202e\nforged"
DRUM: Mapping[str, Any] = {
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
        DRUM, [named(drifted, "oven"), named(plc("InSync", "True", inSync=True, currentValue=2500), "crane")]
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
    (line,) = tree(of_template({**DRUM, "status": {"conditions": [condition]}}, []), wide=False)
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


class Some:
    """A cluster that has nothing, says so of each kind in its way, and has one PLC."""

    def __init__(self, **errors: FabctlError) -> None:
        """Take what it says, by the short names of kinds."""
        self._errors = errors

    async def get(self, name: str, kind: Kind) -> Mapping[str, Any]:
        """Return the PLC, or say what there is to be said."""
        if kind.short in self._errors:
            raise self._errors[kind.short]
        return {"metadata": {"name": name}}


@pytest.mark.parametrize(
    ("errors", "found"),
    [
        ({"rack": NotInstalled("no racks"), "plct": UnknownPLC("no template")}, "plc"),
        ({"rack": Denied("not your racks"), "plct": Denied("nor templates")}, "plc"),
        ({"rack": NotInstalled("no racks"), "plct": UnknownPLC("no template"), "plc": Denied("no")}, "no template"),
        ({"rack": UnknownPLC("no such rack"), "plct": UnknownPLC("no"), "plc": UnknownPLC("no")}, "no such rack"),
        ({"rack": Denied("not your racks"), "plct": Denied("no"), "plc": Denied("no")}, "not your racks"),
    ],
)
async def test_a_name_alone_is_the_first_that_there_is(errors: Mapping[str, FabctlError], found: str) -> None:
    """What is not served, or not to be seen, is passed over; else what the first kind says that is served."""
    cluster: Any = Some(**errors)
    (answer,) = await asyncio.gather(_first(cluster, [RACK, TEMPLATE, PLC], "mixer"), return_exceptions=True)
    assert (str(answer) if isinstance(answer, BaseException) else answer[0].short) == found


def test_of_which_kinds_it_may_be() -> None:
    """As it is typed; what no tree is drawn of is wrong usage."""
    assert [each.short for each in _meant("plct/drum")[0]] == ["plct"]
    assert _meant("mixer") == ([RACK, TEMPLATE, PLC, ROLLOUT, WORKLOAD], "mixer")
    with pytest.raises(UsageError, match="rack/NAME, plct/NAME, plc/NAME, spr/NAME, rollout/NAME"):
        _meant("pod/mixer")
