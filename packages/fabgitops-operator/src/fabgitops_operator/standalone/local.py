"""What the parts that every runtime is made of ask of the place where objects are kept: here the store on this machine.

Statuses are waited for, because a write to a device counts on its record. An Event is not: it is on its way when
`create_event` returns, or ten thousand at once would wait for as many turns of the disk.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key

from fabgitops_operator.hosting.errors import ApiError, Conflict, Forbidden, Gone, Rejected, TooLarge, Unavailable
from fabgitops_operator.hosting.ports import Body, Secrets
from fabgitops_operator.standalone.resources import EVENT, RESOURCES, Resource
from fabgitops_operator.standalone.store import Actor, How, Objects, RefusedError, StateError, Store

MANAGER = "fabgitops-operator"

STATUS = How(Actor.OPERATOR, subresource="status", validation="Ignore", manager=MANAGER)
OPERATOR = How(Actor.OPERATOR, validation="Ignore", manager=MANAGER)

_BY_REASON: Mapping[str, type[ApiError]] = {
    "NotFound": Gone,
    "Gone": Gone,
    "Forbidden": Forbidden,
    "Conflict": Conflict,
    "AlreadyExists": Conflict,
    "RequestEntityTooLarge": TooLarge,
}

BY_KIND = {each.definition.name if each.definition else each.kind: each for each in RESOURCES}
"""How each kind is kept, by its name."""

log = logging.getLogger(__name__)


class Written(NamedTuple):
    """What was written last into the status of an object."""

    under_way: int
    version: int


class Local:
    """The store, as `hosting.ports.Api` has it."""

    def __init__(self, store: Store, objects: Objects, secrets: Secrets) -> None:
        """Have them at hand.

        Args:
            store: What is kept.
            objects: What a request does to it.
            secrets: Certificates for connections to devices.
        """
        self._store = store
        self._objects = objects
        self._secrets = secrets
        self._written: dict[str, Written] = {}
        self._events: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def list_all(self, kind: Kind, namespace: str | None) -> AsyncIterator[Body]:
        """Yield every object of a kind, as all were when this began."""
        for record in self._store.list(kept(kind.name), namespace):
            yield record.decoded()

    async def patch_status(self, key: Key, uid: str, status: Body) -> Body:
        """Replace the status of the object of this uid, not of another that has its name; return the object then.

        Raises:
            ApiError: Gone when it is not there.
        """
        resource = kept(key.kind)
        record = self._store.get(resource, key.namespace, key.name)
        if record is None or record.uid != uid:
            raise Gone(f"the status of {key} is not stored: it is gone", "gone")
        steps = [
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "add", "path": "/status", "value": status},
        ]
        with self._writing(uid), _answers(f"storing the status of {key}"):
            outcome = await self._objects.patch(resource, key.namespace, key.name, steps, "json", STATUS)
        stored = outcome.decoded()
        self._written[uid] = self._written[uid]._replace(version=int(stored["metadata"]["resourceVersion"]))
        return stored

    @contextmanager
    def _writing(self, uid: str) -> Iterator[None]:
        before = self._written.get(uid, Written(0, 0))
        self._written[uid] = before._replace(under_way=before.under_way + 1)
        try:
            yield
        finally:
            now = self._written[uid]
            self._written[uid] = now._replace(under_way=now.under_way - 1)

    def is_ours(self, uid: str, version: int) -> bool:
        """Return whether a new version of an object came of a status that was written here, or may have."""
        written = self._written.get(uid)
        return written is not None and (written.under_way > 0 or version <= written.version)

    def forget(self, uid: str) -> None:
        """Drop what is known of an object that is gone."""
        self._written.pop(uid, None)

    async def create_event(self, body: Body) -> None:
        """Have an Event stored soon; that it could not be is told in the log."""
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        task = asyncio.get_running_loop().create_task(self._create_event(namespace, name, body))
        self._events[namespace, name] = task
        task.add_done_callback(lambda _: self._events.pop((namespace, name), None))

    async def _create_event(self, namespace: str, name: str, body: Body) -> None:
        try:
            with _answers(f"storing the Event {namespace}/{name}"):
                await self._objects.create(EVENT, namespace, dict(body), OPERATOR)
        except ApiError as error:
            log.error("%s", error)

    async def patch_event(self, namespace: str, name: str, body: Body) -> None:
        """Merge into an Event.

        Raises:
            ApiError: Gone when it has expired.
        """
        if (creation := self._events.get((namespace, name))) is not None:
            await asyncio.wait((creation,))
        with _answers(f"storing the Event {namespace}/{name}"):
            await self._objects.patch(EVENT, namespace, name, dict(body), "merge", OPERATOR)

    async def settled(self) -> None:
        """Wait until each Event is stored or told of."""
        while self._events:
            await asyncio.wait(self._events.values())

    async def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return the certificates that a resource names.

        Raises:
            ApiError: They cannot be had.
        """
        return await self._secrets.secret(namespace, name)


def kept(kind: str) -> Resource:
    """Return how a kind is kept."""
    return BY_KIND[kind]


@contextmanager
def _answers(doing: str) -> Iterator[None]:
    """Turn what the store says no with into what the parts of every runtime know."""
    try:
        yield
    except RefusedError as error:
        raise _refusal(doing, error.status) from error
    except StateError as error:  # a full disk: it may have room again
        raise Unavailable(f"{doing}: {error}", "state") from error


def _refusal(doing: str, status: Mapping[str, Any]) -> ApiError:
    reason = str(status.get("reason") or "failed")
    kind = _BY_REASON.get(reason, Rejected)
    return kind(f"{doing}: {status.get('message') or reason}", reason.lower())
