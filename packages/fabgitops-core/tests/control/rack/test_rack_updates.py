"""What becomes of a Rack when its template changes: additions at once, removals once somebody has agreed to them."""

from typing import Any

import pytest
from fabgitops_core.api.rack import CHASSIS, RACK_NODE
from fabgitops_core.control.rack.kinds import PLC

from .world import World, key, template


def built(update: str = "Additive", **shape: Any) -> World:
    """Return a Rack that is complete."""
    world = World().make(template(**shape), update=update)
    world.run()
    return world


def claimed(world: World, name: str, by: str | None = "job-7") -> None:
    """Claim a node, or give it back."""
    world.api.edit(key(RACK_NODE.name, name), {"spec": {"claimedBy": by}})


def again(world: World) -> World:
    """Let it look."""
    world.survey()
    world.run()
    return world


def deleted(world: World) -> list[str]:
    """Return what was asked to go, in order."""
    return [each.name for what, each in world.objects.requests if what == "delete"]


def test_a_template_that_grows() -> None:
    """What is more is added at once, at the end; what was there keeps its name and its uid."""
    world = built()
    before = {each: world.api[each]["metadata"]["uid"] for each in world.api.keys(RACK_NODE.name)}
    world.reshape(template(chassis=3, nodes=4))
    world.run()
    assert world.counts() == [3, 12, 12, 48]
    assert {each: world.api[each]["metadata"]["uid"] for each in before} == before
    assert world.notices[-1].startswith("ScaledUp: added rack-01-c0s0n2, rack-01-c0s0n3, ")
    assert world.conditions["UpToDate"] == "True UpToDate"


def test_a_removal_waits_for_a_yes() -> None:
    """What would go is shown with its number and its highest names, and goes once somebody agrees to just that."""
    world = built()
    world.reshape(template(chassis=1))
    world.run()
    assert world.conditions["Ready"] == "True ReconcileSuccess"
    assert world.conditions["UpToDate"] == "False RemovalHeld"
    pending = world.status.pending
    assert pending is not None
    assert (pending.removals, pending.additions, len(pending.names)) == (17, 0, 10)
    assert pending.names[0] == "rack-01-c1s3n1"
    assert "17 would be removed (rack-01-c1s3n1, " in world.status.message
    assert world.notices[-1].startswith("RemovalHeld: 17 would be removed")
    assert deleted(again(world)) == []
    told = len(world.notices)
    again(world)
    assert len(world.notices) == told
    world.approve()
    world.run()
    assert world.counts() == [1, 4, 4, 8]
    assert world.status.pending is None
    assert world.conditions["UpToDate"] == "True UpToDate"
    assert world.status.total_nodes == 8


def test_the_highest_goes_first() -> None:
    """Of what is too much the highest place goes first, each node before its BMC, its blade and its chassis."""
    world = built("Auto", chassis=2, blades=2, nodes=2)
    world.reshape(template(chassis=1, blades=1, nodes=2))
    world.run()
    gone = deleted(world)
    assert gone[:3] == ["rack-01-c1s1n1", "rack-01-c1s1n0", "rack-01-c1s1b0"]
    assert gone.index("rack-01-c1") > gone.index("rack-01-c1s0")
    assert gone[-1] == "rack-01-c0s1"
    assert world.counts() == [1, 1, 1, 2]


def test_a_yes_to_another_plan_is_none() -> None:
    """Who has agreed to one removal has not agreed to the next, nor to the same one at another time."""
    world = built()
    world.reshape(template(chassis=1))
    world.run()
    world.approve()
    world.run()
    world.reshape(template(chassis=2))
    world.run()
    world.reshape(template(chassis=1))
    world.run()
    assert world.counts() == [2, 8, 8, 16]
    assert world.conditions["UpToDate"] == "False RemovalHeld"
    world.edit({"metadata": {"annotations": {"fabgitops.io/approve": "no-hash"}}})
    world.run()
    assert world.counts() == [2, 8, 8, 16]


def test_additions_do_not_wait_for_removals() -> None:
    """What is added is added while what would go waits, and what is lost is made again meanwhile."""
    world = built(chassis=2, blades=2, nodes=1)
    world.reshape(template(chassis=1, blades=2, nodes=2))
    world.run()
    assert key(RACK_NODE.name, "rack-01-c0s0n1") in world.api
    assert world.conditions["UpToDate"] == "False RemovalHeld"
    world.api.remove(key(CHASSIS.name, "rack-01-c0"))
    again(world)
    assert key(CHASSIS.name, "rack-01-c0") in world.api


