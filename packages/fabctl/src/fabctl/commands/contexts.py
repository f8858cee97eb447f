"""Several clusters in one table: asked side by side, and one that is away spoils nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fabctl.cluster import connected
from fabctl.commands.selecting import found, selected
from fabctl.errors import FabctlError
from fabctl.fields import NOTHING, mapping, text
from fabctl.names import PLC
from fabctl.options import Format, is_table
from fabctl.render import Table, show_table
from fabctl.render.objects import show_objects
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.names import Kind
    from fabctl.options import Anywhere, Looking, Printing, Template

CONTEXT = "fabctl.fabgitops.io/context"
"""The annotation that says of an object for programs in which context it is."""

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Everywhere(Generic[T]):
    """What was found in several contexts."""

    found: Sequence[tuple[str, T]]
    """Each with its context."""
    away: Sequence[tuple[str, FabctlError]]
    """Contexts that could not be asked, and why."""

    def picked(self, pick: Callable[[list[T]], list[T]]) -> Everywhere[T]:
        """Return those that are chosen, over all contexts, in the order in which they are chosen."""
        where = {id(each): context for context, each in self.found}
        return Everywhere([(where[id(each)], each) for each in pick([each for _, each in self.found])], self.away)

    def spread(self, into: Callable[[T], Iterable[U]]) -> Everywhere[U]:
        """Return what each of them has."""
        return Everywhere([(context, part) for context, each in self.found for part in into(each)], self.away)

    def show_table(self, table: Callable[[list[T]], Table], output: Format | Template, printing: Printing) -> None:
        """Print a table with a column for the context, and a row for each context that could not be asked."""
        if not self.found and not self.away:
            printing.say("Nothing was found in any of these contexts.")
            return
        made = table([each for _, each in self.found])
        rows = [(text(context), *row) for (context, _), row in zip(self.found, made.rows, strict=True)]
        nothing = (NOTHING,) * (len(made.headers) - 1)
        missing = [(text(context), *nothing, f"not known: {error}") for context, error in self.away]
        whole = Table(made.title, ("Context", *made.headers), (*rows, *missing), made.numeric - {made.headers[-1]})
        show_table(whole, output, headers=not printing.no_headers)

    def code(self) -> int:
        """Return the greatest exit code of what could not be asked, or 0."""
        return max([0, *(error.code for _, error in self.away)])


async def ask_everywhere(
    contexts: Sequence[str], scope: Looking | Anywhere, ask: Callable[[Cluster, str], Awaitable[Iterable[T]]]
) -> Everywhere[T]:
    """Ask several contexts side by side.

    Args:
        contexts: The contexts.
        scope: How they are reached.
        ask: Returns what is there; given the cluster, and what is said of a trouble begins with.
    """

    async def one(context: str) -> Iterable[T] | FabctlError:
        try:
            async with connected(replace(scope, context=context)) as cluster:
                return await ask(cluster, f"{context}: ")
        except FabctlError as error:
            return error

    found: list[tuple[str, T]] = []
    away = []
    answers = await asyncio.gather(*map(one, contexts))
    for context, answer in zip(contexts, answers, strict=True):
        if isinstance(answer, FabctlError):
            away.append((context, answer))
        else:
            found += ((context, each) for each in answer)
    return Everywhere(found, away)


async def objects_everywhere(
    contexts: Sequence[str], names: Sequence[str], scope: Looking, kind: Kind = PLC, also: tuple[Kind, ...] = ()
) -> tuple[Everywhere[Body], int]:
    """Return the objects that are meant, and the exit code: 1 where one context lacks one of several names."""
    lacking = []

    async def ask(cluster: Cluster, of: str) -> list[Body]:
        there = await (found(cluster, names, kind, of) if names else selected(cluster, (), scope, kind, also))
        lacking.append(len(there) < len(names))
        return there

    everywhere = await ask_everywhere(contexts, scope, ask)
    return everywhere, max(everywhere.code(), int(any(lacking)))


def show_everywhere(
    objects: Everywhere[Body],
    told: Everywhere[T],
    table: Callable[[list[T]], Table],
    output: Format | Template,
    *,
    kind: Kind = PLC,
    managed_fields: bool = False,
    printing: Printing,
) -> None:
    """Print what was found in several contexts.

    Args:
        objects: It as objects, for programs.
        told: It as a table is made of it.
        table: What makes that, when one is asked for.
        output: How.
        kind: What they are.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
        printing: What is left out.
    """
    if is_table(output):
        told.show_table(table, output, printing)
    else:
        bodies = [each if output is Format.NAME else _marked(each, context) for context, each in objects.found]
        headers = not printing.no_headers
        show_objects(bodies, output, one=False, managed_fields=managed_fields, kind=kind, headers=headers)
    if output == "csv" or not is_table(output):
        for context, error in objects.away:
            complain(f"fabctl: {context}: {error}")


def _marked(body: Body, context: str) -> dict[str, Any]:
    metadata = mapping(body.get("metadata"))
    notes = {**mapping(metadata.get("annotations")), CONTEXT: context}
    return {**body, "metadata": {**metadata, "annotations": notes}}
