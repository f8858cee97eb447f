"""Objects of the tests' own kinds, asked for in short."""

from collections.abc import Mapping
from typing import Any

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store import Actor, How, Objects, Record, RefusedError, Wanted

from .things import THING

USER, OPERATOR, CONTROLLER = How(Actor.USER), How(Actor.OPERATOR), How(Actor.CONTROLLER)
STATUS = How(Actor.OPERATOR, "status")


class Judged:
    """What is accepted as it is, with one default."""

    warnings: tuple[str, ...] = ()
    causes: tuple[Any, ...] = ()
    unknown: tuple[str, ...] = ()

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = {**body, "spec": {"colour": "grey", **body.get("spec", {})}}


class Lenient:
    """Accepts everything."""

    def judge(self, resource: Resource, body: dict[str, Any], *_: object) -> Judged:
        """Return it with the default."""
        return Judged(body)


def manifest(name: str, number: int = 1, resource: Resource = THING, **metadata: Any) -> dict[str, Any]:
    """Return an object as somebody writes it."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name, **metadata},
        "spec": {"number": number},
    }


def wanted(name: str, number: int = 1, line: int = 1, **metadata: Any) -> Wanted:
    """Return an object that the source names."""
    return Wanted(THING, "plant", name, manifest(name, number, **metadata), f"lines/{name}.yaml:{line}")


def owned_by(owner: Record, **more: Any) -> dict[str, Any]:
    """Return metadata that names an owner."""
    reference = {"apiVersion": "test.example/v1", "kind": "Thing", "name": owner.name, "uid": owner.uid, **more}
    return {"ownerReferences": [reference]}


async def make(objects: Objects, name: str, resource: Resource = THING, **metadata: Any) -> Record:
    """Create an object."""
    await objects.create(resource, "plant", manifest(name, 1, resource, **metadata), USER)
    return there(objects, name, resource)


def there(objects: Objects, name: str, resource: Resource = THING) -> Record:
    """Return an object that is there."""
    record = objects.store.get(resource, "plant", name)
    assert record is not None, f"{name} is not there"
    return record


def names(objects: Objects, resource: Resource = THING) -> list[str]:
    """Return the names of what is there."""
    return [record.name for record in objects.store.list(resource, "plant")]


def told(error: RefusedError) -> tuple[int, str, str]:
    """Return code, reason and message of a refusal."""
    return error.status["code"], error.status["reason"], error.status["message"]
