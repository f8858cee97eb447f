"""`fabctl brake release`."""

from __future__ import annotations

import asyncio
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import ASKING, Asking, Deed, reason_of
from fabctl.brakes import brake, is_held
from fabctl.cluster import connected
from fabctl.errors import TIMED_OUT, Denied, UsageError
from fabctl.options import HERE, Connection, Name
from fabctl.render import show_sections
from fabctl.render.brakes import brake_section
from fabctl.render.progress import spinner
from fabctl.render.shapes import print_line
from fabctl.streams import complain

if TYPE_CHECKING:
    from fabctl.brakes import Brake
    from fabctl.cluster.client import Cluster

LOOK_SECS = 0.3


async def release(
    name: Name | None = None,
    /,
    *,
    reason: str,
    wait: Annotated[bool, Parameter(negative="--no-wait")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Let the fleet brake go: what it holds is corrected, as far as nothing else speaks against it.

    It is let go of what is shown: an operator that brakes anew meanwhile goes on braking.

    Args:
        name: Which brake, where several are on, as fabctl brake status names it.
        reason: Why, for everybody who looks at it later: up to 256 characters.
        wait: Wait until the operator has let go.
        timeout: Seconds to wait for the operator.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster; with -n only operators that run in this namespace.
    """
    because = reason_of(reason, "the switch is back")
    async with connected(connection) as cluster:
        found = _chosen([brake(each) for each in await cluster.brakes(connection.namespace)], name)
        if found is None:
            print_line("no fleet brake is on")
            return 0
        show_sections([brake_section(found, await _held(cluster), datetime.now(UTC))])
        deed = Deed(
            f"Let it go, so that what it holds is corrected, for: {because}",
            "the fleet brake was not let go",
            shlex.join(["fabctl", "brake", "release", found.name, "-n", found.namespace, "--reason", because]),
        )
        if (code := asking.declined(deed)) is not None:
            return code
        words = {"release": found.id, "releaseBy": await cluster.user(), "releaseReason": because}
        await cluster.release_brake((found.namespace, found.name), words)
        if not wait:
            print_line(f"{found.name}: asked to be let go")
            return 0
        return await _waited(cluster, found, timeout)


def _chosen(brakes: list[Brake], name: str | None) -> Brake | None:
    """Return the brake that is meant; None where none is on.

    Raises:
        UsageError: Several are on, or the one that is named cannot be let go by its id.
    """
    on = [each for each in brakes if each.on and name in {None, each.name}]
    if len(on) > 1:
        named = ", ".join(f"{each.name} in namespace {each.namespace}" for each in on)
        raise UsageError(f"{len(on)} are on: {named}; say which one, by its name and -n")
    if on and not on[0].id:
        raise UsageError(f"what is kept in {on[0].name} makes no sense; the operator mends that within seconds")
    return on[0] if on else None


async def _held(cluster: Cluster) -> list[str] | None:
    """Return the PLCs that it holds; None where they cannot be listed."""
    try:
        bodies = await cluster.list_objects(None)
    except Denied:
        return None
    held = [each["metadata"] for each in bodies if is_held(each)]
    return sorted(f"{each['namespace']}/{each['name']}" for each in held)


async def _waited(cluster: Cluster, asked: Brake, timeout: float) -> int:
    try:
        with spinner("waiting for the operator to let go"):
            async with asyncio.timeout(timeout):
                await _let_go(cluster, asked)
    except TimeoutError:
        complain(
            f"fabctl: {asked.name}: asked to be let go, but the operator did not within {timeout:g} s: is it running?"
        )
        return TIMED_OUT
    print_line(f"{asked.name}: let go")
    return 0


async def _let_go(cluster: Cluster, asked: Brake) -> None:
    """Wait until the same engagement is not in force any more."""
    while True:
        now = [brake(each) for each in await cluster.brakes(asked.namespace)]
        if not any(each.name == asked.name and each.on and each.id == asked.id for each in now):
            return
        await asyncio.sleep(LOOK_SECS)
