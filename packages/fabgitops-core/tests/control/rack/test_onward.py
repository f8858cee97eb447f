"""What a BMC tells reaches the nodes that it manages, and the blade and chassis around them, once and only ours."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.rack import BLADE, BMC, CHASSIS, RACK_NODE
from fabgitops_core.control.objects import Child, Children
from fabgitops_core.control.rack.onward import onward
from fabgitops_core.control.rack.records import seen, shared

AT = datetime(2026, 3, 1, tzinfo=UTC)
RACK = "11111111-1111-4111-8111-111111111111"


def part(kind: Any, name: str, spec: dict[str, Any] | None = None, status: Mapping[str, Any] | None = None) -> Child:
    """Return the record of a part as it is stored."""
    owner = {"kind": "Rack", "name": "rack-01", "uid": RACK, "controller": True}
    metadata = {"name": name, "namespace": "plant", "uid": name, "labels": {"fabgitops.io/rack": "rack-01"}}
    return seen(
        kind, {"metadata": {**metadata, "ownerReferences": [owner]}, "spec": spec or {}, "status": status or {}}
    )


def system(number: int, power: str, health: str = "OK") -> dict[str, str]:
    """Return a system as the status of a BMC says it."""
    told = {"link": f"/redfish/v1/Systems/Node{number}", "powerState": power, "health": health}
    return {**told, "serialNumber": f"S{number}", "model": "3500", "uuid": f"u{number}"}


def blade(
    *systems: dict[str, str], nodes: int = 2, told: Mapping[int, Mapping[str, str | None]] | None = None
) -> Children:
    """Return a chassis with one blade, whose shared BMC tells of these systems."""
    around = [{"type": "Blade", "serialNumber": "B1", "model": "M"}, {"type": "Enclosure", "serialNumber": "E1"}]
    parts = [
        part(CHASSIS, "rack-01-c0"),
        part(BLADE, "rack-01-c0s3"),
        part(BMC, "rack-01-c0s3b0", status={"systems": list(systems), "enclosures": around} if systems else {}),
    ]
    spec = {"bladeRef": {"name": "rack-01-c0s3"}, "bmcRef": {"name": "rack-01-c0s3b0"}}
    parts += [part(RACK_NODE, f"rack-01-c0s3n{at}", spec, (told or {}).get(at)) for at in range(nodes)]
    return {each.key: each for each in parts}


def told_of(children: Children) -> dict[str, dict[str, Any]]:
    """Return what is told to whom."""
    commands = onward(RACK, children, AT)
    told = {each.key.name: each.status.model_dump(mode="json", by_alias=True, exclude_none=True) for each in commands}  # type: ignore[attr-defined]
    return {name: {field: value for field, value in status.items() if value != []} for name, status in told.items()}


def test_a_system_is_the_node_at_its_place() -> None:
    """Systems are nodes in the order of their places, however the BMC sorts them; a blade is what they are."""
    found = told_of(blade(system(10, "Off", "Critical"), system(9, "On")))
    assert found["rack-01-c0s3n0"] == {
        "powerState": "On",
        "health": "OK",
        "serialNumber": "S9",
        "model": "3500",
        "lastUpdate": "2026-03-01T00:00:00Z",
        "bootState": "Unknown",
        "uuid": "u9",
    }
    assert (found["rack-01-c0s3n1"]["serialNumber"], found["rack-01-c0s3n1"]["bootState"]) == ("S10", "Off")
    around = found["rack-01-c0s3"]
    assert (around["powerState"], around["health"], around["serialNumber"]) == ("On", "Critical", "B1")
    assert (found["rack-01-c0"]["powerState"], found["rack-01-c0"]["serialNumber"]) == ("On", "E1")


def test_what_was_told_is_not_told_again() -> None:
    """Parts whose power and health are what the BMC tells cost nothing."""
    same = {number: system(number, "Off") for number in range(2)}
    children = blade(*same.values(), told=same)
    assert set(told_of(children)) == {"rack-01-c0", "rack-01-c0s3"}


def test_a_machine_that_turns_out_to_be_another_is_told() -> None:
    """A serial number that a BMC tells later, or of a board that was changed, is told though power and health stay."""
    before = {"powerState": "Off", "health": "OK", "serialNumber": "S0", "model": "3500", "uuid": "u0"}
    for field, value in (("serialNumber", "S9"), ("model", "4000"), ("uuid", "u9"), ("serialNumber", None)):
        after = {**before, field: value}
        children = blade({"link": "/1", **before}, nodes=1, told={0: after})
        assert told_of(children)["rack-01-c0s3n0"] | {"lastUpdate": "", "bootState": ""} == {
            **before,
            "lastUpdate": "",
            "bootState": "",
        }
    assert "rack-01-c0s3n0" not in told_of(blade({"link": "/1", **before}, nodes=1, told={0: before}))


def test_without_bmcs_that_tell_nothing_is_told() -> None:
    """A rack whose BMCs have no addresses gets no statuses."""
    assert told_of(blade()) == {}


@pytest.mark.parametrize("nodes", [1, 3])
def test_nodes_are_not_told_of_systems_that_may_be_others(nodes: int) -> None:
    """Where there are not as many systems as nodes none is told; one that was told before is unknown from then on."""
    children = blade(system(0, "On"), system(1, "On"), nodes=nodes, told={0: {"powerState": "On", "health": "OK"}})
    found = told_of(children)
    assert found["rack-01-c0s3n0"]["powerState"] == "Unknown"
    assert set(found) == {"rack-01-c0", "rack-01-c0s3", "rack-01-c0s3n0"}


def test_only_what_is_the_racks_own_is_told() -> None:
    """A part of another owner, and one that is leaving, are left alone."""
    children = dict(blade(system(0, "On"), system(1, "On")))
    for key, child in list(children.items()):
        if key.name == "rack-01-c0s3n0":
            children[key] = replace(child, owner="another")
        if key.name == "rack-01-c0s3":
            children[key] = replace(child, leaving=True)
    assert set(told_of(children)) == {"rack-01-c0"}


@pytest.mark.parametrize("status", [{"systems": "x"}, {"systems": [7, None]}, {"systems": [{"link": 7, "uuid": []}]}])
def test_a_status_that_somebody_spoilt_harms_nothing(status: dict[str, Any]) -> None:
    """Whatever stands in the status of a BMC, a record is made of it, and a pass goes on."""
    bmc = part(BMC, "rack-01-c0s3b0", status=status)
    assert all(each.status for each in onward(RACK, {bmc.key: bmc}, AT))  # type: ignore[attr-defined]


def test_what_a_bmc_tells_is_not_kept_longer_than_its_record() -> None:
    """Facts are kept once for all parts of which the same is known, but not those that no two have."""
    before = shared.cache_info().currsize
    for number in range(50):
        part(BMC, "rack-01-c0s3b0", status={"systems": [system(number, "On")]})
    assert shared.cache_info().currsize == before
