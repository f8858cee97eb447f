"""What metadata may be: read as Go reads it into its ObjectMeta, then checked as the API server does."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from fabgitops_operator.standalone.store.objects import names
from fabgitops_operator.standalone.store.objects.refusals import Fault

MOST_ANNOTATIONS = 256 * 1024
"""Bytes of all annotations together."""

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
"""Finalizers that say what becomes of what an object owns."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class MisreadError(ValueError):
    """A value is of the wrong type; the message is Go's."""


def _kind(value: Any) -> str:
    names_: Mapping[type, str] = {
        bool: "bool",
        int: "number",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return names_[type(value)]


def _unfit(value: Any, field: str, wanted: str) -> MisreadError:
    where = f"struct field ObjectMeta.{field}" if field else "value"
    return MisreadError(f"json: cannot unmarshal {_kind(value)} into Go {where} of type {wanted}")


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _unfit(value, field, "string")
    return value


def _whole(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unfit(value, field, "int64")
    return value


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise _unfit(value, field, "bool")
    return value


def _time(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _unfit(value, field, "string")
    if not _TIME.fullmatch(value):
        raise MisreadError(f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"')
    return value


def _texts(value: Any, field: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _unfit(value, field, "map[string]string")
    return {key: "" if each is None else _text(each, field) for key, each in value.items()}


def _names(value: Any, field: str) -> list[str]:
    if not isinstance(value, list):
        raise _unfit(value, field, "[]string")
    return ["" if each is None else _text(each, field) for each in value]


def _owners(value: Any, field: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise _unfit(value, field, "[]v1.OwnerReference")
    read: list[dict[str, Any]] = []
    for each in value:
        if not isinstance(each, dict):
            raise _unfit(each, field, "v1.OwnerReference")
        owner: dict[str, Any] = {name: _text(each.get(name) or "", field) for name in _OWNER_TEXTS}
        flags = {name: _flag(each[name], field) for name in _OWNER_FLAGS if each.get(name) is not None}
        if (owner | flags) not in read:
            read.append(owner | flags)
    return read


_OWNER_TEXTS = ("apiVersion", "kind", "name", "uid")
_OWNER_FLAGS = ("blockOwnerDeletion", "controller")

_FIELDS: Mapping[str, Callable[[Any, str], Any]] = {
    "name": _text,
    "generateName": _text,
    "namespace": _text,
    "uid": _text,
    "resourceVersion": _text,
    "generation": _whole,
    "creationTimestamp": _time,
    "deletionTimestamp": _time,
    "deletionGracePeriodSeconds": _whole,
    "labels": _texts,
    "annotations": _texts,
    "ownerReferences": _owners,
    "finalizers": _names,
}

_DROPPED = ("managedFields", "selfLink")
"""Fields that are known, and not kept: nobody here owns a field, and nobody has used the other for years."""


def read(body: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return metadata as it is kept, and the fields in it that nobody knows.

    Raises:
        MisreadError: A value is of the wrong type.
    """
    given = body.get("metadata")
    if given is None:
        return {}, []
    if not isinstance(given, dict):
        raise _unfit(given, "", "v1.ObjectMeta")
    metadata = {
        name: _FIELDS[name](value, name) for name, value in given.items() if name in _FIELDS and value is not None
    }
    unknown = [f'unknown field "metadata.{name}"' for name in given if name not in _FIELDS and name not in _DROPPED]
    return {name: value for name, value in metadata.items() if value not in ("", {}, [])}, unknown


def faults(metadata: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with metadata."""
    return [*_of_name(metadata), *_of_labels(metadata), *_of_owners(metadata), *_of_finalizers(metadata)]


def _of_name(metadata: Mapping[str, Any]) -> Iterator[Fault]:
    if given := metadata.get("generateName"):
        yield from (_bad("metadata.generateName", given, why) for why in names.prefix(given))
    if name := metadata.get("name"):
        yield from (_bad("metadata.name", name, why) for why in names.subdomain(name))
    else:
        yield Fault("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")


def _of_labels(metadata: Mapping[str, Any]) -> Iterator[Fault]:
    for key, value in sorted(metadata.get("labels", {}).items()):
        yield from (_bad("metadata.labels", key, why) for why in names.qualified(key))
        yield from (_bad("metadata.labels", value, why) for why in names.label_value(value))
    annotations = metadata.get("annotations", {})
    for key in sorted(annotations):  # their prefix may have upper case
        yield from (_bad("metadata.annotations", key, why) for why in names.qualified(key.lower()))
    if sum(len(text.encode(errors="replace")) for pair in annotations.items() for text in pair) > MOST_ANNOTATIONS:
        message = f"Too long: may not be more than {MOST_ANNOTATIONS} bytes"
        yield Fault("metadata.annotations", "FieldValueTooLong", message)


def _of_owners(metadata: Mapping[str, Any]) -> Iterator[Fault]:
    owners = metadata.get("ownerReferences", [])
    for each in owners:
        yield from _of_owner(each)
    controllers = [f"{each['kind']}/{each['name']}" for each in owners if each.get("controller")]
    for first, second in pairwise(controllers):
        why = f'Only one reference can have Controller set to true. Found "true" in references for {first} and {second}'
        yield Fault("metadata.ownerReferences", "FieldValueInvalid", f"Invalid value: {_go(owners)}: {why}")


def _of_owner(owner: Mapping[str, Any]) -> Iterator[Fault]:
    field, version = "metadata.ownerReferences", owner["apiVersion"]
    if not version or version.count("/") > 1:
        yield _bad(f"{field}.apiVersion", version, "version must not be empty")
    for name in ("kind", "name", "uid"):
        if not owner[name]:
            yield _bad(f"{field}.{name}", "", "must not be empty")
    if (version, owner["kind"]) == ("v1", "Event"):
        why = "/v1, Kind=Event is disallowed from being an owner"
        yield Fault(field, "FieldValueInvalid", f"Invalid value: {_go(owner)}: {why}")


def _of_finalizers(metadata: Mapping[str, Any]) -> Iterator[Fault]:
    finalizers = metadata.get("finalizers", [])
    for each in finalizers:
        yield from (_bad("metadata.finalizers", each, why) for why in names.qualified(each))
    if ORPHAN in finalizers and FOREGROUND in finalizers:
        why = f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set"
        yield Fault("metadata.finalizers", "FieldValueInvalid", f"Invalid value: {_go(finalizers)}: {why}")


def _bad(field: str, value: str, why: str) -> Fault:
    return Fault(field, "FieldValueInvalid", f"Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}")


def _go(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_go, value))}]"
    if isinstance(value, dict):
        order = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")
        value = {name: value[name] for name in order if name in value}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
