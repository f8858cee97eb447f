"""The periodic listing: finds what the watch missed, above all deletions."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from fabgitops_core.control.controller import Controller

from fabgitops_operator.inventory import Inventory, key_of
from fabgitops_operator.kube import Kube, KubeError

log = logging.getLogger(__name__)


class Sweep:
    """Lists every kind in every namespace looked after, and squares the inventory with it."""

    def __init__(
        self, kube: Kube, inventory: Inventory, controllers: Sequence[Controller[Any]], namespaces: Sequence[str]
    ) -> None:
        self._kube = kube
        self._inventory = inventory
        self._controllers = controllers
        self._namespaces = namespaces or (None,)

    async def once(self) -> None:
        """List everything once.

        Raises:
            KubeError: The listing is not complete; nothing was taken for gone.
        """
        missing = self._inventory.listing_begins()
        complete = False
        try:
            for controller in self._controllers:
                for namespace in self._namespaces:
                    async for body in self._kube.list_all(controller.kind, namespace):
                        missing.pop(key_of(controller, body), None)
                        self._inventory.listed(controller, body)
                        await asyncio.sleep(0)  # polls go on: a page of large maps takes seconds to go through
            complete = True
        finally:
            self._inventory.listing_ends(missing, complete=complete)

    async def forever(self, interval: float, failed: Callable[[KubeError], None]) -> None:
        """List everything each `interval` seconds; a listing that fails is told and done again at its next time."""
        while True:
            await asyncio.sleep(interval)
            try:
                await self.once()
            except KubeError as error:
                log.warning("the periodic listing failed: %s", error)
                failed(error)
            except Exception:
                log.exception("the periodic listing failed by a fault of our own; again at its next time")
