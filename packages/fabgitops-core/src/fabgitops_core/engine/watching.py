"""What a resource is shown of the objects that it owns and regards: all of it, before its pass begins."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.controller import Regarder
from fabgitops_core.control.holding import HELD_SECS
from fabgitops_core.control.objects import Child
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.families import Families
from fabgitops_core.engine.isolation import Isolation
from fabgitops_core.engine.object_errors import ObjectError
from fabgitops_core.engine.ports import Objects
from fabgitops_core.engine.views import NOTHING, Regarded


class Watching:
    """Keeps who regards what, and looks at what somebody has come to regard.

    Args:
        families: What is known.
        isolation: Asks resources.
        objects: Where objects are kept; None where no kind owns or regards any.
    """

    def __init__(self, families: Families, isolation: Isolation, objects: Objects | None) -> None:
        self._families = families
        self._views = families.views
        self._isolation = isolation
        self._objects = objects
        self._unseen: dict[Key, dict[str, str]] = {}

    def settle(self, entry: Entry) -> None:
        """Note what a resource regards now; one that is gone regards nothing."""
        if entry.regarder is not None:
            side = None if entry.gone else entry.regarder
            regards = partial(_regards, entry)
            self._views.point(entry.key, self._isolation.ask_of(entry, "regards", side, regards, NOTHING))
            if entry.gone:
                self._unseen.pop(entry.key, None)

    async def look(self, entry: Entry) -> bool:
        """Look at what a resource has come to regard; what cannot be seen is tried again, and told meanwhile.

        Return whether a pass may begin: a fault of ours keeps it from being known what there is.
        """
        if entry.regarder is None:
            return True
        faults = entry.faults
        self.settle(entry)
        self._unseen.pop(entry.key, None)
        try:
            await self._look_at_all(entry)
        except Exception as error:  # noqa: BLE001 - logged there
            self._isolation.strike(entry, "survey", error)
        return not entry.gone and not entry.dead and entry.faults == faults

    def again(self, entry: Entry) -> float | None:
        """Return in how many seconds something is to be looked at once more, None where nothing is."""
        return HELD_SECS if entry.key in self._unseen else None

    def unseen(self, entry: Entry) -> Mapping[str, str] | None:
        """Return of which kinds not all is known, and why; None while one of them is not listed yet."""
        family = entry.family
        owned = (
            family.unseen((each.kind.name for each in entry.owns), entry.key.namespace) if family is not None else {}
        )
        viewed = self._views.unseen(entry.key)
        if owned is None or viewed is None:
            return None
        return {**viewed, **owned, **self._unseen.get(entry.key, {})}

    def of(self, entry: Entry) -> Mapping[Key, Child]:
        """Return what there is; of two records of one object that of the newer version.

        Raises:
            Exception: What kept a record from being made of one of them.
        """
        found = dict(entry.family.of(entry.key)) if entry.family is not None else {}
        for key, child in self._views.of(entry.key).items():
            if key not in found or found[key].version < child.version:
                found[key] = child
        return found

    async def _look_at_all(self, entry: Entry) -> None:
        """Look at each once, also at what it comes to regard meanwhile."""
        tried: set[Key] = set()
        while sought := [key for key in self._views.sought(entry.key) if key not in tried]:
            if self._objects is None:
                raise TypeError(f"nobody keeps objects here, and {sought[0]} was to be looked at")
            tried.add(sought[0])
            await self._look_at(self._objects, entry, sought[0])

    async def _look_at(self, objects: Objects, entry: Entry, key: Key) -> None:
        family = self._views.family
        family.begins()
        try:
            body = await objects.look(key)
            if body is not None:
                with self._views.told_by(entry.key):
                    self._families.take(entry.views[key.kind], body)
            self._views.known(key)
        except ObjectError as error:
            self._unseen.setdefault(entry.key, {})[key.kind] = str(error)
        finally:
            family.ends()


def _regards(entry: Entry, side: Regarder[Any]) -> Regarded:
    """Return what a resource regards.

    Raises:
        ValueError: It is of a kind that nobody watches for it: a fault of who decides.
    """
    regarded = side.regards(entry.state)
    for key in regarded:
        if key.kind not in entry.views:
            raise ValueError(f"{entry.key} regards the {key.kind} {key}, and its kind views none")
    return regarded
