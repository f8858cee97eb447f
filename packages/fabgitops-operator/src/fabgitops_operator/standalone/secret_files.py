"""Certificates for connections to devices, in folders: DIR/NAMESPACE/NAME/ with ca.crt, tls.crt and tls.key.

That is how a Secret looks that is mounted into a pod. A folder is read at each connection, so what was rotated counts
from the next one on.
"""

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path

from fabgitops_operator.hosting.errors import ApiError, Rejected

FILES = ("ca.crt", "tls.crt", "tls.key")
"""What a folder may hold; each is used where it is there."""


class SecretFiles:
    """The folder of `--secrets`; None where there is none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return what the files of a folder hold, base64, by their names.

        Raises:
            ApiError: There is no such folder, or a file in it cannot be read.
        """
        if self._folder is None:
            raise Rejected(
                f"no folder of certificates is given: start with --secrets DIR, and put {', '.join(FILES)} into "
                f"DIR/{namespace}/{name}",
                "nosecrets",
            )
        if any(part in {"", ".", ".."} or "/" in part for part in (namespace, name)):
            raise Rejected(f"{namespace}/{name} names no folder", "invalid")
        return await asyncio.to_thread(_read, self._folder / namespace / name)


def _read(folder: Path) -> Mapping[str, str]:
    found = {}
    for name in FILES:
        try:
            found[name] = base64.b64encode((folder / name).read_bytes()).decode()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ApiError(f"{folder / name} cannot be read: {error.strerror}", "unreadable") from error
    if not found:
        raise Rejected(f"there is none of {', '.join(FILES)} in {folder}", "missing")
    return found
