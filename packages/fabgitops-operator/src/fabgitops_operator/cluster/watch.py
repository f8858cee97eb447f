"""The watch: kopf's low-level events into the inventory. Nothing is ever written to the objects: no finalizer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import kopf
from fabgitops_core.control.controller import Controller

from fabgitops_operator.cluster.asking import Asking
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.login import kopf_login
from fabgitops_operator.hosting.hearing import Hearing
from fabgitops_operator.hosting.inventory import Inventory

END_SECS = 5.0
"""How long kopf has to end in."""

LOOK_SECS = 10.0
"""How often it is looked whether kopf has overlooked a kind: it asks only once which there are."""

MAX_PAUSE_SECS = 15.0
"""The longest pause before kopf is begun anew; one that ran for longer than that begins anew at once."""

Task = asyncio.Task[Any]

log = logging.getLogger(__name__)


class Watch:
    """Keeps kopf watching: whatever ends it is told in a line, and it is begun anew."""

    def __init__(
        self,
        access: Access,
        hearing: Hearing,
        inventory: Inventory,
        controllers: Sequence[Controller[Any]],
        namespaces: Sequence[str],
        take_signals: Callable[[], None],
    ) -> None:
        """Prepare to watch.

        Args:
            access: How the API server is reached.
            hearing: Is told what becomes of the watch.
            inventory: Is told what is heard.
            controllers: Whose kinds are watched.
            namespaces: Where; nowhere means everywhere.
            take_signals: Handles SIGTERM and SIGINT: called whenever kopf has just put its own handlers there.
        """
        self._access = access
        self._hearing = hearing
        self._inventory = inventory
        self._controllers = controllers
        self._namespaces = namespaces
        self._take_signals = take_signals

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch until the block ends."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))
            if not task.cancelled():
                task.result()

    async def _forever(self) -> None:
        clock = asyncio.get_running_loop().time
        pause = 0.0
        while True:
            begun = clock()
            why = await self._once()
            pause = 0.0 if clock() - begun > MAX_PAUSE_SECS else min(MAX_PAUSE_SECS, 2 * pause + 0.5)
            self._hearing.all_unheard(why)
            await asyncio.sleep(pause)

    async def _once(self) -> str:
        """Let kopf watch until it ends, or must begin anew to see what it has overlooked; return why it ended."""
        asking = Asking(self._access, self._hearing)
        self._hearing.begins()
        spawning = asyncio.create_task(self._spawned(asking))
        try:
            tasks = await asyncio.shield(spawning)  # told to stop meanwhile, there are tasks to end all the same
            while True:
                done, _ = await asyncio.wait(tasks, timeout=LOOK_SECS, return_when=asyncio.FIRST_COMPLETED)
                if done:
                    return _why(done)
                if overlooked := self._hearing.overlooked():
                    return f"the definition of {overlooked[0]} came later"
        finally:
            await _end({*await spawning, *asking.askers})

    async def _spawned(self, asking: Asking) -> Collection[Task]:
        # Not `kopf.operator`: its signal handlers fail at a second one, and it ends tasks that are not its own.
        tasks = await kopf.spawn_tasks(
            registry=self._registry(asking),
            settings=quiet_settings(),
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            standalone=True,
            # Given, or kopf makes one of the user's name, and the user of a container is a number without a name.
            identity="fabgitops-operator",  # type: ignore[arg-type]  # kopf's own name for str, which it does not export
        )
        self._take_signals()  # at once: what comes before it goes to kopf's
        return tasks

    def _registry(self, asking: Asking) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        for controller in self._controllers:
            _listen(registry, self._inventory, controller)
        kopf.on.login(id="login", registry=registry)(kopf_login(self._access, asking))
        return registry


def _listen(registry: kopf.OperatorRegistry, inventory: Inventory, controller: Controller[Any]) -> None:
    kind = controller.kind

    @kopf.on.event(kind.group, kind.version, kind.plural, id=kind.plural, registry=registry)
    async def heard(event: kopf.RawEvent, **_: Any) -> None:
        try:
            if event["type"] == "DELETED":
                inventory.deleted(controller, event["object"])
            else:
                reading = inventory.read(controller, event["object"])
                await asyncio.sleep(0)
                inventory.present(controller, event["object"], reading)
        except Exception:
            log.exception("a fault of our own over an object of %s that the watch told of", kind.plural)


def _why(done: Collection[Task]) -> str:
    """Return in one line why kopf ended: the text of its errors may be a page."""
    errors = [error for task in done if not task.cancelled() and (error := task.exception())]
    text = " ".join(f"{type(errors[0]).__name__}: {errors[0]}".split()) if errors else "it was ended"
    return f"the watch ended: {text[:300]}"


async def _end(tasks: Collection[Task]) -> None:
    """End kopf, and what its tasks left behind: connections are closed by the one that waits for the others."""
    for task in tasks:
        task.cancel()
    done, _ = await asyncio.wait(tasks, timeout=END_SECS)
    for task in done:
        if not task.cancelled():
            task.exception()  # looked at, or asyncio would tell of it


def quiet_settings() -> kopf.OperatorSettings:
    """Return kopf's settings for an operator that only watches: no posting, no scanning, no peering, no killing."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.process.ultimate_exiting_timeout = None  # or kopf kills the process ten minutes after it began anew
    settings.networking.connect_timeout = 10.0
    return settings
