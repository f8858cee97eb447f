"""Where what was downloaded or built is kept, for which platform, and how progress is told."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from platformdirs import user_cache_path

MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def this_platform() -> str:
    """Operating system and architecture as Go names them, such as `linux-amd64`."""
    return f"{sys.platform}-{MACHINES.get(platform.machine(), platform.machine())}"


def cache_folder() -> Path:
    """Where binaries are kept between runs, below the user's cache folder."""
    return user_cache_path("fabgitops", appauthor=False) / "testbed"


def say(message: str) -> None:
    """Show progress, on stderr."""
    print(f"testbed: {message}", file=sys.stderr, flush=True)
