"""Which PLCs of a listing get-status shows, and in which order."""

from collections.abc import Callable
from typing import Any

import pytest
from fabctl.model import Status
from fabctl.picking import GRAVEST_FIRST, Order, picked

Make = Callable[..., dict[str, Any]]


def named(body: dict[str, Any], name: str, *tags: Any, **spec: Any) -> dict[str, Any]:
    """Return a PLC with another name, and tags."""
    body["metadata"]["name"] = name
    body["spec"] |= {"tags": list(tags), **spec}
    return body


def names(bodies: list[dict[str, Any]], *tags: str, by: Order | None = None, not_ready: bool = False) -> str:
    """Return the names of those that are picked."""
    return " ".join(each["metadata"]["name"] for each in picked(bodies, tags, by, not_ready=not_ready))


def test_tags_all_have_to_be_there(plc: Make) -> None:
    """One tag picks those that have it, two those that have both; what is no text is no tag."""
    bodies = [named(plc(), "a", "line-3", "hot"), named(plc(), "b", "line-3"), named(plc(), "c", 7, "line"), plc()]
    assert names(bodies, "line-3") == "a b"
    assert names(bodies, "hot", "line-3") == "a"
    assert names(bodies) == "a b c mixer"


def test_what_is_ready_is_left_out(plc: Make) -> None:
    """Ready is who says so of the spec as it is now; who only observes is ready in spite of its drift."""
    bodies = [
        named(plc("InSync", "True"), "fine"),
        named(plc("Observed", "True", inSync=False), "looks"),
        named(plc("InSync", "True", observedGeneration=2), "old"),
        named(plc("DriftDetected", "False"), "drifts"),
        named(plc(), "new"),
    ]
    assert names(bodies, not_ready=True) == "old drifts new"


@pytest.mark.parametrize(
    ("by", "order"),
    [
        (Order.NAME, "a b c"),
        (Order.STATUS, "b c a"),
        (Order.DRIFTS, "c a b"),
        (Order.CORRECTIONS, "b a c"),
        (Order.DRIFTED_SINCE, "c a b"),
        (Order.ENDPOINT, "b a c"),
        (None, "c a b"),
    ],
)
def test_orders_begin_with_what_matters(plc: Make, by: Order | None, order: str) -> None:
    """The gravest, the most and the longest first, and by name where there is no difference."""
    bodies = [
        named(plc("DriftDetected", "False", driftEvents=9, driftedSince="2026-01-01T00:00:00Z"), "c"),
        named(plc("InSync", "True"), "a", deviceAddress="10.0.0.6"),
        named(plc("ConnectionFailed", "False", correctionsApplied=3), "b", deviceAddress="10.0.0.5"),
    ]
    assert names(bodies, by=by) == order


def test_every_status_has_its_place() -> None:
    """None is missing in the order of gravity."""
    assert sorted(GRAVEST_FIRST) == sorted(Status)
