"""What the tests of the test bed share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

pytest_plugins = ["testbed.pytest_plugin"]


def until(condition: Callable[[], bool], what: str, limit: float = 30.0) -> None:
    """Wait for a condition, at most `limit` seconds."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit:.0f} s: {what}"
        time.sleep(0.05)


def processes_of(folder: Path) -> list[psutil.Process]:
    """The processes whose command line names a folder: the components of the control plane in it."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and str(folder) in " ".join(process.cmdline()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., None]:
    """`until`, for test files: they cannot import this one."""
    return until


@pytest.fixture(name="processes_of")
def processes_of_fixture() -> Callable[[Path], list[psutil.Process]]:
    """`processes_of`, for test files: they cannot import this one."""
    return processes_of
