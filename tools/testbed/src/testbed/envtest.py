"""The official envtest archive: etcd and the API server as kubernetes-sigs builds them.

Archives and checksums: https://github.com/kubernetes-sigs/controller-tools, envtest-releases.yaml.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import httpx

from testbed.components import API_SERVER, ETCD
from testbed.errors import SourceError
from testbed.installing import Say, executables, new_file, only_one

VERSION = "v1.34.1"
CHECKSUMS = {
    "linux-amd64": (
        "c5e7c237ae18a8c65d0df1214b864ecd19aa9ff4f1383dbd477c202546d778c0"
        "f74efe15750ec38f57d8de26ba17cd62f404446cdd3c975399a5d4589de35cdd"
    ),
    "linux-arm64": (
        "bf13d2456183e66d084e28e1c9eed6a408fb77a06d8d1fd0461a7d9bc0c90b63"
        "d29ea67870b28f80d1f992acb026007d6f43987753c859c81d6a78bc1ca2c903"
    ),
    "darwin-arm64": (
        "43d7c10b74100d20044df7c73be03e26f8243a9cb7c1d3035e581ee7bb0c7ffc"
        "af759b9e182186b5bb2f47d1608835414ca443181a02d9ecb6c9cf04b43e3809"
    ),
}
RELEASES = "https://github.com/kubernetes-sigs/controller-tools/releases/download"
ARCHIVED = {ETCD, API_SERVER}  # and kubectl, which nobody here asks for
TIMEOUT = httpx.Timeout(30.0, connect=3.0)  # seconds; where there is no network the next way must come soon
CHUNK = 1 << 20  # bytes


def archive_url(platform: str) -> str:
    """Where the archive for a platform is."""
    return f"{RELEASES}/envtest-{VERSION}/envtest-{VERSION}-{platform}.tar.gz"


def install(names: Sequence[str], folder: Path, platform: str, say: Say) -> dict[str, Path]:
    """Fetch the archive, verify it, and put those of the names that it has into `folder`.

    Args:
        names: the binaries that are missing.
        folder: where to put them; made when it is not there.
        platform: such as `linux-amd64`.
        say: shows progress.

    Raises:
        SourceError: no archive for this platform, no network, or not the content that was published.
    """
    if platform not in CHECKSUMS:
        raise SourceError(f"none is pinned for {platform}, only for {', '.join(CHECKSUMS)}")
    if not ARCHIVED.intersection(names):
        raise SourceError(f"it has no {', '.join(names)}")
    with (
        tempfile.TemporaryFile() as archive,
        httpx.Client(timeout=TIMEOUT, follow_redirects=True) as http,
    ):
        digest = _fetch(http, archive_url(platform), archive, say)
        if digest != CHECKSUMS[platform]:
            raise SourceError(
                f"{archive_url(platform)} has the SHA-512 {digest[:16]}…, "
                f"not the published {CHECKSUMS[platform][:16]}…; it was thrown away"
            )
        with only_one(folder, say):
            return _extract(names, archive, folder)


def _fetch(http: httpx.Client, url: str, target: IO[bytes], say: Say) -> str:
    digest = hashlib.sha512()
    say(f"trying {url}")
    try:
        with http.stream("GET", url) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes(CHUNK):
                digest.update(chunk)
                target.write(chunk)
    except httpx.HTTPError as error:
        raise SourceError(f"cannot fetch {url}: {type(error).__name__}: {error}") from error
    return digest.hexdigest()


def _extract(names: Sequence[str], archive: IO[bytes], folder: Path) -> dict[str, Path]:
    archive.seek(0)
    with tarfile.open(fileobj=archive, mode="r:gz") as members:
        for member in members:
            name = Path(member.name).name
            content = members.extractfile(member) if name in names else None
            if content is not None:
                with new_file(folder / name) as path, path.open("wb") as target:
                    shutil.copyfileobj(content, target)
    return executables(folder, names)
