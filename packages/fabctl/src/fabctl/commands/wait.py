"""`fabctl wait`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.cluster import connected
from fabctl.commands.selecting import check, namespace_of, nothing_found, selected
from fabctl.errors import FAILED, TIMED_OUT, UnknownPLC, UsageError
from fabctl.goals import goal
from fabctl.model import view
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.render.progress import spinner
from fabctl.render.shapes import print_line
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fabctl.cluster.client import Cluster, Key
    from fabctl.fields import Body
    from fabctl.goals import Goal


async def wait(
    *names: Names,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    for_: Annotated[str, Parameter(name="--for")] = "synced",
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    scope: Scope = HERE_ALL,
) -> int:
    """Wait until PLCs are as they are to be, and say of each when it is.

    Exit code 0 when all are, 6 when one is not in time.

    Args:
        names: PLCs, also as plc/NAME.
        all_: All PLCs of the namespace (with -A of all namespaces, with -l those with these labels).
        for_: synced, ready, deleted, condition=TYPE or condition=TYPE=STATUS, as in condition=Stalled=False; what a
            status says of an older spec does not count.
        timeout: Seconds to wait for all of them.
        scope: Which cluster, and which of its PLCs.
    """
    wanted, aim = named(names), goal(for_)
    if bool(wanted) is all_:
        raise UsageError("give either the NAME of a PLC or --all: fabctl wait NAME, fabctl wait --all")
    check(wanted, scope)
    async with connected(scope) as cluster:
        there = await _there(cluster, wanted, scope, aim)
        if not there:
            sys.stderr.write("" if wanted else nothing_found(cluster, scope) + "\n")
            return int(not aim.deletes)  # nobody waits for nothing: a typing error, or a source that is not taken yet
        return await _Waiting(cluster, there, namespace_of(cluster, scope), aim).run(timeout)


async def _there(cluster: Cluster, names: Sequence[str], scope: Scope, aim: Goal) -> dict[Key, Body]:
    """Return the PLCs that are meant; what is waited for to be deleted need not be there, anything else must."""
    if not aim.deletes:
        return {view(body).key: body for body in await selected(cluster, names, scope)}
    there: dict[Key, Body] = {}
    each: list[tuple[str, ...]] = [(name,) for name in names] or [()]
    for which in each:
        try:
            there |= {view(body).key: body for body in await selected(cluster, which, scope)}
        except UnknownPLC:
            print_line(f"{which[0]}: {aim.done}")
    return there


class _Waiting:
    """PLCs that are not there yet, and those that are."""

    def __init__(self, cluster: Cluster, there: dict[Key, Body], namespace: str | None, aim: Goal) -> None:
        self._cluster, self._namespace, self._aim = cluster, namespace, aim
        self._pending: dict[Key, Body | None] = dict(there)
        self._print: Callable[[str], None] = print_line

    async def run(self, timeout: float) -> int:
        many = f"{len(self._pending)} PLCs" if len(self._pending) > 1 else next(iter(self._pending))[1]
        try:
            with spinner(f"waiting for {many}: {self._aim.done}") as self._print:
                async with asyncio.timeout(timeout):
                    await self._collect()
        except TimeoutError:
            for key, body in sorted(self._pending.items()):
                said = view(body).message if body is not None else "it is gone"
                complain(f"fabctl: {self._name(key)}: not {self._aim.done} within {timeout:g} s: {said or 'no status'}")
            return TIMED_OUT
        return FAILED if self._pending else 0

    async def _collect(self) -> None:
        name = next(iter(self._pending))[1] if len(self._pending) == 1 else None
        async with aclosing(self._cluster.follow(self._namespace, set(self._pending), name)) as changes:
            async for key, body in changes:
                if key not in self._pending:
                    continue
                self._pending[key] = body
                if self._aim.met(body):
                    del self._pending[key]
                    self._print(f"{self._name(key)}: {self._aim.done}")
                if all(body is None for body in self._pending.values()):  # what is gone comes no more
                    break
        for key in self._pending:
            complain(f"fabctl: {self._name(key)}: it was deleted meanwhile")

    def _name(self, key: Key) -> str:
        namespace, name = key
        return name if self._namespace else f"{namespace}/{name}"
