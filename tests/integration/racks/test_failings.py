"""What the example does wrong, done right: the fifteen failings that were seen by running it, and where each is tested.

 1  killed in the middle, it makes everything anew, or nothing more    test_killed, and here
 2  a template that is missing is looked for once                      here
 3  a change that arrives while its object is in work is lost          here
 4  two workers are in one object at once                              here
 5  its backoff is a constant, and a pass has no deadline              test_faults; core's test_rack_table: the pauses
 6  what is deleted is never made again, and still counted             here
 7  the parts of a Rack that is deleted stay                           here, and test_stages
 8  a PUT or PATCH may say what a POST may not                         here; by REST: the facade's tests
 9  two Racks have one name, and a template that is none is accepted   here
10  parts and conditions are not told to the bus                       here
11  a bus that cannot be had becomes memory, and loses what it is told the bus's tests
12  the types of events begin with the name of the program             here
13  random names collide, and the later object overwrites              here
14  fields are never set, errors of a status dropped, names random     here
15  it listens everywhere without a password, and hides what it cannot read   the facade's tests
"""

from typing import Any

import pytest

from ..operators import Operator
from ..planes import MERGE
from .hall import Hall, owner
from .listener import Listener

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _running(operator: Operator) -> None:
    """Let the operator look after all namespaces."""


@pytest.mark.parametrize(
    ("shape", "counts"), [((2, 4, 2, "shared"), (2, 8, 8, 16)), ((1, 2, 4, "dedicated"), (1, 2, 8, 8))]
)
def test_a_rack_is_made_of_its_template(hall: Hall, shape: tuple[Any, ...], counts: tuple[int, ...]) -> None:
    """The example's functional test, with waiting: phase Ready, the totals, the objects; and names, parents, BMCs."""
    hall.template(*shape)
    rack = hall.rack()
    hall.until_phase("Ready")
    chassis, blades, bmcs, nodes = counts
    assert hall.counts() == counts
    hall.until(lambda: hall.totals() == (chassis, blades, nodes, bmcs), "it says what there is")
    assert {owner(part) for part in hall.parts().values()} == {rack["metadata"]["uid"]}
    assert set(hall.parts()) == set(_names(*shape))
    for name, blade in hall.of("blades").items():
        assert blade["spec"]["chassisRef"]["name"] == name.split("s")[0]
    for name, node in hall.of("racknodes").items():
        blade_name, number = name.rsplit("n", 1)
        assert node["spec"]["bladeRef"]["name"] == blade_name
        assert node["spec"]["nodeNumber"] == int(number)
        assert node["spec"]["bmcRef"]["name"] == f"{blade_name}b{number if shape[3] == 'dedicated' else 0}"
    assert list(hall.status()["chassisUIDs"]) == [
        each["metadata"]["uid"] for _, each in sorted(hall.of("chassis").items())
    ]


def _names(chassis: int, blades: int, nodes: int, mode: str, rack: str = "rack-01") -> list[str]:
    """Return the names that parts must have."""
    places = []
    for c in range(chassis):
        places.append(f"c{c}")
        for s in range(blades):
            places += [f"c{c}s{s}", *(f"c{c}s{s}n{n}" for n in range(nodes))]
            places += [f"c{c}s{s}b{b}" for b in range(nodes if mode == "dedicated" else 1)]
    return [f"{rack}-{each}" for each in places]


def test_a_template_that_comes_later_is_used(hall: Hall) -> None:
    """2, 9: a Rack whose template is missing says so, and is made as soon as there is one."""
    hall.rack()
    hall.until_condition("Stalled", "True", "TemplateNotFound")
    assert hall.status()["phase"] == "Error"
    assert not hall.parts()
    hall.template(1, 1, 1)
    hall.until_phase("Ready")
    assert hall.condition("Stalled")[0] == "False"


def test_a_change_in_the_middle_is_not_lost(hall: Hall) -> None:
    """3: a template that grows while its Rack is being made is followed to the end, without another event."""
    hall.template(2, 4, 2)
    hall.rack()
    hall.until(lambda: hall.counts()[0], "the first chassis")
    hall.template(3, 4, 2)
    hall.until_counts((3, 12, 12, 24))
    hall.until(lambda: hall.totals() == (3, 12, 24, 12) and hall.status()["phase"] == "Ready", "the totals")


def test_one_rack_is_in_one_hand(hall: Hall, bus: Listener) -> None:
    """1, 4: edited again and again while it is being made, no part is made twice, nor told as made twice."""
    hall.template(2, 2, 2)
    rack = hall.rack()
    for number in range(15):
        hall.patch("racks", "rack-01", {"spec": {"location": f"hall {number}"}})
    hall.until_phase("Ready")
    partition = f"{hall.namespace}/rack-01"
    uids = {part["metadata"]["uid"] for part in hall.parts().values()} | {rack["metadata"]["uid"]}
    hall.until(lambda: len(bus.created(partition)) >= len(uids), "all is told")
    assert bus.created(partition) == {f"{uid}/created" for uid in uids}


