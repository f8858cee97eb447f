"""What is wrong with manifests, found without a cluster: what would be refused, and what would not work. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from fabctl.argo import CLUSTER_TEMPLATE
from fabctl.fields import Body, mapping, text
from fabctl.manifests import Manifest, Trouble
from fabctl.names import CHAOS_POLICY, TEMPLATE
from fabctl.reading.lines import Path
from fabctl.reading.naming import problem_of_names

DEFAULT_NAMESPACE = "default"
_OF_THE_CLUSTER = frozenset({CLUSTER_TEMPLATE, CHAOS_POLICY.title})
"""Kinds whose objects are in no namespace."""
_LABEL = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)"
_VALUE = re.compile(rf"{_LABEL}?")
_PREFIX = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/"
_KEY = re.compile(rf"({_PREFIX})?{_LABEL}")
_MOST_NOTES = 256 * 1024


class Level(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    """It is refused."""
    WARNING = "warning"
    """It is taken, and will not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a manifest, and of which object."""

    level: Level
    trouble: Trouble
    about: str = ""
    """Kind, namespace and name."""

    @property
    def message(self) -> str:
        """Return what is wrong, with of what."""
        return f"{self.about}: {self.trouble.message}" if self.about else self.trouble.message


Problem = tuple[Path, str]


class Judge(Protocol):
    """What judges objects."""

    def refused(self, body: Mapping[str, Any]) -> Sequence[Problem]:
        """Return all for which the API server would refuse an object."""

    def doubted(self, body: Mapping[str, Any], known: Any) -> Sequence[Problem]:
        """Return what the operator could not do with it."""


def findings(manifests: Sequence[Manifest], judge: Judge, namespace: str | None) -> Iterator[Finding]:
    """Yield all that is wrong with manifests.

    Args:
        manifests: All of them, for one may refer to another.
        judge: What judges one.
        namespace: The one that those without one are meant for.
    """
    templates = {(_where(each, namespace), each.name): each.body for each in manifests if each.kind == TEMPLATE.title}
    seen: dict[tuple[str, str, str, str], Manifest] = {}
    for each in manifests:
        where = _where(each, namespace)
        about = _about(each, where)
        refused = [*problems_of_metadata(each.body.get("metadata")), *judge.refused(each.body)]
        for path, message in refused:
            yield Finding(Level.ERROR, each.trouble(path, message), about)
        if not refused:
            for path, message in judge.doubted(
                _placed(each.body, where), lambda name, where=where: templates.get((where, name))
            ):
                yield Finding(Level.WARNING, each.trouble(path, message), about)
        other = seen.setdefault((_group(each.body), each.kind, where, each.name), each)
        if other is not each and each.name:
            said = f"it stands twice, here and at {other.file}:{other.lines.line}: the one that is applied last counts"
            yield Finding(Level.WARNING, each.trouble(("metadata", "name"), said), about)


def _placed(body: Body, namespace: str) -> Body:
    """Return an object as it is in a namespace: what it says may have to be about that."""
    return {**body, "metadata": {**mapping(body.get("metadata")), "namespace": namespace}}


def _group(body: Body) -> str:
    return text(body.get("apiVersion")).partition("/")[0]


def _about(manifest: Manifest, where: str) -> str:
    return " ".join(
        filter(None, (manifest.kind, "/".join(filter(None, (where, manifest.name))) if manifest.name else ""))
    )


def _where(manifest: Manifest, namespace: str | None) -> str:
    if manifest.kind in _OF_THE_CLUSTER:
        return ""
    return manifest.namespace or namespace or DEFAULT_NAMESPACE


def problems_of_metadata(metadata: Any) -> list[Problem]:
    """Return what the API server would refuse of metadata: names, labels and annotations."""
    found = list(problem_of_names(metadata))
    if found or not isinstance(metadata, Mapping):
        return found
    labels, notes = mapping(metadata.get("labels")), mapping(metadata.get("annotations"))
    for field, given in (("labels", labels), ("annotations", notes)):
        found += [(("metadata", field, key), _no_key(field, key)) for key in given if not _is_key(key)]
    for key, value in labels.items():
        if not _VALUE.fullmatch(value):
            said = "at most 63 of letters, digits, -, _ and ., a letter or digit at the ends"
            found.append((("metadata", "labels", key), f"metadata.labels.{key} is {value!r}: {said}"))
    size = sum(len(key.encode()) + len(value.encode()) for key, value in notes.items())
    if size > _MOST_NOTES:
        found.append((("metadata", "annotations"), f"metadata.annotations has {size} bytes: at most {_MOST_NOTES}"))
    return found


def _is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None and len(key.rpartition("/")[0]) <= 253


def _no_key(field: str, key: str) -> str:
    said = "at most 63 of letters, digits, -, _ and ., a letter or digit at the ends; before it a domain and /"
    return f"metadata.{field} has the key {key!r}: {said}"


def counted(found: Sequence[Finding], files: int, objects: int) -> str:
    """Return what came of it in a line."""
    errors = sum(each.level is Level.ERROR for each in found)
    counts = [
        (objects, "object", ""), (files, "file", "in "), (errors, "error", ""), (len(found) - errors, "warning", "")
    ]  # fmt: skip
    said = [f"{before}{count} {what}{'' if count == 1 else 's'}" for count, what, before in counts]
    return f"{said[0]} {said[1]}: {said[2]}, {said[3]}"


def name_of(body: Body) -> str:
    """Return what an object is called, for a sentence."""
    return str(mapping(body.get("metadata")).get("name") or "")
