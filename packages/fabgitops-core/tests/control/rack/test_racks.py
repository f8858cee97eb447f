"""A Rack from its template to all of its parts: what is made, what is said of it, and what is kept true."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from fabgitops_core.api.rack import BMC, CHASSIS, RACK_NODE
from fabgitops_core.control.events import Faulted, Removed
from fabgitops_core.control.moments import LONGEST_PAUSE_SECS
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rack.diff import NO_DIFFERENCE, difference
from fabgitops_core.control.rack.refusing import MOST_REFUSED
from fabgitops_core.control.rack.resting import GRACE_SECS
from fabgitops_core.control.rack.state import Stage

from .world import COUNTED, World, key, template

AWAY, HELD, REFUSED = ObjectFailureKind.AWAY, ObjectFailureKind.HELD, ObjectFailureKind.REFUSED


def built(world: World | None = None, **shape: Any) -> World:
    """Return a Rack that is complete."""
    world = (world or World()).make(template(**shape))
    world.run()
    assert world.conditions["Ready"].startswith("True")
    return world


def healed(world: World) -> World:
    """Return the same after it has looked, some time later."""
    world.at += timedelta(seconds=5)
    world.survey()
    world.run()
    return world


@pytest.mark.parametrize(
    ("shape", "counts"),
    [
        ({"chassis": 2, "blades": 4, "nodes": 2, "mode": "shared"}, [2, 8, 8, 16]),
        ({"chassis": 1, "blades": 2, "nodes": 4, "mode": "dedicated"}, [1, 2, 8, 8]),
    ],
)
def test_the_numbers_of_the_example(shape: dict[str, Any], counts: list[int]) -> None:
    """A template becomes as many chassis, blades, BMCs and nodes as the example says, and the status counts them."""
    world = built(**shape)
    assert world.counts() == counts
    status = world.status
    assert [status.total_chassis, status.total_blades, status.total_bmcs, status.total_nodes] == counts
    assert (status.phase, status.message) == ("Ready", f"all {sum(counts)} parts are there")
    assert list(status.chassis_uids) == [world.api[each]["metadata"]["uid"] for each in world.api.keys(CHASSIS.name)]


def test_names_and_parents() -> None:
    """Each part is called by its place, says what it stands in, and belongs to the Rack alone; a BMC has its nodes."""
    world = built(mode="dedicated")
    node = world.api[key(RACK_NODE.name, "rack-01-c1s3n1")]
    assert node["spec"] == {"bladeRef": {"name": "rack-01-c1s3"}, "bmcRef": {"name": "rack-01-c1s3b1"}, "nodeNumber": 1}
    assert node["metadata"]["labels"] == {
        "fabgitops.io/rack": "rack-01",
        "fabgitops.io/chassis": "rack-01-c1",
        "fabgitops.io/blade": "rack-01-c1s3",
        "fabgitops.io/bmc": "rack-01-c1s3b1",
        "fabgitops.io/template": "build",
    }
    (owner,) = node["metadata"]["ownerReferences"]
    uid = world.api[world.key]["metadata"]["uid"]
    assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == ("Rack", "rack-01", uid, True)
    assert owner["blockOwnerDeletion"] is False
    assert world.api[key("Blade", "rack-01-c0s3")]["spec"] == {"chassisRef": {"name": "rack-01-c0"}, "bladeNumber": 3}
    assert world.api[key("Chassis", "rack-01-c1")]["spec"] == {"rackRef": {"name": "rack-01"}, "chassisNumber": 1}


def test_the_status_from_the_first_moment() -> None:
    """Until then kstatus reads InProgress until all is there, then Current; phases and progress go with it."""
    world = World().make()
    first = world.status
    assert (first.phase, world.conditions["Reconciling"]) == ("Pending", "True Pending")
    world.run()
    phases = [each.phase.value for each in world.published]
    assert phases == sorted(phases, key=["Pending", "Provisioning", "Ready"].index)
    for status in world.published[:-1]:
        said = {each.type: each.status.value for each in status.conditions}
        ended = status.phase == "Ready"
        assert (said["Ready"], said["Reconciling"], said["Stalled"]) == (
            ("True", "False", "False") if ended else ("False", "True", "False")
        )
    assert world.conditions == {
        "Ready": "True ReconcileSuccess",
        "Reconciling": "False ReconcileSuccess",
        "Stalled": "False ReconcileSuccess",
        "UpToDate": "True UpToDate",
    }


def test_progress_is_told_once_a_second_at_most() -> None:
    """While hundreds of parts are made the status is written once a second, and says how far it is."""
    world = World().make(template(chassis=4, blades=8, nodes=4))
    world.run()
    told = [each for each in world.published if each.phase == "Provisioning"]
    assert 3 <= len(told) <= 6
    moments = [each.last_update for each in told if each.last_update]
    assert all((b - a).total_seconds() >= 1 for a, b in pairwise(moments))
    assert told[1].message.endswith(" of 196 parts are there")
    assert 0 < told[1].total_nodes < 128


def test_at_rest_nothing_is_sent() -> None:
    """A Rack that is complete asks for nothing and writes nothing, however often it is looked at."""
    world = built()
    healed(world)
    requests, said = len(world.objects.requests), len(world.published)
    for _ in range(3):
        assert world.survey() is None
    world.run()
    assert (len(world.objects.requests), len(world.published)) == (requests, said)
    assert requests == 34


# --- what is missing --------------------------------------------------------------------------------------------------


def test_a_missing_template() -> None:
    """A Rack whose template is not there waits a moment, is Stalled then and says which, and goes on when it comes."""
    world = World()
    spec = template()
    world.make(spec)
    world.reshape(None)
    world.survey()
    assert world.conditions["Reconciling"] == "True Pending"
    assert world.wakes[-1] == GRACE_SECS
    world.run()
    assert world.conditions["Stalled"] == "True TemplateNotFound"
    assert world.status.message == "spec.templateRef names the RackTemplate build, which is not in this namespace"
    assert [each.split(":")[0] for each in world.notices] == ["TemplateNotFound"]
    assert world.there() == []
    world.reshape(spec)
    world.run()
    assert len(world.there()) == 34


def test_a_template_that_goes_leaves_all_as_it_is() -> None:
    """Without its template a Rack that is complete keeps its parts, heals none, and still counts them."""
    world = built()
    world.reshape(None)
    world.api.remove(key(CHASSIS.name, "rack-01-c0"))
    healed(world)
    assert len(world.there()) == 33
    assert (world.status.phase, world.status.total_chassis) == ("Error", 1)


def test_an_invalid_template_or_spec() -> None:
    """A Rack says what is wrong with its template, or with itself, and touches nothing."""
    world = built()
    world.offer, world.problem = None, "spec.chassisCount is 43: at most 42"
    world.reshape(None)
    world.run()
    assert world.conditions["Ready"] == "False InvalidTemplate"
    assert "chassisCount is 43" in world.status.message
    world.edit({"spec": {"templateRef": None}})
    world.run()
    assert world.conditions["Ready"] == "False InvalidSpec"
    assert world.status.message == "spec.templateRef is missing"
    assert len(world.there()) == 34


@pytest.mark.parametrize("name", ["rack-01-c0", "rack-01-c1s2", "rack-01-c0s3b0", "rack-01-c0s3n1"])
def test_a_deleted_part_is_made_again(name: str) -> None:
    """Whichever part is deleted is made again, alone, and people are told; the totals say what is there meanwhile."""
    world = built()
    there = next(each for each in world.api.keys(*COUNTED) if each.name == name)
    world.api.remove(there)
    requests = len(world.objects.requests)
    healed(world)
    assert len(world.objects.requests) == requests + 1
    assert there in world.api
    assert world.notices[-1] == f"ChildRecreated: gone, and made again: {name}"
    assert "33 of 34 parts are there" in [each.message for each in world.published]
    assert world.conditions["Ready"].startswith("True")


def test_an_edited_part_is_put_back() -> None:
    """A field of ours that somebody changed is put back, and people are told who it was; fields of users stay."""
    world = built()
    there = key(RACK_NODE.name, "rack-01-c0s3n1")
    edit = {"spec": {"bmcRef": {"name": "mine"}, "cpuModel": "abacus"}, "metadata": {"labels": {"team": "blue"}}}
    world.api.edit(there, edit, "kubectl-edit")
    healed(world)
    body = world.api[there]
    assert (body["spec"]["bmcRef"]["name"], body["spec"]["cpuModel"]) == ("rack-01-c0s3b0", "abacus")
    assert body["metadata"]["labels"]["team"] == "blue"
    assert world.notices[-1] == ("ChildCorrected: put back, for somebody had changed it: rack-01-c0s3n1 (kubectl-edit)")


def test_an_edited_part_is_only_reported() -> None:
    """With heal: Report a changed field stays, and the Rack says who gave it which."""
    world = World().make(heal="Report")
    world.run()
    there = key(RACK_NODE.name, "rack-01-c0s3n1")
    world.api.edit(there, {"spec": {"bmcRef": {"name": "mine"}}}, "kubectl-edit")
    healed(world)
    assert world.api[there]["spec"]["bmcRef"]["name"] == "mine"
    assert world.conditions["Stalled"] == "True ChildDiffers"
    assert "kubectl-edit gave another value to .spec.bmcRef.name" in world.status.message
    world.api.remove(there)
    healed(world)
    assert world.api[there]["spec"]["bmcRef"]["name"] == "rack-01-c0s3b0"
    assert world.conditions["Ready"].startswith("True")


@pytest.mark.parametrize("label", [None, "rack-02"])
def test_a_relabelled_part_is_found_again(label: str | None) -> None:
    """A part that lost the Rack's label, or has another's, is not seen any more, found by its name, and put back."""
    world = built()
    there = key(CHASSIS.name, "rack-01-c1")
    uid = world.api[there]["metadata"]["uid"]
    world.api.edit(there, {"metadata": {"labels": {"fabgitops.io/rack": label}}})
    healed(world)
    assert world.api[there]["metadata"]["uid"] == uid
    assert world.api[there]["metadata"]["labels"]["fabgitops.io/rack"] == "rack-01"
    assert world.status.total_chassis == 2


def test_a_part_that_was_given_to_another() -> None:
    """A part that belongs to somebody else is left alone, and it is said to whom; it is looked at again in a minute."""
    world = built()
    there = key(CHASSIS.name, "rack-01-c1")
    owner = {"apiVersion": "v1", "kind": "Robot", "name": "r2", "uid": "r2", "controller": True}
    world.api.edit(there, {"metadata": {"ownerReferences": [owner]}})
    before = world.api[there]
    world.survey()
    assert world.request is None
    assert world.api[there] == before
    assert world.conditions["Stalled"] == "True NameTaken"
    assert world.status.message == "the Chassis rack-01-c1 belongs to Robot r2: delete it, or rename the Rack"
    assert world.wakes[-1] == 60
    assert world.status.total_chassis == 1
    world.api.remove(there)
    healed(world)
    assert world.conditions["Ready"].startswith("True")


def test_a_part_that_stays_otherwise_than_it_was_put() -> None:
    """What an apply does not put right, for somebody else holds it too, is told as it is, not as put back for ever."""
    world = built()
    there = key(BMC.name, "rack-01-c0s0b0")
    world.api.edit(there, {"metadata": {"annotations": {"fabgitops.io/by-rack": "ipAddress"}}}, "kubectl")
    healed(world)
    assert world.conditions["Stalled"] == "True ChildDiffers"
    assert "the BMC rack-01-c0s0b0 is not as it should be although it was applied" in world.status.message
    notices = len(world.notices)
    for _ in range(3):
        healed(world)
    assert not [each for each in world.notices[notices:] if "put back" in each]
    world.api.edit(there, {"metadata": {"annotations": {"fabgitops.io/by-rack": None}}})
    healed(world)
    assert world.conditions["Stalled"].startswith("False")


def test_a_rack_of_another_group() -> None:
    """What belongs to a Rack of somebody else's kind is his, also where that Rack has the name of ours."""
    world = built()
    there = key(CHASSIS.name, "rack-01-c1")
    owner = {"apiVersion": "dcim.example/v1", "kind": "Rack", "name": "rack-01", "uid": "r2", "controller": True}
    world.api.edit(there, {"metadata": {"ownerReferences": [owner]}})
    before = world.api[there]
    healed(world)
    assert world.api[there] == before
    assert "rack-01-c1 belongs to Rack rack-01 of dcim.example: delete it" in world.status.message


