"""A fake of the objects port, before a small API server in memory; a test sets what does not go well."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.api.refusals import sentences
from fabgitops_core.engine.object_errors import Away, Changed, Conflict, Gone, ObjectError, Refused, Taken, Withdrawn
from fabgitops_core.engine.ports import Applying
from fabgitops_core.testing.apiserver import FakeApiServer, owners_of
from fabgitops_core.testing.jsonpatch import UnfitError, patched
from fabgitops_core.testing.managed import Managed, Path, body_of, fields_of, shown

MANAGER = "fabgitops-rack"
"""Whose the fields are that are applied."""

EDITOR = "fabgitops-rollout"
"""Whose the annotations are that are given to objects, and what is changed by a patch."""


class AnswerLost(Away):
    """Raised after a request was done: whoever asked does not know that it was."""


class FakeObjects:
    """The `Objects` port.

    `errors` are raised in their order, each once; a None among them lets a request pass, and an `AnswerLost` is raised
    after its request was done. Requests wait for `hold` where there is one; `waiting` counts those. `requests` keeps
    what was sent, in order. `unseen` are raised as `errors` are, of those who only look, and `looks` keeps at what.
    `drafting` makes of an object what would be stored of it.

    Args:
        api: The API server.
    """

    def __init__(self, api: FakeApiServer) -> None:
        self._api = api
        self.errors: list[ObjectError | None] = []
        self.hold: asyncio.Event | None = None
        self.waiting = 0
        self.requests: list[tuple[str, Key]] = []
        self.unseen: list[ObjectError | None] = []
        self.looks: list[Key] = []
        self.drafting: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda body: body

    async def apply(
        self, body: Mapping[str, Any], *, force: bool, uid: str = "", wanted: Callable[[], bool] = lambda: True
    ) -> Applying:
        """Apply an object, or raise what the test wants."""
        key = self._api.key_of(body)
        lost = await self._turn("apply", key, wanted)
        applying = self._apply(key, body, force=force, uid=uid)
        if lost is not None:
            raise lost
        return applying

    async def draft(self, body: Mapping[str, Any], *, wanted: Callable[[], bool] = lambda: True) -> Mapping[str, Any]:
        """Return an object as `drafting` makes it, or raise what the test wants."""
        key = self._api.key_of(body)
        lost = await self._turn("draft", key, wanted)
        kind = self._api.kinds.get(key.kind)
        if kind is None or not kind.matches(body):
            raise Refused(f"there is no kind {key.kind} in {body.get('apiVersion')}")
        _refuse_invalid(kind, body)
        if lost is not None:
            raise lost
        return self.drafting(body)

    async def delete(self, key: Key, uid: str, version: int = 0, *, wanted: Callable[[], bool] = lambda: True) -> None:
        """Delete an object, or raise what the test wants."""
        lost = await self._turn("delete", key, wanted)
        stands = self._version(key, uid)
        if version not in {0, stands}:
            raise Changed(f"{key.kind} {key} has the version {stands}, not {version}")
        self._api.remove(key)
        if lost is not None:
            raise lost

    async def annotate(
        self,
        key: Key,
        uid: str,
        annotations: Mapping[str, str | None],
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Annotate an object, or raise what the test wants."""
        lost = await self._turn("annotate", key, wanted)
        self._version(key, uid)
        self._api.edit(key, {"metadata": {"annotations": dict(annotations)}}, EDITOR)
        if lost is not None:
            raise lost

    async def patch(
        self,
        key: Key,
        uid: str,
        steps: Sequence[Mapping[str, Any]],
        version: int = 0,
        *,
        wanted: Callable[[], bool] = lambda: True,
        part: str = "",
    ) -> Mapping[str, Any]:
        """Patch an object, or raise what the test wants; a part of it is its spec."""
        lost = await self._turn("patch", key, wanted)
        body = self._patch(key, uid, steps, version)
        if lost is not None:
            raise lost
        return body if not part else {"metadata": body["metadata"], "spec": body.get("spec") or {}}

    async def look(self, key: Key) -> Mapping[str, Any] | None:
        """Show an object, or raise what the test wants of those who look."""
        await asyncio.sleep(0)
        self.looks.append(key)
        error = self.unseen.pop(0) if self.unseen else None
        if error is not None:
            raise error
        return self._api[key] if self._api.stored(key) else None

    async def _turn(self, what: str, key: Key, wanted: Callable[[], bool]) -> AnswerLost | None:
        """Wait for the request's turn, note that it is sent, and return what is raised once it is done."""
        if self.hold is not None:
            self.waiting += 1
            try:
                await self.hold.wait()
            finally:
                self.waiting -= 1
        else:
            await asyncio.sleep(0)
        if not wanted():
            raise Withdrawn(f"{what} {key.kind} {key}: it is not wanted any more")
        self.requests.append((what, key))
        error = self.errors.pop(0) if self.errors else None
        if error is not None and not isinstance(error, AnswerLost):
            raise error
        return error

    def _version(self, key: Key, uid: str) -> int:
        """Return the version of an object that is to be the one of a uid."""
        stored = self._api.stored(key)
        if stored is None:
            raise Gone(f"{key.kind} {key} is gone")
        if stored.uid != uid:
            raise Taken(f"another object has the name of {key.kind} {key} by now", self._api[key])
        return stored.version

    def _patch(self, key: Key, uid: str, steps: Sequence[Mapping[str, Any]], version: int) -> Mapping[str, Any]:
        stored = self._api.stored(key)
        if stored is None or stored.uid != uid:
            raise Gone(f"{key.kind} {key} is gone")
        if version not in {0, stored.version}:
            raise Changed(f"{key.kind} {key} has the version {stored.version}, not {version}")
        try:
            after = patched(self._api[key], steps)
        except UnfitError as error:
            raise Changed(f"{key.kind} {key} is not as it must be: {error}") from error
        _refuse_invalid(stored.kind, after)
        return self._api.replace(key, after, EDITOR)

    def _apply(self, key: Key, body: Mapping[str, Any], *, force: bool, uid: str) -> Applying:
        kind = self._api.kinds.get(key.kind)
        if kind is None or not kind.matches(body):
            raise Refused(f"there is no kind {key.kind} in {body.get('apiVersion')}")
        stored = self._api.stored(key)
        if stored is None and uid:
            raise Gone(f"{key.kind} {key} is gone")
        managed = stored.managed.copy() if stored else Managed()
        fields = fields_of(body)
        if uid and not force:
            _refuse_conflicts(managed.conflicts(fields, MANAGER))
        if stored is not None and stored.uid != uid:
            raise Taken(f"{key.kind} {key} is there already", self._api[key])
        managed.apply(fields, MANAGER)
        if sum(bool(each.get("controller")) for each in owners_of(managed)) > 1:
            raise Taken(f"{key.kind} {key} belongs to another owner", self._api[key] if stored else None)
        _refuse_invalid(kind, body_of(managed.fields))
        if stored is None:
            self._api.add(key, managed, {})
        elif managed != stored.managed:
            self._api.change(key, managed=managed)
        return Applying(self._api[key], created=stored is None)


def _refuse_invalid(kind: Kind, body: Mapping[str, Any]) -> None:
    try:
        kind.spec.model_validate(body.get("spec", {}))
    except ValidationError as error:
        raise Refused(f"{kind.name} is invalid: {sentences(error)}") from error


def _refuse_conflicts(conflicts: Mapping[Path, list[str]]) -> None:
    if conflicts:
        managers = ", ".join(sorted({each for others in conflicts.values() for each in others}))
        paths = tuple(sorted(map(shown, conflicts)))
        raise Conflict(f"{managers} gave another value to {', '.join(paths)}", managers, paths)
