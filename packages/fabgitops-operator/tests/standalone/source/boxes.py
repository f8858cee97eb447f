"""A machine without a cluster, as the source sees it: a real store, what judges, and what was told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fabgitops_core.control.kinds import CONTROLLERS
from fabgitops_operator.standalone.resources import RESOURCES, Resource
from fabgitops_operator.standalone.source.settings import SourceSettings
from fabgitops_operator.standalone.source.syncing import Syncer
from fabgitops_operator.standalone.source.taking import Rules
from fabgitops_operator.standalone.store import Actor, How, Objects, Record, Store

OURS = {each.kind: each for each in RESOURCES if each.definition is not None}


@dataclass
class Judge:
    """Judges: `spec.port` of 99 is refused, and `spec.speed` is unknown; `judged` says what was asked."""

    judged: list[str] = field(default_factory=list)

    def judge(self, resource: Resource, body: dict[str, Any], old: Any, operation: str, *_: str) -> Any:
        """Judge an object."""
        self.judged.append(f"{operation} {body['metadata']['name']}")
        spec = body.get("spec") or {}
        message = "Invalid value: 99: spec.port in body should be less than or equal to 98"
        cause = SimpleNamespace(field="spec.port", reason="FieldValueInvalid", message=message)
        warnings = ("spec.port: 98 is the last one",) if spec.get("port") == 98 else ()
        unknown = ('unknown field "spec.speed"',) if "speed" in spec else ()
        return SimpleNamespace(
            body=body, warnings=warnings, causes=[cause] if spec.get("port") == 99 else [], unknown=unknown
        )


@dataclass
class Told:
    """The Events that were told."""

    events: list[Mapping[str, Any]] = field(default_factory=list)

    async def create_event(self, body: Mapping[str, Any]) -> None:
        """Keep an Event."""
        self.events.append(body)

    async def patch_event(self, namespace: str, name: str, body: Mapping[str, Any]) -> None:
        """Refuse: nothing is told twice."""
        raise AssertionError(name)

    @property
    def reasons(self) -> Sequence[str]:
        """Return what happened."""
        return [each["reason"] for each in self.events]


class Box:
    """The source of a machine; `restarted` is another process on the same state."""

    def __init__(self, store: Store, source: str, folder: Path, rules: str = "1", **settings: Any) -> None:
        self.store, self.source, self.folder, self.set = store, source, folder, settings
        self.gate, self.judge, self.told = Judge(), Judge(), Told()
        self.objects = Objects(store, self.judge)
        self.settings = SourceSettings(source, folder, **settings)
        self.syncer = Syncer(self.objects, store, Rules(self.gate, CONTROLLERS, OURS, rules), self.settings, self.told)

    def restarted(self, rules: str = "1") -> "Box":
        """Return it after a restart."""
        return Box(self.store, self.source, self.folder, rules, **self.set)

    async def looks(self, times: int = 3) -> None:
        """Look so often that a folder which stands still is read."""
        for _ in range(times):
            await self.syncer.look()

    async def put(self, kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> None:
        """Make an object by hand."""
        await self.objects.use(namespace)
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
        await self.objects.create(OURS[kind], namespace, body, How(Actor.USER))

    @property
    def records(self) -> Sequence[Record]:
        """Return what is kept."""
        return [each for resource in OURS.values() for each in self.store.list(resource, None)]

    @property
    def names(self) -> set[str]:
        """Return the names of what is kept."""
        return {each.name for each in self.records}

    @property
    def judged(self) -> list[str]:
        """Return what was judged by the gate."""
        return self.gate.judged

    @property
    def said(self) -> str:
        """Return how it stands."""
        return str(self.syncer.status())


def spec_of(record: Record) -> dict[str, Any]:
    """Return what an object declares."""
    spec: dict[str, Any] = json.loads(record.body)["spec"]
    return spec
