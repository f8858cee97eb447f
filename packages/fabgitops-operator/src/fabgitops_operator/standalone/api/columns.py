"""The columns of Tables, and what each shows of an object: as the API server prints them.

A cell is a value of JSON, or a moment, which is shown as the time since.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fabgitops_core.api.kinds import Column

from fabgitops_operator.hosting.exchange import encoded
from fabgitops_operator.standalone.api import jsonpath
from fabgitops_operator.standalone.api.ages import INVALID, UNKNOWN, moment
from fabgitops_operator.standalone.api.served import EVENT, NAMESPACE
from fabgitops_operator.standalone.resources import Resource

Cell = str | int | float | bool | datetime | None
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One column: what a Table says of it, and its cell of an object."""

    definition: dict[str, Any]
    cell: Callable[[Body], Cell]


def columns(resource: Resource) -> tuple[Shown, ...]:
    """Return the columns of a resource.

    Raises:
        ValueError: The path of one is not understood.
    """
    if resource.kind == EVENT:
        return _EVENT
    if resource.kind == NAMESPACE:
        return _NAMESPACE
    given = resource.columns or (Column("Age", "date", ".metadata.creationTimestamp", _CREATED),)
    return (_named("Name"), *(_declared(column) for column in given))


def _declared(column: Column) -> Shown:
    find, convert = jsonpath.compiled(column.json_path), _CONVERSIONS[column.type]

    def cell(body: Body) -> Cell:
        value = find(body)
        return None if value is jsonpath.MISSING else convert(value)

    return Shown(_definition(column.name, column.type, column.description, column.priority), cell)


def _definition(name: str, type_: str, description: str, priority: int = 0, format_: str = "") -> dict[str, Any]:
    return {"name": name, "type": type_, "format": format_, "description": description, "priority": priority}


def _printed(value: Any) -> Cell:
    """Return a value of a column of texts: whatever it is, it is printed (client-go's jsonpath)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    return encoded(value).decode()


def _whole(value: Any) -> Cell:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _double(value: Any) -> Cell:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _truth(value: Any) -> Cell:
    return value if isinstance(value, bool) else None


def _since(value: Any) -> Cell:
    return (moment(value) or INVALID) if isinstance(value, str) else None


_CONVERSIONS: dict[str, Callable[[Any], Cell]] = {
    "string": _printed,
    "integer": _whole,
    "number": _double,
    "boolean": _truth,
    "date": _since,
}

_NAME = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a "
    "client to request the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_CREATED = "CreationTimestamp is a timestamp representing the server time when this object was created."


def _named(title: str, priority: int = 0) -> Shown:
    return Shown(_definition(title, "string", _NAME, priority, "name"), lambda body: str(body["metadata"]["name"]))


def _text(name: str, description: str, cell: Callable[[Body], Cell], priority: int = 0) -> Shown:
    return Shown(_definition(name, "string", description, priority), cell)


def _part(body: Body, name: str) -> Body:
    """Return a part of an object; nobody has judged whether it is one, of an Event."""
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _created(body: Body) -> Cell:
    return moment(body["metadata"].get("creationTimestamp")) or UNKNOWN


_NAMESPACE = (
    _named("Name"),
    _text("Status", "The status of the namespace", lambda body: _part(body, "status").get("phase", "Active")),
    _text("Age", _CREATED, _created),
)


def _first_seen(body: Body) -> Cell:
    return moment(body.get("deprecatedFirstTimestamp")) or moment(body.get("eventTime")) or UNKNOWN


def _last_seen(body: Body) -> Cell:
    series = moment(_part(body, "series").get("lastObservedTime"))
    return series or moment(body.get("deprecatedLastTimestamp")) or _first_seen(body)


def _times(body: Body) -> Cell:
    return _whole(_part(body, "series").get("count")) or _whole(body.get("deprecatedCount")) or 1


def _about(body: Body) -> Cell:
    reference = _part(body, "regarding")
    kind, name = str(reference.get("kind", "")).lower(), reference.get("name")
    return f"{kind}/{name}" if name else kind


def _reporter(body: Body) -> Cell:
    source = _part(body, "deprecatedSource")
    who = source.get("component") or body.get("reportingController", "")
    where = source.get("host") or body.get("reportingInstance", "")
    return f"{who}, {where}" if where else who


def _field(name: str) -> Callable[[Body], Cell]:
    return lambda body: str(body.get(name) or "")


_EVENT = (
    _text("Last Seen", "The time at which the most recent occurrence of this event was recorded.", _last_seen),
    _text("Type", "Type of this event (Normal, Warning).", _field("type")),
    _text("Reason", "Why it was told, in a word that a machine understands.", _field("reason")),
    _text("Object", "The object that this event is about.", _about),
    _text(
        "Subobject",
        "The part of the object that it is about.",
        lambda body: str(_part(body, "regarding").get("fieldPath", "")),
        1,
    ),
    _text("Source", "The component reporting this event.", _reporter, 1),
    _text("Message", "What happened, for people.", lambda body: str(body.get("note") or "").strip()),
    _text("First Seen", "The time at which the event was first recorded.", _first_seen, 1),
    _text("Count", "The number of times this event has occurred.", _times, 1),
    _named("Name", 1),
)
