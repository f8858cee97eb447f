"""What a Rack says of who uses it: it is what guards it against being deleted by an oversight."""

import pytest
from fabgitops_core.api.rack import RACK_NODE

from .world import World, key, template

CLAIM = "RackNode rack-01-c0s0n{} is claimed by job-7"


def claim(world: World, number: int, by: str) -> None:
    """Say who uses a node of the first blade, and let the Rack be looked at."""
    world.api.edit(key(RACK_NODE.name, f"rack-01-c0s0n{number}"), {"spec": {"claimedBy": by}})
    world.declare(sync=f"{number}{by}")
    world.run()


def test_who_uses_a_node_uses_the_rack() -> None:
    """Each claim stands in the status of the Rack, and is gone from it with the claim."""
    world = World().make(template(chassis=1, blades=1, nodes=2))
    world.run()
    assert list(world.status.in_use) == []
    claim(world, 0, "job-7")
    claim(world, 1, "job-7")
    assert list(world.status.in_use) == [CLAIM.format(0), CLAIM.format(1)]
    claim(world, 0, "")
    assert list(world.status.in_use) == [CLAIM.format(1)]


@pytest.mark.parametrize(("require_off", "said"), [(False, 0), (True, 1)])
def test_what_is_switched_on_is_in_use_where_the_template_says_so(require_off: bool, said: int) -> None:
    """A node that is on counts as in use only with requireOff of the template."""
    world = World().make(template(chassis=1, blades=1, nodes=1, require_off=require_off))
    world.run()
    world.api.write_status(key(RACK_NODE.name, "rack-01-c0s0n0"), {"powerState": "On"})
    world.declare(sync="again")
    world.run()
    assert len(world.status.in_use) == said
