"""Where kustomizations look for what they build from: nothing may lie outside the source, or elsewhere on a network."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fabgitops_operator.standalone.source.documents import documents
from fabgitops_operator.standalone.source.lines import Path as Field
from fabgitops_operator.standalone.source.tree import KUSTOMIZATIONS
from fabgitops_operator.standalone.source.troubles import Trouble

_LISTS = frozenset(
    {"resources", "bases", "components", "generators", "transformers", "validators", "configurations", "crds"}
)
_BELOW = frozenset({"patches", "patchesjson6902", "replacements", "openapi"})


def problems_of_bases(tree: Path, path: str) -> list[Trouble]:
    """Return each entry, of the kustomization of a folder and all that it names, which is not in the tree.

    kustomize takes an entry that is no file for an address and fetches it, with or without a protocol in front.
    """
    troubles: list[Trouble] = []
    waiting, seen = [os.path.normpath(path or ".")], set[str]()
    while waiting:
        folder = waiting.pop()
        if folder not in seen:
            seen.add(folder)
            waiting += _look_into(tree, folder, troubles)
    return troubles


def _look_into(tree: Path, folder: str, troubles: list[Trouble]) -> list[str]:
    """Return the folders that the kustomization of a folder names; note what is wrong with it."""
    name = next((each for each in KUSTOMIZATIONS if (tree / folder / each).is_file()), None)
    if name is None:
        return []
    file = os.path.normpath(f"{folder}/{name}")
    found = documents((tree / folder / name).read_text(errors="replace"))
    troubles += [Trouble(file, each.line, each.text) for each in found.faults]
    folders = []
    for node in found.nodes:
        for field, entry in _entries(node.value):
            place = os.path.normpath(f"{folder}/{entry}")
            if trouble := _problem(tree, place, entry):
                troubles.append(Trouble(file, node.lines.of(field), f"{_shown(field)} is {entry!r}: {trouble}"))
            elif (tree / place).is_dir():
                folders.append(place)
    return folders


def _problem(tree: Path, place: str, entry: str) -> str:
    if "\n" in entry:  # a patch or a resource that stands here itself
        return ""
    if "://" not in entry and place.split("/", maxsplit=1)[0] != ".." and (tree / place).exists():
        return ""
    if place.split("/", maxsplit=1)[0] == ".." and "://" not in entry:
        return "this lies outside the source"
    return "there is no such file in the source, and nothing is fetched from elsewhere without --allow-remote-bases"


def _entries(body: Any) -> Iterator[tuple[Field, str]]:
    """Yield what a kustomization names, with its field; the case of names does not count for kustomize."""
    for name, value in body.items() if isinstance(body, Mapping) else ():
        if name.lower() in _LISTS:
            yield from _texts((name,), value)
        elif name.lower() in _BELOW:
            yield from _paths((name,), value)


def _texts(field: Field, value: Any) -> Iterator[tuple[Field, str]]:
    for place, each in enumerate(value if isinstance(value, list) else ()):
        if isinstance(each, str):
            yield (*field, place), each


def _paths(field: Field, value: Any) -> Iterator[tuple[Field, str]]:
    for place, each in enumerate(value if isinstance(value, list) else [value]):
        for name, path in each.items() if isinstance(each, Mapping) else ():
            if name.lower() == "path" and isinstance(path, str):
                yield ((*field, place, name) if isinstance(value, list) else (*field, name)), path


def _shown(field: Field) -> str:
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in field).lstrip(".")
