"""What an API server keeps of the plant: PLCs, who leads them, and the status of both as it was stored last."""

from dataclasses import dataclass, field
from typing import Any

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT

NAMESPACE = "plant"


@dataclass
class Stored:
    """One object."""

    kind: Kind
    name: str
    uid: str
    spec: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    generation: int = 1
    status: ApiModel | None = None

    @property
    def key(self) -> Key:
        """Return its full name."""
        return Key(self.kind.name, NAMESPACE, self.name)

    def body(self) -> dict[str, Any]:
        """Return it as the API server shows it: what a status has lost on its way is lost."""
        metadata = {
            "name": self.name,
            "namespace": NAMESPACE,
            "uid": self.uid,
            "generation": self.generation,
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
        }
        said = {} if self.status is None else {"status": self.status.model_dump(mode="json", by_alias=True)}
        return {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.name,
            "metadata": metadata,
            "spec": self.spec,
        } | said


@dataclass
class Store:
    """All of them; whoever changes one tells of it."""

    plcs: dict[str, Stored] = field(default_factory=dict)
    rollouts: dict[str, Stored] = field(default_factory=dict)

    def plc(self, name: str, spec: dict[str, Any], labels: dict[str, str]) -> None:
        """Declare a PLC, or change what is declared of it."""
        known = self.plcs.get(name)
        if known is None:
            self.plcs[name] = Stored(INDUSTRIAL_PLC, name, f"uid-{name}", spec, labels)
        elif known.spec != spec:
            known.spec, known.generation = spec, known.generation + 1

    def rollout(self, name: str, spec: dict[str, Any], uid: str) -> None:
        """Declare a rollout, or change what is declared of it."""
        known = self.rollouts.get(name)
        if known is None:
            self.rollouts[name] = Stored(SETPOINT_ROLLOUT, name, uid, spec)
        elif known.spec != spec:
            known.spec, known.generation = spec, known.generation + 1
