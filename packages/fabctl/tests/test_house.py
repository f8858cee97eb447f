"""The house of a Rack: what stands in what, and how it is drawn."""

from collections.abc import Callable
from typing import Any

import pytest
from fabctl.house import house
from fabctl.names import BLADE, BMC, CHASSIS, NODE, PLC
from fabctl.render.tree import tree

HOSTILE = "\x1b[2J\x07\u202e\nforged"
RACK = {
    "metadata": {"name": "r"},
    "spec": {"templateRef": {"name": "t"}},
    "status": {"phase": "Ready", "totalNodes": 3},
}
Body = dict[str, Any]


def part(name: str, within: dict[str, str] | None = None, spec: Body | None = None, **status: Any) -> Body:
    """Return a part that refers to what it stands in."""
    refs = {field: {"name": value} for field, value in (within or {}).items()}
    return {"metadata": {"name": name}, "spec": {**refs, **(spec or {})}, "status": status}


def drawn(found: dict[Any, list[Body]], rack: Body = RACK, *, wide: bool = False, plain: bool = False) -> list[str]:
    """Return the lines of a house."""
    kinds = [(kind, found.get(kind, [])) for kind in (CHASSIS, BLADE, BMC, NODE, PLC)]
    return [line.plain for line in tree(house(rack, kinds), wide=wide, plain=plain)]


def parts(plc: Callable[..., Body]) -> dict[Any, list[Body]]:
    """Return a Rack of two chassis with a blade each, out of order."""
    synced = plc("InSync", "True", inSync=True, currentValue=2500)
    drifting = plc("DriftDetected", "False", inSync=False, currentValue=7, driftEvents=2)
    synced["metadata"]["name"], drifting["metadata"]["name"] = "r-c0-fan", "r-pdu"
    in_use = {"claimedBy": "job-7"}
    return {
        CHASSIS: [
            part("r-c10", {"rackRef": "r"}),
            part("r-c9", {"rackRef": "r"}),
            part("r-c0", powerState="On", health="OK"),
        ],
        BLADE: [part("r-c0s0", {"chassisRef": "r-c0"}), part("r-c9s0", {"chassisRef": "r-c9"})],
        BMC: [
            part("r-c0s0b0", {"bladeRef": "r-c0s0"}, {"ipAddress": "10.0.0.7"}, reachable=False, firmwareVersion="2.1")
        ],
        NODE: [
            part("r-c0s0n1", {"bladeRef": "r-c0s0", "bmcRef": "r-c0s0b0"}, in_use, powerState="On"),
            part("r-c0s0n0", {"bladeRef": "r-c0s0", "bmcRef": "r-c0s0b0"}, powerState="Unknown", health="Unknown"),
            part("r-c9s0n0", {"bladeRef": "r-c9s0", "bmcRef": "gone"}),
        ],
        PLC: [drifting, synced],
    }


def test_the_house_is_drawn_in_the_order_of_places(plc: Callable[..., Body]) -> None:
    """Chassis 10 stands behind 9, nodes in their BMC, PLCs where their names say, and what is unknown is not said."""
    assert drawn(parts(plc)) == [
        "r  Ready, template t",
        "├── chassis r-c0  On, OK",
        "│   ├── blade r-c0s0",
        "│   │   └── BMC r-c0s0b0  10.0.0.7, not reachable",
        "│   │       ├── node r-c0s0n0",
        "│   │       └── node r-c0s0n1  On, claimed by job-7",
        "│   └── PLC r-c0-fan  SYNCED",
        "├── chassis r-c9",
        "│   └── blade r-c9s0",
        "│       └── node r-c9s0n0",
        "├── chassis r-c10",
        "└── PLC r-pdu  DRIFT, 2 drifts",
    ]
    assert any("firmware 2.1" in line for line in drawn(parts(plc), wide=True))


def test_a_part_whose_place_is_missing_is_shown(plc: Callable[..., Body]) -> None:
    """It hangs on the Rack and says what is missing: chassis 1 is not that of blade 0 of chassis 10."""
    found = {CHASSIS: [part("r-c1")], BLADE: [part("r-c10s0", {"chassisRef": "r-c10"}), part("r-c2s0")]}
    assert drawn(found)[1:] == [
        "├── chassis r-c1",
        "├── blade r-c2s0  what it stands in is missing",
        "└── blade r-c10s0  r-c10 is missing",
    ]


def test_what_is_being_deleted_says_so() -> None:
    """A part that a finalizer keeps, or that the garbage collector is about to take."""
    going = part("r-c0")
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert drawn({CHASSIS: [going]})[1] == "└── chassis r-c0  being deleted"


def test_what_waits_stands_at_the_top() -> None:
    """That somebody has to agree is seen at once."""
    waits = {**RACK, "status": {"phase": "Ready", "pending": {"removals": 3}}}
    assert drawn({}, waits) == ["r  Ready, template t, waits for a yes: 3 to remove"]


def test_an_output_without_lines_gets_others() -> None:
    """Where the encoding has no box drawing, it is drawn in ASCII."""
    lines = drawn({CHASSIS: [part("r-c0"), part("r-c1")], BLADE: [part("r-c0s0", {"chassisRef": "r-c0"})]}, plain=True)
    assert lines[1:] == ["|-- chassis r-c0", "|   `-- blade r-c0s0", "`-- chassis r-c1"]


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}])
def test_whatever_it_holds_is_drawn(junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, is a line for each part and no more."""
    fields = ("rackRef", "chassisRef", "bladeRef", "bmcRef", "ipAddress", "macAddress", "claimedBy", "model")
    told = ("powerState", "health", "reachable", "locate", "bootState", "serialNumber", "firmwareVersion", "message")
    spec, status = dict.fromkeys(fields, junk), dict.fromkeys(told, junk)
    body = {"metadata": {"name": HOSTILE, "deletionTimestamp": junk}, "spec": spec, "status": status}
    broken = {"metadata": junk, "spec": junk, "status": junk}
    kinds = (CHASSIS, BLADE, BMC, NODE, PLC)
    lines = drawn({kind: [body, broken] for kind in kinds}, broken, wide=True)
    assert len(lines) == 11
    assert all(line.isprintable() for line in lines)


def test_a_part_that_stands_in_itself_is_drawn_once() -> None:
    """A name that two kinds share, or a reference in a circle, ends."""
    found = {BLADE: [part("r", {"chassisRef": "r"})], BMC: [part("r", {"bladeRef": "r"})], CHASSIS: [part("r")]}
    assert len(drawn(found)) == 4
