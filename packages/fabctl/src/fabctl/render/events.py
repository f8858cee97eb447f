"""Events of PLCs and racks: a titled part, a table, lines one after the other. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime

from fabctl.fields import Body, mapping, moment, number, shown
from fabctl.render.shapes import GAP, Section, Table
from fabctl.times import since


def events_section(found: Iterable[Body] | str, now: datetime) -> Section:
    """Return the Events about an object, the newest last, or why they are not known."""
    if isinstance(found, str):
        return Section("Events", (("not known", found),))
    events = sorted_events(found)
    if not events:
        return Section("Events", (("none", "none is kept; the API server forgets them after an hour"),))
    return Section("Events", events_table(events, now))


def events_table(events: Iterable[Body], now: datetime, *, names: bool = False, namespaces: bool = False) -> Table:
    """Return a table of Events in the order in which they are given.

    Args:
        events: Of one object, or of several.
        now: What ages are counted to.
        names: Whether a column says of which PLC each is.
        namespaces: Whether one says of which namespace.
    """
    about = (*(("Namespace",) if namespaces else ()), *(("Name",) if names else ()))
    rows = tuple(
        (
            since(last_seen(event), now),
            *([shown(mapping(event.get("regarding")).get("namespace"))] if namespaces else []),
            *([shown(mapping(event.get("regarding")).get("name"))] if names else []),
            shown(event.get("type")),
            shown(event.get("reason")),
            str(_count(event)),
            shown(event.get("note")),
        )
        for event in events
    )
    return Table("", ("Last seen", *about, "Type", "Reason", "Count", "Message"), rows, frozenset({"Count"}))


def event_line(event: Body, *, namespaces: bool) -> str:
    """Return an Event in one line, as it is told when it comes."""
    at, regarding = last_seen(event), mapping(event.get("regarding"))
    where = [shown(regarding.get("namespace"))] if namespaces else []
    words = (shown(regarding.get("name")), *map(shown, (event.get("type"), event.get("reason"), event.get("note"))))
    return GAP.join([f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else shown(None), *where, *words])


def sorted_events(events: Iterable[Body]) -> list[Body]:
    """Return Events with the newest last."""
    return sorted(events, key=lambda event: last_seen(event) or datetime.min.replace(tzinfo=UTC))


def last_seen(event: Body) -> datetime | None:
    """Return when an Event was last observed (events.k8s.io/v1, or core/v1 seen through it)."""
    times = (
        mapping(event.get("series")).get("lastObservedTime"),
        event.get("deprecatedLastTimestamp"),
        event.get("eventTime"),
        mapping(event.get("metadata")).get("creationTimestamp"),
    )
    return next((found for found in map(moment, times) if found), None)


def _count(event: Body) -> int:
    return number(mapping(event.get("series")).get("count")) or number(event.get("deprecatedCount")) or 1
