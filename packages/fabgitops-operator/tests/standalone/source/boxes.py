"""A machine without a cluster, as the source sees it: what is kept, what judges, and what was told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fabgitops_core.control.kinds import CONTROLLERS
from fabgitops_operator.standalone.source.manifests import Name
from fabgitops_operator.standalone.source.settings import SourceSettings
from fabgitops_operator.standalone.source.syncing import Syncer
from fabgitops_operator.standalone.source.taking import Rules


@dataclass(frozen=True)
class Kept:
    """A record."""

    resource: Any
    namespace: str
    name: str
    uid: str
    origin: str
    body: bytes

    def decoded(self) -> dict[str, Any]:
        """Return the object."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


RESOURCES = {
    each.kind.name: SimpleNamespace(kind=each.kind.name, group=each.kind.group, version=each.kind.version)
    for each in CONTROLLERS
}


@dataclass
class State:
    """What is kept, and outlives a restart; `judged` says what was judged, `told` what Events say."""

    records: dict[Name, Kept] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    takes: list[str] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    told: list[Mapping[str, Any]] = field(default_factory=list)
    fails: Exception | None = None

    def get(self, resource: Any, namespace: str, name: str) -> Any:
        """Return one record."""
        return self.records.get(Name(resource.kind, namespace, name))

    def list(self, resource: Any, namespace: str | None) -> Sequence[Any]:
        """Return the records of a kind."""
        return [each for each in self.records.values() if each.resource is resource]

    def meta(self, key: str) -> str | None:
        """Return a fact."""
        return self.facts.get(key)

    async def set_meta(self, key: str, value: str) -> None:
        """Keep a fact."""
        self.facts[key] = value

    async def take(self, revision: str, wanted: Sequence[Any], gone: Sequence[Any]) -> None:
        """Take a revision."""
        if self.fails:
            raise self.fails
        self.takes.append(revision)
        for each in wanted:
            self.put(each.resource.kind, each.namespace, each.name, each.body, each.origin)
        for each in gone:
            del self.records[Name(each.resource.kind, each.namespace, each.name)]

    def put(self, kind: str, namespace: str, name: str, body: Mapping[str, Any], origin: str = "") -> None:
        """Keep an object."""
        key = Name(kind, namespace, name)
        self.records[key] = Kept(RESOURCES[kind], namespace, name, f"uid-{name}", origin, json.dumps(body).encode())

    def judge(self, resource: Any, body: dict[str, Any], old: Any, operation: str, *_: str) -> Any:
        """Judge an object: `spec.port` of 99 is refused, and `spec.speed` is unknown."""
        self.judged.append(f"{operation} {body['metadata']['name']}")
        spec = body.get("spec") or {}
        message = "Invalid value: 99: spec.port in body should be less than or equal to 98"
        causes = [SimpleNamespace(field="spec.port", message=message)] if spec.get("port") == 99 else []
        return SimpleNamespace(causes=causes, unknown=['unknown field "spec.speed"'] if "speed" in spec else [])

    async def create_event(self, body: Mapping[str, Any]) -> None:
        """Keep an Event."""
        self.told.append(body)

    @property
    def names(self) -> set[str]:
        """Return the names of what is kept."""
        return {each.name for each in self.records.values()}

    @property
    def reasons(self) -> Sequence[str]:
        """Return what happened."""
        return [each["reason"] for each in self.told]


class Box:
    """The source of a machine; `restarted` is another process on the same state."""

    def __init__(
        self, source: str, folder: Path, state: State | None = None, rules: str = "1", **settings: Any
    ) -> None:
        self.source, self.folder, self.set = source, folder, settings
        self.state = state or State()
        judged = Rules(self.state, CONTROLLERS, RESOURCES, rules)
        self.settings = SourceSettings(source, folder, **settings)
        self.syncer = Syncer(self.state, self.state, judged, self.settings, self.state)

    def restarted(self, rules: str = "1") -> "Box":
        """Return it after a restart."""
        return Box(self.source, self.folder, self.state, rules, **self.set)

    async def looks(self, times: int = 3) -> None:
        """Look so often that a folder which stands still is read."""
        for _ in range(times):
            await self.syncer.look()

    @property
    def said(self) -> str:
        """Return how it stands."""
        return str(self.syncer.status())
