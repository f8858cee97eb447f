"""A kind of object of the tests' own: the store knows none in particular."""

from typing import Any

from fabgitops_operator.standalone.resources import NAMESPACE, Resource
from fabgitops_operator.standalone.store import Record, Store

THING = Resource("test.example", "v1", "Thing", "things", "thing", has_status=True)
OTHER = Resource("test.example", "v1", "Other", "others", "other")
RESOURCES = (THING, OTHER, NAMESPACE)


def thing(name: str, number: int = 0, resource: Resource = THING, **metadata: Any) -> dict[str, Any]:
    """Return an object as it is stored."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {
            "name": name,
            "namespace": "plant",
            "uid": f"uid-{name}" if resource is THING else f"{resource.plural}-{name}",
            **metadata,
        },
        "spec": {"number": number},
    }


async def put(store: Store, name: str, number: int = 0, resource: Resource = THING) -> Record:
    """Store an object; return it when it is on the disk."""
    draft = store.draft()
    record = draft.put(resource, thing(name, number, resource))
    await store.commit(draft)
    return record


def number(record: Record | None) -> int:
    """Return the number of an object."""
    assert record is not None
    found: int = record.decoded()["spec"]["number"]
    return found