def test_a_part_without_its_owner() -> None:
    """A part that has lost its owner reference, as by a backup, gets it back, and is not made a second time."""
    world = built()
    there = key(CHASSIS.name, "rack-01-c1")
    uid = world.api[there]["metadata"]["uid"]
    world.api.edit(there, {"metadata": {"ownerReferences": None}})
    healed(world)
    assert world.api[there]["metadata"]["uid"] == uid
    assert world.api[there]["metadata"]["ownerReferences"][0]["name"] == "rack-01"
    assert world.notices[-1] == "Adopted: taken over: rack-01-c1"


def test_the_parts_of_a_rack_of_the_same_name() -> None:
    """What a Rack of the same name has left is taken over; nothing is made twice."""
    world = built()
    world.remove()
    world.make()
    world.begin()
    world.run()
    uid = world.api[world.key]["metadata"]["uid"]
    owners = {world.api[each]["metadata"]["ownerReferences"][0]["uid"] for each in world.api.keys(*COUNTED)}
    assert owners == {uid}
    assert world.api.collect() == 0
    assert len(world.there()) == 34
    assert world.conditions["Ready"].startswith("True")


def test_what_somebody_made_by_hand() -> None:
    """An object that has the name of a part and is nobody's is left alone until it is given to the Rack."""
    world = World()
    there = key(CHASSIS.name, "rack-01-c0")
    metadata = {"namespace": "floor", "name": "rack-01-c0"}
    spec = {"rackRef": {"name": "rack-01"}, "chassisNumber": 0, "model": "mine"}
    made = world.api.create({"apiVersion": "fabgitops.io/v1", "kind": "Chassis", "metadata": metadata, "spec": spec})
    world.make()
    world.run()
    assert world.api[there] == made
    assert len(world.there()) == 34
    assert world.conditions["Stalled"] == "True NameTaken"
    assert "belongs to nobody: give it to the Rack by fabgitops.io/adopt=true" in world.status.message
    world.api.edit(there, {"metadata": {"annotations": {"fabgitops.io/adopt": "true"}}})
    healed(world)
    adopted = world.api[there]
    assert adopted["metadata"]["uid"] == made["metadata"]["uid"]
    assert adopted["spec"]["model"] == "mine"
    assert "Adopted: taken over, for it was given to this Rack: rack-01-c0" in world.notices
    assert world.conditions["Ready"].startswith("True")


