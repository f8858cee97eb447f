"""Which file an object came from that kustomize built, and where in that file a field stands."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fabgitops_core.codec.texts import printable

from fabgitops_operator.standalone.source.documents import documents
from fabgitops_operator.standalone.source.lines import Lines
from fabgitops_operator.standalone.source.manifests import Manifest, Reading

ORIGIN = "config.kubernetes.io/origin"
"""Annotation that kustomize sets (`buildMetadata: [originAnnotations]`): YAML with `path`, and `repo` of a far one."""

_GENERATED = frozenset({ORIGIN, "alpha.config.kubernetes.io/transformations"})


def with_origins(built: Reading, folder: Path, prefix: str) -> Reading:
    """Return what was built with the place of each object, and without what says so in it.

    Args:
        built: Objects as kustomize printed them.
        folder: The folder in which the source is.
        prefix: The way from where kustomize was run to the source, which origins begin with.
    """
    known: dict[str, list[tuple[Any, Lines]]] = {}
    return replace(built, manifests=tuple(_placed(each, folder, prefix, known) for each in built.manifests))


def _placed(manifest: Manifest, folder: Path, prefix: str, known: dict[str, list[tuple[Any, Lines]]]) -> Manifest:
    metadata = manifest.body["metadata"]
    annotations = metadata.get("annotations") or {}
    left = {key: value for key, value in annotations.items() if key not in _GENERATED}
    kept = {key: value for key, value in metadata.items() if key != "annotations"}
    body = {**manifest.body, "metadata": {**kept, "annotations": left} if left else kept}
    origin = _origin(annotations.get(ORIGIN, ""))
    path = str(origin.get("path", ""))
    if "repo" in origin or not path.startswith(prefix):
        return replace(manifest, body=body, file=_far(origin) or manifest.file, lines=Lines(0))
    within = path.removeprefix(prefix)
    if within not in known:
        known[within] = _documents_of(folder / prefix.strip("./") / within)
    return replace(manifest, body=body, file=printable(within), lines=_lines_of(manifest, known[within]))


def _origin(annotation: str) -> Mapping[str, Any]:
    found = documents(annotation).nodes
    return found[0].value if found and isinstance(found[0].value, Mapping) else {}


def _far(origin: Mapping[str, Any]) -> str:
    return printable(f"{origin['repo']} {origin.get('path', '')}".strip()) if "repo" in origin else ""


def _documents_of(file: Path) -> list[tuple[Any, Lines]]:
    try:
        return [(node.value, node.lines) for node in documents(file.read_text(errors="replace")).nodes]
    except OSError:
        return []


def _lines_of(manifest: Manifest, found: list[tuple[Any, Lines]]) -> Lines:
    """Return where an object stands in its file; kustomize may have put something before or behind its name."""
    for value, lines in found:
        if isinstance(value, Mapping) and value.get("kind") == manifest.name.kind:
            metadata = value.get("metadata")
            name = metadata.get("name") if isinstance(metadata, Mapping) else None
            if isinstance(name, str) and name and name in manifest.name.name:
                return lines
    return Lines(0)
