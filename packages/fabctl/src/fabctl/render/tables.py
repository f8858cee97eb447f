"""Which columns each listing has: from views to tables. Pure."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from fabctl.fields import NOTHING, shown, text
from fabctl.model import View
from fabctl.render.shapes import Table
from fabctl.times import since

TITLE = "Git vs. Reality"

Column = tuple[str, Callable[[View], str]]

_REPEATS: Column = ("Repeats", lambda view: str(view.repeats))
_NAMESPACE: Column = ("Namespace", lambda view: view.namespace)
_NUMERIC = frozenset({"Target", "Actual", "Drifts", "Register", "Unit", "Corrections", "Repeats", "Every"})


def status_table(
    views: Iterable[View], *, wide: bool, namespaces: bool, now: datetime | None = None, steady: bool = False
) -> Table:
    """Return the table "Git vs. Reality".

    Which rollout holds a PLC has a column where one does; wide has how often something was repeated where it was.
    Where it is `steady` the columns are the same whatever is in them.
    """
    moment, views = now or datetime.now(UTC), list(views)
    columns: list[Column] = [
        ("Name", lambda view: view.name),
        ("Target", lambda view: view.target),
        ("Actual", lambda view: view.last_read_shown if wide else view.actual_shown),
        ("Status", lambda view: view.status),
        ("Drifts", lambda view: str(view.drifts)),
    ]
    if steady or any(view.held_by != NOTHING for view in views):
        columns.append(("Held by", lambda view: view.held_by))
    if wide:
        columns += [
            ("Register", lambda view: view.place),
            ("Unit", lambda view: view.unit_id),
            ("Endpoint", lambda view: view.endpoint),
            ("Corrections", lambda view: str(view.corrections)),
            *([_REPEATS] if steady or any(view.repeats for view in views) else []),
            ("Drifted since", lambda view: since(view.drifted_since, moment)),
            ("Last error", lambda view: view.last_error or NOTHING),
        ]
    return _table(TITLE, columns, views, namespaces=namespaces)


def declared_table(views: Iterable[View], *, wide: bool, namespaces: bool, now: datetime | None = None) -> Table:
    """Return what Git declares."""
    moment = now or datetime.now(UTC)
    columns: list[Column] = [
        ("Name", lambda view: view.name),
        ("Endpoint", lambda view: view.endpoint),
        ("Unit", lambda view: view.unit_id),
        ("Register", lambda view: view.place),
        ("Target", lambda view: view.target),
        ("Every", lambda view: f"{view.interval}s" if view.interval != NOTHING else NOTHING),
        ("Auto-correct", lambda view: "yes" if view.auto_correct else "no"),
        ("Suspended", lambda view: "yes" if view.suspend or view.suspended_for is not None else "no"),
        ("Created", lambda view: since(view.created, moment)),
    ]
    if wide:
        columns += [
            ("Tags", lambda view: view.tags or NOTHING),
            ("Labels", lambda view: ",".join(f"{text(k)}={shown(v)}" for k, v in view.labels.items()) or NOTHING),
        ]
    return _table("What Git declares", columns, views, namespaces=namespaces)


def said_once(texts: Iterable[str]) -> list[str]:
    """Return texts of a column, of which one that repeats the one before only refers to it."""
    said, last = [], NOTHING
    for each in texts:
        said.append("as above" if each == last != NOTHING else each)
        last = each
    return said


def _table(title: str, columns: list[Column], views: Iterable[View], *, namespaces: bool) -> Table:
    if namespaces:
        columns = [_NAMESPACE, *columns]
    rows = tuple(tuple(value(view) for _, value in columns) for view in views)
    return Table(title, tuple(header for header, _ in columns), rows, _NUMERIC)
