"""What is told to the world of a Rack and its parts, as CloudEvents: made of what is there, and so again at any time.

Told again it has the same id. Types, extensions and data are those of the example; a RackNode is a node there.
"""

from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import BMC, RACK, RACK_NODE
from fabgitops_core.api.rack.rackstatus import PendingDelete
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rack.naming import Place, place_of
from fabgitops_core.control.rack.onward import MANAGED_BY

PREFIX = "io.fabrica"
CREATED, UPDATED, DELETED, PROVISIONED = "created", "updated", "deleted", "provisioned"


def told_as(kind: str) -> str:
    """Return what the world calls a kind."""
    return "Node" if kind == RACK_NODE.name else kind


def of_part(rack: Key, child: Child, action: str, id_: str, at: datetime) -> Happening:
    """Return what happened to a part."""
    place = place_of(rack.name, child.key.name)
    resource = {"spec": spec_of(rack.name, child, place)} if place else {}
    return _lifecycle(rack, child.key, child.uid, action, id_, at, child.created, resource)


def of_gone(rack: Key, part: PendingDelete, at: datetime) -> Happening:
    """Return that a part is gone."""
    key = Key(part.kind, rack.namespace, part.name)
    return _lifecycle(rack, key, part.uid, DELETED, f"{part.uid}/{DELETED}", at, part.created, {})


def of_rack(rack: Key, uid: str, action: str, id_: str, at: datetime, created: str) -> Happening:
    """Return what happened to the Rack itself."""
    return _lifecycle(rack, rack, uid, action, id_, at, created, {})


def of_condition(rack: Key, uid: str, condition: Condition, previous: str, at: datetime) -> Happening:
    """Return that a condition of the Rack says something else than before; "" where it is not known what."""
    since = _written(condition.last_transition_time)
    return Happening(
        id=f"{uid}/{condition.type}/{since}/{condition.status.value}",
        type=f"{PREFIX}.condition.{condition.type.lower()}",
        source=f"/resources/{RACK.name}/{uid}/conditions/{condition.type}",
        subject=str(rack),
        at=at,
        partition=str(rack),
        extensions={
            "resourcekind": RACK.name,
            "resourceuid": uid,
            "conditiontype": condition.type,
            "conditionstatus": condition.status.value,
        },
        data={
            "conditionType": condition.type,
            "conditionStatus": condition.status.value,
            "previousStatus": previous,
            "reason": condition.reason,
            "message": condition.message,
            "transitionTime": since,
            "resourceKind": RACK.name,
            "resourceUID": uid,
        },
    )


def spec_of(rack: str, child: Child, place: Place) -> dict[str, Any]:
    """Return what the place of a part says of it."""
    chassis, blade = f"{rack}-c{place.chassis}", f"{rack}-c{place.chassis}s{place.blade}"
    if place.plc:
        return {}
    if child.key.kind == BMC.name:
        return {"bladeRef": {"name": blade}}
    if child.key.kind == RACK_NODE.name:
        bmc = child.facts.get(MANAGED_BY)
        managed = {"bmcRef": {"name": f"{blade}{bmc}"}} if bmc else {}
        return {"bladeRef": {"name": blade}, **managed, "nodeNumber": place.number}
    if place.blade >= 0:
        return {"chassisRef": {"name": chassis}, "bladeNumber": place.blade}
    return {"rackRef": {"name": rack}, "chassisNumber": place.chassis}


def _lifecycle(
    rack: Key, key: Key, uid: str, action: str, id_: str, at: datetime, created: str, resource: dict[str, Any]
) -> Happening:
    kind = told_as(key.kind)
    metadata = {"name": key.name, "namespace": key.namespace, "uid": uid, "createdAt": created}
    return Happening(
        id=id_,
        type=f"{PREFIX}.{kind.lower()}.{action}",
        source=f"/resources/{kind}/{uid}",
        subject=str(key),
        at=at,
        partition=str(rack),
        extensions={"resourcekind": kind, "resourceuid": uid, "action": action},
        data={
            "action": action,
            "resourceKind": kind,
            "resourceUID": uid,
            "resourceName": key.name,
            "changeTime": _written(at),
            "metadata": metadata,
            "resource": {"kind": kind, "metadata": metadata, **resource},
        },
    )


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
