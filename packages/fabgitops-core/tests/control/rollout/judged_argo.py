"""A plant whose Rollout is one of Argo Rollouts, with labels, annotations and AnalysisRuns."""

from typing import Any

from fabgitops_core.api.argo.kinds import Manifest
from fabgitops_core.api.meta import Key
from fabgitops_core.control.events import Declared

from .test_argo import ArgoPlant
from .workshop import UID


class JudgedPlant(ArgoPlant):
    """The Rollout carries `labels` and `annotations`."""

    labels: dict[str, str]

    def __post_init__(self) -> None:
        """Declare the Rollout."""
        self.labels = {}
        super().__post_init__()

    def declare(self, **changes: Any) -> None:
        """Change the spec, and tell the controller."""
        if changes:
            self.spec = {**self.spec, **changes}
            self.generation += 1
        model = Manifest.model_validate(self.spec)
        words: dict[str, Any] = {"labels": dict(self.labels), "annotations": dict(self.annotations)}
        self.tell(Declared(self.at, self.generation, model, status=self.found, uid=UID, **words))

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return the AnalysisRuns by their names."""
        return {key.name: body for key, body in self.objects.items() if key.kind == "AnalysisRun"}

    def phases(self) -> dict[str, str]:
        """Return how each of them stands, by the end of its name."""
        return {
            name.removeprefix("hmi-").partition("-")[2]: each["status"]["phase"] for name, each in self.runs().items()
        }

    def edit(self, name: str, **spec: Any) -> None:
        """Change the spec of an AnalysisRun."""
        key = Key("AnalysisRun", "plant", name)
        body = self.objects[key]
        self.store(key, {**body, "spec": {**body["spec"], **spec}})
