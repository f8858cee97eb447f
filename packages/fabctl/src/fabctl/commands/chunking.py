"""Lists that are printed as they come."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from fabctl.commands.selecting import namespace_of, nothing_found
from fabctl.options import Format
from fabctl.render.chunks import chunks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.names import Kind
    from fabctl.options import Looking, Printing, Template
    from fabctl.render.shapes import Table


async def shown_in_chunks(
    cluster: Cluster,
    scope: Looking,
    kind: Kind,
    output: Format | Template,
    table: Callable[[list[Body]], Table],
    *,
    pick: Callable[[list[Body]], list[Body]] = lambda bodies: bodies,
    managed_fields: bool,
    printing: Printing,
) -> bool:
    """Print the objects of a kind as they come, and return True; False where all have to be there first.

    The next chunk is asked for when the one before has been written: who has seen enough (`| head`) ends it there.

    Args:
        cluster: Where.
        scope: Which of them.
        kind: The kind.
        output: How.
        table: What makes a table of some; for CSV the columns of each are the same.
        pick: What chooses among some, and leaves them in their order.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
        printing: What is left out.
    """
    headers = not printing.no_headers
    shower = chunks_of(output, table, kind=kind, managed_fields=managed_fields, headers=headers)
    if shower is None:
        return False
    there = shown = 0
    async with aclosing(cluster.chunks(namespace_of(cluster, scope), scope.selector, kind)) as chunks:
        async for chunk in chunks:
            chosen = pick(chunk)
            there, shown = there + len(chunk), shown + len(chosen)
            shower.more(chosen)
            del chunk, chosen  # while the next is waited for
    shower.end()
    if not shown and output in {Format.NAME, Format.CSV}:
        printing.say(f"None of {there} is such {kind.noun}." if there else nothing_found(cluster, scope, kind))
    return True
