"""Folders that kustomize builds: what it builds counts, and not the bases and patches that it builds it from."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fabctl.bounded import read_file
from fabctl.fields import Body, mapping, text
from fabctl.manifests import Found, Manifest, Trouble, read, read_text
from fabctl.reading.composing import Node
from fabctl.reading.documents import documents
from fabctl.reading.lines import Lines

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
ORIGIN = "config.kubernetes.io/origin"
"""Annotation in which kustomize says the file of an object, when it is asked to."""
BUILD_SECS = 120.0

_NOT_KUSTOMIZES = "what kustomize built"
_MISSING = "kustomize has to build this, and neither kustomize nor kubectl is there: install one of them"


@dataclass(slots=True)
class _Used:
    """What kustomizations name: files, and folders that are built as part of another one."""

    files: set[Path] = field(default_factory=set)
    folders: set[Path] = field(default_factory=set)


def gathered(files: Sequence[Path]) -> Found:
    """Return what stands in files, with what kustomize builds in the place of what it builds it from.

    A kustomization that another one of them uses is not built alone, so a base that is only half of an object may be.
    """
    tops = {file.parent.resolve(): file for file in files if file.name in NAMES}
    used = _used(tops)
    plain = [file for file in files if file.name not in NAMES and file.resolve() not in used.files]
    found = read(plain)
    for folder, file in tops.items():
        if folder not in used.folders:
            found = _joined(found, _built(folder, file))
    return found


def _joined(one: Found, other: Found) -> Found:
    return Found(one.manifests + other.manifests, one.troubles + other.troubles, one.others + other.others)


def _used(kustomizations: Iterable[Path]) -> _Used:
    """Return what is used by these, and by what they use."""
    used, waiting, seen = _Used(), list(kustomizations), set[Path]()
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        for entry in _entries(_kustomization(folder)):
            try:
                place = (folder / entry).resolve()
            except ValueError:  # no name of a file: it has a character that none may have
                continue
            if os.path.isdir(place):
                used.folders.add(place)
                waiting.append(place)
            else:
                used.files.add(place)
    return used


def _kustomization(folder: Path) -> Body:
    for name in NAMES:
        if os.path.isfile(folder / name):
            nodes = _documents(folder / name)
            return mapping(nodes[0].value) if nodes else {}
    return {}


def _documents(file: Path) -> Sequence[Node]:
    """Return what stands in a file, and nothing where it cannot be read, which kustomize tells better."""
    try:
        return documents(read_file(file).decode(errors="replace")).nodes
    except OSError:
        return ()


def _entries(value: Any) -> Iterator[str]:
    """Yield each text in a kustomization that may name a file or a folder; what names none is found nowhere."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _entries(each)
    elif isinstance(value, list):
        for each in value:
            yield from _entries(each)
    elif isinstance(value, str) and value and "\n" not in value and len(value) < 1024:
        yield value.partition("=")[2] or value  # of a generator: NAME=FILE


def _built(folder: Path, file: Path) -> Found:
    import subprocess  # noqa: PLC0415 - where nothing is to be built none of this is needed
    import tempfile  # noqa: PLC0415

    program = _program()
    if program is None:
        return Found((), (Trouble(str(file), 0, 0, _MISSING),), ())
    with tempfile.TemporaryDirectory(prefix="fabctl-") as made:
        top = Path(made).resolve()
        way = os.path.relpath(folder, top)
        wrapper = {"resources": [way], "buildMetadata": ["originAnnotations"]}
        (top / NAMES[0]).write_text(json.dumps(wrapper), encoding="utf-8")  # JSON is YAML, too
        try:
            command = [*program, str(top)]
            done = subprocess.run(command, capture_output=True, check=False, timeout=BUILD_SECS)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            return Found((), (Trouble(str(file), 0, 0, f"{program[0]} cannot build it: {error}"),), ())
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").replace(f"{top}/", "").split())
            return Found((), (Trouble(str(file), 0, 0, f"kustomize cannot build this: {said}"),), ())
        found = read_text(done.stdout.decode(errors="replace"), _NOT_KUSTOMIZES)
        known: dict[Path, Sequence[Node]] = {}
        placed, others = (
            tuple(_placed(each, top, file, known) for each in some) for some in (found.manifests, found.others)
        )
    return Found(placed, tuple(replace(each, file=str(file), line=0, column=0) for each in found.troubles), others)


def _program() -> tuple[str, ...] | None:
    import shutil  # noqa: PLC0415

    if (kustomize := shutil.which("kustomize")) is not None:
        return kustomize, "build"
    kubectl = shutil.which("kubectl")
    return (kubectl, "kustomize") if kubectl is not None else None


def _placed(manifest: Manifest, top: Path, kustomization: Path, known: dict[Path, Sequence[Node]]) -> Manifest:
    """Return an object with where it stands in the file that it came from, and without what says so in it.

    Each file is read once: what it holds is kept among what is known.
    """
    metadata = mapping(manifest.body.get("metadata"))
    annotations = dict(mapping(metadata.get("annotations")))
    origin = mapping(_first(text_of(annotations.pop(ORIGIN, ""))))
    kept = {name: value for name, value in metadata.items() if name != "annotations"}
    body = {**manifest.body, "metadata": {**kept, **({"annotations": annotations} if annotations else {})}}
    path = text(origin.get("path"))
    place = top / path
    if "repo" in origin or not path or not os.path.isfile(place):
        return Manifest(body, str(kustomization), Lines(0, None, 0))
    real = place.resolve()
    if real not in known:
        known[real] = _documents(real)
    shown = os.path.relpath(real, Path.cwd())
    named = str(real) if shown.startswith("..") else shown
    return Manifest(body, named, _lines_of(body, known[real]) or Lines(0, None, 0))


def text_of(value: Any) -> str:
    """Return a text as it is, and nothing for anything else."""
    return value if isinstance(value, str) else ""


def _first(annotation: str) -> Any:
    nodes = documents(annotation).nodes
    return nodes[0].value if nodes else None


def _lines_of(body: Body, nodes: Iterable[Node]) -> Lines | None:
    """Return where an object stands in its file; kustomize may have put something before or behind its name."""
    name = text(mapping(body.get("metadata")).get("name"))
    for node in nodes:
        value = mapping(node.value)
        called = text(mapping(value.get("metadata")).get("name"))
        if value.get("kind") == body.get("kind") and called and called in name:
            return node.lines
    return None
