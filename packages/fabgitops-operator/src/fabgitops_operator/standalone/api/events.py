"""Events under their two names: events.k8s.io/v1, as they are stored, and v1, as kubectl asks for them."""

from collections.abc import Mapping
from typing import Any

from fabgitops_operator.standalone.api.selectors import FieldOf, at

_NAMES = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
"""What a field of events.k8s.io/v1 is called in v1; every other has the same name."""

_BACK = {old: new for new, old in _NAMES.items()}
_ALWAYS: dict[str, Any] = {
    "involvedObject": {},
    "source": {},
    "firstTimestamp": None,
    "lastTimestamp": None,
    "eventTime": None,
    "reportingComponent": "",
    "reportingInstance": "",
}
"""What v1 shows of every Event."""

_REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def as_core(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored Event as v1 shows it."""
    renamed = {_NAMES.get(name, name): value for name, value in body.items()}
    return _ALWAYS | renamed | {"apiVersion": "v1"}


def as_stored(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Event of v1, or a part of one, as it is stored; what v1 shows of every Event is no news."""
    told = {name: value for name, value in body.items() if name not in _ALWAYS or value != _ALWAYS[name]}
    renamed = {_BACK.get(name, name): value for name, value in told.items()}
    return renamed | ({"apiVersion": "events.k8s.io/v1"} if renamed.get("apiVersion") == "v1" else {})


def _source(body: Mapping[str, Any]) -> str:
    return at("deprecatedSource", "component")(body) or at("reportingController")(body)


_COMMON: dict[str, FieldOf] = {"type": at("type"), "reason": at("reason")}
CORE_FIELDS: dict[str, FieldOf] = {
    **{f"involvedObject.{name}": at("regarding", name) for name in _REFERENCE},
    **_COMMON,
    "reportingComponent": at("reportingController"),
    "source": _source,
}
"""What Events can be selected by where they are v1."""

NEW_FIELDS: dict[str, FieldOf] = {
    **{f"regarding.{name}": at("regarding", name) for name in _REFERENCE},
    **_COMMON,
    "reportingController": at("reportingController"),
}
"""What they can be selected by where they are events.k8s.io/v1."""
