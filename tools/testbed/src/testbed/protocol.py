"""What a supervisor and its parent say to each other: lines one way, JSON the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

STOP_API_SERVER = "stop-apiserver"
START_API_SERVER = "start-apiserver"
BACK_UP = "back-up"
RESTORE = "restore"
PAUSE_ETCD = "pause-etcd"
RESUME_ETCD = "resume-etcd"
DETACH = "detach"
EVERY = ("*",)
"""All controllers of the controller manager but those that it leaves off by default."""

WORKLOADS = tuple(
    f"{name}-controller"
    for name in (
        "deployment",
        "replicaset",
        "endpointslice",
        "garbage-collector",
        "horizontal-pod-autoscaler",
        "namespace",
    )
)
"""What makes pods of Deployments and ReplicaSets, and knows where Services lead; starts sooner than all of them."""


@dataclass(frozen=True)
class Settings:
    """What a supervisor is to hold; travels as JSON on its command line.

    Attributes:
        binaries: each component's executable.
        controller_manager: whether to run kube-controller-manager.
        folder: where to keep everything; None for a temporary folder.
        controllers: which of its controllers the controller manager runs, by its own names for them.
    """

    binaries: dict[str, str]
    controller_manager: bool
    folder: str | None
    controllers: Sequence[str] = EVERY

    def dump(self) -> str:
        """As one argument."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, argument: str) -> Settings:
        """From what `dump` gave."""
        return cls(**json.loads(argument))
