"""Kubernetes, by a client of our own: imported only once somebody connects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fabctl.start import is_read

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.options import Connection


@asynccontextmanager
async def connected(connection: Connection) -> AsyncIterator[Cluster]:
    """Connect as the user asked to; nothing is sent yet.

    Raises:
        NoConfig: It is not known where the API server is, or who we are.
    """
    # Imported here because it takes longer than all else together: help, version and usage errors do without.
    from fabctl.cluster.config import load  # noqa: PLC0415

    access = load(connection.kubeconfig, connection.context)
    from fabctl.cluster.client import Cluster  # noqa: PLC0415

    is_read()
    cluster = Cluster(access, connection)
    try:
        yield cluster
    finally:
        cluster.close()
