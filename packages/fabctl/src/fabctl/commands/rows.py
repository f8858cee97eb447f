"""`fabctl get-status --watch`: PLCs as lines, one for each change that is to be seen."""

from __future__ import annotations

import sys
from contextlib import aclosing
from typing import TYPE_CHECKING

from fabctl.cluster import connected
from fabctl.commands.selecting import check, namespace_of, selected
from fabctl.fields import NOTHING, key_of
from fabctl.model import view
from fabctl.render.separated import show_csv
from fabctl.render.shapes import Table, plain_row
from fabctl.render.tables import status_table

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Sequence

    from fabctl.cluster.client import Cluster, Key
    from fabctl.fields import Body
    from fabctl.options import Looking

DELETED = "DELETED"


async def follow(
    names: Sequence[str],
    scope: Looking,
    pick: Callable[[list[Body]], list[Body]],
    *,
    ordered: bool,
    csv: bool,
    wide: bool,
    headers: bool,
) -> None:
    """Print PLCs as they are, and then a line for each change, without end.

    As they come, chunk by chunk, unless they are to be in an order: a column becomes as wide as what has come so far.

    Args:
        names: Those that are meant, if some are by name.
        scope: Which of them otherwise.
        pick: What chooses among them; one that it does not choose any more is told once more.
        ordered: Whether it puts them into an order as well.
        csv: Whether lines are CSV.
        wide: Whether there are more columns.
        headers: Whether there is a line with their names.
    """
    check(names, scope)
    async with connected(scope) as cluster:
        rows = _Rows(wide=wide, namespaces=scope.all_namespaces, csv=csv)
        async with aclosing(_chunks(cluster, names, scope, whole=ordered)) as chunks:
            async for chunk in chunks:  # what is wrong from the start ends it at once
                rows.show(pick(chunk), headers=headers)
                headers = False
        one = names[0] if len(names) == 1 else None
        following = cluster.follow(namespace_of(cluster, scope), rows.known, one, selector=scope.selector)
        async with aclosing(following) as changes:
            async for key, body in changes:
                if not names or key[1] in names:
                    rows.change(key, body, chosen=body is not None and bool(pick([body])))


async def _chunks(
    cluster: Cluster, names: Sequence[str], scope: Looking, *, whole: bool
) -> AsyncGenerator[list[Body], None]:
    if names or whole:
        yield await selected(cluster, names, scope)
        return
    async with aclosing(cluster.chunks(namespace_of(cluster, scope), scope.selector)) as chunks:
        async for chunk in chunks:
            yield chunk


class _Rows:
    """What was printed last of each PLC."""

    def __init__(self, *, wide: bool, namespaces: bool, csv: bool) -> None:
        self._wide, self._namespaces, self._csv = wide, namespaces, csv
        self._last: dict[Key, tuple[str, ...]] = {}
        self._widths: list[int] = []

    @property
    def known(self) -> Collection[Key]:
        """Return what stands there."""
        return self._last.keys()

    def show(self, bodies: Sequence[Body], *, headers: bool) -> None:
        """Print what is there from the start, or a chunk of it."""
        table = self._table(bodies)
        self._last.update(zip(map(key_of, bodies), table.rows, strict=True))
        self._print(table, headers=headers)

    def change(self, key: Key, body: Body | None, *, chosen: bool) -> None:
        """Print what has become of one, if that is to be seen."""
        before = self._last.get(key)
        if body is None:
            if self._last.pop(key, None) is not None:
                self._print(self._gone(key))
            return
        table = self._table([body])
        if (chosen or before) and table.rows[0] != before:
            self._print(table)
        if chosen:
            self._last[key] = table.rows[0]
        else:
            self._last.pop(key, None)

    def _table(self, bodies: Sequence[Body]) -> Table:
        return status_table(map(view, bodies), wide=self._wide, namespaces=self._namespaces, steady=True)

    def _gone(self, key: Key) -> Table:
        table = self._table([])
        words = {"Namespace": key[0], "Name": key[1], "Status": DELETED}
        row = tuple(words.get(header, NOTHING) for header in table.headers)
        return Table(table.title, table.headers, (row,), table.numeric)

    def _print(self, table: Table, *, headers: bool = False) -> None:
        if self._csv:
            show_csv(table, headers=headers)
        else:
            lines = [*([tuple(header.upper() for header in table.headers)] if headers else []), *table.rows]
            known = self._widths or [0] * len(table.headers)
            self._widths = [max(known[at], *(len(line[at]) for line in lines), 0) for at in range(len(known))]
            sys.stdout.writelines(plain_row(table, line, self._widths) for line in lines)
        sys.stdout.flush()
