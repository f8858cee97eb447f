"""`fabctl rack locate`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.cluster import connected
from fabctl.errors import Late, Unhandled, UsageError
from fabctl.names import BMC, named
from fabctl.options import HERE, Connection, Names
from fabctl.racks import LOCATE, Light, light
from fabctl.render.progress import spinner
from fabctl.render.shapes import print_line

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster, Key


async def locate(
    name: Names,
    /,
    *,
    on: Annotated[bool, Parameter(negative="")] = False,
    off: Annotated[bool, Parameter(negative="")] = False,
    wait: Annotated[bool, Parameter(negative="--no-wait")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    connection: Connection = HERE,
) -> int:
    """Switch the light by which a machine is found, and say when it is as wanted.

    Args:
        name: The BMC, also as bmc/NAME; fabctl tree shows them.
        on: Switch it on.
        off: Switch it off.
        wait: Wait until the BMC shows it so.
        timeout: Seconds to wait.
        connection: Which cluster, and where in it.
    """
    if on is off:
        raise UsageError("give either --on or --off: fabctl rack locate NAME --on")
    (wanted,) = named((name,), BMC)
    word = "on" if on else "off"
    async with connected(connection) as cluster:
        key = (cluster.namespace, wanted)
        await cluster.annotate(key, {LOCATE: word}, BMC)
        if not wait:
            print_line(f"{wanted}: asked for light {word}")
            return 0
        last: list[Light] = []
        try:
            with spinner(f"waiting for the light of {wanted} to be {word}"):
                async with asyncio.timeout(timeout):
                    await _until(cluster, key, word, last)
        except TimeoutError:
            raise Late(_late(wanted, word, timeout, last[-1] if last else None)) from None
        print_line(f"{wanted}: the light is {word}")
    return 0


async def _until(cluster: Cluster, key: Key, word: str, last: list[Light]) -> None:
    """Return when the light is as wanted; what was heard of it last is in `last`."""
    async with aclosing(cluster.follow(key[0], {key}, key[1], BMC)) as changes:
        async for _, body in changes:
            if body is None:
                raise Unhandled(f"{key[1]}: it was deleted meanwhile")
            last[:] = [light(body)]
            if last[0].wanted == last[0].state == word:
                return


def _late(name: str, word: str, timeout: float, last: Light | None) -> str:
    start = f"{name}: the light is not {word} within {timeout:g} s"
    if last is None or last.wanted != word:
        return f"{start}: the operator did not answer: does the one of racks run?"
    return f"{start}, but {last.state or 'unknown'}: {last.message or 'no reason is known'}"