# --- failures ---------------------------------------------------------------------------------------------------------


def test_backoff_while_the_api_server_is_away() -> None:
    """While the API server is away a pass is done again after 2, 4 … 60 s, and goes on where it was."""
    world = World().make()
    pauses = []
    for _ in range(7):
        world.survey()
        world.failures.append(AWAY)
        world.advance()
        pauses.append(world.wakes[-1])
    assert pauses == [2, 4, 8, 16, 32, 60, LONGEST_PAUSE_SECS]
    assert world.conditions["Reconciling"].startswith("True")
    world.run()
    world.api.remove(key(CHASSIS.name, "rack-01-c0"))
    world.survey()
    world.failures.append(AWAY)
    world.advance()
    assert world.wakes[-1] == 2


def test_who_is_held_is_woken_by_others() -> None:
    """A pass that may send nothing ends and says so, without a time of its own to begin again."""
    world = World().make()
    world.survey()
    world.wakes.clear()
    world.failures.append(HELD)
    world.advance()
    assert world.wakes == []
    assert world.state.stage is Stage.IDLE
    healed(world)
    assert len(world.there()) == 34


def test_what_is_refused_is_not_tried_again_until_something_changes() -> None:
    """An object that is refused leaves the Rack Stalled with the reason; the others are made, none is repeated."""
    world = World().make()
    world.survey()
    world.failures.append(REFUSED)
    world.run()
    assert len(world.there()) == 33
    assert world.conditions["Stalled"] == "True ReconcileError"
    assert world.status.message == "no luck"
    assert world.due is None
    world.declare(sync="now")
    world.run()
    assert len(world.there()) == 34
    assert world.status.last_handled_reconcile_at == "now"


