"""What the commands share: which objects are meant."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING, TypeVar

from fabctl.cluster import connected
from fabctl.errors import FabctlError, UsageError
from fabctl.fields import text
from fabctl.names import PLC, Kind
from fabctl.options import PRINTING, Anywhere, Format, Looking, Printing, Scope, Template, is_table
from fabctl.render import Section, Table, show_sections, show_table
from fabctl.render.objects import show_objects
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body

T = TypeVar("T")


def check(names: Sequence[str], scope: Scope) -> None:
    """Refuse names together with what selects many.

    Raises:
        UsageError: They are given together.
    """
    if names and scope.all_namespaces:
        raise UsageError("NAME and --all-namespaces exclude each other: a name belongs to one namespace (-n)")
    if names and scope.selector is not None:
        raise UsageError("NAME and --selector exclude each other: give one of them")


def check_which(command: str, names: Sequence[str], scope: Scope, *, all_: bool, kind: Kind = PLC) -> None:
    """Refuse what does not say exactly which objects; to act on many is to be meant, so -A and -l alone do not do it.

    Raises:
        UsageError: It is not said, or said twice.
    """
    how = f"fabctl {command} NAME, fabctl {command} --all"
    if names and all_:
        raise UsageError(f"give either the NAME of {kind.noun} or --all, not both: {how}")
    if not names and not all_:
        if given := _given(scope):
            also, verb, what = shlex.join(given), command.rsplit(maxsplit=1)[-1], kind.noun.split()[-1]
            every = f"to {verb} every {what} that it selects: fabctl {command} --all {also}"
            raise UsageError(f"{also} alone {verb}s nothing; {every}")
        raise UsageError(f"give either the NAME of {kind.noun} or --all: {how}")
    check(names, scope)


def typed(command: str, names: Sequence[str], scope: Scope, *more: str) -> str:
    """Return the line that does it to the same objects: to those of these names, or to all that the scope selects."""
    return shlex.join(["fabctl", *command.split(), *(names or ("--all", *_given(scope))), *more])


def _given(scope: Scope) -> list[str]:
    return [*(["-A"] if scope.all_namespaces else []), *(["-l", scope.selector] if scope.selector else [])]


async def selected(
    cluster: Cluster, names: Sequence[str], scope: Scope, kind: Kind = PLC, also: tuple[Kind, ...] = ()
) -> list[Body]:
    """Return the objects of a kind that are meant, all of them; where no names are given, those of others as well.

    Raises:
        FabctlError: One of the names is not there, or cannot be read.
    """
    if names:
        return list(await asyncio.gather(*(cluster.get(name, kind) for name in names)))
    if also:
        from fabctl.commands.listing import chunks_of_all  # noqa: PLC0415 - few list several kinds

        chunks = chunks_of_all(cluster, namespace_of(cluster, scope), scope.selector, (kind, *also))
        return [body async for chunk in chunks for body in chunk]
    return await cluster.list_objects(namespace_of(cluster, scope), scope.selector, kind)


async def found(cluster: Cluster, names: Sequence[str], kind: Kind = PLC, of: str = "") -> list[Body]:
    """Return the objects of these names that are there, and say of the others why not; of a single one it is raised.

    What is said begins with `of`.
    """
    answers = await asyncio.gather(*(cluster.get(name, kind) for name in names), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, FabctlError) and len(names) > 1:
            complain(f"fabctl: {text(of)}{answer}")
        elif isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]


def namespace_of(cluster: Cluster, scope: Scope) -> str | None:
    """Return the namespace that is meant, or None for all."""
    return None if scope.all_namespaces else cluster.namespace


def nothing_found(cluster: Cluster, scope: Scope, kind: Kind = PLC, *also: Kind) -> str:
    """Return the sentence for an empty listing."""
    which = f" with labels {scope.selector}" if scope.selector else ""
    place = "in any namespace" if scope.all_namespaces else f"in namespace {cluster.namespace}"
    titles = " or ".join(each.title for each in (kind, *also))
    return text(f"No {titles}{which} found {place}.")


def several(scope: Looking | Anywhere) -> list[str]:
    """Return the contexts that are meant, if that is more than the one that a connection is made to.

    Raises:
        UsageError: One is said twice.
        NoConfig: There is no kubeconfig that has any.
    """
    if scope.all_contexts:
        from fabctl.cluster.config import contexts  # noqa: PLC0415

        return contexts(scope.kubeconfig)
    named = [each.strip() for each in (scope.context or "").split(",")]
    if len(named) == 1:
        return []
    if "" in named or len({*named}) < len(named):
        raise UsageError(f"--context {scope.context}: give each context once, as in --context line-1,line-2")
    return named


def show_here(
    objects: list[Body],
    told: list[T],
    table: Callable[[list[T]], Table],
    output: Format | Template,
    nothing: str,
    *,
    kind: Kind = PLC,
    managed_fields: bool = False,
    printing: Printing,
) -> None:
    """Print what was found in one context, as `contexts.show_everywhere` does what was found in several.

    Args:
        objects: It as objects, for programs.
        told: It as a table is made of it.
        table: What makes that, when one is asked for.
        output: How.
        nothing: What is said where that has nothing in it, if there is something to say.
        kind: What the objects are.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
        printing: What is left out.
    """
    headers = not printing.no_headers
    if not is_table(output):
        show_objects(objects, output, one=False, managed_fields=managed_fields, kind=kind, headers=headers)
    elif told:
        show_table(table(told), output, headers=headers)
    elif nothing:
        printing.say(nothing)


async def show(
    names: Sequence[str],
    scope: Looking,
    output: Format | Template,
    table: Callable[[list[Body]], Table],
    below: Callable[[Cluster, Body], Awaitable[list[Section]]] | None = None,
    *,
    kind: Kind = PLC,
    also: tuple[Kind, ...] = (),
    pick: Callable[[list[Body]], list[Body]] = lambda bodies: bodies,
    ordered: bool = False,
    managed_fields: bool = False,
    printing: Printing = PRINTING,
) -> int:
    """Fetch the objects that are meant and print them; return 1 when one of the names is not there.

    Args:
        names: Those that are meant, if some are by name.
        scope: Which of them otherwise.
        output: How.
        table: What makes a table of them, when one is asked for.
        below: What is said of a single one below its table, given the cluster that it is of.
        kind: What they are.
        also: Other kinds that are listed with them.
        pick: What chooses among them, and puts them into an order.
        ordered: Whether it does, so that all have to be there first.
        managed_fields: Whether JSON and YAML keep metadata.managedFields.
        printing: What is left out.
    """
    check(names, scope)
    one = len(names) == 1
    if contexts := several(scope):
        from fabctl.commands.contexts import objects_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        everywhere, code = await objects_everywhere(contexts, names, scope, kind, also)
        shown = everywhere.picked(pick)
        show_everywhere(shown, shown, table, output, kind=kind, managed_fields=managed_fields, printing=printing)
        return code
    async with connected(scope) as cluster:
        if not names and not ordered and output not in {Format.TABLE, Format.WIDE}:
            from fabctl.commands.chunking import shown_in_chunks  # noqa: PLC0415 - a table is printed as a whole

            if await shown_in_chunks(
                cluster,
                scope,
                (kind, *also),
                output,
                table,
                pick=pick,
                managed_fields=managed_fields,
                printing=printing,
            ):
                return 0
        there = await (found(cluster, names, kind) if names else selected(cluster, (), scope, kind, also))
        bodies = pick(there)
        is_alone = one and bodies and output in {Format.TABLE, Format.WIDE}
        sections = await below(cluster, bodies[0]) if below and is_alone else []
    headers = not printing.no_headers
    if not is_table(output) and output is not Format.NAME:
        show_objects(bodies, output, one=one, managed_fields=managed_fields, kind=kind, headers=headers)
    elif there and not bodies:
        printing.say(f"None of {len(there)} is such {kind.noun}.")
    elif not bodies:
        if not names:
            printing.say(nothing_found(cluster, scope, kind, *also))
    elif output is Format.NAME:
        show_objects(bodies, output, one=one, kind=kind)
    else:
        show_table(table(bodies), output, headers=headers)
        if sections:
            show_sections(sections, below=True)
    return int(len(there) < len(names))
