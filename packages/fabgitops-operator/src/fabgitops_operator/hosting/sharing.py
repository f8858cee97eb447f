"""Statuses that others write as well, and what they write counts: a command of somebody must not be written over.

Such a status is written onto the very version that it was decided on. Our own writes follow each other without a look:
each is onto what the one before has made. When somebody else was first, the object is read and declared anew, and
decided anew with what they wrote.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import NoticeReason
from fabgitops_core.control.controller import Controller

from fabgitops_operator.hosting.echoes import version_of
from fabgitops_operator.hosting.errors import ApiError, Outdated, Rejected
from fabgitops_operator.hosting.ports import Body, SharedStatuses

READS = 5
"""How often an object is read in a row while the watch is always ahead of that."""


class SharingReason(NoticeReason):
    """Why people are told of a status that others write, too."""

    DROPPED = "StatusFieldsDropped"


class Dropped(Rejected):
    """The API server stores a status without some of its fields."""


class Seeing(Protocol):
    """What is needed of the inventory."""

    def version(self, key: Key) -> int:
        """Return the resourceVersion of an object as it was declared, or seen to declare the same; 0 for none."""
        ...

    def anew(self, controller: Controller[Any], body: Body) -> bool:
        """Declare an object once more, though nothing of it may be news; False where it is older than was seen."""
        ...


class _Chain(NamedTuple):
    """Versions of an object of which we made each but the first: whoever knows one of them knows the last."""

    first: int
    last: int


class Sharing:
    """Writes the statuses of some kinds onto what they were decided on, and has decided anew what was not.

    Args:
        api: Where they are kept.
        inventory: Knows which version of each object is known, and declares.
        controllers: Those of the kinds, by name.
    """

    def __init__(self, api: SharedStatuses, inventory: Seeing, controllers: Mapping[str, Controller[Any]]) -> None:
        self._api = api
        self._inventory = inventory
        self._controllers = controllers
        self._chains: dict[str, _Chain] = {}

    def has(self, kind: str) -> bool:
        """Return whether statuses of a kind are shared."""
        return kind in self._controllers

    def known(self, key: Key) -> int:
        """Return which version of an object is known now: what is decided now is decided on it."""
        return self._inventory.version(key)

    async def replace(self, key: Key, uid: str, status: Body, known: int) -> Body:
        """Write a status that was decided when this version was known.

        Raises:
            ApiError: Conflict when somebody else has changed the object since, Dropped when the API server drops some
                of it, or another.
        """
        chain = self._chains.get(uid, _Chain(known, known))
        if not chain.first <= known <= chain.last:
            chain = _Chain(known, known)
        stored = await self._api.replace_status(key, uid, status, chain.last)
        _whole(key, status, stored)
        self._chains[uid] = _Chain(chain.first, version_of(stored))
        return stored

    async def declare_anew(self, key: Key) -> ApiError | None:
        """Read an object that somebody has changed, and have it declared; return what went wrong."""
        for _ in range(READS):
            try:
                body = await self._api.read(key)
            except ApiError as error:
                return error
            if self._inventory.anew(self._controllers[key.kind], body):
                return None
        return Outdated(f"reading {key}: an older version was read than is known", "outdated")

    def forget(self, uid: str) -> None:
        """Drop what is known of an object that is gone."""
        self._chains.pop(uid, None)


def _whole(key: Key, status: Body, stored: Body) -> None:
    """Refuse to go on where the API server drops a field: what is decided from what is left may be wrong.

    So it is where another program has defined the kind, whose definition has no field of ours.
    """
    kept = stored.get("status")
    if dropped := sorted(set(status) - set(kept if isinstance(kept, Mapping) else ())):
        why = (
            f"writing the status of {key}: the API server drops {', '.join(dropped)} of it, which the definition of the"
            " kind does not have: let its status keep unknown fields (x-kubernetes-preserve-unknown-fields)"
        )
        raise Dropped(why, "pruned")


def sharing_of(api: object, inventory: Seeing, deciding: Sequence[Controller[Any]]) -> Sharing | None:
    """Return what writes the statuses that are shared; None where none is.

    Raises:
        TypeError: One is, and it is kept where nobody counts changes: a fault of ours.
    """
    shared = {controller.kind.name: controller for controller in deciding if controller.kind.shared_status}
    if not shared:
        return None
    if not isinstance(api, SharedStatuses):
        raise TypeError(f"{type(api).__name__} keeps no statuses that are shared, as those of {', '.join(shared)} are")
    return Sharing(api, inventory, shared)
