"""What the story does with racks, through the API server alone: what stands on the floor beside the plant's PLCs."""

from dataclasses import dataclass
from typing import Any

from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import CascadeType

from .cluster import PLANT

RackTemplate = create_namespaced_resource("fabgitops.io", "v1", "RackTemplate", "racktemplates")
Rack = create_namespaced_resource("fabgitops.io", "v1", "Rack", "racks")
Chassis = create_namespaced_resource("fabgitops.io", "v1", "Chassis", "chassis")
Blade = create_namespaced_resource("fabgitops.io", "v1", "Blade", "blades")
BMC = create_namespaced_resource("fabgitops.io", "v1", "BMC", "bmcs")
RackNode = create_namespaced_resource("fabgitops.io", "v1", "RackNode", "racknodes")
PARTS = (Chassis, Blade, BMC, RackNode)
RACK_DEFINITIONS = [f"{kind._api_info.plural}.fabgitops.io" for kind in (RackTemplate, Rack, *PARTS)]


@dataclass(frozen=True)
class Floor:
    """The racks in the plant's namespace."""

    client: Any  # lightkube's overloads do not know what from_dict returns

    def declare_template(self, name: str, chassis: int, blades: int, nodes: int) -> None:
        """Create a RackTemplate: so many blades a chassis, and nodes a blade, which share its BMC."""
        config = {"bladeCount": blades, "bladeConfig": {"nodeCount": nodes, "bmcMode": "shared"}}
        self._create(RackTemplate, name, {"chassisCount": chassis, "chassisConfig": config})

    def declare(self, name: str, template: str) -> None:
        """Create a Rack that is made by a template."""
        self._create(Rack, name, {"templateRef": {"name": template}})

    def _create(self, kind: Any, name: str, spec: dict[str, Any]) -> None:
        self.client.create(kind.from_dict({"metadata": {"name": name, "namespace": PLANT}, "spec": spec}))

    def is_ready(self, name: str) -> bool:
        """Return whether a Rack says that all it is declared to be made of is there."""
        found = self.client.get(Rack, name, namespace=PLANT)
        status = found.get("status") or {}
        newest = status.get("observedGeneration") == found["metadata"]["generation"]
        ready = {each["type"]: each["status"] for each in status.get("conditions", [])}.get("Ready")
        return newest and ready == "True"

    def racks(self) -> set[str]:
        """Return the names of all Racks."""
        return {str(each["metadata"]["name"]) for each in self.client.list(Rack, namespace=PLANT)}

    def parts(self, rack: str) -> dict[str, str]:
        """Return the identity of each part that carries a Rack's label, by name."""
        return {name: uid for kind in PARTS for name, uid in self._of(kind, rack).items()}

    def counts(self, rack: str) -> tuple[int, ...]:
        """Return how many chassis, blades, BMCs and nodes carry a Rack's label."""
        return tuple(len(self._of(kind, rack)) for kind in PARTS)

    def _of(self, kind: Any, rack: str) -> dict[str, str]:
        found = self.client.list(kind, namespace=PLANT, labels={"fabgitops.io/rack": rack})
        return {str(each["metadata"]["name"]): str(each["metadata"]["uid"]) for each in found}

    def take_blade(self, name: str) -> None:
        """Delete a Blade, as somebody does who should not."""
        self.client.delete(Blade, name, namespace=PLANT)

    def delete(self, name: str) -> None:
        """Delete a Rack, and leave its parts to whoever collects what has lost its owner."""
        self.client.delete(Rack, name, namespace=PLANT, cascade=CascadeType.BACKGROUND)
