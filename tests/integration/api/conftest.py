"""A namespace on a plane, asked by plain HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest

from ..planes import GROUP, MERGE, Plane

SPEC = {"deviceAddress": "10.0.0.5", "targetRegister": 1, "targetValue": 1}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
NUMBERS = count(1)


@dataclass
class Place:
    """A namespace and its PLCs."""

    plane: Plane
    api: httpx.Client
    namespace: str

    def path(self, name: str = "", more: str = "") -> str:
        """Return where PLCs are, or one of them, or a part of it."""
        return "/".join(part for part in (f"{GROUP}/namespaces/{self.namespace}/industrialplcs", name, more) if part)

    def body(self, name: str = "a", spec: Mapping[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
        """Return a PLC as a user writes it."""
        head = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC"}
        return {**head, "metadata": {"name": name, **metadata}, "spec": {**SPEC, **(spec or {})}}

    def create(self, name: str = "a", spec: Mapping[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
        """Create a PLC, and return it as it is stored."""
        return done(self.api.post(self.path(), json=self.body(name, spec, **metadata)))

    def get(self, name: str = "a") -> dict[str, Any]:
        """Return a PLC as it is stored."""
        return done(self.api.get(self.path(name)))

    def merge(self, patch: Mapping[str, Any], name: str = "a", more: str = "", **query: str) -> httpx.Response:
        """Send a merge patch (RFC 7386)."""
        return self.api.patch(self.path(name, more), json=patch, headers=MERGE, params=query)

    def steps(self, *steps: Mapping[str, Any], name: str = "a") -> httpx.Response:
        """Send a JSON patch (RFC 6902)."""
        return self.api.patch(self.path(name), json=steps, headers=JSON_PATCH)

    def delete(self, name: str = "a", **options: Any) -> httpx.Response:
        """Delete a PLC."""
        return self.api.request("DELETE", self.path(name), json=options)


def done(answer: httpx.Response) -> dict[str, Any]:
    """Return what an answer that is none of refusal holds."""
    assert answer.is_success, answer.text
    return dict(answer.json())


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Return code and reason of a refusal, which is a Status."""
    status = answer.json()
    assert (status["kind"], status["apiVersion"], status["status"]) == ("Status", "v1", "Failure")
    assert status["code"] == answer.status_code
    assert status["message"]
    return answer.status_code, str(status.get("reason"))


@pytest.fixture
def place(plane: Plane) -> Iterator[Place]:
    """Return a fresh namespace."""
    plane.install()
    namespace = f"place-{next(NUMBERS):03}"
    plane.add_namespace(namespace)
    with plane.client() as api:
        yield Place(plane, api, namespace)
