"""Objects that a kind owns or leads, on a real API server: applied by a field manager of our own, deleted by uid."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx2
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.engine.object_errors import Gone, ObjectError, Withdrawn
from fabgitops_core.engine.ports import Applying

from fabgitops_operator.cluster.answers import answers, done, drafted, shown
from fabgitops_operator.cluster.refusals import (
    PATCHING,
    Asked,
    by_what_fits,
    by_what_stands,
    conflict,
    depends,
    refusal,
    unfit,
)
from fabgitops_operator.cluster.rest import Rest
from fabgitops_operator.hosting import errors
from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.slots import Slots

MANAGER = "fabgitops-rack"
"""What the API server calls the owner of the fields that are applied."""

DELIVERER = "fabgitops-delivery"
"""What it calls the owner of all that is applied and patched for workloads."""

EDITOR = "fabgitops-rollout"
"""What it calls the owner of annotations that are given to objects of others, and of what is changed by a patch."""

AT_ONCE = 8
"""Requests of quick namespaces under way at the same time: with more of them an API server does not do more."""

NEW = {"resourceVersion": "1"}
"""What lets an object be applied only where no object has the name, in one request: none ever has this version.

To one that is made the API server gives a version of its own; onto one that is there it refuses to apply this (409).
"""

DELETING = "deleting"


class KubeObjects:
    """The engine's `Objects`.

    Args:
        rest: The way to the API server.
        kinds: What may be applied, deleted and annotated.
        counted: Told of each request whose it was (the kind's plural) and what came of it, in a word.
        manager: What the API server calls the owner of the fields that are applied.
        editor: What it calls the owner of those that are annotated or patched.
    """

    def __init__(
        self,
        rest: Rest,
        kinds: Iterable[Kind],
        counted: Callable[[str, str], None],
        *,
        manager: str = MANAGER,
        editor: str = EDITOR,
    ) -> None:
        self._rest = rest
        self._kinds = {kind.name: kind for kind in kinds}
        self._said = {(kind.api_version, kind.kind): kind for kind in self._kinds.values()}
        self._counted = counted
        self._manager, self._editor = manager, editor
        self._slots = Slots(AT_ONCE)

    async def apply(
        self, body: Mapping[str, Any], *, force: bool, uid: str = "", wanted: Callable[[], bool] = lambda: True
    ) -> Applying:
        """As `fabgitops_core.engine.ports.Objects.apply`."""
        metadata, kind = body["metadata"], self._said[body["apiVersion"], body["kind"]]
        key = Key(kind.name, metadata["namespace"], metadata["name"])
        given = {**body, "metadata": {**metadata, **({"uid": uid} if uid else NEW)}}
        send = partial(self._rest.apply, kind, given, self._manager, force=force)
        stored, code = await self._asked(Asked("applying", key, uid), send, wanted)
        return Applying(stored, created=code == 201)

    async def draft(self, body: Mapping[str, Any], *, wanted: Callable[[], bool] = lambda: True) -> Mapping[str, Any]:
        """As `fabgitops_core.engine.ports.Objects.draft`; the API server makes a name of the one that is given."""
        metadata, kind = dict(body["metadata"]), self._said[body["apiVersion"], body["kind"]]
        namespace, name = metadata["namespace"], metadata.pop("name")
        doing = f"asking what would be stored of {kind.name} {namespace}/{name}"
        given = {**body, "metadata": {**metadata, "generateName": f"{name}-"}}
        code = 0
        try:
            with answers(doing, name, namespace):
                async with self._slots.of(namespace):
                    if not wanted():
                        raise Withdrawn(f"{doing}: it is not wanted any more")
                    answer = await self._rest.draft(kind, given, self._manager)
                code = answer.status_code
                answer.raise_for_status()
                return drafted(answer.json(), kind.kind)
        except ApiError as error:
            raise refusal(error, code) from error

    async def delete(self, key: Key, uid: str, version: int = 0, *, wanted: Callable[[], bool] = lambda: True) -> None:
        """As `fabgitops_core.engine.ports.Objects.delete`."""
        send = partial(self._rest.delete, self._kinds[key.kind], key.namespace, key.name, uid, version)
        await self._asked(Asked(DELETING, key, uid, version), send, wanted)

    async def annotate(
        self,
        key: Key,
        uid: str,
        annotations: Mapping[str, str | None],
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """As `fabgitops_core.engine.ports.Objects.annotate`."""
        patch = {"metadata": {"uid": uid, "annotations": dict(annotations)}}
        send = partial(self._rest.merge, self._kinds[key.kind], key.namespace, key.name, patch, self._editor)
        await self._asked(Asked("annotating", key, uid), send, wanted)

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
        """As `fabgitops_core.engine.ports.Objects.patch`."""
        must = {"/metadata/uid": uid, **({"/metadata/resourceVersion": str(version)} if version else {})}
        tests = [{"op": "test", "path": path, "value": value} for path, value in must.items()]
        kind, every = self._kinds[key.kind], [*tests, *steps]
        send = partial(self._rest.patch, kind, key.namespace, key.name, every, self._editor, part)
        stored, _ = await self._asked(Asked(PATCHING, key, uid, version), send, wanted)
        return stored

    async def look(self, key: Key) -> Mapping[str, Any] | None:
        """As `fabgitops_core.engine.ports.Objects.look`."""
        async with self._slots.of(key.namespace):
            try:
                return await self._rest.get(self._kinds[key.kind], key.namespace, key.name)
            except ApiError as error:
                raise refusal(error) from error

    async def _asked(
        self, asked: Asked, send: Callable[[], Awaitable[httpx2.Response]], wanted: Callable[[], bool]
    ) -> tuple[Mapping[str, Any], int]:
        """Return what an answer that says yes shows, and its code.

        Raises:
            ObjectError: It says no, or there is none.
        """
        key, plural = asked.key, self._kinds[asked.key.kind].plural
        answer: httpx2.Response | None = None
        try:
            with answers(str(asked), key.name, key.namespace):
                async with self._slots.of(key.namespace):
                    if not wanted():
                        raise Withdrawn(f"{asked}: it is not wanted any more")
                    answer = await send()
                answer.raise_for_status()
                shows = answer.json()
                if not (asked.what == DELETING and done(shows)):
                    shown(shows, key.name, asked.uid)
        except ApiError as error:
            why = await self._why(asked, answer, error)
            self._counted(plural, why.kind.name.lower())
            raise why from error
        self._counted(plural, "ok")
        return shows, answer.status_code

    async def _why(self, asked: Asked, answer: httpx2.Response | None, error: ApiError) -> ObjectError:
        if answer is None:
            return refusal(error)
        if asked.uid and (told := conflict(answer, str(asked))) is not None:
            return told
        if asked.uid and isinstance(error, errors.Gone):
            return Gone(str(error))
        fits = asked.what != PATCHING or not unfit(answer)
        if fits and not depends(answer, on_uid=bool(asked.uid)):
            return refusal(error, answer.status_code)
        try:
            stands = await self._rest.get(self._kinds[asked.key.kind], asked.key.namespace, asked.key.name)
        except ApiError as unknown:
            return refusal(unknown)
        return by_what_stands(asked, stands, error) if fits else by_what_fits(asked, stands)