def test_what_is_lost_is_made_again_and_counted(hall: Hall, operator: Operator) -> None:
    """6: a node that somebody deletes is made again; so is what is edited, relabelled or disowned put right."""
    hall.template(1, 2, 2)
    rack = hall.rack()
    hall.until_phase("Ready")
    before = hall.parts()["rack-01-c0s1n1"]["metadata"]["uid"]
    hall.delete("racknodes", "rack-01-c0s1n1")

    def again() -> bool:
        found = hall.parts().get("rack-01-c0s1n1")
        return found is not None and found["metadata"]["uid"] != before

    hall.until(again, "it is made again")
    hall.patch("racknodes", "rack-01-c0s0n0", {"spec": {"bmcRef": {"name": "elsewhere"}}})
    hall.patch("blades", "rack-01-c0s0", {"metadata": {"labels": {"fabgitops.io/chassis": "elsewhere"}}})
    hall.patch("bmcs", "rack-01-c0s0b0", {"metadata": {"ownerReferences": None}})
    hall.patch("blades", "rack-01-c0s1", {"metadata": {"labels": {"fabgitops.io/rack": None}}})

    def right() -> bool:
        parts = hall.parts()
        return (
            parts["rack-01-c0s0n0"]["spec"]["bmcRef"]["name"] == "rack-01-c0s0b0"
            and parts["rack-01-c0s0"]["metadata"]["labels"]["fabgitops.io/chassis"] == "rack-01-c0"
            and owner(parts["rack-01-c0s0b0"]) == rack["metadata"]["uid"]
            and "rack-01-c0s1" in parts
        )

    hall.until(right, "all is put right")
    hall.until(lambda: hall.totals() == (1, 2, 4, 2) and hall.status()["phase"] == "Ready", "the totals")
    hall.until(lambda: {"ChildRecreated", "ChildCorrected"} <= set(hall.events()), "it is told")
    assert 'fabgitops_rack_children_healed_total{kind="RackNode"}' in operator.metrics()


def test_what_users_say_of_a_part_stays(hall: Hall) -> None:
    """A serial number, an address and a label of somebody else's are nobody's business here, also when it is healed."""
    hall.template(1, 1, 1)
    hall.rack()
    hall.until_phase("Ready")
    said = {"metadata": {"labels": {"example.com/rent": "42"}}, "spec": {"serialNumber": "A7"}}
    hall.patch("blades", "rack-01-c0s0", said)
    hall.patch("blades", "rack-01-c0s0", {"metadata": {"labels": {"fabgitops.io/chassis": "elsewhere"}}})

    def right() -> bool:
        labels = hall.parts()["rack-01-c0s0"]["metadata"]["labels"]
        return bool(labels["fabgitops.io/chassis"] == "rack-01-c0")

    hall.until(right, "it is put right")
    blade = hall.parts()["rack-01-c0s0"]
    assert blade["metadata"]["labels"]["example.com/rent"] == "42"
    assert blade["spec"]["serialNumber"] == "A7"


def test_parts_go_with_their_rack(hall: Hall) -> None:
    """7: what a Rack owns is collected after it, and nothing is made again meanwhile."""
    hall.template(2, 2, 2)
    hall.rack()
    hall.until_phase("Ready")
    hall.delete("racks", "rack-01")
    hall.until_counts((0, 0, 0, 0))


@pytest.mark.parametrize(
    "spec",
    [
        {"chassisCount": -5},
        {"chassisCount": 43},
        {"chassisConfig": {"bladeCount": 99, "bladeConfig": {"nodeCount": 1, "bmcMode": "shared"}}},
        {"chassisConfig": {"bladeCount": 1, "bladeConfig": {"nodeCount": 9, "bmcMode": "shared"}}},
        {"chassisConfig": {"bladeCount": 1, "bladeConfig": {"nodeCount": 1, "bmcMode": "nope"}}},
    ],
)
def test_a_change_is_checked_as_what_is_new(hall: Hall, spec: dict[str, Any]) -> None:
    """8: what a POST refuses, a PUT and a PATCH refuse as well."""
    found = hall.template(1, 1, 1)
    url = f"{hall.url}/racktemplates/two"
    assert hall.api.patch(url, json={"spec": spec}, headers=MERGE).status_code == 422
    assert hall.api.put(url, json={**found, "spec": {**found["spec"], **spec}}).status_code == 422
    made = {**found, "metadata": {"name": "three"}, "spec": {**found["spec"], **spec}}
    assert hall.api.post(f"{hall.url}/racktemplates", json=made).status_code == 422


