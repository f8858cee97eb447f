"""Racks that are deleted, made again, grown and shrunk at a bad time."""

import pytest

from ..operators import Operator
from .hall import Hall, owner

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _running(operator: Operator) -> None:
    """Let the operator look after all namespaces."""


@pytest.mark.parametrize("parts", [0, 1, 9, 34])
def test_deleted_in_each_stage_and_made_again_at_once(hall: Hall, parts: int) -> None:
    """The new Rack has all parts, owned by it alone, whether the collector or the Rack comes to a leftover first."""
    hall.template(2, 4, 2)
    hall.rack()
    hall.until(lambda: len(hall.parts()) >= parts, f"{parts} parts")
    hall.delete("racks", "rack-01")
    rack = hall.rack()

    def whole() -> bool:
        found = hall.parts()
        return len(found) == 34 and {owner(part) for part in found.values()} == {rack["metadata"]["uid"]}

    hall.until(whole, "34 parts of the new Rack")
    hall.until(lambda: hall.status().get("phase") == "Ready" and hall.totals() == (2, 8, 16, 8), "it says so")


def test_grown_and_shrunk_with_a_claimed_node(hall: Hall) -> None:
    """What is more comes at once; what is less waits for a yes, then goes, but not what is in use."""
    hall.template(2, 4, 2)
    hall.rack()
    hall.until_phase("Ready")
    kept = {name: part["metadata"]["uid"] for name, part in hall.parts().items()}
    hall.template(3, 4, 4)
    hall.until_counts((3, 12, 12, 48))
    hall.until_phase("Ready")
    assert kept.items() <= {name: part["metadata"]["uid"] for name, part in hall.parts().items()}.items()

    hall.patch("racknodes", "rack-01-c2s1n0", {"spec": {"claimedBy": "job-7"}})
    hall.template(2, 4, 2)
    message = hall.until_condition("UpToDate", "False", "RemovalHeld")
    assert hall.counts() == (3, 12, 12, 48)
    assert message.startswith("41 would be removed"), (
        "a chassis, 4 blades, 4 BMCs and 16 nodes, and 2 nodes of 8 blades"
    )

    plan = hall.status()["template"]["planHash"]
    hall.patch("racks", "rack-01", {"metadata": {"annotations": {"fabgitops.io/approve": plan}}})
    message = hall.until_condition("UpToDate", "False", "ScaleDownBlocked")
    assert "rack-01-c2s1n0 is claimed by job-7" in message
    hall.until_counts((3, 12, 12, 32))
    hall.until(lambda: hall.totals() == (3, 12, 32, 12), "the chassis stays whole, and is counted")
    assert len([name for name in hall.parts() if name.startswith("rack-01-c2")]) == 25

    hall.patch("racknodes", "rack-01-c2s1n0", {"spec": {"claimedBy": ""}})
    hall.until_counts((2, 8, 8, 16))
    hall.until_condition("UpToDate", "True")
    assert {name: part["metadata"]["uid"] for name, part in hall.parts().items()} == kept
