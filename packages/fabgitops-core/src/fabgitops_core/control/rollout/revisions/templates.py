"""Pod templates: what one is called by its content, and whether two are the same.

The hash is over what is declared, never over what an API server or a library makes of that: another version of either
would move it, and every workload with it. So the rules of writing a template down are here, whole, and frozen: a corpus
of templates and hashes in the tests holds them. Who must change them adds a version, and goes on finding what the old
one named.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from fabgitops_core.api.rollout.marks import HASH

VERSION = "b"
"""The first character of a hash: by which rules a template was written down. b are those of this module."""

DIGITS = 10
"""The characters of a hash, its version among them."""

HASH_LABELS = frozenset({HASH, "pod-template-hash"})
"""Labels by which a ReplicaSet and its pods are told from those of other revisions, as a Rollout and a Deployment
give them; no part of what is declared."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""What label values and names allow, without vowels and what looks like them: no hash is a word."""

_KINDS = frozenset({"labelSelector", "namespaceSelector", "selector", "downwardAPI", "image", "projected"})
"""Where something empty is not nothing: an empty selector selects all, an absent one none, or this namespace alone; and
a volume that says nothing else is an emptyDir.
"""

_DEEPEST = 64
"""Levels of nesting; a pod template has some fifteen."""

Template = Mapping[str, Any]


def hash_of(template: Template) -> str:
    """Return the hash of a pod template as it is declared: ten characters that label values and names allow.

    The order of fields, nulls, empty objects and empty lists change nothing; 1.0 is 1. An empty text is a value: it is
    what labels of nodes have.

    Raises:
        ValueError: The template is nested too deeply, or holds a number that JSON does not have.
    """
    number = int.from_bytes(hashlib.sha256(_written(template).encode()).digest())
    digits = []
    for _ in range(DIGITS - len(VERSION)):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return VERSION + "".join(digits)


def content_of(stored: Template, labels: Collection[str] = (), annotations: Collection[str] = ()) -> str:
    """Return what names a template by its content, as an API server stores it; "" where it is none to be written down.

    Args:
        stored: The template of a ReplicaSet.
        labels: Labels that were put onto its pods for a time, besides those that tell revisions apart.
        annotations: Annotations that were put onto its pods for a time.
    """
    try:
        return hash_of(_without(stored, _added(labels, annotations)))
    except (ValueError, TypeError, AttributeError):
        return ""


def equal_as_defaulted(
    declared: Template, stored: Template, labels: Collection[str] = (), annotations: Collection[str] = ()
) -> bool:
    """Return whether a ReplicaSet has the template that is declared.

    Args:
        declared: The template as the API server would store it: the answer to a create with `dryRun=All`.
        stored: The template of the ReplicaSet.
        labels: Labels that were put onto its pods for a time, besides those that tell revisions apart.
        annotations: Annotations that were put onto its pods for a time.

    Raises:
        ValueError: A template is nested too deeply, or holds a number that JSON does not have.
    """
    added = _added(labels, annotations)
    return _written(_without(declared, added)) == _written(_without(stored, added))


def _added(labels: Collection[str], annotations: Collection[str]) -> Mapping[str, Collection[str]]:
    return {"labels": HASH_LABELS.union(labels), "annotations": frozenset(annotations)}


def _written(template: Template) -> str:
    return json.dumps(_plain(template, 0), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any, depth: int) -> Any:
    """Return a value without what says nothing; what stands in a list keeps its place, whatever it is."""
    if depth > _DEEPEST:
        raise ValueError(f"template: it is nested more than {_DEEPEST} levels deep")
    if isinstance(value, Mapping):
        fields = {str(key): _plain(each, depth + 1) for key, each in value.items()}
        return {key: each for key, each in fields.items() if not _is_nothing(key, each)}
    if isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _is_nothing(key: str, value: Any) -> bool:
    return value is None or value == [] or (value == {} and key not in _KINDS)


def _without(template: Template, added: Mapping[str, Collection[str]]) -> Template:
    """Return a template without what was added to the metadata of its pods."""
    metadata = dict(template.get("metadata") or {})
    for field, names in added.items():
        metadata[field] = {key: each for key, each in (metadata.get(field) or {}).items() if key not in names}
    return {**template, "metadata": metadata}
