"""What is told of a Rack: each thing at least once, with one id, in order, however often the process dies."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.rack import CHASSIS
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rack.telling import MOST_LATER, MOST_OUTSTANDING

from .world import COUNTED, World, key, template


def built(world: World | None = None, **shape: Any) -> World:
    """Return a Rack that is complete."""
    world = (world or World()).make(template(**shape), update="Auto")
    world.run()
    return world


def uids(world: World) -> set[str]:
    """Return the uids of the parts that there are."""
    return {world.api[each]["metadata"]["uid"] for each in world.api.keys(*COUNTED)}


def of(world: World, ending: str) -> list[Happening]:
    """Return what the bus has of a type, in order, and as often as it came."""
    return [each for each in world.taken if each.type.endswith(ending)]


def test_each_part_is_told_once() -> None:
    """Each part is told as created, the Rack before them, and provisioned after them; a node is a node there."""
    world = built()
    created = [each.type for each in of(world, ".created")]
    assert created[0] == "io.fabrica.rack.created"
    assert {each: created.count(each) for each in created} == {
        "io.fabrica.rack.created": 1,
        "io.fabrica.chassis.created": 2,
        "io.fabrica.blade.created": 8,
        "io.fabrica.bmc.created": 8,
        "io.fabrica.node.created": 16,
    }
    types = [each.type for each in world.taken]
    assert types.index("io.fabrica.rack.provisioned") > max(at for at, each in enumerate(types) if "created" in each)
    assert types.count("io.fabrica.rack.provisioned") == 1


def test_what_is_told_of_a_part() -> None:
    """It has the attributes and data of the example, all in the partition of its Rack, at the time it was made."""
    world = built()
    told = next(each for each in of(world, "node.created") if each.subject == "floor/rack-01-c0s3n1")
    body = world.api[key("RackNode", "rack-01-c0s3n1")]
    uid = body["metadata"]["uid"]
    assert (told.id, told.source, told.partition) == (f"{uid}/created", f"/resources/Node/{uid}", "floor/rack-01")
    assert told.at.isoformat() == body["metadata"]["creationTimestamp"].replace("Z", "+00:00")
    assert told.extensions == {"resourcekind": "Node", "resourceuid": uid, "action": "created"}
    assert told.data["resourceName"] == "rack-01-c0s3n1"
    assert told.data["resource"]["spec"] == body["spec"]


def test_what_is_told_of_a_condition() -> None:
    """A condition that turns is told with what it said before."""
    world = built()
    ready = of(world, "condition.ready")
    assert [each.extensions["conditionstatus"] for each in ready] == ["False", "True"]
    assert ready[1].data["previousStatus"] == "False"
    assert ready[1].data["reason"] == "ReconcileSuccess"
    assert ready[1].source.endswith(f"/resources/Rack/{world.state.uid}/conditions/Ready")


@pytest.mark.parametrize("after", range(1, 41))
@pytest.mark.parametrize("stored", [True, False])
def test_killed_after_each_of_the_first_forty_commands(after: int, stored: bool) -> None:
    """Killed after any command and begun anew, there are 34 parts, none twice, and each is told with one id."""
    world = World().make()
    world.bus_away = True
    for _ in range(after):
        if world.request is None:
            world.survey()
        if world.request is not None:
            world.advance()
    if stored:
        world.store()
    world.take(after // 2)
    world.bus_away = False
    world.begin()
    world.run()
    assert world.counts() == [2, 8, 8, 16]
    assert world.conditions["Ready"] == "True ReconcileSuccess"
    assert len({each for _what, each in world.objects.requests}) == 34
    told = {each.id for each in of(world, ".created") if "rack.created" not in each.type}
    assert told == {f"{each}/created" for each in uids(world)}


def test_after_a_start_only_what_is_new_is_told_again() -> None:
    """A Rack that has stood for long is told again of nothing but its last five seconds, with the same ids."""
    world = built()
    world.at += timedelta(hours=1)
    world.reshape(template(chassis=3))
    world.run()
    world.store()
    first = len(world.taken)
    before = {each.id for each in world.taken}
    world.at += timedelta(hours=1)
    world.begin()
    world.run()
    again = [each for each in world.taken[first:] if each.type.endswith(".created")]
    assert len(again) == 17
    assert all("rack-01-c2" in each.subject for each in again)
    assert {each.id for each in world.taken[first:]} <= before


def test_a_bus_that_is_away_delays_what_is_told_and_nothing_else() -> None:
    """While the bus is away the Rack is made all the same, a hundred happenings wait at most, and all come later."""
    world = World()
    world.bus_away = True
    built(world, chassis=4, blades=8, nodes=4)
    assert world.conditions["Ready"] == "True ReconcileSuccess"
    assert world.counts() == [4, 32, 32, 128]
    assert MOST_OUTSTANDING <= len(world.untaken) <= MOST_OUTSTANDING + 20
    assert world.status.events is None or world.status.events.published_through is None
    world.bus_away = False
    while world.untaken:
        world.take(1)
    assert {each.split("/")[0] for each in world.ids(".created")} == uids(world) | {world.state.uid}
    assert len(of(world, ".created")) == 197
    assert world.status.events is not None
    assert world.status.events.published_through is not None


def test_what_is_deleted_is_recorded_before() -> None:
    """What is to go stands in the status before anything of it is deleted, and until the bus has that it is gone."""
    world = built()
    world.reshape(template(chassis=1))
    world.survey()
    assert world.status.events is not None
    recorded = {each.name for each in world.status.events.pending}
    assert len(recorded) == 16
    world.advance()
    stored = world.api[world.key]["status"]["events"]["pending"]
    assert {each["name"] for each in stored} == recorded
    world.run()
    assert world.status.events.pending == ()
    assert len(of(world, ".deleted")) == 17


@pytest.mark.parametrize("after", range(1, 20))
def test_killed_while_it_removes(after: int) -> None:
    """Killed after any deletion and begun anew, each part that is gone is told as deleted, and none that is there."""
    world = built()
    there = {world.api[each]["metadata"]["uid"] for each in world.api.keys(*COUNTED) if "-c1" in each.name}
    world.bus_away = True
    world.reshape(template(chassis=1))
    for _ in range(after):
        if world.request is None:
            world.survey()
        if world.request is not None:
            world.advance()
    world.bus_away = False
    world.begin()
    world.reshape(template(chassis=1))
    world.run()
    assert world.counts() == [1, 4, 4, 8]
    assert {each.split("/")[0] for each in world.ids(".deleted")} == there
    assert world.status.events is not None
    assert world.status.events.pending == ()


def test_a_deletion_without_an_answer() -> None:
    """A part of which nobody knows whether it is deleted is looked for again, and told once it is gone."""
    world = built()
    world.reshape(template(chassis=1))
    world.survey()
    world.failures.append(ObjectFailureKind.AWAY)
    world.advance()
    world.run()
    assert world.counts() == [1, 4, 4, 8]
    assert len(world.ids(".deleted")) == 17


def test_a_status_that_somebody_spoilt() -> None:
    """A watermark that is no moment counts for none: all is told again, with the same ids."""
    world = built()
    world.store()
    before = set(world.ids(".created"))
    status = world.api[world.key]["status"]
    spoilt = {**status, "events": {**status["events"], "publishedThrough": "tomorrow", "announcedThrough": "9999"}}
    world.api.write_status(world.key, spoilt)
    world.taken.clear()
    world.begin()
    world.run()
    assert set(world.ids(".created")) == before


def test_an_edit_is_told() -> None:
    """A Rack that is edited is told as updated, by its generation, and a part that was put right by its version."""
    world = built()
    world.edit({"spec": {"location": "hall 2"}})
    world.run()
    assert [each.id for each in of(world, "rack.updated")] == [f"{world.state.uid}/2/updated"]
    there = key(CHASSIS.name, "rack-01-c0")
    world.api.edit(there, {"metadata": {"labels": {"fabgitops.io/template": "x"}}})
    world.survey()
    world.run()
    metadata = world.api[there]["metadata"]
    told = [each.id for each in of(world, "chassis.updated")]
    assert told == [f"{metadata['uid']}/{metadata['resourceVersion']}/updated"]


def test_a_bus_that_is_away_while_most_of_a_rack_goes() -> None:
    """However much goes while the bus is away it goes, the status stays small, and each end is told once it is back."""
    world = built(chassis=8, blades=8, nodes=7)
    world.bus_away = True
    world.reshape(template(chassis=1, blades=8, nodes=7))
    world.run()
    assert world.counts() == [1, 8, 8, 56]
    assert len(world.untaken) <= MOST_OUTSTANDING
    assert max(len(each.events.pending) for each in world.published if each.events) <= 256
    world.bus_away = False
    while world.untaken:
        world.take(1)
    world.survey()
    assert len(world.ids(".deleted")) == 7 * (1 + 8 + 8 + 56)
    assert world.status.events is not None
    assert world.status.events.pending == ()


def test_a_bus_that_is_away_while_a_rack_comes_and_goes() -> None:
    """Of hours of ups and downs a bounded part waits; when the bus is back it hears of the last, and of what is new."""
    world = built()
    world.bus_away = True
    node = key("RackNode", "rack-01-c0s0n0")
    for _ in range(600):
        world.api.remove(node)
        world.survey()
        world.run()
    assert len(world.untaken) <= MOST_OUTSTANDING
    assert len(world.state.telling.later) < 600 + MOST_LATER + 10
    world.bus_away = False
    while world.untaken:
        world.take(1)
    last = {each.type: each.data["conditionStatus"] for each in world.taken if ".condition." in each.type}
    assert (last["io.fabrica.condition.ready"], last["io.fabrica.condition.reconciling"]) == ("True", "False")
    assert len([each for each in of(world, "node.created") if each.subject.endswith(node.name)]) == 601
    assert not world.state.telling.outstanding
    world.survey()
    world.run()
    events = world.status.events
    assert events is not None
    assert events.published_through == world.api[node]["metadata"]["creationTimestamp"]


def test_what_waits_stays_in_order() -> None:
    """A part that is made, taken away and made again while the bus is away is told so in this order."""
    world = World()
    world.bus_away = True
    built(world, chassis=4, blades=8, nodes=4)
    there = key("RackNode", "rack-01-c3s7n3")
    for nodes in (3, 4):
        world.reshape(template(chassis=4, blades=8, nodes=nodes))
        world.run()
    world.bus_away = False
    while world.untaken:
        world.take(1)
    told = [each.type.rpartition(".")[2] for each in world.taken if each.subject.endswith(there.name)]
    assert told == ["created", "deleted", "created"]


def test_a_rack_that_goes_while_the_bus_is_away() -> None:
    """What waits is told all the same when the Rack is gone, and that it is gone is the last of it."""
    world = World()
    world.bus_away = True
    built(world, chassis=4, blades=8, nodes=4)
    there = uids(world)
    world.remove()
    world.take()
    assert {each.id.split("/")[0] for each in of(world, ".created")} == there | {world.state.uid}
    assert world.taken[-1].type == "io.fabrica.rack.deleted"
