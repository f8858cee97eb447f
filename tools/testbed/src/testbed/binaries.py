"""Finding the control plane's binaries: four ways, tried in order until none is missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from testbed import envtest, gobuild
from testbed.cache import cache_folder, say, this_platform
from testbed.components import API_SERVER, CONTROLLER_MANAGER, ETCD
from testbed.errors import BinariesNotFoundError, SourceError
from testbed.installing import executables

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"

Found = Mapping[str, Path]
Source = Callable[[Sequence[str]], Found]


def needed_binaries(*, controller_manager: bool) -> Found:
    """Where etcd, the API server and, when asked, the controller manager are.

    Raises:
        BinariesNotFoundError: none of the four ways led to one of them; the message says why, way by way.
    """
    names = [ETCD, API_SERVER, *([CONTROLLER_MANAGER] if controller_manager else [])]
    return find(names, sources())


def sources() -> dict[str, Source]:
    """The four ways, by the name that errors give them."""
    archives = cache_folder() / f"{envtest.VERSION}-{this_platform()}"
    builds = cache_folder() / f"{gobuild.VERSION}-{this_platform()}"
    return {
        ASSETS_VARIABLE: from_assets,
        "the cache": lambda names: from_cache(names, [builds, archives]),
        "the official envtest archive": lambda names: envtest.install(names, archives, this_platform(), say),
        "a build from Go modules": lambda names: gobuild.install(names, builds, say),
    }


def find(names: Sequence[str], ways: Mapping[str, Source]) -> Found:
    """Take each binary from the first way that has it.

    Raises:
        BinariesNotFoundError: one was found nowhere.
    """
    found: dict[str, Path] = {}
    failures: list[str] = []
    for way, source in ways.items():
        missing = [name for name in names if name not in found]
        if not missing:
            break
        try:
            found.update(source(missing))
        except SourceError as error:
            failures.append(f"  {len(failures) + 1}. {way}: {error}")
        else:
            still = [name for name in missing if name not in found]
            if still:
                failures.append(f"  {len(failures) + 1}. {way}: has no {', '.join(still)}")
    missing = [name for name in names if name not in found]
    if missing:
        reasons = "\n".join(failures)
        raise BinariesNotFoundError(f"found no {', '.join(missing)} in any of four ways:\n{reasons}")
    return found


def from_assets(names: Sequence[str]) -> Found:
    """What the folder named by KUBEBUILDER_ASSETS has."""
    folder = os.environ.get(ASSETS_VARIABLE)
    if not folder:
        raise SourceError("the variable is not set; set it to a folder with the binaries in it")
    found = executables(Path(folder), names)
    missing = [name for name in names if name not in found]
    if missing:
        say(f"{ASSETS_VARIABLE}={folder} has no {', '.join(missing)}; looking further")
    return found


def from_cache(names: Sequence[str], folders: Sequence[Path]) -> Found:
    """What earlier runs left in the cache; the first folder that has a binary wins."""
    found: dict[str, Path] = {}
    for folder in reversed(folders):
        found.update(executables(folder, names))
    if not found:
        raise SourceError(f"{' and '.join(map(str, folders))} have none of them")
    return found
