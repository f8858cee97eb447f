"""What get-status, list and watch share: which PLCs are meant."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fabctl.cluster import connected
from fabctl.errors import UsageError
from fabctl.fields import text
from fabctl.options import Format, Scope
from fabctl.render import Section, Table, show_sections, show_table
from fabctl.render.objects import show_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


def check(name: str | None, scope: Scope) -> None:
    """Refuse a name together with what selects many.

    Raises:
        UsageError: They are given together.
    """
    if name is not None and scope.all_namespaces:
        raise UsageError("NAME and --all-namespaces exclude each other: a name belongs to one namespace (-n)")
    if name is not None and scope.selector is not None:
        raise UsageError("NAME and --selector exclude each other: give one of them")


async def selected(cluster: Cluster, name: str | None, scope: Scope) -> list[Body]:
    """Return the PLCs that are meant."""
    if name is not None:
        return [await cluster.get(name)]
    return await cluster.list_plcs(namespace_of(cluster, scope), scope.selector)


def namespace_of(cluster: Cluster, scope: Scope) -> str | None:
    """Return the namespace that is meant, or None for all."""
    return None if scope.all_namespaces else cluster.namespace


def nothing_found(cluster: Cluster, scope: Scope) -> str:
    """Return the sentence for an empty listing."""
    which = f" with labels {scope.selector}" if scope.selector else ""
    place = "in any namespace" if scope.all_namespaces else f"in namespace {cluster.namespace}"
    return text(f"No IndustrialPLC{which} found {place}.")


async def show(
    name: str | None,
    scope: Scope,
    output: Format,
    table: Callable[[list[Body]], Table],
    below: Callable[[Body], list[Section]] = lambda _: [],
    *,
    managed_fields: bool = False,
) -> None:
    """Fetch the PLCs that are meant and print them.

    Args:
        name: The one that is meant, or None.
        scope: Which of them otherwise.
        output: How.
        table: What makes a table of them, when one is asked for.
        below: What is said of a single one below its table.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
    """
    check(name, scope)
    async with connected(scope) as cluster:
        bodies = await selected(cluster, name, scope)
    if output in {Format.JSON, Format.YAML}:
        show_objects(bodies, output, one=name is not None, managed_fields=managed_fields)
    elif not bodies:
        sys.stderr.write(nothing_found(cluster, scope) + "\n")
    elif output is Format.NAME:
        show_objects(bodies, output, one=name is not None)
    else:
        show_table(table(bodies))
        if name is not None and (sections := below(bodies[0])):
            show_sections(sections, below=True)
