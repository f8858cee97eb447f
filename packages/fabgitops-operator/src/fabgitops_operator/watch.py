"""The watch: kopf's low-level events into the inventory. Nothing is ever written to the objects: no finalizer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain, repeat
from typing import Any

import kopf
from fabgitops_core.control.controller import Controller

from fabgitops_operator.inventory import Inventory
from fabgitops_operator.kube import SingleConfig
from fabgitops_operator.login import connection

_CLOSES_CONNECTIONS = "startup/cleanup activities"
"""kopf's name for the one of its tasks that closes its connections, at the end."""

END_SECS = 5.0
"""How long each part of kopf has to end in."""

Task = asyncio.Task[Any]


@asynccontextmanager
async def watch(
    registry: kopf.OperatorRegistry,
    namespaces: Sequence[str],
    told_to_stop: asyncio.Event,
    take_signals: Callable[[], None],
) -> AsyncIterator[Collection[Task]]:
    """Let kopf watch until the block ends, and yield its tasks: one that ends was told to stop, or has failed.

    What else was begun meanwhile must have ended before the block does. `kopf.operator` is not used: it leaves the
    signals to handlers that fail at a second one, and waits 5 s for requests over connections that it has closed.

    Args:
        registry: What to watch.
        namespaces: Where; nowhere means everywhere.
        told_to_stop: Whether the end is wanted.
        take_signals: Handles SIGTERM and SIGINT from now on: kopf has just put its own handlers there.
    """
    before = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=quiet_settings(),
        clusterwide=not namespaces,
        namespaces=namespaces,
        standalone=True,
        # Given, because kopf would make one of the user's name, and the user of a container is a number without a name.
        identity="fabgitops-operator",  # type: ignore[arg-type]  # kopf's own name for str, which it does not export
        stop_flag=told_to_stop,
    )
    take_signals()
    try:
        yield tasks
    finally:
        await _end(tasks, before)


async def _end(tasks: Collection[Task], before: Collection[Task]) -> None:
    """End kopf: its tasks, then what they left behind (a scan of the API), and only then its connections."""
    last = {task for task in tasks if task.get_name() == _CLOSES_CONNECTIONS}
    await _cancelled(set(tasks) - last)
    await _cancelled(asyncio.all_tasks() - set(before) - set(tasks))
    await _cancelled(last)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()


async def _cancelled(tasks: Collection[Task]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=END_SECS)


def watching(
    inventory: Inventory, controllers: Sequence[Controller[Any]], config: SingleConfig
) -> kopf.OperatorRegistry:
    """Return a kopf registry whose handlers fill the inventory."""
    registry = kopf.OperatorRegistry()
    for controller in controllers:
        _listen(registry, inventory, controller)

    @kopf.on.login(id="login", registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**_) or connection(config)

    return registry


def _listen(registry: kopf.OperatorRegistry, inventory: Inventory, controller: Controller[Any]) -> None:
    kind = controller.kind

    @kopf.on.event(kind.group, kind.version, kind.plural, id=kind.plural, registry=registry)
    async def heard(event: kopf.RawEvent, **_: Any) -> None:
        if event["type"] == "DELETED":
            inventory.deleted(controller, event["object"])
        else:
            inventory.present(controller, event["object"])


class _Patience(Iterable[float]):
    """Seconds between attempts, without an end: an API server that is away for long must not end the operator."""

    def __iter__(self) -> Iterator[float]:
        return chain((0.5, 1.0, 2.0, 5.0), repeat(10.0))


def quiet_settings() -> kopf.OperatorSettings:
    """Return kopf's settings for an operator that only watches: no posting, no scanning, no peering."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.networking.trust_env = True
    settings.networking.error_backoffs = _Patience()
    return settings