def test_a_change_to_dedicated_waits() -> None:
    """Nodes get a BMC of their own, or share one again, once somebody agrees, and keep their names."""
    world = built(chassis=1, blades=1)
    uids = {each: world.api[each]["metadata"]["uid"] for each in world.api.keys(RACK_NODE.name)}
    world.reshape(template(chassis=1, blades=1, mode="dedicated"))
    world.run()
    node = key(RACK_NODE.name, "rack-01-c0s0n1")
    assert world.api[node]["spec"]["bmcRef"]["name"] == "rack-01-c0s0b0"
    assert world.conditions["UpToDate"] == "False ChangeHeld"
    assert world.status.pending is not None
    assert (world.status.pending.changes, world.status.pending.names) == (1, ("rack-01-c0s0n1",))
    world.approve()
    world.run()
    assert world.api[node]["spec"]["bmcRef"]["name"] == "rack-01-c0s0b1"
    assert world.counts() == [1, 1, 2, 2]
    world.reshape(template(chassis=1, blades=1))
    world.run()
    world.approve()
    world.run()
    assert world.counts() == [1, 1, 1, 2]
    assert world.api[node]["spec"]["bmcRef"]["name"] == "rack-01-c0s0b0"
    assert {each: world.api[each]["metadata"]["uid"] for each in uids} == uids


def test_auto_does_all_at_once() -> None:
    """With update: Auto nothing waits."""
    world = built("Auto")
    world.reshape(template(chassis=1, nodes=1, mode="dedicated"))
    world.run()
    assert world.counts() == [1, 4, 4, 4]
    assert world.conditions["UpToDate"] == "True UpToDate"


def test_manual_lets_all_wait() -> None:
    """With update: Manual a Rack is made at once, and what its template says later waits, whatever it is."""
    world = built("Manual")
    assert world.counts() == [2, 8, 8, 16]
    world.reshape(template(chassis=3))
    world.run()
    assert world.counts() == [2, 8, 8, 16]
    assert world.conditions["UpToDate"] == "False ChangeHeld"
    assert world.status.pending is not None
    assert world.status.pending.additions == 17
    world.approve()
    world.run()
    assert world.counts() == [3, 12, 12, 24]
    world.api.remove(key(CHASSIS.name, "rack-01-c2"))
    again(world)
    assert world.counts() == [3, 12, 12, 24]


def test_a_description_is_no_change() -> None:
    """A template that says the same in other words lets nothing wait and writes no part."""
    world = built("Manual")
    requests = len(world.objects.requests)
    world.reshape(template(description="the same"))
    world.run()
    assert world.conditions["UpToDate"] == "True UpToDate"
    assert len(world.objects.requests) == requests
    assert world.status.template is not None
    assert world.status.template.generation == 2


# --- what is in use ---------------------------------------------------------------------------------------------------


def test_a_claimed_node_keeps_its_subtree() -> None:
    """While a node is claimed its whole blade stays, what else is too much goes, and it is said who claims it."""
    world = built("Auto")
    claimed(world, "rack-01-c0s3n1")
    world.reshape(template(blades=2))
    world.run()
    left = [each for each in world.there() if "s3" in each or "s2" in each]
    assert sorted(left) == ["rack-01-c0s3", "rack-01-c0s3b0", "rack-01-c0s3n0", "rack-01-c0s3n1"]
    assert world.conditions["UpToDate"] == "False ScaleDownBlocked"
    assert world.conditions["Ready"] == "True ReconcileSuccess"
    assert "RackNode rack-01-c0s3n1 is claimed by job-7" in world.status.message
    assert "ScaleDownBlocked: not removed: RackNode rack-01-c0s3n1 is claimed by job-7" in world.notices
    claimed(world, "rack-01-c0s3n1", None)
    again(world)
    assert world.counts() == [2, 4, 4, 8]
    assert world.conditions["UpToDate"] == "True UpToDate"


