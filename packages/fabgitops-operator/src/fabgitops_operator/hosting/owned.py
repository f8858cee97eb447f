"""What is owned or looked at, on its way to who keeps it: the engine small records, the inventory what is declared.

An object may be both: a BMC is a part of its Rack, and looked after by itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Protocol

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.control.controller import Controller, Owner, Regarder
from fabgitops_core.control.objects import Viewed, Watched
from fabgitops_core.engine import families
from fabgitops_core.engine.families import Families

from fabgitops_operator.hosting.inventory import Inventory, key_of, uid_of
from fabgitops_operator.hosting.ports import Body


def watched_by(controllers: Iterable[Controller[Any]]) -> tuple[Watched, ...]:
    """Return what kinds own."""
    return tuple(each for controller in controllers if isinstance(controller, Owner) for each in controller.owns())


def viewed_by(controllers: Iterable[Controller[Any]]) -> tuple[Viewed, ...]:
    """Return what kinds look at, each of it once.

    Raises:
        ValueError: Two make another record of objects of one kind: a fault of ours.
    """
    found: dict[str, Viewed] = {}
    for each in (each for controller in controllers if isinstance(controller, Regarder) for each in controller.views()):
        if found.setdefault(each.kind.name, each) != each:
            raise ValueError(f"there are two minds about what is seen of a {each.kind.name}")
    return tuple(found.values())


def objects_of(controllers: Sequence[Controller[Any]]) -> tuple[Kind, ...]:
    """Return the kinds of what other kinds own, or look at, each once."""
    kinds = [*(each.kind for each in watched_by(controllers)), *(each.kind for each in viewed_by(controllers))]
    return tuple(dict.fromkeys(kinds))


class Told(Protocol):
    """Who is told of objects of one kind."""

    @property
    def label(self) -> str:
        """Return the label that they carry, "" for all."""
        ...

    def seen(self, body: Body) -> None:
        """Take an object as the watch tells of it."""
        ...

    def gone(self, body: Body) -> None:
        """Take the news that an object is gone, or carries the label no more."""
        ...

    def refused(self, namespace: str | None, why: str) -> None:
        """Take it that the API server refuses to list them, in one namespace or (None) in all."""
        ...

    def absent(self, namespace: str | None, why: str) -> None:
        """Take it that the API server has no such kind, for now."""
        ...

    def listing(self, namespace: str | None) -> AbstractContextManager["Shown"]:
        """Let all be shown, in one namespace or (None) in all; what is not shown is gone when that is complete."""
        ...


class Shown(Protocol):
    """A listing under way."""

    def show(self, body: Body) -> None:
        """Take one of the objects."""
        ...

    def complete(self, version: int) -> None:
        """Take it that this is all that there was at a resourceVersion, that of the list."""
        ...


def together(parts: Sequence["Owned"]) -> "Told":
    """Return who is told of objects of one kind for all of these."""
    return parts[0] if len(parts) == 1 else Together(parts)


class Owned:
    """Objects of one kind that are owned, or looked at.

    Args:
        kept: Where the engine keeps them.
        watched: Which ones.
        inventory: Where those are kept that have a controller of their own.
        controller: That, or None.
    """

    def __init__(
        self, kept: Families, watched: Watched | Viewed, inventory: Inventory, controller: Controller[Any] | None
    ) -> None:
        self._kept = kept
        self._watched = watched
        self._inventory = inventory
        self._controller = controller

    @property
    def kind(self) -> Kind:
        """Return what they are."""
        return self._watched.kind

    @property
    def label(self) -> str:
        """Return the label that they carry, "" for all."""
        return self._watched.label

    def seen(self, body: Body) -> None:
        """Take an object as the watch tells of it."""
        self._kept.seen(self._watched, body)
        if self._controller is not None:
            self._inventory.present(self._controller, body)

    def gone(self, body: Body) -> None:
        """Take the news that an object is gone, or carries the label no more."""
        self._kept.lost(key_of(self._watched.kind, body), uid_of(body), self._watched)
        if self._controller is not None:
            self._inventory.deleted(self._controller, body)

    def refused(self, namespace: str | None, why: str) -> None:
        """Take it that the API server refuses to list them, in one namespace or (None) in all."""
        self._kept.refused(self._watched, namespace, why)

    def absent(self, namespace: str | None, why: str) -> None:
        """Take it that the API server has no such kind, for now."""
        self._kept.absent(self._watched, namespace, why)

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


class Together:
    """Objects of one kind that some own and others look at, or that several own: one watch tells of all of them.

    Args:
        parts: Who is told of which.
    """

    def __init__(self, parts: Sequence[Owned]) -> None:
        self._parts = parts
        labels = {part.label for part in parts}
        self.label = labels.pop() if len(labels) == 1 else ""

    def seen(self, body: Body) -> None:
        """Take an object as the watch tells of it: for who goes by a label it is gone when it has lost that."""
        for part in self._parts:
            if _carries(body, part.label):
                part.seen(body)
            else:
                part.gone(body)

    def gone(self, body: Body) -> None:
        """Take the news that an object is gone."""
        for part in self._parts:
            part.gone(body)

    def refused(self, namespace: str | None, why: str) -> None:
        """Take it that the API server refuses to list them, in one namespace or (None) in all."""
        for part in self._parts:
            part.refused(namespace, why)

    def absent(self, namespace: str | None, why: str) -> None:
        """Take it that the API server has no such kind, for now."""
        for part in self._parts:
            part.absent(namespace, why)

    @contextmanager
    def listing(self, namespace: str | None) -> Iterator["ListingTogether"]:
        """Let all be shown, in one namespace or (None) in all; what is not shown is gone when that is complete."""
        with ExitStack() as stack:
            parts = [(part.label, stack.enter_context(part.listing(namespace))) for part in self._parts]
            yield ListingTogether(parts)


class ListingTogether:
    """A listing under way, for several."""

    def __init__(self, parts: Sequence[tuple[str, "Listing"]]) -> None:
        self._parts = parts

    def show(self, body: Body) -> None:
        """Take one of them."""
        for label, part in self._parts:
            if _carries(body, label):
                part.show(body)

    def complete(self, version: int) -> None:
        """Take it that this is all that there was at a resourceVersion, that of the list."""
        for _label, part in self._parts:
            part.complete(version)


def _carries(body: Body, label: str) -> bool:
    labels = (body.get("metadata") or {}).get("labels") if label else None
    return not label or (isinstance(labels, Mapping) and label in labels)


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
