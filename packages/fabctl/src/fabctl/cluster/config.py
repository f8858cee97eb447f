"""Where the API server is and who we are: kubeconfig files as kubectl reads them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from lightkube import KubeConfig, SingleConfig
from lightkube.config.kubeconfig import SERVICE_ACCOUNT
from lightkube.config.models import User
from lightkube.core.exceptions import ConfigError

from fabctl.errors import NoConfig
from fabctl.fields import sequence

_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""Fields that name files, relative to the kubeconfig that they stand in."""

Entry = dict[str, Any]


def load(kubeconfig: Path | None, context: str | None) -> SingleConfig:
    """Return how to reach the API server: by --kubeconfig, KUBECONFIG, ~/.kube/config, or the pod's service account.

    Raises:
        NoConfig: There is none of these, it cannot be read, or it has no such context.
    """
    paths = _paths(kubeconfig)
    if not paths:
        return _in_cluster(context)
    where = ", ".join(map(str, paths))
    documents = [_read(path) for path in paths]
    chosen = context or _first(document.get("current-context") for document in documents)
    contexts = _entries(documents, "contexts")
    if chosen not in contexts:
        there = f"there are: {', '.join(contexts)}" if contexts else "there is none"
        raise NoConfig(
            f'{where}: no context "{chosen}": give one with --context; {there}'
            if chosen
            else f"{where}: no current context: give one with --context; {there}"
        )
    try:
        return _single(chosen, contexts[chosen], documents)
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        problem = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise NoConfig(f'{where}: context "{chosen}" cannot be used: {problem}') from error


def _paths(kubeconfig: Path | None) -> list[Path]:
    if kubeconfig is not None:
        if _missing(kubeconfig.expanduser()):
            raise NoConfig(f"no kubeconfig file {kubeconfig}: check --kubeconfig")
        return [kubeconfig.expanduser()]
    named = [Path(name).expanduser() for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    paths = [path for path in named or [Path.home() / ".kube" / "config"] if not _missing(path)]
    if named and not paths:
        raise NoConfig(f"no kubeconfig file {', '.join(map(str, named))}: check KUBECONFIG")
    return paths


def _missing(path: Path) -> bool:
    """Return whether nothing is there; what is there and cannot be read says so itself, and a pipe can be read."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _in_cluster(context: str | None) -> SingleConfig:
    if context is not None or "KUBERNETES_SERVICE_HOST" not in os.environ or not Path(SERVICE_ACCOUNT).is_dir():
        raise NoConfig("no kubeconfig: give --kubeconfig FILE, set KUBECONFIG, or make ~/.kube/config")
    try:
        config = KubeConfig.from_service_account().get()
    except (ConfigError, OSError, KeyError) as error:
        raise NoConfig(f"the pod's service account cannot be used: {error}") from error
    if config is None:
        raise NoConfig("the pod's service account cannot be used")
    return config


def _read(path: Path) -> Entry:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoConfig(f"{path} cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise NoConfig(f"{path} is no kubeconfig: {error.problem}{line}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NoConfig(f"{path} is no kubeconfig: {error}") from error
    if not isinstance(document, dict):
        raise NoConfig(f"{path} is no kubeconfig: it holds no mapping")
    for kind in ("clusters", "users", "contexts"):
        if not isinstance(document.get(kind), list | None):
            raise NoConfig(f"{path} is no kubeconfig: {kind} is no list")
    for kind, part in (("clusters", "cluster"), ("users", "user")):
        for entry in sequence(document.get(kind)):
            if isinstance(entry, dict):
                entry[part] = _anchored(entry.get(part), path.parent)
    return document


def _anchored(part: Any, folder: Path) -> Any:
    """Return an entry with the files it names made absolute: kubeconfigs are merged, and each counts from its place."""
    if part is None:  # as kubectl writes a user without credentials
        return {}
    if not isinstance(part, dict):
        return part
    files = {name: str(folder.absolute() / part[name]) for name in _FILES if isinstance(part.get(name), str)}
    return part | files


def _entries(documents: Sequence[Entry], kind: str) -> dict[str, Entry]:
    """Return the entries of a kind by name; the first of a name counts."""
    found: dict[str, Entry] = {}
    for document in documents:
        for entry in sequence(document.get(kind)):
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                found.setdefault(entry["name"], entry)
    return found


def _single(name: str, context: Entry, documents: Sequence[Entry]) -> SingleConfig:
    content = context["context"]
    cluster = _entries(documents, "clusters").get(content["cluster"])
    if cluster is None:
        raise ValueError(f'there is no cluster "{content["cluster"]}"')
    asked = content.get("user")
    user = _entries(documents, "users").get(asked) if asked else None
    if asked and user is None:
        raise ValueError(f'there is no user "{asked}"')
    parts = {"contexts": [context], "clusters": [cluster], "users": [user] if user else []}
    config = KubeConfig.from_dict(parts).get(name)
    if config is None:
        raise ValueError("it is empty")
    return config._replace(user=config.user or User())


def _first(values: Any) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)
