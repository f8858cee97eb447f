"""`fabctl version`."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from cyclopts import Parameter

from fabctl import own_version
from fabctl.checks import ALONE, is_held, place_of, version_of
from fabctl.cluster import connected
from fabctl.errors import FabctlError
from fabctl.fields import Body, mapping, text
from fabctl.options import HERE, Connection, Format
from fabctl.streams import complain

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster

Operator = dict[str, str]
T = TypeVar("T")


async def version(
    *,
    client: Annotated[bool, Parameter(negative="")] = False,
    output: Annotated[Literal["text", "json"], Parameter(alias="-o")] = "text",
    connection: Connection = HERE,
) -> None:
    """Print the versions of fabctl, of the operators that run, and of the definitions in the cluster.

    What cannot be asked for is told on standard error, and is no failure.

    Args:
        client: Print that of fabctl, and ask no cluster.
        output: text, or json: one List.
        connection: Which cluster.
    """
    if output == "text":
        sys.stdout.write(f"fabctl {own_version()}\n")
        sys.stdout.flush()  # before anything is waited for
    operators, definitions = (None, None) if client else await _of_the_cluster(connection)
    if output == "json":
        from fabctl.render.objects import made, show_objects  # noqa: PLC0415 - few ask for it

        known = made("Version", "fabctl", fabctl=own_version(), operators=operators, definitions=definitions)
        show_objects([known], Format.JSON, one=False)
        return
    for each in operators or ():
        where = f"{each['holder']}, Lease {each['lease']}" if each["lease"] else each["holder"]
        sys.stdout.write(f"operator {each['version']} ({where})\n")
    if definitions is not None:
        sys.stdout.write(f"definitions {definitions}\n")


async def _of_the_cluster(connection: Connection) -> tuple[list[Operator] | None, str | None]:
    """Return the operators that run, and the version of the definitions; None for what cannot be known."""
    try:
        async with connected(connection) as cluster:
            if alone := _alone(await cluster.server_version()):
                return [{"version": alone, "holder": "without a cluster", "lease": ""}], alone
            return await _or_why_not(_operators(cluster)), await _or_why_not(_definitions(cluster))
    except FabctlError as error:
        complain(f"fabctl: {error}")
        return None, None


def _alone(server: Body) -> str:
    """Return the version of an operator that is its own API server, on a box without a cluster; "" for any other."""
    return text(server.get("gitVersion")).partition(ALONE)[2]


async def _or_why_not(asking: Coroutine[Any, Any, T]) -> T | None:
    try:
        return await asking
    except FabctlError as error:
        complain(f"fabctl: {error}")
        return None


async def _definitions(cluster: Cluster) -> str:
    return version_of(await cluster.definition())


async def _operators(cluster: Cluster) -> list[Operator]:
    running = [lease for lease in await cluster.leases() if is_held(lease, datetime.now(UTC))]
    if not running:
        complain("fabctl: no operator holds a Lease: none runs, or it runs with --no-lease")
    return [_operator(lease) for lease in running]


def _operator(lease: Body) -> Operator:
    return {
        "version": version_of(lease),
        "holder": text(mapping(lease.get("spec")).get("holderIdentity")),
        "lease": place_of(lease),
    }
