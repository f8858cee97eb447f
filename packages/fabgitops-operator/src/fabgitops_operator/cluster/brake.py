"""Where the fleet brake is kept on Kubernetes: in a ConfigMap beside the Lease, named after it."""

from collections.abc import Mapping
from typing import Any, Protocol

from fabgitops_operator.cluster.lease.place import place_of
from fabgitops_operator.hosting.brake.record import Data
from fabgitops_operator.hosting.errors import Forbidden, Gone
from fabgitops_operator.labels import labels
from fabgitops_operator.settings import Settings

SUFFIX = "-brake"
LABEL = "fabgitops.io/brake"
"""By which fabctl finds it."""

_WAYS_OUT = (
    "run `fabgitops-operator manifests | kubectl apply -f -` for the right, or do without a brake with "
    "--brake-percent 0 --brake-corrections-per-minute 0"
)


class ConfigMaps(Protocol):
    """What is needed of the API, as `Kube` has it."""

    async def config_map(self, namespace: str, name: str) -> Mapping[str, Any]:
        """Return a ConfigMap; raises Gone when it is not there, or another ApiError."""
        ...

    async def create_config_map(self, body: Mapping[str, Any]) -> None:
        """Make a ConfigMap; raises Conflict when it is there, or another ApiError."""
        ...

    async def replace_config_map(self, body: Mapping[str, Any]) -> None:
        """Replace the version that the body names; raises Conflict, or another ApiError."""
        ...


class ConfigMapBrake:
    """A ConfigMap, as `hosting.brake.brake.BrakeStore`."""

    def __init__(self, kube: ConfigMaps, settings: Settings) -> None:
        self._kube = kube
        self._namespace, name = place_of(settings)
        self._name = f"{name[: 253 - len(SUFFIX)]}{SUFFIX}"

    def __str__(self) -> str:
        """Return how people find it."""
        return f"the ConfigMap {self._namespace}/{self._name}"

    async def read(self) -> tuple[Data | None, str]:
        """Return its data and its resourceVersion; None where there is none.

        Raises:
            ApiError: It cannot be read.
        """
        try:
            found = await self._kube.config_map(self._namespace, self._name)
        except Gone:
            return None, ""
        except Forbidden as error:
            raise Forbidden(f"{error}; {_WAYS_OUT}", error.reason) from error
        return found.get("data") or {}, str(found["metadata"]["resourceVersion"])

    async def write(self, data: Data, version: str) -> None:
        """Replace the ConfigMap of a resourceVersion, or ("") make it.

        Raises:
            ApiError: Conflict where it is another one by now.
        """
        metadata: dict[str, Any] = {
            "name": self._name,
            "namespace": self._namespace,
            "labels": {**labels(), LABEL: "fleet"},
        }
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}
        if version:
            metadata["resourceVersion"] = version
            await self._kube.replace_config_map(body)
        else:
            await self._kube.create_config_map(body)
