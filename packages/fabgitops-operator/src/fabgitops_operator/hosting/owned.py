"""What is owned, on its way to who keeps it: to the engine as small records, to the inventory as what is declared.

An object may be both: a BMC is a part of its Rack, and looked after by itself.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.controller import Controller, Owner
from fabgitops_core.control.objects import Watched
from fabgitops_core.engine import families
from fabgitops_core.engine.families import Families

from fabgitops_operator.hosting.inventory import Inventory, key_of, uid_of
from fabgitops_operator.hosting.ports import Body


def watched_by(controllers: Iterable[Controller[Any]]) -> tuple[Watched, ...]:
    """Return what kinds own."""
    return tuple(each for controller in controllers if isinstance(controller, Owner) for each in controller.owns())


class Owned:
    """Objects of one kind that are owned.

    Args:
        kept: Where the engine keeps them.
        watched: Which ones.
        inventory: Where those are kept that have a controller of their own.
        controller: That, or None.
    """

    def __init__(
        self, kept: Families, watched: Watched, inventory: Inventory, controller: Controller[Any] | None
    ) -> None:
        self._kept = kept
        self._watched = watched
        self._inventory = inventory
        self._controller = controller

    @property
    def label(self) -> str:
        """Return the label that they carry."""
        return self._watched.label

    def seen(self, body: Body) -> None:
        """Take an object as the watch tells of it."""
        self._kept.seen(self._watched, body)
        if self._controller is not None:
            self._inventory.present(self._controller, body)

    def gone(self, body: Body) -> None:
        """Take the news that an object is gone, or carries the label no more."""
        self._kept.lost(key_of(self._watched.kind, body), uid_of(body))
        if self._controller is not None:
            self._inventory.deleted(self._controller, body)

    def refused(self, namespace: str | None, why: str) -> None:
        """Take it that the API server refuses to list them, in one namespace or (None) in all."""
        self._kept.refused(self._watched, namespace, why)

    @contextmanager
    def listing(self, namespace: str | None) -> Iterator["Listing"]:
        """Let all be shown, in one namespace or (None) in all; what is not shown is gone when that is complete."""
        with self._kept.listing(self._watched, namespace) as kept:
            if self._controller is None:
                yield Listing(kept)
                return
            name = self._watched.kind.name
            missing = self._inventory.listing_begins(name, namespace)
            listing = DeclaredListing(kept, self._inventory, self._controller, missing)
            try:
                yield listing
            finally:
                self._inventory.listing_ends(name, missing, complete=listing.is_complete)


class Listing:
    """A listing under way of objects that are owned."""

    def __init__(self, kept: families.Listing) -> None:
        self._kept = kept

    def show(self, body: Body) -> None:
        """Take one of them."""
        self._kept.show(body)

    def complete(self, version: int) -> None:
        """Take it that this is all that there was at a resourceVersion, that of the list."""
        self._kept.complete(version)


class DeclaredListing(Listing):
    """A listing under way of objects that are owned, and have a controller of their own."""

    def __init__(
        self, kept: families.Listing, inventory: Inventory, controller: Controller[Any], missing: dict[Key, str]
    ) -> None:
        super().__init__(kept)
        self._inventory = inventory
        self._controller = controller
        self._missing = missing
        self.is_complete = False

    def show(self, body: Body) -> None:
        """Take one of them."""
        super().show(body)
        self._missing.pop(key_of(self._controller.kind, body), None)
        self._inventory.listed(self._controller, body)

    def complete(self, version: int) -> None:
        """Take it that this is all that there was at a resourceVersion, that of the list."""
        super().complete(version)
        self.is_complete = True