def test_growing_and_shrinking_while_a_node_is_claimed() -> None:
    """From 2x4x2 to 3x4x4 and back while a node is claimed: its chassis stays until it is given back."""
    world = built("Auto")
    world.reshape(template(chassis=3, nodes=4))
    world.run()
    claimed(world, "rack-01-c2s1n3")
    world.reshape(template())
    world.run()
    assert world.counts() == [3, 12, 12, 32]
    claimed(world, "rack-01-c2s1n3", None)
    again(world)
    assert world.counts() == [2, 8, 8, 16]


def test_what_is_claimed_a_moment_before_it_goes() -> None:
    """A node that is claimed after it was looked at is not deleted: nothing goes that has changed since."""
    world = built("Auto")
    for watch in world.watches:
        watch.lagging = True
    world.reshape(template(chassis=1))
    world.survey()
    claimed(world, "rack-01-c1s3n1")
    world.advance()
    assert key(RACK_NODE.name, "rack-01-c1s3n1") in world.api
    for watch in world.watches:
        watch.deliver()
        watch.lagging = False
    world.run()
    assert world.counts() == [2, 8, 8, 16]
    assert world.conditions["UpToDate"] == "False ScaleDownBlocked"


@pytest.mark.parametrize(("power", "goes"), [("On", False), ("PoweringOff", False), ("Off", True), ("Unknown", True)])
def test_what_has_to_be_off(power: str, goes: bool) -> None:
    """With requireOff what is known to be on, or on its way, stays, and with it the subtree."""
    world = built("Auto", chassis=1, blades=2)
    world.api.write_status(key(RACK_NODE.name, "rack-01-c0s1n0"), {"powerState": power})
    world.reshape(template(chassis=1, blades=1, requireOff=True))
    world.run()
    assert (world.counts() == [1, 1, 1, 2]) is goes
    assert world.conditions["UpToDate"] == ("True UpToDate" if goes else "False ScaleDownBlocked")


@pytest.mark.parametrize(
    "calmed",
    [{"spec": {"autoCorrect": False}}, {"metadata": {"annotations": {"fabgitops.io/suspend": "taken apart"}}}],
    ids=["only reports", "suspended"],
)
def test_a_plc_that_corrects_stays(calmed: dict[str, Any]) -> None:
    """A PLC that corrects a device is not taken away, nor what it belongs to, until it does not correct any more."""
    plc = {"name": "cdu", "at": "chassis", "templateRef": {"name": "cdu"}, "deviceAddress": "10.0.0.${chassis}"}
    corrects = {**plc, "autoCorrect": True}
    world = built("Auto", plcs=[corrects])
    world.reshape(template(chassis=1, plcs=[corrects]))
    world.run()
    there = key(PLC.name, "rack-01-c1-cdu")
    assert there in world.api
    assert world.counts() == [2, 8, 8, 16]
    assert "IndustrialPLC rack-01-c1-cdu corrects a device" in world.status.message
    world.api.edit(there, calmed)
    again(world)
    assert there not in world.api
    assert world.counts() == [1, 4, 4, 8]


def test_nothing_that_others_made_goes() -> None:
    """An object with the Rack's label and a name that is no place's, or another owner, is left alone for good."""
    world = built("Auto")
    labels = {"fabgitops.io/rack": "rack-01"}
    owner = {"apiVersion": "v1", "kind": "Robot", "name": "r2", "uid": "r2", "controller": True}
    for name, owners in (("rack-01-extra", []), ("rack-01-c9", [owner]), ("spare", [])):
        metadata = {"namespace": "floor", "name": name, "labels": labels, "ownerReferences": owners}
        world.api.create({"apiVersion": "fabgitops.io/v1", "kind": "Chassis", "metadata": metadata, "spec": {}})
    again(world)
    assert len(world.there(CHASSIS.name)) == 5
    assert deleted(world) == []
    assert world.status.total_chassis == 2


def test_what_was_brought_back_waits_for_a_yes() -> None:
    """A part that a backup brings back beyond the plan is a removal like any other."""
    world = built()
    kept = world.api[key(CHASSIS.name, "rack-01-c1")]
    world.reshape(template(chassis=1))
    world.run()
    world.approve()
    world.run()
    world.edit({"spec": {"location": "hall 2"}})
    world.api.create(kept, "restore")
    again(world)
    assert world.counts()[0] == 2
    assert world.conditions["UpToDate"] == "False RemovalHeld"
    world.approve()
    world.run()
    assert world.counts()[0] == 1
