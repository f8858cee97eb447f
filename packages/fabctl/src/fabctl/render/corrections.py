"""The last corrections as a table. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime

from fabctl.corrections import Correction
from fabctl.render.shapes import Table
from fabctl.times import since

Column = tuple[str, Callable[[Correction], str]]


def history_table(corrections: Iterable[Correction], *, names: bool, namespaces: bool, now: datetime) -> Table:
    """Return the table.

    Args:
        corrections: In the order of the rows.
        names: Whether a column says of which PLC each is.
        namespaces: Whether one says of which namespace.
        now: What ages are counted to.
    """
    columns: list[Column] = [
        *([("Namespace", lambda each: each.namespace)] if namespaces else []),
        *([("Name", lambda each: each.plc)] if names else []),
        ("At", lambda each: since(each.at, now)),
        ("Register", lambda each: each.register),
        ("Before", lambda each: each.before),
        ("Wanted", lambda each: each.wanted),
        ("After", lambda each: each.after),
        ("Result", lambda each: each.result),
    ]
    rows = tuple(tuple(value(each) for _, value in columns) for each in corrections)
    values = frozenset({"Before", "Wanted", "After"})
    return Table("Last corrections", tuple(header for header, _ in columns), rows, values)
