"""Which news of an object are but the echo of what we wrote into its status.

Each status that is stored comes back over the watch. To know an echo, what the API server made of the status is kept as
a digest: it may prune and default, and a status of hundreds of registers is too much to keep twice.
"""

import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from fabgitops_operator.hosting.ports import Body

_NUMBER = re.compile("[0-9]{1,40}")


class _Stored(NamedTuple):
    version: int
    digest: bytes


class Echoes:
    """Remembers what was stored last in each object, by uid."""

    def __init__(self) -> None:
        self._stored: dict[str, _Stored] = {}

    def expect(self, uid: str, stored: Body | None) -> None:
        """Note what the API server answered to a patch: the object as it is now."""
        if stored is not None:
            self._stored[uid] = _Stored(version_of(stored), digest_of(stored.get("status")))

    def heard(self, uid: str, version: int, digest: bytes) -> bool:
        """Return whether a status is what was stored last, or of a time before."""
        stored = self._stored.get(uid)
        return stored is not None and (version < stored.version or digest == stored.digest)

    def forget(self, uid: str) -> None:
        """Drop what is known of an object that is gone."""
        self._stored.pop(uid, None)


def version_of(body: Body) -> int:
    """Return the resourceVersion of an object, 0 where it has none that is a number."""
    metadata = body.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, Mapping) else None
    return int(version) if isinstance(version, str) and _NUMBER.fullmatch(version) else 0


def digest_of(what: Any) -> bytes:
    """Return what tells a part of an object, as JSON has it, from any other; b"" where it is nested too deeply."""
    try:
        return blake2b(json.dumps(what, sort_keys=True).encode(), digest_size=16).digest()
    except RecursionError:
        return b""