def test_a_policy_that_refuses_everything() -> None:
    """After twenty refusals in a row the others are not tried: it is no matter of one object."""
    world = World().make(template(chassis=4))
    world.survey()
    world.failures.extend([REFUSED] * 1000)
    world.run()
    assert 1000 - len(world.failures) == MOST_REFUSED
    assert "and 17 more" in world.status.message


def test_a_fault_of_our_own() -> None:
    """A fault of our own is said, nothing of a lasting one is in force, and what is declared anew ends it."""
    world = built()
    world.tell(Faulted(world.at, 2, "KeyError: x", lasting=True))
    assert world.conditions["Stalled"] == "True InternalError"
    world.api.remove(key(CHASSIS.name, "rack-01-c0"))
    healed(world)
    assert len(world.there()) == 33
    world.declare()
    world.run()
    assert len(world.there()) == 34
    assert world.conditions["Ready"].startswith("True")


@pytest.mark.parametrize("stage", [Stage.IDLE, Stage.APPLYING, Stage.PRUNING])
def test_a_rack_that_goes(stage: Stage) -> None:
    """A Rack that is deleted sends nothing any more, in whichever stage it is; nor does one that is on its way out."""
    world = World().make(update="Auto")
    if stage is Stage.PRUNING:
        world.run()
        world.reshape(template(chassis=1))
    if stage is not Stage.IDLE:
        world.survey()
        world.advance()
    assert world.state.stage is stage
    requests = len(world.objects.requests)
    world.request = None
    world.api.edit(world.key, {"metadata": {"finalizers": ["foregroundDeletion"]}})
    world.api.remove(world.key)
    world.declare()
    if stage is Stage.IDLE:
        assert world.survey() is None
    assert world.tell(Removed(world.at)) is None
    assert world.survey() is None
    assert len(world.objects.requests) == requests
    world.take()
    assert world.ids("rack.deleted") == [f"{world.state.uid}/deleted"]


