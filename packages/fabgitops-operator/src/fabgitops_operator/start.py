"""The start: nothing is looked after before everything there is was listed once."""

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fabgitops_core.engine.engine import Engine
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from fabgitops_operator.kube import Gone, KubeError, Unavailable
from fabgitops_operator.sweep import Sweep

START_SECS = 60.0
"""How long a start waits for an API server that is away."""

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

    A kind that is not defined is no reason not to look after the others.

    Raises:
        KubeError: The API server cannot be reached, or refuses to list.
        NotInstalledError: No kind is defined.
    """
    patiently = AsyncRetrying(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        stop=stop_after_delay(START_SECS),
        reraise=True,
    )
    async for attempt in patiently:
        with attempt:
            errors = await sweep.once()
            if worst := min(errors, key=_patience, default=None):
                _give_up_or_go_on(worst, everywhere=len(errors) == sweep.size)


def _patience(error: KubeError) -> int:
    """Return how much can be waited for: what never mends itself is told first."""
    return 2 if isinstance(error, Gone) else 1 if isinstance(error, Unavailable) else 0


def _give_up_or_go_on(error: KubeError, *, everywhere: bool) -> None:
    if not isinstance(error, Gone):
        raise error
    if everywhere:
        raise NotInstalledError(
            "the resource definitions are not installed in this cluster: "
            "run `fabgitops-operator manifests | kubectl apply -f -`"
        ) from error


def settle_memory() -> None:
    """Put what is there for good out of the garbage collector's way: going through it costs each poll a tenth more."""
    gc.collect()
    gc.freeze()


def warn_of_empty(namespaces: Sequence[str], engine: Engine) -> None:
    """Warn of namespaces that hold nothing: the least role lets nobody ask whether there is such a namespace."""
    filled = {key.namespace for key in engine.keys()}  # noqa: SIM118 - an engine is no dict
    for name in namespaces:
        if name not in filled:
            log.warning("namespace %s: no resource to look after there, is the name right?", name)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where the platform has it: it halves the cost of a poll."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
