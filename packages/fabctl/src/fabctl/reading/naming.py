"""The names of objects and namespaces, as Kubernetes allows them."""

import re
from typing import Any

from fabctl.reading.lines import Path

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def problem_of_names(metadata: Any) -> list[tuple[Path, str]]:
    """Return what is wrong with the names in `metadata`: the field, and the reason with the way out."""
    if not isinstance(metadata, dict):
        return [(("metadata",), "metadata.name is missing")]
    problems: list[tuple[Path, str]] = []
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not name:
        problems.append((("metadata", "name"), f"metadata.name is missing{_instead(metadata)}"))
    elif not isinstance(name, str) or len(name) > 253 or not _NAME.fullmatch(name):
        problems.append((("metadata", "name"), _refused("name", name, "at most 253 of a-z, 0-9, - and .")))
    if namespace and (not isinstance(namespace, str) or len(namespace) > 63 or not _NAMESPACE.fullmatch(namespace)):
        problems.append((("metadata", "namespace"), _refused("namespace", namespace, "at most 63 of a-z, 0-9 and -")))
    return problems + [each for field in ("labels", "annotations") for each in _texts(field, metadata.get(field))]


def _texts(field: str, given: Any) -> list[tuple[Path, str]]:
    """Return which entries of a map of texts are none; JSON would make a number or a truth of what has no quotes."""
    if given is None:
        return []
    if not isinstance(given, dict):
        return [(("metadata", field), f"metadata.{field} is {given!r}: it maps names to texts")]
    return [
        (("metadata", field, key), f"metadata.{field}.{key} is {value!r}: it must be a text, so write it in quotes")
        for key, value in given.items()
        if not isinstance(value, str)
    ]


def _instead(metadata: dict[str, Any]) -> str:
    return ": a source gives names, so generateName has no place here" if metadata.get("generateName") else ""


def _refused(field: str, value: object, allowed: str) -> str:
    quotes = "" if isinstance(value, str) else ", in quotes if it is a number"
    return f"metadata.{field} is {value!r}: {allowed}, a letter or digit at the ends{quotes}"
