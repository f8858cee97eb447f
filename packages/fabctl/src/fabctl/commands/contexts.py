"""Several clusters in one table: asked side by side, and one that is away spoils nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from fabctl.cluster import connected
from fabctl.commands.selecting import found, selected
from fabctl.errors import FabctlError
from fabctl.fields import NOTHING, mapping, text
from fabctl.options import Format, is_table
from fabctl.render import Table, show_table
from fabctl.render.objects import show_objects
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fabctl.fields import Body
    from fabctl.options import Looking, Printing, Template

CONTEXT = "fabctl.fabgitops.io/context"
"""The annotation that says of an object for programs in which context it is."""


async def show_all(
    contexts: Sequence[str],
    names: Sequence[str],
    scope: Looking,
    output: Format | Template,
    table: Callable[[list[Body]], Table],
    pick: Callable[[list[Body]], list[Body]],
    *,
    managed_fields: bool,
    printing: Printing,
) -> int:
    """Print the PLCs of several contexts; return the greatest exit code of what could not be asked, or is not there.

    Args:
        contexts: The contexts.
        names: The PLCs that are meant, if some are by name.
        scope: Which of them otherwise.
        output: How.
        table: What makes a table of them.
        pick: What chooses among them, and puts them into an order, over all contexts.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
        printing: What is left out.
    """
    answers = await asyncio.gather(*(_of(replace(scope, context=each), names) for each in contexts))
    where: dict[int, str] = {}
    bodies: list[Body] = []
    away: list[tuple[str, FabctlError]] = []
    missing = False
    for context, answer in zip(contexts, answers, strict=True):
        if isinstance(answer, FabctlError):
            away.append((context, answer))
            continue
        missing |= len(answer) < len(names)
        bodies += answer
        where |= {id(body): context for body in answer}
    picked = pick(bodies)
    headers = not printing.no_headers
    if is_table(output):
        show_table(_with_contexts(table(picked), [where[id(each)] for each in picked], away), output, headers=headers)
    else:
        marked = picked if output is Format.NAME else [_marked(each, where[id(each)]) for each in picked]
        show_objects(marked, output, one=False, managed_fields=managed_fields, headers=headers)
    for context, error in away:
        if output == "csv" or not is_table(output):
            complain(f"fabctl: {context}: {error}")
    return max([int(missing), *(error.code for _, error in away)])


async def _of(scope: Looking, names: Sequence[str]) -> list[Body] | FabctlError:
    try:
        async with connected(scope) as cluster:
            return await (found(cluster, names, of=f"{scope.context}: ") if names else selected(cluster, (), scope))
    except FabctlError as error:
        return error


def _marked(body: Body, context: str) -> Body:
    metadata = mapping(body.get("metadata"))
    notes = {**mapping(metadata.get("annotations")), CONTEXT: context}
    return {**body, "metadata": {**metadata, "annotations": notes}}


def _with_contexts(table: Table, contexts: Sequence[str], away: Sequence[tuple[str, FabctlError]]) -> Table:
    """Return a table with a column for the context, and a row for each that could not be asked."""
    rows = [(text(context), *row) for context, row in zip(contexts, table.rows, strict=True)]
    nothing = (NOTHING,) * (len(table.headers) - 1)
    missing = [(text(context), *nothing, f"not known: {error}") for context, error in away]
    return Table(table.title, ("Context", *table.headers), (*rows, *missing), table.numeric - {table.headers[-1]})
