"""What becomes of an object when another is put in its place, or in the place of its status: pure."""

import json
from collections.abc import Mapping
from typing import Any

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.objects import metadata
from fabgitops_operator.standalone.store.objects.creating import check_type, other_kind
from fabgitops_operator.standalone.store.objects.refusals import (
    Fault,
    absent,
    bad_patch,
    bad_request,
    conflict,
    invalid,
    modified,
    not_handled,
    unserved,
    without_version,
)
from fabgitops_operator.standalone.store.record import Record, same

_KEPT = ("uid", "creationTimestamp", "generation", "namespace", "name")


def read(
    resource: Resource, namespace: str, name: str, body: Mapping[str, Any], *, patched: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return an object that is to be put in a place, and the fields of its metadata that nobody knows.

    Raises:
        RefusedError: It cannot be read (400; what a patch made: 422), or belongs elsewhere (400).
    """
    if not patched:
        check_type(resource, body)
    elif not isinstance(body.get("kind"), str):
        raise bad_patch(f"Object 'Kind' is missing in '{json.dumps(body, ensure_ascii=False)}'")
    try:
        given, unknown = metadata.read(body)
    except metadata.MisreadError as error:
        raise (bad_patch(str(error)) if patched else not_handled(resource, str(error))) from None
    if "name" not in given:
        raise bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
    if given["name"] != name:
        raise bad_request(f"the name of the object ({given['name']}) does not match the name on the URL ({name})")
    if given.get("namespace", namespace) != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return {**body, "metadata": given}, unknown


def updated(
    resource: Resource, record: Record | None, name: str, new: Mapping[str, Any], subresource: str, *, patched: bool
) -> tuple[dict[str, Any], list[Fault]]:
    """Return the object as it is judged, with what is wrong with its metadata.

    Args:
        resource: Of what kind it is.
        record: What is there.
        name: Its name.
        new: What was given, as `read` returns it.
        subresource: `status`, or nothing for all but that.
        patched: Whether it was made by a patch.

    Raises:
        RefusedError: There is none (404), or it is another by now (409); it does not say which it means (422).
    """
    if record is None:
        raise absent(resource, name)
    _check_type(resource, name, new, subresource, patched=patched)
    given, old = new["metadata"], record.decoded()
    if not patched and given.get("uid", record.uid) != record.uid:
        why = f"Precondition failed: UID in precondition: {given['uid']}, UID in object meta: {record.uid}"
        raise conflict(resource, name, why)
    _check_version(resource, record, given)
    if subresource == "status":
        return _with("status", old, new), []
    whole = _with("status", new, old) if resource.has_status else dict(new)
    whole["metadata"] = _metadata(given, old["metadata"])
    found = [*metadata.faults(whole["metadata"]), *_faults(given, old["metadata"])]
    return whole, found


def _check_type(resource: Resource, name: str, new: Mapping[str, Any], subresource: str, *, patched: bool) -> None:
    if subresource:
        return
    found = [fault for fault in (other_kind(resource, new),) if fault is not None]
    if patched and (version := new.get("apiVersion")) != resource.api_version:
        message = f"Invalid value: {json.dumps(version or '')}: must be {resource.api_version}"
        found.append(Fault("apiVersion", "FieldValueInvalid", message))
    if found:
        raise invalid(resource, new["kind"], name, found)


def _check_version(resource: Resource, record: Record, given: Mapping[str, Any]) -> None:
    version = given.get("resourceVersion", "0")
    if not (version.isascii() and version.isdigit()):
        raise unserved(f'strconv.ParseUint: parsing "{version}": invalid syntax')
    if int(version) == 0:
        raise without_version(resource, record.name)
    if int(version) != record.version:
        raise modified(resource, record.name)


def _with(field: str, body: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with a field of another."""
    whole = {name: value for name, value in body.items() if name != field}
    return whole | ({field: other[field]} if other.get(field) is not None else {})


def _metadata(given: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata with what nobody may change as it was; a deletion cannot be taken back."""
    whole = {**given, "resourceVersion": old["resourceVersion"]}
    whole |= {name: old[name] for name in _KEPT if name in old}
    going = ("deletionTimestamp", "deletionGracePeriodSeconds")
    return {name: value for name, value in whole.items() if name not in going} | {
        name: old[name] for name in going if name in old
    }


def _faults(given: Mapping[str, Any], old: Mapping[str, Any]) -> list[Fault]:
    found: list[Fault] = []
    for field in ("uid", "deletionTimestamp"):
        if field in given and given[field] != old.get(field) and not (field == "deletionTimestamp" and field in old):
            message = f"Invalid value: {json.dumps(given[field])}: field is immutable"
            found.append(Fault(f"metadata.{field}", "FieldValueInvalid", message))
    new = [each for each in given.get("finalizers", []) if each not in old.get("finalizers", [])]
    if "deletionTimestamp" in old and new:
        listed = ", ".join(map(json.dumps, sorted(new)))
        why = (
            f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{listed}}}"
        )
        found.append(Fault("metadata.finalizers", "FieldValueForbidden", f"Forbidden: {why}"))
    return found


def generation(new: Mapping[str, Any], old: Mapping[str, Any]) -> int | None:
    """Return the generation of a changed object: it grows by what is neither metadata nor status."""
    before: int | None = old["metadata"].get("generation")
    if before is None:
        return None
    passed_over = ("metadata", "status")
    declared = [{name: value for name, value in body.items() if name not in passed_over} for body in (new, old)]
    return before if same(*declared) else before + 1
