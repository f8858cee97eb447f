"""A control plane for the time of a `with` block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from testbed.access import Access
from testbed.binaries import needed_binaries
from testbed.link import Link
from testbed.protocol import (
    BACK_UP,
    EVERY,
    PAUSE_ETCD,
    RESTORE,
    RESUME_ETCD,
    START_API_SERVER,
    STOP_API_SERVER,
    Settings,
)


class ControlPlane(Access):
    """A control plane that is ours: besides having access, its API server can be stopped and started."""

    def __init__(self, link: Link) -> None:
        super().__init__(Path(link.started["folder"]), link.started["url"])
        self._link = link

    def stop_apiserver(self) -> None:
        """Stop the API server; connections to it are refused from now on, its data stays.

        Raises:
            TestbedError: it is not running.
        """
        self._link.request(STOP_API_SERVER)

    def start_apiserver(self) -> None:
        """Start the stopped API server, on the same port with the same data, and wait until it is ready.

        Raises:
            TestbedError: it is running already, or did not start; the message ends with its last log lines.
        """
        self._link.request(START_API_SERVER)

    def pause_etcd(self) -> None:
        """Let etcd answer nothing, as one whose cluster has lost its quorum: the API server waits for it."""
        self._link.request(PAUSE_ETCD)

    def resume_etcd(self) -> None:
        """Let etcd answer again."""
        self._link.request(RESUME_ETCD)

    def back_up(self) -> None:
        """Keep a copy of what etcd holds; the API server is away for a few seconds.

        Raises:
            TestbedError: the API server is not running.
        """
        self._link.request(BACK_UP)

    def restore(self) -> None:
        """Set everything back to the last `back_up`, resourceVersions as well; the API server is away meanwhile.

        Raises:
            TestbedError: there is no copy, or the API server is not running.
        """
        self._link.request(RESTORE)


def start_link(folder: Path | None, *, controller_manager: bool, controllers: Sequence[str] = EVERY) -> Link:
    """Find the binaries and start a supervisor for a folder (None: a temporary one)."""
    found = needed_binaries(controller_manager=controller_manager)
    binaries = {name: str(path) for name, path in found.items()}
    where = None if folder is None else str(folder)
    return Link(Settings(binaries, controller_manager, where, controllers))


@contextmanager
def control_plane(*, controller_manager: bool = False, controllers: Sequence[str] = ()) -> Iterator[ControlPlane]:
    """A control plane of its own: etcd and the API server, with RBAC on, on free loopback ports.

    Nothing of it outlives the block, nor this process, even when that is killed.

    Args:
        controller_manager: also run kube-controller-manager: garbage collection and the deletion of
            namespaces need it.
        controllers: run it with just these controllers, such as `replicaset-controller`, rather than with all.

    Raises:
        TestbedError: no binaries were found, or a component did not start.
    """
    manager = controller_manager or bool(controllers)
    with start_link(None, controller_manager=manager, controllers=controllers or EVERY) as link:
        yield ControlPlane(link)
