"""Objects that a kind owns or leads, in the store on this machine: made, annotated, deleted by uid."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

from fabgitops_core.api.meta import Key
from fabgitops_core.engine.object_errors import Away, Changed, Gone, ObjectError, Refused, Taken, Withdrawn
from fabgitops_core.engine.ports import Applying

from fabgitops_operator.standalone.local import kept
from fabgitops_operator.standalone.store import Actor, How, Objects, Outcome, RefusedError, StateError, Store

EDITOR = How(Actor.OPERATOR, validation="Ignore", manager="fabgitops-rollout")
"""Of annotations that are given to objects of others."""


class StoreObjects:
    """The engine's `Objects`: some are annotated, some made and deleted, none changed; what is answered is stored.

    Args:
        store: What is kept.
        objects: What a request does to it.
        counted: Told of each request whose it was (the kind's plural) and what came of it, in a word.
        manager: As whom objects are made and deleted.
        editor: As whom they are annotated.
    """

    def __init__(
        self, store: Store, objects: Objects, counted: Callable[[str, str], None], *, manager: How, editor: How = EDITOR
    ) -> None:
        self._store = store
        self._objects = objects
        self._counted = counted
        self._manager, self._editor = manager, editor

    async def annotate(
        self,
        key: Key,
        uid: str,
        annotations: Mapping[str, str | None],
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """As `fabgitops_core.engine.ports.Objects.annotate`."""
        plural = kept(key.kind).plural
        try:
            await self._annotate(key, uid, annotations, wanted)
        except Withdrawn:
            raise
        except ObjectError as error:
            self._counted(plural, error.kind.name.lower())
            raise
        self._counted(plural, "ok")

    async def _annotate(
        self, key: Key, uid: str, annotations: Mapping[str, str | None], wanted: Callable[[], bool]
    ) -> None:
        doing = f"annotating {key.kind} {key}"
        await self._objects.turn()
        if not wanted():
            raise Withdrawn(f"{doing}: it is not wanted any more")
        patch = {"metadata": {"uid": uid, "annotations": dict(annotations)}}
        try:
            await self._objects.patch(kept(key.kind), key.namespace, key.name, patch, "merge", self._editor)
        except RefusedError as error:
            if error.status["reason"] == "NotFound":
                raise Gone(f"{doing}: it is gone") from error
            raise self._other(key, uid, doing) or Refused(f"{doing}: {error}") from error
        except StateError as error:  # a full disk: it may have room again
            raise Away(f"{doing}: {error}") from error

    def _other(self, key: Key, uid: str, doing: str) -> ObjectError | None:
        """Return why the object of a uid is not there to be annotated, or None."""
        record = self._store.get(kept(key.kind), key.namespace, key.name)
        if record is None:
            return Gone(f"{doing}: it is gone")
        if record.uid != uid:
            return Taken(f"{doing}: another object has its name by now", record.decoded())
        return None

    async def apply(
        self, body: Mapping[str, Any], *, force: bool, uid: str = "", wanted: Callable[[], bool] = lambda: True
    ) -> Applying:
        """As `fabgitops_core.engine.ports.Objects.apply`, of what is not there yet.

        Raises:
            TypeError: Something that is there was to be changed.
        """
        del force
        if uid:
            raise TypeError(f"no kind that is looked after here changes objects, and {body.get('kind')} was to be")
        metadata = body["metadata"]
        key = Key(body["kind"], metadata["namespace"], metadata["name"])
        doing, resource = f"making {key.kind} {key}", kept(key.kind)
        try:
            made = await self._turn(
                doing, wanted, lambda: self._objects.create(resource, key.namespace, body, self._manager)
            )
        except RefusedError as error:
            record = self._store.get(resource, key.namespace, key.name)
            self._counted(resource.plural, "taken" if record else "refused")
            if record is not None:
                raise Taken(f"{doing}: another object has its name", record.decoded()) from error
            raise Refused(f"{doing}: {error}") from error
        self._counted(resource.plural, "ok")
        return Applying(made.decoded(), created=True)

    async def _turn(self, doing: str, wanted: Callable[[], bool], ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
        await self._objects.turn()
        if not wanted():
            raise Withdrawn(f"{doing}: it is not wanted any more")
        try:
            return await ask()
        except StateError as error:  # a full disk: it may have room again
            raise Away(f"{doing}: {error}") from error

    async def draft(self, body: Mapping[str, Any], **how: object) -> NoReturn:
        """Never be asked for.

        Raises:
            TypeError: It was.
        """
        raise TypeError(f"no kind that is looked after here owns objects, and {body.get('kind')} was to be drafted")

    async def patch(self, key: Key, uid: str, steps: object, version: int = 0, **how: object) -> NoReturn:
        """Never be asked for.

        Raises:
            TypeError: It was.
        """
        raise TypeError(f"no kind that is looked after here owns or regards objects, and {key} was to be patched")

    async def look(self, key: Key) -> NoReturn:
        """Never be asked for.

        Raises:
            TypeError: It was.
        """
        raise TypeError(f"no kind that is looked after here regards objects, and {key} was to be looked at")

    async def delete(self, key: Key, uid: str, version: int = 0, *, wanted: Callable[[], bool] = lambda: True) -> None:
        """As `fabgitops_core.engine.ports.Objects.delete`."""
        doing, resource = f"deleting {key.kind} {key}", kept(key.kind)
        must = {"uid": uid, **({"resourceVersion": str(version)} if version else {})}
        options = {"preconditions": must, "propagationPolicy": "Background"}
        try:
            await self._turn(
                doing, wanted, lambda: self._objects.delete(resource, key.namespace, key.name, options, self._manager)
            )
        except RefusedError as error:
            told = self._other(key, uid, doing) or _unlike(error, doing)
            self._counted(resource.plural, told.kind.name.lower())
            raise told from error
        self._counted(resource.plural, "ok")


def _unlike(error: RefusedError, doing: str) -> ObjectError:
    """Return why the object that is meant is not deleted."""
    changed = error.status["reason"] == "Conflict"
    return Changed(f"{doing}: it has changed meanwhile") if changed else Refused(f"{doing}: {error}")
