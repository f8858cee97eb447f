"""Which PLCs of a listing are shown, and in which order. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fabctl.fields import Body, mapping, sequence
from fabctl.model import Status, View, view

_LATEST = datetime.max.replace(tzinfo=UTC)


class Order(StrEnum):
    """What a listing is sorted by."""

    NAME = "name"
    STATUS = "status"
    DRIFTS = "drifts"
    CORRECTIONS = "corrections"
    DRIFTED_SINCE = "drifted-since"
    ENDPOINT = "endpoint"


GRAVEST_FIRST = (
    Status.FAILED,
    Status.INVALID,
    Status.NO_TEMPLATE,
    Status.WRONG_DEVICE,
    Status.CONFLICT,
    Status.DRIFT,
    Status.CORRECTING,
    Status.UPDATING,
    Status.CONNECTING,
    Status.PENDING,
    Status.NO_VALUE,
    Status.SUSPENDED,
    Status.SYNCED,
)
_KEYS: dict[Order, Callable[[View], Any]] = {
    Order.NAME: lambda plc: (),
    Order.STATUS: lambda plc: GRAVEST_FIRST.index(plc.status),
    Order.DRIFTS: lambda plc: -plc.drifts,
    Order.CORRECTIONS: lambda plc: -plc.corrections,
    Order.DRIFTED_SINCE: lambda plc: plc.drifted_since or _LATEST,
    Order.ENDPOINT: lambda plc: plc.endpoint,
}


def picked(bodies: Sequence[Body], tags: Sequence[str], by: Order | None, *, not_ready: bool) -> list[Body]:
    """Return the PLCs that are meant.

    Args:
        bodies: Those that there are.
        tags: What each has to have among its tags.
        by: What they are sorted by, then by namespace and name; None leaves them as they stand.
        not_ready: Whether only those are meant whose condition Ready is not True, or speaks of an older spec.
    """
    if not (tags or by or not_ready):
        return list(bodies)
    wanted = set(tags)
    views = [(view(body), body) for body in bodies if wanted <= _tags(body)]
    if not_ready:
        views = [(plc, body) for plc, body in views if not _is_ready(plc)]
    if by is not None:
        views.sort(key=lambda each: _place(each[0], by))
    return [body for _, body in views]


def in_order(plcs: Iterable[View], by: Order) -> list[View]:
    """Return PLCs sorted by something, then by namespace and name."""
    return sorted(plcs, key=lambda plc: _place(plc, by))


def _place(plc: View, by: Order) -> Any:
    return _KEYS[by](plc), plc.key


def _is_ready(plc: View) -> bool:
    ready = next((each for each in plc.conditions if each.get("type") == "Ready"), {})
    return plc.status is not Status.UPDATING and ready.get("status") == "True"


def _tags(body: Body) -> set[str]:
    return {tag for tag in sequence(mapping(body.get("spec")).get("tags")) if isinstance(tag, str)}