def test_a_name_is_had_once(hall: Hall) -> None:
    """9, 13: two Racks of one name are refused, names that could be those of parts as well, and long ones."""
    hall.template(1, 1, 1)
    rack = hall.rack()
    body = {"apiVersion": rack["apiVersion"], "kind": "Rack", "spec": rack["spec"]}
    url = f"{hall.url}/racks"
    assert hall.api.post(url, json={**body, "metadata": {"name": "rack-01"}}).status_code == 409
    assert hall.api.post(url, json={**body, "metadata": {"name": "r" * 55}}).status_code == 422
    assert hall.api.post(url, json={**body, "metadata": {"name": "rack.01"}}).status_code == 422


def test_racks_whose_names_look_alike_share_nothing(hall: Hall) -> None:
    """13: a Rack that is called as a part of another one has parts of its own names, each owned by its own."""
    hall.template(1, 1, 1)
    racks = {name: hall.rack(name) for name in ("rack-01", "rack-01-c0s0", "rack-01-c0-c0")}
    for name, rack in racks.items():
        hall.until_phase("Ready", name)
        assert {owner(part) for part in hall.parts(name).values()} == {rack["metadata"]["uid"]}
        assert set(hall.parts(name)) == set(_names(1, 1, 1, "shared", name))


def test_the_world_is_told(hall: Hall, bus: Listener) -> None:
    """10, 12: of each part that was made, of the Rack and its conditions, once each, by io.fabrica's types."""
    hall.template(1, 2, 2)
    rack = hall.rack()
    hall.until_phase("Ready")
    partition = f"{hall.namespace}/rack-01"

    def types() -> list[str]:
        return bus.types(partition)

    hall.until(
        lambda: "io.fabrica.rack.provisioned" in types() and "io.fabrica.condition.ready" in types(), "both are told"
    )
    hall.until(lambda: types().count("io.fabrica.node.created") == 4, "all parts are told")
    assert all(each.startswith("io.fabrica.") for each in types())
    counts = {kind: types().count(f"io.fabrica.{kind}.created") for kind in ("rack", "chassis", "blade", "bmc", "node")}
    assert counts == {"rack": 1, "chassis": 1, "blade": 2, "bmc": 2, "node": 4}
    told = next(event for event in bus.heard(partition) if event["type"] == "io.fabrica.rack.created")
    assert told["source"].endswith(f"/resources/Rack/{rack['metadata']['uid']}")
    assert told["data"]["resourceName"] == "rack-01"
    hall.delete("racknodes", "rack-01-c0s1n1")
    hall.until(lambda: types().count("io.fabrica.node.created") == 5, "the node that was made again is told")


def test_statuses_say_what_is(hall: Hall) -> None:
    """14: a template says how many use it, a Rack each of its conditions, and names are their places."""
    hall.template(1, 1, 2)
    for name in ("rack-01", "rack-02"):
        hall.rack(name)
    for name in ("rack-01", "rack-02"):
        hall.until_phase("Ready", name)

    def used() -> int:
        template = hall.get("racktemplates", "two") or {}
        return int(template.get("status", {}).get("usageCount", 0))

    hall.until(lambda: used() == 2, "the template is used by two")
    conditions = {each["type"]: each["status"] for each in hall.status()["conditions"]}
    assert conditions == {"Ready": "True", "Reconciling": "False", "Stalled": "False", "UpToDate": "True"}
    hall.delete("racks", "rack-02")
    hall.until(lambda: used() == 1, "the template is used by one")


def test_what_is_not_ours_is_not_taken(hall: Hall) -> None:
    """An object of the same name that somebody made by hand is left as it is until he gives it away."""
    hall.template(1, 1, 1)
    theirs = {"chassisRef": {"name": "rack-01-c0"}, "bladeNumber": 0, "serialNumber": "A7"}
    made = hall.put("Blade", "blades", "rack-01-c0s0", theirs)
    hall.rack()
    message = hall.until_condition("Stalled", "True", "NameTaken")
    assert "rack-01-c0s0" in message
    left = hall.get("blades", "rack-01-c0s0") or {}
    assert (left["spec"], left["metadata"]["uid"]) == (made["spec"], made["metadata"]["uid"])
    hall.patch("blades", "rack-01-c0s0", {"metadata": {"annotations": {"fabgitops.io/adopt": "true"}}})
    hall.patch("racks", "rack-01", {"spec": {"location": "hall 7"}})
    hall.until_phase("Ready")
    adopted = hall.parts()["rack-01-c0s0"]
    assert (adopted["metadata"]["uid"], adopted["spec"]["serialNumber"]) == (made["metadata"]["uid"], "A7")


def test_nothing_is_asked_at_rest(hall: Hall) -> None:
    """A Rack of which nothing changes costs nothing: none of its parts is written while another Rack is made."""
    hall.template(1, 2, 2)
    hall.rack()
    hall.until_phase("Ready")
    versions = {name: part["metadata"]["resourceVersion"] for name, part in hall.parts().items()}
    hall.rack("rack-02")
    hall.until_phase("Ready", "rack-02")
    assert versions == {name: part["metadata"]["resourceVersion"] for name, part in hall.parts().items()}
