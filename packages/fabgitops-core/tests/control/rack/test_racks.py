"""A Rack from its template to all of its parts: what is made, what is said, what is told."""

from typing import Any

import pytest

from .world import World, template


@pytest.mark.parametrize(
    ("shape", "counts"),
    [
        ({"chassis": 2, "blades": 4, "nodes": 2, "mode": "shared"}, [2, 8, 8, 16]),
        ({"chassis": 1, "blades": 2, "nodes": 4, "mode": "dedicated"}, [1, 2, 8, 8]),
    ],
)
def test_the_numbers_of_the_example(shape: dict[str, Any], counts: list[int]) -> None:
    """A template becomes as many chassis, blades, BMCs and nodes as the example says, and the status counts them."""
    world = World().make(template(**shape))
    world.run()
    assert world.counts() == counts
    status = world.status
    assert [status.total_chassis, status.total_blades, status.total_bmcs, status.total_nodes] == counts
    assert (status.phase, status.message) == ("Ready", f"all {sum(counts)} parts are there")
