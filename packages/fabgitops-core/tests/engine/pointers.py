"""A kind that looks at objects which it does not own: a pointer owns boxes, and turns signs of others."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import API_VERSION, ApiModel, Key
from fabgitops_core.control.commands import Commands, Patch, Wake
from fabgitops_core.control.events import Event, Patched, PatchFailed, Surveyed
from fabgitops_core.control.objects import Child, ObjectFailureKind, Viewed
from fabgitops_core.testing.watches import FakeWatch

from .shelves import BOX, SHELF, ShelfController, ShelfState, Shelves


class SignSpec(ApiModel):
    """Where a sign points to."""

    way: int


SIGN = Kind("Sign", "signs", "sign", (), "A sign.", SignSpec, None, (), optional=True)


def seen(body: Mapping[str, Any]) -> Child:
    """Return a record of a sign; one that points nowhere cannot be read."""
    metadata = body["metadata"]
    return Child(
        Key("Sign", metadata["namespace"], metadata["name"]),
        metadata["uid"],
        int(metadata["resourceVersion"]),
        digest=b"%d" % body["spec"]["way"],
        leaving="deletionTimestamp" in metadata,
    )


VIEWED = Viewed(SIGN, seen)


def sign(name: str, namespace: str = "plant") -> Key:
    """Return the full name of a sign."""
    return Key("Sign", namespace, name)


class PointerController(ShelfController):
    """The decisions of a pointer: it regards the signs that a test says, and turns them all its `way` where it has one.

    It patches by the version that it has seen where it is `exact`; `told` is what came of that.
    """

    def __init__(self, way: int | None = None) -> None:
        super().__init__()
        self.way = way
        self.exact = False
        self.also_views: tuple[Viewed, ...] = ()
        self.regarded: dict[str, frozenset[Key]] = {}
        self.surveyed: dict[str, Surveyed] = {}
        self.told: list[Event] = []

    def views(self) -> tuple[Viewed, ...]:
        """Return that it looks at signs."""
        return (VIEWED, *self.also_views)

    def regards(self, state: ShelfState) -> frozenset[Key]:
        """Return which."""
        return self.regarded.get(state.key.name, frozenset())

    def step(self, state: ShelfState, event: Event) -> tuple[ShelfState, Commands]:
        """Do what is to be done."""
        if isinstance(event, Surveyed):
            self.surveyed[state.key.name] = event
            self.also = tuple(
                self._turned(child) for child in self.signs(state.key.name).values() if self._is_off(child)
            )
            boxes = {key: child for key, child in event.children.items() if key.kind == BOX.name}
            return super().step(state, replace(event, children=boxes))
        if isinstance(event, Patched | PatchFailed):
            self.told.append(event)
            if isinstance(event, PatchFailed) and event.failure.kind is not ObjectFailureKind.HELD:
                return self._next(state._replace(todo=()), Wake(5))
            return self._next(state)
        return super().step(state, event)

    def signs(self, name: str = "a") -> dict[str, Child]:
        """Return the signs that a pointer was shown last."""
        shown = self.surveyed[name].children if name in self.surveyed else {}
        return {key.name: child for key, child in shown.items() if key.kind == SIGN.name}

    def ways(self, name: str = "a") -> dict[str, int]:
        """Return where those point to."""
        return {each: int(child.digest) for each, child in self.signs(name).items()}

    def kinds_of_failures(self) -> list[ObjectFailureKind]:
        """Return of which kinds the failures of its patches were."""
        return [event.failure.kind for event in self.told if isinstance(event, PatchFailed)]

    def _is_off(self, child: Child) -> bool:
        return self.way is not None and child.digest != b"%d" % self.way and not child.leaving

    def _turned(self, child: Child) -> Patch:
        steps = (
            {"op": "test", "path": "/spec/way", "value": int(child.digest)},
            {"op": "replace", "path": "/spec/way", "value": self.way},
        )
        return Patch(child.key, child.uid, steps, version=child.version if self.exact else 0)


class Pointers(Shelves):
    """An engine with pointers; boxes are listed, signs by `signs` when a test wants."""

    kinds = (SHELF, BOX, SIGN)

    def __init__(self) -> None:
        super().__init__()
        self.pointer = self.controller = PointerController()
        self.signs = FakeWatch(self.api, self.engine.families, VIEWED)
        self.watch.list()

    def point(self, *names: str, by: str = "a") -> Key:
        """Let a pointer regard signs from now on, and tell it so."""
        self.pointer.regarded[by] = frozenset(map(sign, names))
        return self.declare(0, by)

    def put_up(self, name: str, way: int = 1, namespace: str = "plant") -> None:
        """Let somebody put up a sign."""
        metadata = {"name": name, "namespace": namespace}
        self.api.create({"apiVersion": API_VERSION, "kind": "Sign", "metadata": metadata, "spec": {"way": way}})

    def turn(self, name: str, way: int) -> None:
        """Let somebody turn a sign."""
        self.api.edit(sign(name), {"spec": {"way": way}})

    def way(self, name: str) -> int:
        """Return where a sign points to."""
        return int(self.api[sign(name)]["spec"]["way"])

    def looked(self) -> list[str]:
        """Return at which signs the engine has looked, in order."""
        return [key.name for key in self.objects.looks]
