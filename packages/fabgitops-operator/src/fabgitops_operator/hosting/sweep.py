"""The periodic listing: finds what the watch missed, above all deletions."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from fabgitops_core.control.controller import Controller

from fabgitops_operator.hosting.errors import ApiError, Gone, Unavailable
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory, key_of
from fabgitops_operator.hosting.ports import Listing

log = logging.getLogger(__name__)

FIRST_PAUSE_SECS, MAX_PAUSE_SECS = 2.0, 15.0
"""How soon everything is listed again while a watch is down: ever later, up to the second."""


class Sweep:
    """Lists every kind in every namespace looked after, and squares the inventory with it."""

    def __init__(
        self, api: Listing, inventory: Inventory, hearing: Hearing, controllers: Sequence[Controller[Any]]
    ) -> None:
        self._api = api
        self._inventory = inventory
        self._hearing = hearing
        self._controllers = {controller.kind.name: controller for controller in controllers}
        self._one_at_a_time = asyncio.Lock()

    @property
    def scopes(self) -> Collection[Scope]:
        """Return of what there is a listing each."""
        return self._hearing.scopes

    async def once(self) -> dict[Scope, ApiError]:
        """List everything once, and return what went wrong where; nothing was taken for gone there.

        Of an optional kind that is not there nothing is wrong, and what there was of it is gone.
        """
        errors = {}
        async with self._one_at_a_time:
            for scope in self._hearing.scopes:
                try:
                    await self._list(scope)
                    self._hearing.listed(scope)
                    self._inventory.whole(scope.kind.name, scope.namespace)
                except ApiError as error:
                    if isinstance(error, Gone) and scope.kind.optional:
                        self._hearing.absent(scope, str(error))
                        continue
                    errors[scope] = error
                    refused = not isinstance(error, Unavailable | Gone)
                    self._hearing.unlisted(scope, str(error), refused=refused)
        return errors

    async def _list(self, scope: Scope) -> None:
        """List a scope, and forget what is not there; a kind that is not defined has no objects."""
        controller = self._controllers[scope.kind.name]
        missing = self._inventory.listing_begins(scope.kind.name, scope.namespace)
        complete = False
        try:
            async for body in self._api.list_all(scope.kind, scope.namespace):
                missing.pop(key_of(controller.kind, body), None)
                reading = self._inventory.read(controller, body)
                await asyncio.sleep(0)  # polls go on: a page of large maps takes seconds to go through
                self._inventory.listed(controller, body, reading)
                await asyncio.sleep(0)
            complete = True
        except Gone:
            complete = True
            raise
        finally:
            self._inventory.listing_ends(scope.kind.name, missing, complete=complete)

    async def forever(self, interval: float, told: Callable[[Collection[ApiError]], None]) -> None:
        """List everything each `interval` seconds; at once when a watch goes down, and then every few seconds.

        While one is down a listing that shows something new is followed by another soon, before that has settled: of a
        commit that came while it lasted it may have shown one object as it is now and another as it was.

        Args:
            interval: Seconds between two listings while each watch is up.
            told: Is told after each what went wrong; what does is done again at its next time.
        """
        pause, known = FIRST_PAUSE_SECS, self._inventory.news
        while True:
            quiet = self._inventory.news == known and not self._hearing.up
            pause = min(MAX_PAUSE_SECS, 2 * pause) if quiet else FIRST_PAUSE_SECS
            await self._until_deaf(interval if self._hearing.up else pause)
            known = self._inventory.news
            try:
                told((await self.once()).values())
            except Exception:
                log.exception("the periodic listing failed by a fault of our own; again at its next time")

    async def _until_deaf(self, secs: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(secs):
                await self._hearing.deaf.wait()
        self._hearing.deaf.clear()
