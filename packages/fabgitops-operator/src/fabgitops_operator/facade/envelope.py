"""An object of Kubernetes as it is told here, and back: pure."""

from collections.abc import Callable, Mapping
from typing import Any

from fabgitops_core.api.meta import API_VERSION

from fabgitops_operator.facade.index import Index
from fabgitops_operator.facade.names import NAME, RULE
from fabgitops_operator.facade.refusing import RefusedError
from fabgitops_operator.facade.routes import Route

Object = dict[str, Any]

VERSION = "v1"
"""Of the API here, and of its schemas."""

_OURS = ("name", "labels", "annotations")


def told(route: Route, body: Mapping[str, Any], index: Index) -> Object:
    """Return an object as it is told here."""
    metadata = body["metadata"]
    return {
        "apiVersion": VERSION,
        "kind": route.name,
        "schemaVersion": VERSION,
        "metadata": {
            "name": metadata["name"],
            "uid": metadata["uid"],
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
            "createdAt": metadata["creationTimestamp"],
            "updatedAt": _updated(metadata),
        },
        "spec": spec_told(route, body.get("spec") or {}, index),
        "status": _status(route, body, index),
    }


def spec_told(route: Route, spec: Mapping[str, Any], index: Index) -> Object:
    """Return a spec whose references hold uids; one to an object that is not there holds an empty text."""
    kept = {ref.kept: ref for ref in route.refs}
    shown: Object = {}
    for name, value in spec.items():
        ref = kept.get(name)
        if ref is None:
            shown[name] = value
        elif isinstance(value, dict):
            shown[ref.field] = index.uid_of(ref.kind.name, str(value.get("name")))
    return shown


def _status(route: Route, body: Mapping[str, Any], index: Index) -> Object:
    """Return a status with what is unknown said to be, and with those that refer to the object."""
    stored = body.get("status") or {}
    listed: Object = {}
    for each in route.members:
        if not stored.get(each.field):
            listed[each.field] = index.members(each.kind.name, each.kept, body["metadata"]["name"])
    return {**route.unset, **stored, **listed}


def _updated(metadata: Mapping[str, Any]) -> str:
    """Return when an object last changed: Kubernetes keeps that of each who writes fields of it."""
    times = (str(each.get("time") or "") for each in metadata.get("managedFields") or ())
    return max([str(metadata["creationTimestamp"]), *times])


def spec_kept(
    route: Route, spec: Mapping[str, Any], current: Mapping[str, Any], index: Index, named: Callable[[str, str], str]
) -> Object:
    """Return a spec as Kubernetes keeps it.

    Args:
        route: What it is of.
        spec: As it is told here.
        current: The one that Kubernetes keeps now: a reference that stays as it is told stays as it is kept.
        index: By which that is told.
        named: Returns the name of a kind and uid, or nothing.

    Raises:
        RefusedError: A reference names nothing that is there, or is called as in Kubernetes (400).
    """
    kept = dict(spec)
    before = spec_told(route, current, index)
    for ref in route.refs:
        if ref.kept in kept:
            raise RefusedError(400, f"{ref.kept}: there is no such field here: give {ref.field}, the uid")
        if ref.field not in kept:
            continue
        uid = kept.pop(ref.field)
        if ref.field in before and before[ref.field] == uid:
            kept[ref.kept] = current[ref.kept]
        elif uid != "":
            kept[ref.kept] = {"name": _name(ref.field, ref.kind.name, uid, named)}
    return kept


def _name(field: str, kind: str, uid: Any, named: Callable[[str, str], str]) -> str:
    name = named(kind, uid) if isinstance(uid, str) else ""
    if not name:
        raise RefusedError(400, f"{field}: there is no {kind} of the uid {uid!r}")
    return name


def made(route: Route, flat: Mapping[str, Any], spec: Object, namespace: str) -> Object:
    """Return the object that a flat body is to make.

    Raises:
        RefusedError: It has no name, or what can be none (400).
    """
    name = flat.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        why = "is required" if name is None else f"{name!r} is no DNS label: {RULE}"
        raise RefusedError(400, f"name: {why}")
    metadata = {"name": name, "namespace": namespace, **marks(flat)}
    return {"apiVersion": API_VERSION, "kind": route.kind.name, "metadata": metadata, "spec": spec}


def marks(flat: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the labels and annotations of a flat body, each where it is given.

    Raises:
        RefusedError: They are no texts (400).
    """
    found = {}
    for field in ("labels", "annotations"):
        given = flat.get(field)
        if given is None:
            continue
        if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
            raise RefusedError(400, f"{field}: must be an object of texts")
        found[field] = given
    return found


def fields(flat: Mapping[str, Any]) -> Object:
    """Return the fields of the spec of a flat body.

    Raises:
        RefusedError: It is no flat one (400).
    """
    for nested in ("spec", "metadata", "status"):
        if nested in flat:
            shape = "{name, labels, annotations, fields of the spec}"
            raise RefusedError(400, f"{nested}: there is no such field: the body is flat, {shape}")
    return {name: value for name, value in flat.items() if name not in _OURS}


def status_kept(route: Route, status: Mapping[str, Any], stored: frozenset[str]) -> Object:
    """Return a status as Kubernetes keeps it: without what is counted here.

    Args:
        route: What it is of.
        status: As it is told here.
        stored: The fields of it that Kubernetes has.
    """
    listed = {each.field for each in route.members} - stored
    return {name: value for name, value in status.items() if name not in listed}
