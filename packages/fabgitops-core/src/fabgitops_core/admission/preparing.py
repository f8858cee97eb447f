"""What the API server makes of a body before it looks at it: numbers, pruning, nulls, defaults, in this order."""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.admission.structure import MISSING, Structure

_LEAST, _MOST = -(2**63), 2**63 - 1
_TYPE_META = ("apiVersion", "kind", "metadata")
_OBJECT_META = frozenset(
    (
        *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "labels"),
        *("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "annotations", "ownerReferences"),
        *("finalizers", "managedFields"),
    )
)


def prepared(body: Mapping[str, Any], whole: Structure) -> tuple[dict[str, Any], list[str]]:
    """Return a copy of a body as it would be judged, and the paths of the fields that nobody knows."""
    copied: dict[str, Any] = copied_value(body)
    unknown = _prune_metadata(copied)
    pruned: list[str] = []
    for name in list(copied):
        known = whole.properties.get(name)
        if name in _TYPE_META:
            continue
        if known is None:
            pruned.append(name)
            del copied[name]
        else:
            _prune(copied[name], known, name, pruned)
    _drop_nulls(copied, whole)
    _fill(copied, whole)
    return copied, [*sorted(unknown), *sorted(pruned)]


def copied_value(value: Any) -> Any:
    """Return a value of JSON, copied, with numbers as Go reads them: what does not fit 64 bits is a double."""
    if isinstance(value, Mapping):
        return {key: copied_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [copied_value(each) for each in value]
    if type(value) is int and not _LEAST <= value <= _MOST:
        return float(value)
    return value


def _prune_metadata(body: dict[str, Any]) -> list[str]:
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return []
    unknown = metadata.keys() - _OBJECT_META
    for name in unknown:
        del metadata[name]
    return [f"metadata.{name}" for name in unknown]


def _prune(value: Any, known: Structure | None, path: str, unknown: list[str]) -> None:
    """Take away what is not known, and note where it was."""
    if known is not None and known.preserves:
        return  # nothing in ours is known within what is kept as it is
    if isinstance(value, list):
        for place, each in enumerate(value):
            _prune(each, known.items if known else None, f"{path}[{place}]", unknown)
    elif isinstance(value, dict):
        for name in list(value):
            inner = known.child(name) if known else None
            if inner is None:
                unknown.append(f"{path}.{name}")
                del value[name]
            else:
                _prune(value[name], inner, f"{path}.{name}", unknown)


def _drop_nulls(value: Any, known: Structure | None) -> None:
    """Take away nulls where none may be and nothing is filled in."""
    if isinstance(value, dict):
        for name, each in list(value.items()):
            inner = known.child(name) if known else None
            if each is None and inner is not None and not inner.nullable and inner.default is MISSING:
                del value[name]
            else:
                _drop_nulls(each, inner)
    elif isinstance(value, list):
        for each in value:
            _drop_nulls(each, known.items if known else None)


def _fill(value: Any, known: Structure) -> None:
    """Fill defaults in, also in place of a null where none may be."""
    if isinstance(value, dict):
        for name, inner in known.properties.items():
            if inner.default is not MISSING and (name not in value or _bare(value[name], inner)):
                value[name] = copied_value(inner.default)
        for name, each in value.items():
            child = known.child(name)
            if child is not None:
                _fill(each, child)
    elif isinstance(value, list) and known.items is not None:
        for place, each in enumerate(value):
            if _bare(each, known.items) and known.items.default is not MISSING:
                value[place] = copied_value(known.items.default)
            _fill(value[place], known.items)


def _bare(value: Any, known: Structure) -> bool:
    return value is None and not known.nullable
