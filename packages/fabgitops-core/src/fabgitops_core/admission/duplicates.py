"""Items of a list that have the same key (apiextensions-apiserver, pkg/apiserver/schema/listtype)."""

from collections.abc import Iterator
from typing import Any

from fabgitops_core.admission import wording
from fabgitops_core.admission.structure import Structure
from fabgitops_core.admission.wording import Cause


def duplicated(value: Any, known: Structure, path: str = "") -> Iterator[Cause]:
    """Yield which items are there twice, each once."""
    if isinstance(value, list):
        if known.list_type == "map":
            yield from _of_map(value, known, path)
        if known.items is not None:
            for place, each in enumerate(value):
                yield from duplicated(each, known.items, f"{path}[{place}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in known.properties:
                yield from duplicated(each, known.properties[name], f"{path}.{name}".removeprefix("."))
            elif known.additional is not None:
                yield from duplicated(each, known.additional, f"{path}[{name}]")


def _of_map(items: list[Any], known: Structure, path: str) -> Iterator[Cause]:
    for place, item in enumerate(items):
        if item is not None and not isinstance(item, dict):
            yield wording.invalid(f"{path}[{place}]", item, "must be an object for an array of list-type map")
            return
    seen: dict[str, int] = {}
    for place, item in enumerate(items):
        key = {name: item[name] for name in known.list_keys if item and name in item}
        text = wording.encoded(key)
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:
            yield wording.duplicate(f"{path}[{place}]", key)
