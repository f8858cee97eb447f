"""What came from the source is the source's: spec and labels change there, annotations are free: pure."""

from collections.abc import Mapping
from typing import Any

from fabgitops_operator.standalone.store.errors import RefusedError
from fabgitops_operator.standalone.store.objects.asking import Actor
from fabgitops_operator.standalone.store.objects.refusals import forbidden
from fabgitops_operator.standalone.store.record import Record, same

_FREE = (
    "annotations",
    "finalizers",
    "ownerReferences",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
"""Metadata that is not the source's: what people and programs note on an object, and what the store does."""


def refusal(record: Record, actor: Actor, new: Mapping[str, Any] | None) -> RefusedError | None:
    """Return why a change of this object is refused, or nothing.

    Args:
        record: What is there.
        actor: Who asks.
        new: What it would be; None: gone.
    """
    if not record.origin or actor is Actor.SOURCE:
        return None
    if new is not None and same(_declared(new), _declared(record.decoded())):
        return None
    if new is not None and (path := record.resource.switch) and same(_declared(new), _off(record.decoded(), path)):
        return None
    file = record.origin.rpartition(":")[0] or record.origin
    return forbidden(record.resource, record.name, f"it comes from the source, change it in Git: {file}")


def _off(body: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return what an object declares, with a switch turned off."""
    (top, field), declared = path, _declared(body)
    return declared | {top: {**declared.get(top, {}), field: False}}


def _declared(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name != "status"}
    return kept | {"metadata": {name: value for name, value in body["metadata"].items() if name not in _FREE}}


def annotations(
    old: Mapping[str, str], given: tuple[str, ...], wanted: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the annotations of an object that the source names, and which of them it gave.

    Args:
        old: Those that are there.
        given: Which of them the source gave before: what it gives no more goes.
        wanted: Those that it gives now.
    """
    kept = {name: value for name, value in old.items() if name not in given}
    return {**kept, **wanted}, tuple(sorted(wanted))
