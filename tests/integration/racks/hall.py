"""A hall: a namespace with racks, as a user sees it who may do everything."""

from collections.abc import Callable, Iterable
from typing import Any

import httpx
from fabgitops_core.api.meta import API_VERSION
from fabgitops_core.api.rack.marks import RACK

from ..planes import GROUP, MERGE, until

PARTS = ("chassis", "blades", "bmcs", "racknodes")
Body = dict[str, Any]


class Hall:
    """A namespace."""

    def __init__(self, api: httpx.Client, namespace: str) -> None:
        self.api, self.namespace = api, namespace
        self.url = f"{GROUP}/namespaces/{namespace}"

    # --- what a user declares -----------------------------------------------------------------------------------------

    def template(self, chassis: int, blades: int, nodes: int, mode: str = "shared", name: str = "two") -> Body:
        """Make a RackTemplate, or change it, and return it."""
        blade = {"nodeCount": nodes, "bmcMode": mode}
        spec = {"chassisCount": chassis, "chassisConfig": {"bladeCount": blades, "bladeConfig": blade}}
        return self.put("RackTemplate", "racktemplates", name, spec)

    def rack(self, name: str = "rack-01", template: str = "two", **spec: Any) -> Body:
        """Make a Rack, or change it, and return it."""
        return self.put("Rack", "racks", name, {"templateRef": {"name": template}, **spec})

    def put(self, kind: str, plural: str, name: str, spec: Body) -> Body:
        """Make an object, or give it this spec, and return it."""
        body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
        made = self.api.post(f"{self.url}/{plural}", json=body)
        if made.status_code == 409:
            made = self.api.patch(f"{self.url}/{plural}/{name}", json={"spec": spec}, headers=MERGE)
        assert made.is_success, made.text
        return dict(made.json())

    def patch(self, plural: str, name: str, patch: Body) -> Body:
        """Merge into an object, and return it."""
        return dict(self.api.patch(f"{self.url}/{plural}/{name}", json=patch, headers=MERGE).raise_for_status().json())

    def delete(self, plural: str, name: str) -> None:
        """Delete an object; its owner's parts are collected in the background."""
        assert self.api.delete(f"{self.url}/{plural}/{name}").status_code in {200, 404}

    # --- what a user sees ---------------------------------------------------------------------------------------------

    def get(self, plural: str, name: str) -> Body | None:
        """Return an object, None where there is none."""
        found = self.api.get(f"{self.url}/{plural}/{name}")
        return None if found.status_code == 404 else dict(found.raise_for_status().json())

    def status(self, name: str = "rack-01") -> Body:
        """Return the status of a Rack, empty while there is none."""
        return dict((self.get("racks", name) or {}).get("status") or {})

    def condition(self, kind: str, name: str = "rack-01") -> tuple[str, str, str]:
        """Return status, reason and message of a condition of a Rack."""
        for each in self.status(name).get("conditions", ()):
            if each["type"] == kind:
                return each["status"], each["reason"], each["message"]
        return "", "", ""

    def of(self, plural: str, rack: str = "rack-01") -> dict[str, Body]:
        """Return the parts of a kind that carry the label of a Rack, by name."""
        found = self.api.get(f"{self.url}/{plural}", params={"labelSelector": f"{RACK}={rack}"}).raise_for_status()
        return {each["metadata"]["name"]: each for each in found.json()["items"]}

    def parts(self, rack: str = "rack-01") -> dict[str, Body]:
        """Return all parts of a Rack, by name."""
        return {name: each for plural in PARTS for name, each in self.of(plural, rack).items()}

    def counts(self, rack: str = "rack-01") -> tuple[int, ...]:
        """Return how many chassis, blades, BMCs and nodes there are."""
        return tuple(len(self.of(plural, rack)) for plural in PARTS)

    def totals(self, name: str = "rack-01") -> tuple[int, ...]:
        """Return how many the status says that there are: chassis, blades, nodes, BMCs."""
        status = self.status(name)
        return tuple(status.get(total, -1) for total in ("totalChassis", "totalBlades", "totalNodes", "totalBMCs"))

    def events(self, name: str = "rack-01") -> list[str]:
        """Return the reasons of the Events about a Rack."""
        found = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events").raise_for_status()
        return [each["reason"] for each in found.json()["items"] if each["regarding"]["name"] == name]

    # --- what is waited for -------------------------------------------------------------------------------------------

    def until(self, true: Callable[[], Any], what: str) -> Any:
        """Wait until something is true, and return it; say how all stands where it does not come."""
        try:
            return until(true, what)
        except AssertionError:
            for each in self.api.get(f"{self.url}/racks").json()["items"]:
                print(each["metadata"]["name"], self.counts(each["metadata"]["name"]), each.get("status"))
            raise

    def until_phase(self, phase: str, name: str = "rack-01") -> Body:
        """Wait until a Rack is in a phase for its newest spec, and return it."""

        def there() -> Body | None:
            found = self.get("racks", name) or {}
            status = found.get("status", {})
            newest = status.get("observedGeneration") == found.get("metadata", {}).get("generation")
            return found if newest and status.get("phase") == phase else None

        return dict(self.until(there, f"{name} is {phase}"))

    def until_condition(self, kind: str, status: str, reason: str = "", name: str = "rack-01") -> str:
        """Wait until a condition of a Rack says this, and return its message."""

        def there() -> tuple[str, str, str] | None:
            found = self.condition(kind, name)
            return found if found[0] == status and reason in {"", found[1]} else None

        return str(self.until(there, f"{name}: {kind}={status} {reason}")[2])

    def until_counts(self, counts: Iterable[int], rack: str = "rack-01") -> None:
        """Wait until there are so many chassis, blades, BMCs and nodes."""
        wanted = tuple(counts)
        self.until(lambda: self.counts(rack) == wanted, f"{rack} has {wanted}")


def place(body: Body) -> str:
    """Return the name of an object."""
    return str(body["metadata"]["name"])


def owner(body: Body) -> str:
    """Return the uid of the controller among the owners of an object, "" where there is none."""
    owners = body["metadata"].get("ownerReferences", ())
    return next((str(each["uid"]) for each in owners if each.get("controller")), "")
