"""The models of racks: limits, names on the wire, and what a template may say of its PLCs."""

from typing import Any

import pytest
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack import KINDS, RACK
from fabgitops_core.api.rack.rackstatus import RackStatus
from fabgitops_core.api.rack.racktemplate import RackTemplateSpec
from fabgitops_core.api.refusals import sentences
from pydantic import ValidationError

from .test_generated import VALIDATIONS, schemas


def template(**changes: Any) -> dict[str, Any]:
    """Return the spec of a template as a user writes it."""
    blade = {"nodeCount": 2, "bmcMode": "shared"}
    return {"chassisCount": 2, "chassisConfig": {"bladeCount": 4, "bladeConfig": blade}, **changes}


def said(spec: dict[str, Any]) -> str:
    """Return what is wrong with the spec of a template, as a user is told."""
    try:
        RackTemplateSpec.model_validate(spec)
    except ValidationError as error:
        return sentences(error)
    return ""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_field_is_described(kind: Kind) -> None:
    """`kubectl explain` has a sentence for each field of each kind, and each schema is structural."""
    whole = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    for part in [part for name in ("spec", "status") for part in schemas(whole[name])]:
        assert part.keys() & {"type", "x-kubernetes-preserve-unknown-fields"}
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), name


@pytest.mark.parametrize(
    ("field", "value"),
    [("chassisCount", 0), ("chassisCount", 43), ("chassisCount", "2"), ("chassisCount", True)],
)
def test_counts_have_limits(field: str, value: object) -> None:
    """A count out of its limits, or no number at all, is refused with the field and the value."""
    assert f"spec.{field} is {value!r}" in said(template(**{field: value}))


def test_a_plc_names_what_there_is_where_it_is() -> None:
    """A PLC of a chassis cannot have the number of a node in its address, and is told what it may name."""
    plc = {"name": "pdu", "at": "chassis", "templateRef": {"name": "pdu"}}
    assert not said(template(plcs=[{**plc, "deviceAddress": "pdu-${chassis}.${rack}.plant"}]))
    refused = said(template(plcs=[{**plc, "deviceAddress": "10.0.${node}.1"}]))
    assert "spec.plcs[0].deviceAddress is '10.0.${node}.1': there is no ${node} at: chassis" in refused
    assert "it may name rack, address, chassis" in refused


@pytest.mark.parametrize("name", ["c0", "c0s3", "c1s2b0", "c0s3n1", "c0-pdu"])
def test_a_plc_is_not_called_like_a_place(name: str) -> None:
    """The name of a PLC does not begin as a place does: two things of one rack would have one name."""
    plc = {"name": name, "at": "rack", "templateRef": {"name": "pdu"}}
    assert "does not begin as a place does" in said(template(plcs=[plc]))
    assert not said(template(plcs=[{**plc, "name": f"x{name}"}]))


@pytest.mark.parametrize(("at", "named", "fits"), [("node", 1, True), ("node", 2, False), ("blade", 32, False)])
def test_plcs_of_a_rack_are_bounded(at: str, named: int, fits: bool) -> None:
    """More PLCs than the largest rack has nodes are refused: to compare them would keep all other racks waiting."""
    config = {"bladeCount": 16, "bladeConfig": {"nodeCount": 8, "bmcMode": "dedicated"}}
    plcs = [{"name": f"p{number}", "at": at, "templateRef": {"name": "pdu"}} for number in range(named)]
    refused = said(template(chassisCount=42, chassisConfig=config, plcs=plcs))
    assert ("more than 5376 PLCs in one rack" in refused) is not fits


def test_a_status_has_the_names_of_the_example() -> None:
    """Totals and uids are written as the example writes them, and read again."""
    status = RackStatus(chassis_uids=("u",), total_bmcs=3, total_nodes=6)
    written = status.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert written == {"chassisUIDs": ["u"], "totalBMCs": 3, "totalNodes": 6}
    assert RackStatus.model_validate(written) == status


def test_a_rule_of_the_whole_object_stands_at_the_root() -> None:
    """The rule on a Rack's name is one of the object, as only there its metadata is seen."""
    (version,) = definition(RACK)["spec"]["versions"]
    (rule,) = version["schema"]["openAPIV3Schema"][VALIDATIONS]
    assert "self.metadata.name" in rule["rule"]
