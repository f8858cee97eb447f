"""Where the API server is and who we are: --kubeconfig, KUBECONFIG, ~/.kube/config, or the pod's service account."""

import os
from pathlib import Path

from fabctl.errors import NoConfig
from fabctl.kubeconfig.access import Access, by_kubeconfig, in_cluster
from fabctl.kubeconfig.errors import KubeconfigError, NoContextError
from fabctl.kubeconfig.files import chosen


def load(kubeconfig: Path | None, context: str | None) -> Access:
    """Return how to reach the API server.

    Raises:
        NoConfig: There is no way to one, it cannot be used, or there is no such context.
    """
    paths = _paths(kubeconfig)
    if not paths:
        return _in_cluster(context)
    where = ", ".join(map(str, paths))
    try:
        found = chosen(paths, context)
    except NoContextError as error:
        there = f"there are: {', '.join(error.there)}" if error.there else "there is none"
        raise NoConfig(f"{where}: {error}: give one with --context; {there}") from error
    except KubeconfigError as error:
        raise NoConfig(str(error) if where in str(error) else f"{where}: {error}") from error
    try:
        return by_kubeconfig(found)
    except KubeconfigError as error:
        raise NoConfig(f'{where}: context "{found.name}" cannot be used: {error}') from error


def contexts(kubeconfig: Path | None) -> list[str]:
    """Return the names of the contexts there are.

    Raises:
        NoConfig: There is no kubeconfig, or it is none.
    """
    try:
        chosen(_paths(kubeconfig), "\0")
    except NoContextError as error:  # of that name there is never one
        return list(error.there)
    except KubeconfigError as error:
        raise NoConfig(str(error)) from error
    return []


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


def _in_cluster(context: str | None) -> Access:
    try:
        access = in_cluster(os.environ) if context is None else None
    except KubeconfigError as error:
        raise NoConfig(f"the pod's service account cannot be used: {error}") from error
    if access is None:
        raise NoConfig("no kubeconfig: give --kubeconfig FILE, set KUBECONFIG, or make ~/.kube/config")
    return access
