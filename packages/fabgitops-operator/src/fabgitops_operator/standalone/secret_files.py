"""What devices are reached and unlocked with, in folders: DIR/NAMESPACE/NAME/ with ca.crt, tls.crt, tls.key, or others.

That is how a Secret looks that is mounted into a pod: a file for each key. A folder is read at each connection, and
before each write that needs it, so what was rotated counts from the next one on.
"""

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path

from fabgitops_operator.hosting.errors import ApiError, Rejected

FILES = ("ca.crt", "tls.crt", "tls.key")
"""What a folder may hold for TLS; each is used where it is there."""

LARGEST = 1024 * 1024
"""Bytes of a file: a Secret has no more."""


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
                f"no folder of Secrets is given: start with --secrets DIR, and put a file for each key ("
                f"{', '.join(FILES)} for TLS) into DIR/{namespace}/{name}",
                "nosecrets",
            )
        if any(part in {"", ".", ".."} or "/" in part for part in (namespace, name)):
            raise Rejected(f"{namespace}/{name} names no folder", "invalid")
        return await asyncio.to_thread(_read, self._folder / namespace / name)


def _read(folder: Path) -> Mapping[str, str]:
    found = {}
    for file in _files(folder):
        try:
            with file.open("rb") as data:
                content = data.read(LARGEST + 1)
        except FileNotFoundError:  # taken away since the folder was listed
            continue
        except OSError as error:
            raise ApiError(f"{file} cannot be read: {error.strerror}", "unreadable") from error
        if len(content) > LARGEST:
            raise Rejected(f"{file} is larger than a Secret may be ({LARGEST} bytes)", "large")
        found[file.name] = base64.b64encode(content).decode()
    if not found:
        raise Rejected(f"there is no file in {folder}: {', '.join(FILES)}, or one for each key", "missing")
    return found


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder; what begins with a dot is how a mounted Secret keeps its versions."""
    try:
        return [each for each in folder.iterdir() if not each.name.startswith(".") and each.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ApiError(f"{folder} cannot be read: {error.strerror}", "unreadable") from error
