"""A control plane that stays until it is taken down, known by its folder."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx

from testbed.access import Access
from testbed.cache import cache_folder
from testbed.errors import TestbedError
from testbed.folder import LOCK, State, in_use, remove_leftover
from testbed.plane import start_link

END_LIMIT = 30.0  # seconds
BETWEEN_LOOKS = 0.05  # seconds


def default_folder() -> Path:
    """Where the control plane stands unless told otherwise."""
    return cache_folder() / "up"


def up(folder: Path, *, controller_manager: bool) -> Access:
    """Start a control plane that goes on without us, or find the one that is there.

    Raises:
        TestbedError: it did not start, or one is there that lacks the controller manager.
    """
    if state := State.read(folder):
        if controller_manager and not state.controller_manager:
            raise TestbedError(
                f"the test bed in {folder} is up without kube-controller-manager: run `testbed down` first"
            )
        return _answering(Access(folder, state.url))
    link = start_link(folder, controller_manager=controller_manager)
    access = Access(folder, link.started["url"])
    link.detach()
    return access


def _answering(access: Access) -> Access:
    try:
        with access.client() as client:
            client.get("/readyz").raise_for_status()
    except httpx.HTTPError as error:
        raise TestbedError(
            f"the test bed in {access.dir} is up but does not answer ({error}): look at {access.dir / 'logs'}, "
            "then run `testbed down`"
        ) from error
    return access


def find(folder: Path) -> Access:
    """The control plane that stands in a folder.

    Raises:
        TestbedError: there is none.
    """
    state = State.read(folder)
    if state is None:
        raise TestbedError(f"no test bed is up in {folder}: run `testbed up` first")
    return Access(folder, state.url)


def down(folder: Path) -> bool:
    """End the control plane in a folder and remove the folder; False when there was nothing to end.

    Raises:
        TestbedError: the folder holds something else, or the supervisor does not end.
    """
    state = State.read(folder)
    if state is None:
        leftover = (folder / LOCK).exists()
        remove_leftover(folder)
        return leftover
    os.kill(state.supervisor, signal.SIGTERM)
    deadline = time.monotonic() + END_LIMIT
    while folder.exists() or in_use(folder):
        if time.monotonic() > deadline:
            raise TestbedError(f"process {state.supervisor} does not end: look at {folder / 'logs'}")
        time.sleep(BETWEEN_LOOKS)
    return True
