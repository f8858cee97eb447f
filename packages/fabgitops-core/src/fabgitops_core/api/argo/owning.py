"""Whose a Rollout of Argo Rollouts is: two controllers on one object would undo each other's work for ever."""

from collections.abc import Iterable, Mapping
from typing import Any

INSTANCE_ID = "argo-rollouts.argoproj.io/controller-instance-id"
"""Label of an object: the controller of this id looks after it, and no other; one without, what has no such label."""

DEFAULT_ID = "fabgitops"
"""Our id, unless another is set."""

THEIRS = "rollouts-controller"
"""What the API server calls who writes a status, where Argo Rollouts' controller does."""

OURS = "fabgitops-operator"
"""What it calls us."""


def foreign_controller(managed_fields: Any) -> str:
    """Return who else looks after an object, by metadata.managedFields; "" where nobody does.

    That is so while Argo Rollouts' controller wrote its status no sooner than we did. Where we have an id it need not
    be asked: such a controller leaves alone what has our label. People are told of it by an Event: a status of ours
    would be the newer one, and say that nobody else is there, and theirs would follow on it, for ever.
    """
    rows = managed_fields if isinstance(managed_fields, list) else []
    entries = [each for each in rows if isinstance(each, Mapping) and _is_status(each)]
    theirs, ours = _newest(entries, THEIRS), _newest(entries, OURS)
    return THEIRS if theirs and theirs >= ours else ""


def _is_status(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry is of a status; older versions wrote it with the object."""
    fields = entry.get("fieldsV1")
    return entry.get("subresource") == "status" or (isinstance(fields, Mapping) and "f:status" in fields)


def _newest(entries: Iterable[Mapping[str, Any]], manager: str) -> str:
    """Return when a manager wrote last (RFC 3339 in UTC, whole seconds, so texts are in order); "" for never."""
    return max((str(each.get("time", "")) for each in entries if each.get("manager") == manager), default="")
