"""Kubeconfig files: several are read as one, and the first that says something counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fabgitops_operator.cluster.kubeconfig.errors import KubeconfigError, NoContextError

Entry = Mapping[str, Any]

_PARTS = {"clusters": "cluster", "users": "user", "contexts": "context"}

_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""Fields that name files, relative to the kubeconfig that they stand in."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one context names."""

    name: str
    context: Entry
    cluster: Entry
    user: Entry


def chosen(paths: Sequence[Path], context: str | None = None) -> Chosen:
    """Return a context of kubeconfig files, the current one if none is named.

    Raises:
        KubeconfigError: A file cannot be read or is no kubeconfig, or names what is not there.
    """
    documents = [_read(path) for path in paths]
    contexts = _entries(documents, "contexts")
    name = context or _first(document.get("current-context") for document in documents)
    if name not in contexts:
        raise NoContextError(name, list(contexts))
    content = contexts[name]
    cluster = _named("cluster", content.get("cluster"), _entries(documents, "clusters"))
    user = _named("user", content["user"], _entries(documents, "users")) if content.get("user") else {}
    return Chosen(name, content, cluster, user)


def _read(path: Path) -> Entry:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KubeconfigError(f"{path} cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise KubeconfigError(f"{path} is no kubeconfig: {error.problem}{line}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise KubeconfigError(f"{path} is no kubeconfig: {error}") from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"{path} is no kubeconfig: it holds no mapping")
    return {**document, **{kind: _listed(path, document, kind) for kind in _PARTS}}


def _listed(path: Path, document: Entry, kind: str) -> list[tuple[str, Entry]]:
    """Return the named entries of a kind, with the files that they name made absolute."""
    entries = document.get(kind) or []
    if not isinstance(entries, list):
        raise KubeconfigError(f"{path} is no kubeconfig: {kind} is no list")
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise KubeconfigError(f"{path} is no kubeconfig: {kind} holds what has no name")
        part = entry.get(_PARTS[kind])
        if not isinstance(part, dict | None):
            raise KubeconfigError(f'{path} is no kubeconfig: {_PARTS[kind]} "{entry["name"]}" is no mapping')
        found.append((entry["name"], _anchored(part or {}, path.parent.absolute())))  # kubectl writes null for nothing
    return found


def _anchored(part: Entry, folder: Path) -> Entry:
    """Return an entry with files as they are found from here: each counts from the kubeconfig that names it."""
    found: dict[str, Any] = dict(part)
    found |= {name: str(folder / part[name]) for name in _FILES if isinstance(part.get(name), str) and part[name]}
    plugin = part.get("exec")
    command = plugin.get("command") if isinstance(plugin, dict) else None
    if plugin and isinstance(command, str) and "/" in command:  # without a slash it is searched on the PATH
        found["exec"] = {**plugin, "command": str(folder / command)}
    return found


def _entries(documents: Sequence[Entry], kind: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for document in documents:
        for name, entry in document[kind]:
            found.setdefault(name, entry)
    return found


def _named(kind: str, name: Any, entries: Mapping[str, Entry]) -> Entry:
    if name not in entries:
        raise KubeconfigError(f'there is no {kind} "{name}"' if name else f"the context names no {kind}")
    return entries[name]


def _first(values: Any) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")
