"""Where the fleet brake is kept without a cluster: a file of the state's folder, shown as a cluster's ConfigMap.

It is no object of the store: a revision of the source, a restored state or a delete must not take it away. Who may
operate may let it go, which is all that can be changed of it from outside.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fabgitops_operator.hosting.brake.record import Data
from fabgitops_operator.hosting.errors import Conflict, Unavailable
from fabgitops_operator.labels import labels
from fabgitops_operator.standalone.files import put

FILE = "brake.json"
"""The name in the state's folder."""

NAMESPACE, NAME = "fabgitops-system", "fabgitops-operator-brake"
"""What it is called as a ConfigMap: as that of an operator in a cluster."""

_UNREADABLE = {"state": "not readable"}
"""What is said of a file that makes no sense: of which whoever asks makes a brake that is on."""


class FileBrake:
    """A file, as `hosting.brake.brake.BrakeStore`; one change at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = asyncio.Lock()

    def __str__(self) -> str:
        """Return how people find it."""
        return str(self._path)

    async def read(self) -> tuple[Data | None, str]:
        """Return what the file holds, and a digest of it; None where there is none.

        Raises:
            ApiError: It cannot be read.
        """
        try:
            content = await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            return None, ""
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror}", "state") from error
        return _parsed(content), hashlib.sha256(content).hexdigest()[:16]

    async def write(self, data: Data, version: str) -> None:
        """Put the file into the place of one of this digest, or ("") of none.

        Raises:
            ApiError: Conflict where it is another one by now; Unavailable where it cannot be written.
        """
        async with self._turn:
            await self._written(data, version)

    async def let_go(self, words: Data) -> bool:
        """Add the words of who lets it go, and return whether there is anything to let go of.

        Raises:
            ApiError: It cannot be written.
        """
        async with self._turn:
            data, version = await self.read()
            if data is None:
                return False
            await self._written({**data, **words}, version)
            return True

    async def _written(self, data: Data, version: str) -> None:
        _, there = await self.read()
        if there != version:
            raise Conflict(f"{self._path} was changed meanwhile", "conflict")
        content = json.dumps(dict(data), indent=2).encode()
        try:
            await asyncio.to_thread(put, self._path, content, 0o600)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}", "state") from error


def _parsed(content: bytes) -> Data:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return _UNREADABLE
    if not isinstance(found, Mapping) or not all(isinstance(each, str) for each in found.values()):
        return _UNREADABLE
    return found


async def as_config_map(brake: FileBrake) -> dict[str, Any] | None:
    """Return it as a ConfigMap; None where nothing is kept.

    Raises:
        ApiError: It cannot be read.
    """
    data, version = await brake.read()
    if data is None:
        return None
    metadata = {"name": NAME, "namespace": NAMESPACE, "resourceVersion": version}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**metadata, "labels": {**labels(), "fabgitops.io/brake": "fleet"}},
        "data": dict(data),
    }
