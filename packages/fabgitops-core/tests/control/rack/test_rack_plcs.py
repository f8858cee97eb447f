"""The PLCs of a rack: made as its template says, at addresses that the Rack says, correcting where that is said."""

from typing import Any

import pytest
from fabgitops_core.api.rack import CHASSIS
from fabgitops_core.control.rack.adopting import Whose, whose
from fabgitops_core.control.rack.kinds import PLC
from fabgitops_core.testing.objects import FakeObjects

from .world import World, key, template

PDU = {"name": "pdu", "at": "rack", "templateRef": {"name": "em"}}
CDU = {"name": "cdu", "at": "chassis", "templateRef": {"name": "cdu"}, "deviceAddress": "cdu-${chassis}.${rack}.plant"}


def built(*plcs: dict[str, Any], slots: tuple[dict[str, Any], ...] = ()) -> World:
    """Return a Rack with PLCs."""
    world = World().make(template(plcs=list(plcs)), slots=list(slots))
    world.run()
    return world


def test_one_of_each() -> None:
    """There is one PLC for each of what it is at, called after its place, owned by the Rack, with its own address."""
    world = built(PDU, CDU, slots=({"slot": "pdu", "address": "10.0.0.7"},))
    assert world.there(PLC.name) == ["rack-01-c0-cdu", "rack-01-c1-cdu", "rack-01-pdu"]
    pdu = world.api[key(PLC.name, "rack-01-pdu")]
    assert pdu["spec"] == {
        "deviceAddress": "10.0.0.7",
        "unitId": 1,
        "autoCorrect": False,
        "templateRef": {"name": "em"},
    }
    assert pdu["metadata"]["ownerReferences"][0]["name"] == "rack-01"
    cdu = world.api[key(PLC.name, "rack-01-c1-cdu")]
    assert cdu["spec"]["deviceAddress"] == "cdu-1.rack-01.plant"
    assert cdu["metadata"]["labels"]["fabgitops.io/chassis"] == "rack-01-c1"
    assert world.status.message == "all 37 parts are there"


def test_what_is_said_of_a_plc() -> None:
    """Unit, correction and parameters are the template's; numbers with a point are the same as those without."""
    reference = {"name": "em", "parameters": {"ratio": 1.0, "text": "x"}}
    world = built({**PDU, "templateRef": reference, "deviceAddress": "10.0.0.1", "unitId": 7, "autoCorrect": True})
    there = key(PLC.name, "rack-01-pdu")
    spec = world.api[there]["spec"]
    assert (spec["unitId"], spec["autoCorrect"], spec["templateRef"]["parameters"]["ratio"]) == (7, True, 1)
    world.api.edit(there, {"spec": {"templateRef": {"name": "em", "parameters": {"ratio": 1, "text": "x"}}}})
    requests = len(world.objects.requests)
    world.survey()
    world.run()
    assert len(world.objects.requests) == requests


def test_an_address_that_nobody_says() -> None:
    """A PLC whose address nobody says is not made: the Rack, which is Ready, says which, and where to say it."""
    world = built(PDU, CDU)
    assert world.there(PLC.name) == ["rack-01-c0-cdu", "rack-01-c1-cdu"]
    assert world.conditions["PLCsInSync"] == "False AddressMissing"
    assert "nobody says the address of pdu: give it in spec.slots" in world.status.conditions[-1].message
    assert world.conditions["Ready"].startswith("True")
    world.edit({"spec": {"slots": [{"slot": "pdu", "address": "10.0.0.7"}]}})
    world.run()
    assert key(PLC.name, "rack-01-pdu") in world.api


def test_a_place_may_have_an_address_for_its_plc() -> None:
    """The address of a place is that of the PLC at it, unless the PLC has one of its own."""
    at_node = {**PDU, "name": "bay", "at": "node"}
    slots = ({"slot": "c0s0n0", "address": "10.0.0.1"}, {"slot": "c0s0n1-bay", "address": "10.0.0.2"})
    world = built(at_node, slots=slots)
    assert world.there(PLC.name) == ["rack-01-c0s0n0-bay", "rack-01-c0s0n1-bay"]
    addresses = [world.api[each]["spec"]["deviceAddress"] for each in world.api.keys(PLC.name)]
    assert addresses == ["10.0.0.1", "10.0.0.2"]


def test_whether_they_are_in_sync() -> None:
    """PLCsInSync is a condition of its own: the Rack is Ready whatever its PLCs hold."""
    world = built(CDU)
    assert world.conditions["PLCsInSync"] == "Unknown NotKnown"
    for number, in_sync in ((0, True), (1, False)):
        world.api.write_status(key(PLC.name, f"rack-01-c{number}-cdu"), {"inSync": in_sync})
    world.survey()
    world.run()
    assert world.conditions["PLCsInSync"] == "False OutOfSync"
    assert world.conditions["Ready"] == "True ReconcileSuccess"
    plcs = world.status.plcs
    assert plcs is not None
    assert (plcs.total, plcs.in_sync) == (2, 1)
    world.api.write_status(key(PLC.name, "rack-01-c1-cdu"), {"inSync": True})
    world.survey()
    world.run()
    assert world.conditions["PLCsInSync"] == "True InSync"


