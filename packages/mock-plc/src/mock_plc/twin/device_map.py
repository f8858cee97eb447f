"""The file that says where each device's twin is, for `--device-map` of fabgitops-operator.

It is YAML, one line for each device, both addresses `HOST:PORT` (an IPv6 address in brackets) and in quotes. It is
there, whole, once all twins listen, and gone before the first of them ends: whoever finds it can use it.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from mock_plc.errors import MockPlcError

HEAD = "# Written by mock-plc twin"
_REST = ": where each device is while it runs. fabgitops-operator takes it by --device-map.\n"


class DeviceMapError(MockPlcError):
    """The device map cannot be written: its text says why."""


def check(file: Path) -> None:
    """Check, before anything is served, that the file may be written.

    Raises:
        DeviceMapError: There is a file that no twin has written, or it cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as there:
            head = there.readline()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise DeviceMapError(f"--device-map {file} is there already, and cannot be read: {error}") from None
    if not head.startswith(HEAD):
        raise DeviceMapError(
            f"--device-map {file} is there already, and no twin has written it: name another file, or take it away"
        )


@contextlib.contextmanager
def written(file: Path, places: Mapping[str, str]) -> Iterator[None]:
    """Have the file there until the block ends: where devices are, by their addresses in manifests.

    Raises:
        DeviceMapError: It cannot be written.
    """
    try:
        mine = _write(file, "".join(f'"{address}": "{place}"\n' for address, place in places.items()))
    except OSError as error:
        raise DeviceMapError(f"--device-map {file} cannot be written: {error.strerror or error}") from None
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):  # whoever took it away has done what is to be done here
            if file.stat().st_ino == mine:
                file.unlink()


def _write(file: Path, lines: str) -> int:
    """Put a whole file in its place at once, and return its number in the file system."""
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as new:
            new.write(HEAD + _REST + lines)
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return file.stat().st_ino
