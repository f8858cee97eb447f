"""`fabctl events`."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.commands.following import until_signalled, while_read
from fabctl.commands.selecting import check, found, namespace_of, selected, several, show_here
from fabctl.errors import UsageError
from fabctl.fields import mapping, text
from fabctl.names import EVENT, named
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, ManagedFields, Names, Printing, Rows
from fabctl.render import Table
from fabctl.render.events import event_line, events_table, sorted_events
from fabctl.render.shapes import print_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.options import Scope

NONE = "No Event is kept; the API server forgets them after an hour."


async def events(
    *names: Names,
    warnings: Annotated[bool, Parameter(negative="")] = False,
    watch: Annotated[bool, Parameter(alias="-w", negative="")] = False,
    output: Rows = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """Show what happened to PLCs, the newest last: the Events that the API server still keeps, mostly of an hour.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace, also those that are gone.
        warnings: Only warnings.
        watch: Print a line for each, and go on until Ctrl-C.
        output: How to print; but for table and csv the Events are shown as the API server gave them.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        printing: What is left out.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check(wanted, scope)
    contexts = several(scope)
    if watch and (contexts or output is not Format.TABLE):
        raise UsageError(
            f"--watch prints lines of one context: drop it, or {'the others' if contexts else f'-o {output}'}"
        )
    if watch:
        return await until_signalled(while_read(_follow(wanted, scope, warnings=warnings)))
    names_too = len(wanted) != 1 or bool(contexts)

    def table(shown: list[Body]) -> Table:
        return events_table(shown, datetime.now(UTC), names=names_too, namespaces=scope.all_namespaces)

    if contexts:
        from fabctl.commands.contexts import ask_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        lacking = []

        async def ask(cluster: Cluster, of: str) -> list[Body]:
            shown, missing = await _kept(cluster, wanted, scope, of, warnings=warnings)
            lacking.append(missing)
            return shown

        everywhere = (await ask_everywhere(contexts, scope, ask)).picked(sorted_events)
        show_everywhere(
            everywhere,
            everywhere,
            table,
            output,
            kind=EVENT,
            managed_fields=show_managed_fields,
            printing=printing,
        )
        return max(everywhere.code(), int(any(lacking)))
    async with connected(scope) as cluster:
        shown, missing = await _kept(cluster, wanted, scope, warnings=warnings)
    show_here(
        shown,
        shown,
        table,
        output,
        "" if missing else NONE,
        kind=EVENT,
        managed_fields=show_managed_fields,
        printing=printing,
    )
    return int(missing)


async def _kept(
    cluster: Cluster, names: Sequence[str], scope: Scope, of: str = "", *, warnings: bool
) -> tuple[list[Body], bool]:
    """Return the Events that are kept, the newest last, and whether one of the names is missing."""
    about, missing = await _about(cluster, names, scope, of)
    everything = await cluster.events_of(namespace_of(cluster, scope))
    return sorted_events(_meant(everything, about, warnings=warnings)), missing


async def _follow(names: Sequence[str], scope: Scope, *, warnings: bool) -> None:
    async with connected(scope) as cluster:
        about, _ = await _about(cluster, names, scope)
        async with aclosing(cluster.follow_events(namespace_of(cluster, scope))) as batches:
            async for batch in batches:
                for event in sorted_events(_meant(batch, about, warnings=warnings)):
                    print_line(event_line(event, namespaces=scope.all_namespaces))


async def _about(cluster: Cluster, names: Sequence[str], scope: Scope, of: str = "") -> tuple[set[str] | None, bool]:
    """Return the uids of the PLCs that are meant, None for all, and whether one of the names is missing."""
    if not names and scope.selector is None:
        return None, False
    bodies = await (found(cluster, names, of=of) if names else selected(cluster, (), scope))
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
