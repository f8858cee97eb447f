"""`fabctl sync`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.cluster import connected
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, selected
from fabctl.errors import FAILED, TIMED_OUT, FabctlError, Late
from fabctl.model import View, view
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.outcome import Outcome, Result, outcome, summary
from fabctl.render.progress import spinner
from fabctl.render.shapes import print_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fabctl.cluster.client import Cluster, Key

AT_ONCE = 16
"""Requests to the API server under way at a time."""


async def sync(
    *names: Names,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    force: Annotated[bool, Parameter(negative="")] = False,
    wait: Annotated[bool, Parameter(negative="--no-wait")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    scope: Scope = HERE_ALL,
) -> int:
    """Have the operator look at the PLC now, and say what came of it.

    Exit code 1 when a PLC does not hold afterwards what Git wants; with --all those that are suspended do not count.

    Args:
        names: PLCs, also as plc/NAME; nothing is asked for unless all are there.
        all_: All PLCs of the namespace (with -A of all namespaces, with -l those with these labels).
        force: Correct once although autoCorrect is false, and try although the connection keeps failing. Never
            overrides suspend.
        wait: Wait until the operator has handled it.
        timeout: Seconds to wait for the operator.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check_which("sync", wanted, scope, all_=all_)
    async with connected(scope) as cluster:
        before = {plc.key: plc for plc in map(view, await selected(cluster, wanted, scope))}
        if not before:
            sys.stderr.write(nothing_found(cluster, scope) + "\n")
            return 0
        return await _Syncing(cluster, before, namespace_of(cluster, scope), wanted).run(
            force, timeout if wait else None
        )


class _Syncing:
    """A request for each PLC, and what came of it; without names all are meant, also those that are left alone."""

    def __init__(self, cluster: Cluster, before: dict[Key, View], namespace: str | None, names: Sequence[str]) -> None:
        self._cluster, self._before = cluster, before
        self._namespace, self._name = namespace, names[0] if len(names) == 1 else None
        self._fine = {Result.IN_SYNC, Result.CORRECTED, *(() if names else (Result.SUSPENDED,))}
        self._token = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._outcomes: dict[Key, Outcome] = {}
        self._print: Callable[[str], None] = print_line

    async def run(self, force: bool, timeout: float | None) -> int:
        asked = await self._ask(force)
        if timeout is None:
            for key in sorted(asked):
                self._say(key, "sync requested")
            return int(len(asked) < len(self._before))
        await self._wait(asked, timeout)
        if self._name is None:
            sys.stderr.write(summary(self._outcomes.values()) + "\n")
        wrong = {each.result for each in self._outcomes.values()} - self._fine
        return TIMED_OUT if wrong == {Result.UNANSWERED} else FAILED if wrong else 0

    async def _ask(self, force: bool) -> set[Key]:
        """Send the requests, and return those that the API server took."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(key: Key) -> Key | None:
            async with slots:
                try:
                    await self._cluster.request_sync(key, self._token, force=force)
                except FabctlError as error:
                    if self._name is not None:
                        raise
                    self._note(key, Outcome(Result.FAILED, f"failed: {error}"))
                    return None
            return key

        return {key for key in await asyncio.gather(*map(one, self._before)) if key}

    async def _wait(self, pending: set[Key], timeout: float) -> None:
        """Wait until the operator has handled all, and say of each what came of it as soon as that is known."""
        many = f"{len(pending)} PLCs" if self._name is None else self._name
        try:
            with spinner(f"waiting for the operator to look at {many}") as self._print:
                async with asyncio.timeout(timeout):
                    await self._collect(pending)
        except TimeoutError:
            self._print = print_line
            late = f"the operator did not answer within {timeout:g} s: is it running?"
            if self._name is not None or len(pending) == len(self._before):
                raise Late(late) from None
            for key in sorted(pending):
                self._note(key, Outcome(Result.UNANSWERED, late))

    async def _collect(self, pending: set[Key]) -> None:
        if not pending:
            return
        async with aclosing(self._cluster.follow(self._namespace, pending, self._name)) as changes:
            async for key, body in changes:
                if key not in pending:
                    continue
                if body is None:
                    self._note(key, Outcome(Result.FAILED, "failed: the resource was deleted meanwhile"))
                else:
                    plc = view(body)
                    if plc.handled != self._token:
                        continue
                    self._note(key, outcome(self._before[key], plc))
                pending.discard(key)
                if not pending:
                    return

    def _note(self, key: Key, result: Outcome) -> None:
        self._outcomes[key] = result
        self._say(key, result.sentence)

    def _say(self, key: Key, sentence: str) -> None:
        namespace, name = key
        self._print(f"{name if self._namespace else f'{namespace}/{name}'}: {sentence}")
