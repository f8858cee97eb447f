"""The start: nothing is polled before everything was listed once, and nothing written before changes are heard of."""

import asyncio
import logging
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from fabgitops_core.engine.engine import Engine
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from fabgitops_operator.hosting.errors import ApiError, Gone, Unavailable
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.sweep import Sweep

START_SECS = 60.0
"""How long a start waits for an API server that is away."""

HEARD_SECS = 10.0
"""How long writes wait after a start for a watch that is not up."""

log = logging.getLogger(__name__)


class NotInstalledError(Exception):
    """No kind is there: its text says how to install them."""


async def unless(told_to_stop: asyncio.Event, doing: Coroutine[Any, Any, None]) -> None:
    """Do something, and leave it when told to stop."""
    task, stop = asyncio.create_task(doing), asyncio.create_task(told_to_stop.wait())
    await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        task.result()
    else:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def first_listing(sweep: Sweep) -> None:
    """List everything once, with patience for an API server that is away and none for what waiting does not mend.

    A kind that is not defined is no reason not to look after the others, nor is a namespace that refuses to list,
    which may be gone together with its role: the watch and the next listings tell of both.

    Raises:
        ApiError: The API server cannot be reached, or refuses to list a kind anywhere.
        NotInstalledError: No kind is defined that has to be.
    """
    patiently = AsyncRetrying(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        stop=stop_after_delay(START_SECS),
        reraise=True,
    )
    async for attempt in patiently:
        with attempt:
            _give_up_or_go_on(await sweep.once(), sweep.scopes)


def _give_up_or_go_on(errors: Mapping[Scope, ApiError], scopes: Collection[Scope]) -> None:
    """Raise what the start ends with or waits for, what never mends itself first."""
    refused = {scope for scope, error in errors.items() if not isinstance(error, Gone | Unavailable)}
    somewhere = {scope.kind.name for scope in scopes if scope not in refused}
    for scope in refused:
        if scope.kind.name not in somewhere:
            raise errors[scope]
    for error in errors.values():
        if isinstance(error, Unavailable):
            raise error
    gone = [error for error in errors.values() if isinstance(error, Gone)]
    if gone and len(gone) == sum(not scope.kind.optional for scope in scopes):
        raise NotInstalledError(
            "the resource definitions are not installed in this cluster: "
            "run `fabgitops-operator manifests | kubectl apply -f -`"
        ) from gone[0]


async def catch_up(sweep: Sweep, hearing: Hearing) -> None:
    """List everything once more when each watch is up, or after a while without one.

    A listing takes seconds, and of a commit that comes meanwhile it may show one object before and another after. What
    it did not show is known then, and of what comes during this one the watch tells.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_SECS):
            await hearing.whole.wait()
    await sweep.once()


def warn_of_empty(namespaces: Sequence[str], engine: Engine) -> None:
    """Warn of namespaces that hold nothing: the least role lets nobody ask whether there is such a namespace."""
    filled = {key.namespace for key in engine.keys()}  # noqa: SIM118 - an engine is no dict
    for name in namespaces:
        if name not in filled:
            log.warning("namespace %s: no resource to look after there, is the name right?", name)
