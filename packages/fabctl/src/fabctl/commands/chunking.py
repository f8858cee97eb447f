"""Lists that are printed as they come."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from fabctl.commands.selecting import namespace_of, nothing_found
from fabctl.options import Format
from fabctl.render.chunks import chunks_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.names import Kind
    from fabctl.options import Looking, Printing, Template
    from fabctl.render.shapes import Table


async def shown_in_chunks(
    cluster: Cluster,
    scope: Looking,
    kinds: Sequence[Kind],
    output: Format | Template,
    table: Callable[[list[Body]], Table],
    *,
    pick: Callable[[list[Body]], list[Body]] = lambda bodies: bodies,
    managed_fields: bool,
    printing: Printing,
) -> bool:
    """Print the objects of some kinds as they come, and return True; False where all have to be there first.

    The next chunk is asked for when the one before has been written: who has seen enough (`| head`) ends it there.

    Args:
        cluster: Where.
        scope: Which of them.
        kinds: The kinds, one after the other.
        output: How.
        table: What makes a table of some; for CSV the columns of each are the same.
        pick: What chooses among some, and leaves them in their order.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
        printing: What is left out.
    """
    headers = not printing.no_headers
    shower = chunks_of(output, table, kind=kinds[0], managed_fields=managed_fields, headers=headers)
    if shower is None:
        return False
    there = shown = 0
    async with aclosing(_chunks(cluster, scope, kinds)) as chunks:
        async for chunk in chunks:
            chosen = pick(chunk)
            there, shown = there + len(chunk), shown + len(chosen)
            shower.more(chosen)
            del chunk, chosen  # while the next is waited for
    shower.end()
    if not shown and output in {Format.NAME, Format.CSV}:
        printing.say(f"None of {there} is such {kinds[0].noun}." if there else nothing_found(cluster, scope, *kinds))
    return True


def _chunks(cluster: Cluster, scope: Looking, kinds: Sequence[Kind]) -> AsyncGenerator[list[Body], None]:
    namespace = namespace_of(cluster, scope)
    if len(kinds) == 1:
        return cluster.chunks(namespace, scope.selector, kinds[0])
    from fabctl.commands.listing import chunks_of_all  # noqa: PLC0415 - few list several kinds

    return chunks_of_all(cluster, namespace, scope.selector, kinds)