def test_a_correction_that_is_switched_on_by_hand() -> None:
    """Whether a PLC of a rack corrects is said by its template alone: what was changed by hand is put back."""
    world = built(CDU)
    there = key(PLC.name, "rack-01-c0-cdu")
    world.api.edit(there, {"spec": {"autoCorrect": True, "pollIntervalSecs": 60}})
    world.survey()
    world.run()
    assert world.api[there]["spec"]["autoCorrect"] is False
    assert world.api[there]["spec"]["pollIntervalSecs"] == 60


def test_a_plc_that_is_not_named_any_more() -> None:
    """A PLC that its template does not name any more waits for a yes like any other removal."""
    world = built(CDU)
    world.reshape(template())
    world.run()
    assert world.conditions["UpToDate"] == "False RemovalHeld"
    world.approve()
    world.run()
    assert world.there(PLC.name) == []
    assert "PLCsInSync" not in world.conditions


def beside(world: World, name: str) -> World:
    """Return a further Rack on the same floor, of which nothing is made yet."""
    other = World(name)
    other.api, other.objects = world.api, FakeObjects(world.api)
    other.begin()
    return other


def test_a_plc_of_another_rack_that_lives() -> None:
    """Two Racks may want one name for their PLCs: who has it keeps it, and the other says whose it is."""
    first = World("rack-1-c0").make(template(plcs=[{**PDU, "deviceAddress": "10.0.0.1"}]))
    first.run()
    there = key(PLC.name, "rack-1-c0-pdu")
    before = first.api[there]
    second = beside(first, "rack-1").make(template(plcs=[{**PDU, "at": "chassis", "deviceAddress": "10.0.0.2"}]))
    second.run()
    assert first.api[there] == before
    assert second.conditions["Stalled"] == "True NameTaken"
    assert "rack-1-c0-pdu belongs to Rack rack-1-c0" in second.status.message


def test_a_part_that_carries_the_label_of_another_rack() -> None:
    """A part of one Rack that somebody has labelled with another is no part of that one, and is not told as such."""
    first = built()
    there = key(CHASSIS.name, "rack-01-c0")
    first.api.edit(there, {"metadata": {"labels": {"fabgitops.io/rack": "rack-02"}}})
    second = beside(first, "rack-02").make()
    second.run()
    assert not [each for each in second.taken if each.subject.endswith(there.name)]
    assert second.status.total_chassis == 2
    assert whose(second.child(there), second.key, second.state.uid) is Whose.OTHERS
    assert whose(second.child(there), first.key, "another uid") is Whose.LEFT


def test_a_plc_that_lost_its_owner() -> None:
    """A PLC without an owner is that Rack's whose label it carries, also where another wants its name."""
    first = World("rack-1-c0").make(template(plcs=[{**PDU, "deviceAddress": "10.0.0.1"}]))
    first.run()
    there = key(PLC.name, "rack-1-c0-pdu")
    first.api.edit(there, {"metadata": {"ownerReferences": None}})
    second = beside(first, "rack-1").make(template(plcs=[{**PDU, "at": "chassis", "deviceAddress": "10.0.0.2"}]))
    second.run()
    assert first.api[there]["spec"]["deviceAddress"] == "10.0.0.1"
    assert second.conditions["Stalled"] == "True NameTaken"
    first = beside(second, "rack-1-c0")
    first.offer = first._offered(template(plcs=[{**PDU, "deviceAddress": "10.0.0.1"}]))
    first.declare()
    first.run()
    assert first.api[there]["metadata"]["ownerReferences"][0]["name"] == "rack-1-c0"


@pytest.mark.parametrize("update", ["Additive", "Auto"])
def test_a_plc_of_somebody_that_carries_the_label(update: str) -> None:
    """Who labels a PLC of his own to see it in the tree of a rack has not given it away: it stays, and is as it was."""
    world = World()
    labels = {"fabgitops.io/rack": "rack-01"}
    mine = [key(PLC.name, name) for name in ("rack-01-mine", "rack-01-c0-cdu")]
    for each in mine:
        metadata = {"namespace": each.namespace, "name": each.name, "labels": labels}
        body = {"apiVersion": "fabgitops.io/v1", "kind": PLC.name, "metadata": metadata}
        world.api.create({**body, "spec": {"deviceAddress": "10.9.9.9", "templateRef": {"name": "mine"}}})
    before = [world.api[each] for each in mine]
    world.make(template(plcs=[CDU]), update=update)
    world.run()
    assert [world.api[each] for each in mine] == before
    assert world.conditions["Stalled"] == "True NameTaken"
    assert "rack-01-c0-cdu is there and belongs to nobody: give it" in world.status.message
    world.api.edit(mine[1], {"metadata": {"annotations": {"fabgitops.io/adopt": "true"}}})
    world.survey()
    world.run()
    assert world.conditions["UpToDate"] == "True UpToDate"
    assert world.api[mine[1]]["spec"]["deviceAddress"] == "cdu-0.rack-01.plant"
    assert world.api[mine[0]] == before[0]
