"""What is served: each resource, and where Kubernetes has another name for it, that one, too."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fabgitops_operator.hosting.exchange import encoded
from fabgitops_operator.standalone.api import events
from fabgitops_operator.standalone.api.refusals import not_found
from fabgitops_operator.standalone.api.selectors import FieldOf, at
from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store import Record, RefusedError

Rewrite = Callable[[Mapping[str, Any]], dict[str, Any]]

EVENT, NAMESPACE = "Event", "Namespace"

_ANY: dict[str, FieldOf] = {"metadata.name": at("metadata", "name"), "metadata.namespace": at("metadata", "namespace")}


@dataclass(frozen=True, slots=True)
class Served:
    """A resource under one group and version.

    `shown` and `stored` turn an object from what is stored into what is shown here, and back; where they are missing
    both are the same, and bytes go out as they are kept.
    """

    group: str
    version: str
    resource: Resource
    fields: Mapping[str, FieldOf] = field(default_factory=dict)
    shown: Rewrite | None = None
    stored: Rewrite | None = None

    @property
    def group_version(self) -> str:
        """Return its apiVersion."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def kind(self) -> str:
        """Return the kind of its objects."""
        return self.resource.kind

    @property
    def plural(self) -> str:
        """Return its name in paths."""
        return self.resource.plural

    def body(self, record: Record) -> bytes:
        """Return an object as it is shown here."""
        return record.body if self.shown is None else encoded(self.shown(record.decoded()))

    def rewritten(self, body: bytes) -> bytes:
        """Return a stored object, as bytes, as it is shown here."""
        return body if self.shown is None else encoded(self.shown(json.loads(body)))

    def selectable(self) -> dict[str, FieldOf]:
        """Return the fields that a selector can name here."""
        return {**_ANY, **self.fields}

    def absent(self, name: str) -> RefusedError:
        """Return the refusal of an object that is not there."""
        return not_found(self.group, self.plural, name)


def served(resources: Sequence[Resource]) -> tuple[Served, ...]:
    """Return what is served of some resources, v1 first, as discovery lists it."""
    found: list[Served] = []
    for resource in resources:
        if resource.kind == EVENT:
            found.append(Served("", "v1", resource, events.CORE_FIELDS, events.as_core, events.as_stored))
            found.append(Served(resource.group, resource.version, resource, events.NEW_FIELDS))
        elif resource.kind == NAMESPACE:
            found.append(Served("", "v1", resource, {"status.phase": at("status", "phase")}))
        else:
            found.append(Served(resource.group, resource.version, resource))
    return tuple(sorted(found, key=lambda each: (bool(each.group), each.group, each.plural)))
