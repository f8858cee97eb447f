"""The decisions about a Rollout, played on a real API server: each request that they make is carried out there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.crd import definition
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.rollout import ROLLOUT, RolloutSpec
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.control.commands import Apply, Command, Delete, Patch, Publish, Request
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Declared,
    Deleted,
    Event,
    Patched,
    PatchFailed,
    Surveyed,
)
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind
from fabgitops_core.control.rollout.records import replica_set, service
from fabgitops_core.control.rollout.routes import http_route
from fabgitops_core.control.rollout.table import RolloutController
from testbed.asking import ask
from testbed.errors import TestbedError

from .stage import APPLY, KINDS, PATCH, Stage

READERS: Mapping[str, Callable[[Mapping[str, Any]], Child]] = {
    "ReplicaSet": replica_set,
    "Service": service,
    "HTTPRoute": http_route,
}
NAME = "app"
BETWEEN_LOOKS = 0.1  # seconds


class Leading:
    """It, for one Rollout of a stage."""

    def __init__(self, stage: Stage, spec: Mapping[str, Any]) -> None:
        self.stage = stage
        self.key = Key(ROLLOUT.name, stage.name, NAME)
        self.controller = RolloutController()
        self.state = self.controller.start(self.key)
        self.status = RolloutStatus()
        self.requests: list[Request] = []
        self.done: list[Request] = []
        self._spec = dict(spec)
        self._generation = 0
        self._uid = ""
        self._annotations: dict[str, str] = {}

    async def begin(self) -> None:
        """Make the Rollout, by its definition: what it owns has an owner that is there."""
        api = self.stage.api
        await ask(api, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(ROLLOUT))
        url = f"/apis/{ROLLOUT.api_version}/namespaces/{self.stage.name}/{ROLLOUT.plural}"
        body = {
            "apiVersion": ROLLOUT.api_version,
            "kind": ROLLOUT.kind,
            "metadata": {"name": NAME},
            "spec": self._spec,
        }

        async def made() -> bool:
            found = await ask(api, "POST", url, body)
            self._uid = found["metadata"]["uid"] if found else ""
            return bool(found)

        await self.stage.until(made, "the Rollout is made")
        self.declare()

    def declare(self, **changes: Any) -> None:
        """Tell what is declared."""
        self._spec |= changes
        self._generation += 1
        spec = RolloutSpec.model_validate(self._spec)
        at, said = datetime.now(UTC), dict(self._annotations)
        self._tell(Declared(at, self._generation, spec, status=self.status, uid=self._uid, annotations=said))

    def abort(self) -> None:
        """Give up what is on its way."""
        self._annotations[marks.ABORT] = self.status.current_pod_hash
        self.declare()

    def promote(self) -> None:
        """Go past what it waits for."""
        self._annotations[marks.PROMOTE] = f"{self.status.current_pod_hash}/{self.status.current_step_index}"
        self.declare()

    async def until(self, true: Callable[[RolloutStatus], bool], what: str) -> None:
        """Lead it until its status says something."""

        async def led() -> bool:
            await self.look()
            return true(self.status)

        await self.stage.until(led, f"{what}; {self.status.message}")

    async def look(self) -> None:
        """Carry out what follows from a look."""
        found: dict[Key, Child] = {}
        for kind, reader in READERS.items():
            version, plural = KINDS[kind]
            path = f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/{self.stage.name}/{plural}"
            bodies = (await ask(self.stage.api, "GET", path))["items"]
            found |= {child.key: child for child in map(reader, bodies)}
        self._tell(Surveyed(datetime.now(UTC), found))
        while self.requests:
            request = self.requests.pop(0)
            self._tell(await self._carried_out(request))
            self.done.append(request)
        await asyncio.sleep(BETWEEN_LOOKS)

    def _tell(self, event: Event) -> None:
        self.state, commands = self.controller.step(self.state, event)
        for command in commands:
            self._take(command)

    def _take(self, command: Command) -> None:
        if isinstance(command, Publish) and isinstance(command.status, RolloutStatus):
            self.status = command.status
        elif isinstance(command, Request):
            self.requests.append(command)

    async def _carried_out(self, request: Request) -> Event:
        if isinstance(request, Apply):
            return await self._apply(request)
        assert isinstance(request, Patch | Delete)
        url = self.stage.url(request.key.kind, request.key.name)
        if isinstance(request, Delete):
            gone = {"preconditions": {"uid": request.uid}}
            await self._asked(ask(self.stage.api, "DELETE", url, gone))
            return Deleted(datetime.now(UTC), request.key, request.uid)
        test = {"op": "test", "path": "/metadata/resourceVersion", "value": str(request.version)}
        stored = await self._asked(ask(self.stage.api, "PATCH", url, [test, *request.steps], kind=PATCH))
        if stored is None:
            return PatchFailed(datetime.now(UTC), request.key, ObjectFailure(ObjectFailureKind.CHANGED, "changed"))
        return Patched(datetime.now(UTC), READERS[request.key.kind](stored))

    async def _apply(self, request: Apply) -> Event:
        body = dict(request.object)
        key = Key(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
        params = {"fieldManager": "fabgitops", "force": str(request.force).lower()}
        sent = ask(self.stage.api, "PATCH", self.stage.url(key.kind, key.name), body, kind=APPLY, params=params)
        stored = await self._asked(sent)
        if stored is None:
            return ApplyFailed(datetime.now(UTC), key, ObjectFailure(ObjectFailureKind.REFUSED, "refused"))
        return Applied(datetime.now(UTC), READERS[key.kind](stored), created=not request.uid)

    @staticmethod
    async def _asked(sent: Awaitable[Any]) -> Any:
        """Return what an API server has stored; None where it is not so."""
        try:
            return await sent
        except TestbedError as error:
            if "the server rejected our request" in str(error) or "test" in str(error).lower():
                return None
            raise
