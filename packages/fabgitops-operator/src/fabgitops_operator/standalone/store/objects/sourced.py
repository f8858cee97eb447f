"""What came from the source is the source's: spec and labels change there, annotations are free: pure."""

from collections.abc import Mapping
from typing import Any

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.errors import RefusedError
from fabgitops_operator.standalone.store.objects.asking import Actor
from fabgitops_operator.standalone.store.objects.refusals import forbidden
from fabgitops_operator.standalone.store.record import Record, same

BY_HAND = "fabgitops.io/stopped-by-hand"
"""The annotation that says since when an object of the source is stopped, and that this is not the source's word."""

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
    if new is not None and _is_switched(record, new):
        return None
    file = record.origin.rpartition(":")[0] or record.origin
    also = f" ({record.resource.switch} is taken here, too)" if record.resource.switch else ""
    return forbidden(record.resource, record.name, f"it comes from the source, change it in Git: {file}{also}")


def _is_switched(record: Record, new: Mapping[str, Any]) -> bool:
    """Return whether all that is new is that an object is stopped, or goes on after it was stopped by hand."""
    switch, old, declared = record.resource.switch, record.decoded(), _declared(new)
    if switch is None:
        return False
    was = _declared(old)
    return same(declared, switch.turned(was, stopped=True)) or (
        BY_HAND in _annotations(old) and same(declared, switch.turned(was, stopped=False))
    )


def noted(record: Record, old: Mapping[str, Any], new: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Return a changed object with the note of when it was stopped by hand: nobody else writes that, or takes it away.

    Args:
        record: What is there.
        old: The same, decoded.
        new: What it becomes.
        now: The time, as objects have it.
    """
    switch = record.resource.switch
    if switch is None or not record.origin:
        return dict(new)
    since = _annotations(old).get(BY_HAND, "") if switch.stops(old) else now
    return _with_note(new, since if switch.stops(new) else "")


def still_stopped(
    resource: Resource, wanted: Mapping[str, Any], old: Mapping[str, Any] | None
) -> tuple[dict[str, Any], bool]:
    """Return what the source wants as it counts, and whether that is stopped by hand, which the source does not undo.

    Args:
        resource: Of what kind it is.
        wanted: What the source names.
        old: What is there, if anything is.
    """
    switch = resource.switch
    if switch is None or old is None or BY_HAND not in _annotations(old):
        return dict(wanted), False
    if not switch.stops(old) or switch.stops(wanted):
        return dict(wanted), False
    return switch.turned(wanted, stopped=True), True


def _annotations(body: Mapping[str, Any]) -> Mapping[str, str]:
    return body["metadata"].get("annotations") or {}


def _with_note(body: Mapping[str, Any], since: str) -> dict[str, Any]:
    metadata = without_note(body["metadata"])
    if since:
        metadata["annotations"] = {**metadata.get("annotations", {}), BY_HAND: since}
    return {**body, "metadata": metadata}


def without_note(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata without the note that something was stopped by hand."""
    given = metadata.get("annotations") or {}
    if BY_HAND not in given:
        return dict(metadata)
    kept = {name: value for name, value in given.items() if name != BY_HAND}
    return {name: value for name, value in metadata.items() if name != "annotations"} | (
        {"annotations": kept} if kept else {}
    )


def _declared(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name != "status"}
    return kept | {"metadata": {name: value for name, value in body["metadata"].items() if name not in _FREE}}


def annotations(
    old: Mapping[str, str], given: tuple[str, ...], wanted: Mapping[str, str], *, stopped: bool
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the annotations of an object that the source names, and which of them it gave.

    Args:
        old: Those that are there.
        given: Which of them the source gave before: what it gives no more goes.
        wanted: Those that it gives now.
        stopped: Whether it is stopped by hand still.
    """
    given = given if stopped else (*given, BY_HAND)
    kept = {name: value for name, value in old.items() if name not in given}
    return {**kept, **wanted}, tuple(sorted(wanted))