def test_a_change_under_way() -> None:
    """A template that changes in the middle of a pass ends it at its next step, and only the new one is made."""
    world = World().make(template(chassis=42))
    world.survey()
    for _ in range(5):
        world.advance()
    world.reshape(template(chassis=1, blades=1, nodes=1))
    world.advance()
    assert world.request is None
    world.run()
    assert [each for each in world.there() if "c1" in each] == []
    assert world.status.template is not None
    assert world.status.template.generation == 2


# --- limits -----------------------------------------------------------------------------------------------------------


def test_the_largest_rack_there_may_be() -> None:
    """42 chassis of 16 blades of 8 nodes, each with a BMC of its own, are 11,466 parts, planned and compared."""
    world = World().make(template(42, 16, 8, "dedicated"))
    world.survey()
    plan = world.state.going.plan
    assert plan is not None
    assert len(plan.slots) == len(world.state.going.queue) == 11_466
    assert max(len(each.name) for each in plan.slots) == len("rack-01-c41s15n7")
    children = {}
    for each in plan.slots:
        world.api.create(dict(plan.object_of(each)))
        children[each] = world.child(each)
    assert difference(plan, children) == NO_DIFFERENCE


def test_addresses_of_single_places() -> None:
    """What the Rack says of one BMC goes to that BMC, and is taken back when it is not said any more."""
    slots = [{"slot": "c0s3b0", "address": "10.0.0.7", "credentialsRef": {"name": "root"}}]
    world = World().make(slots=slots)
    world.run()
    there = key(BMC.name, "rack-01-c0s3b0")
    assert world.api[there]["spec"]["ipAddress"] == "10.0.0.7"
    assert world.api[there]["spec"]["credentialsRef"] == {"name": "root"}
    other = key(BMC.name, "rack-01-c0s2b0")
    world.api.edit(other, {"spec": {"ipAddress": "10.0.0.8"}})
    healed(world)
    assert world.api[other]["spec"]["ipAddress"] == "10.0.0.8"
    world.edit({"spec": {"slots": [{"slot": "c0s3b0", "address": "10.0.0.9"}]}})
    world.run()
    assert world.api[there]["spec"]["ipAddress"] == "10.0.0.9"
    assert "credentialsRef" not in world.api[there]["spec"]
    world.edit({"spec": {"slots": []}})
    world.run()
    assert "ipAddress" not in world.api[there]["spec"]
    assert world.api[other]["spec"]["ipAddress"] == "10.0.0.8"


def test_a_place_that_there_is_not() -> None:
    """An entry of spec.slots that names no place of the rack has no effect, and the Rack says so."""
    slots = [{"slot": each, "address": "10.0.0.7"} for each in ("c0s3b0", "c0s3", "c0s9b0", "pdu")]
    world = World().make(template(plcs=[{"name": "pdu", "at": "rack", "templateRef": {"name": "em"}}]), slots=slots)
    world.run()
    assert world.conditions["Ready"] == "True ReconcileSuccess"
    assert world.status.message == "all 35 parts are there; spec.slots names what is no place of it: c0s9b0"
