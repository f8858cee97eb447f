"""Puts uv at a path without pip: `python3 tools/fetch_uv.py FILE`; in a second, and where Python comes without pip.

It asks the package index as pip does (the simple API in JSON, PEP 691) for the newest wheel of this machine, and keeps
its program when the bytes have the digest that the index names. The index is that of UV_DEFAULT_INDEX, UV_INDEX_URL or
PIP_INDEX_URL, or of pip's files, else pypi.org. It needs nothing but Python's own library.
"""

import hashlib
import io
import json
import os
import platform
import re
import sys
import zipfile
from configparser import Error as ConfigError
from configparser import RawConfigParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

PATIENCE_SECS = 15.0
WHEEL = re.compile(r"uv-(\d+(?:\.\d+)*)-py3-none-([^-]+)\.whl")  # no pre-release has such a version


class NoUvError(Exception):
    """There is no uv to be had: the text says why."""


def index() -> str:
    """Return the address of the package index, with a slash at its end."""
    asked = [os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")]
    return next(filter(None, [*asked, of_pips_files()]), "https://pypi.org/simple").rstrip("/") + "/"


def of_pips_files() -> str:
    """Return the index that pip's configuration names, where its manual says that it is kept."""
    home = Path.home()
    user = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    given = os.environ.get("PIP_CONFIG_FILE", "")
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip/pip.conf", user / "pip/pip.conf"]
    config = RawConfigParser()
    config.read([*files, given] if given else files)
    return config.get("global", "index-url", fallback="")


def answer(url: str, accept: str = "*/*") -> bytes:
    """Return what stands at an address."""
    with urlopen(Request(url, headers={"Accept": accept}), timeout=PATIENCE_SECS) as reply:  # noqa: S310
        return bytes(reply.read())


def runs_here(tags: str) -> bool:
    """Return whether a wheel of these platforms (PEP 600, PEP 656), joined by dots, runs on this machine."""
    libc, version = platform.libc_ver()
    prefix = {"Darwin": "macosx", "Linux": "manylinux" if libc == "glibc" else "musllinux"}.get(platform.system())
    for tag in tags.split("."):
        found = re.fullmatch(rf"{prefix}_(\d+)_(\d+)_{platform.machine()}", tag)
        if found and (libc != "glibc" or (int(found[1]), int(found[2])) <= tuple(map(int, version.split(".")))):
            return True
    return False


def newest(files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the newest wheel that runs here.

    Raises:
        NoUvError: There is none.
    """
    wheels = {}
    for file in files:
        found = WHEEL.fullmatch(file["filename"])
        if found and not file.get("yanked") and runs_here(found[2]):
            wheels[tuple(map(int, found[1].split(".")))] = file
    if not wheels:
        raise NoUvError(f"the index has no uv for {platform.system()} on {platform.machine()}")
    return wheels[max(wheels)]


def program(address: str) -> bytes:
    """Return the program out of the newest wheel of an index.

    Raises:
        NoUvError: There is none for this machine, or it came damaged.
    """
    page = urljoin(address, "uv/")
    wheel = newest(json.loads(answer(page, "application/vnd.pypi.simple.v1+json"))["files"])
    content = answer(urljoin(page, wheel["url"]))
    if hashlib.sha256(content).hexdigest() != wheel["hashes"].get("sha256"):
        raise NoUvError(f"{wheel['filename']} has not the digest that the index names")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(f"uv-{wheel['filename'].split('-')[1]}.data/scripts/uv")


def main(file: Path) -> None:
    """Put the program there."""
    try:
        address = index()
        content = program(address)
    except (ConfigError, NoUvError, OSError, ValueError, KeyError) as error:
        sys.exit(f"uv cannot be fetched: {error}")
    file.write_bytes(content)
    file.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
