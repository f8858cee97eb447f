"""`fabctl events`."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.commands.following import until_signalled, while_read
from fabctl.commands.selecting import check, found, namespace_of, selected
from fabctl.errors import UsageError
from fabctl.fields import mapping, text
from fabctl.names import named
from fabctl.options import HERE_ALL, PRINTING, Format, Names, Printing, Scope
from fabctl.render import show_table
from fabctl.render.events import event_line, events_table, sorted_events
from fabctl.render.objects import show_objects
from fabctl.render.shapes import print_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


async def events(
    *names: Names,
    warnings: Annotated[bool, Parameter(negative="")] = False,
    watch: Annotated[bool, Parameter(alias="-w", negative="")] = False,
    output: Annotated[Literal["table", "csv", "json", "yaml"], Parameter(alias="-o")] = "table",
    printing: Printing = PRINTING,
    scope: Scope = HERE_ALL,
) -> int:
    """Show what happened to PLCs, the newest last: the Events that the API server still keeps, mostly of an hour.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace, also those that are gone.
        warnings: Only warnings.
        watch: Print a line for each, and go on until Ctrl-C.
        output: table, csv, or json and yaml: the Events as the API server gave them.
        printing: What is left out.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check(wanted, scope)
    if watch and output != "table":
        raise UsageError(f"--watch prints lines: drop it, or -o {output}")
    if watch:
        return await until_signalled(while_read(_follow(wanted, scope, warnings=warnings)))
    async with connected(scope) as cluster:
        about, missing = await _about(cluster, wanted, scope)
        everything = await cluster.events_of(namespace_of(cluster, scope))
    shown = sorted_events(_meant(everything, about, warnings=warnings))
    if output not in {"table", "csv"}:
        show_objects(shown, Format(output), one=False)
    elif shown:
        one = len(wanted) == 1
        table = events_table(shown, datetime.now(UTC), names=not one, namespaces=scope.all_namespaces)
        show_table(table, output, headers=not printing.no_headers)
    elif about is None or about:
        printing.say("No Event is kept; the API server forgets them after an hour.")
    return int(missing)


async def _follow(names: Sequence[str], scope: Scope, *, warnings: bool) -> None:
    async with connected(scope) as cluster:
        about, _ = await _about(cluster, names, scope)
        async with aclosing(cluster.follow_events(namespace_of(cluster, scope))) as batches:
            async for batch in batches:
                for event in sorted_events(_meant(batch, about, warnings=warnings)):
                    print_line(event_line(event, namespaces=scope.all_namespaces))


async def _about(cluster: Cluster, names: Sequence[str], scope: Scope) -> tuple[set[str] | None, bool]:
    """Return the uids of the PLCs that are meant, None for all, and whether one of the names is missing."""
    if not names and scope.selector is None:
        return None, False
    bodies = await (found(cluster, names) if names else selected(cluster, (), scope))
    uids = {text(mapping(body.get("metadata")).get("uid")) for body in bodies}
    return uids, len(bodies) < len(names)


def _meant(events: Iterable[Body], about: set[str] | None, *, warnings: bool) -> list[Body]:
    """Return the Events about these PLCs, or only the warnings among them."""
    return [
        event
        for event in events
        if (about is None or text(mapping(event.get("regarding")).get("uid")) in about)
        and (not warnings or event.get("type") == "Warning")
    ]
