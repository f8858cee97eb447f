"""`fabctl export`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.commands.selecting import check, found, nothing_found, selected
from fabctl.errors import FabctlError
from fabctl.exporting import clean, maker, template_of
from fabctl.fields import mapping, text
from fabctl.names import TEMPLATE, named
from fabctl.options import HERE_ALL, Format, Names, Scope
from fabctl.render.objects import show_documents, show_objects
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body


async def export(
    *names: Names,
    templates: Annotated[bool, Parameter(negative="")] = False,
    output: Annotated[Literal["yaml", "json"], Parameter(alias="-o")] = "yaml",
    scope: Scope = HERE_ALL,
) -> int:
    """Print PLCs as the manifests that would make them, for a Git repository: no status, nothing that tools added.

    What stands in the spec is printed as it stands, defaults that were filled in with it. What a Rack made is left
    out, as its Rack would make it again, unless it is named.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace.
        templates: Print the templates that they take their maps from as well, first.
        output: yaml, a document for each; or json, one List.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check(wanted, scope)
    async with connected(scope) as cluster:
        there = await (found(cluster, wanted) if wanted else selected(cluster, (), scope))
        plcs = there if wanted else _made_by_hand(there)
        used, missing = await _templates(cluster, plcs) if templates else ([], False)
    manifests = [clean(body) for body in (*used, *plcs)]
    if output == "json":
        show_objects(manifests, Format.JSON, one=False)
    elif manifests:
        show_documents(manifests)
    elif not there and not wanted:
        sys.stderr.write(nothing_found(cluster, scope) + "\n")
    return int(missing or len(there) < len(wanted))


def _made_by_hand(bodies: Sequence[Body]) -> list[Body]:
    """Return those that nothing makes again, and say how many others there are."""
    kept = [body for body in bodies if not maker(body)]
    if left := len(bodies) - len(kept):
        sys.stderr.write(f"{left} left out, which Racks make; to print one of them give its name\n")
    return kept


async def _templates(cluster: Cluster, plcs: Sequence[Body]) -> tuple[list[Body], bool]:
    """Return the templates of PLCs, and whether one is not there, which is told."""
    keys = sorted({(_namespace(body), name) for body in plcs if (name := template_of(body))})
    asked = (cluster.get(name, TEMPLATE, namespace) for namespace, name in keys)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, FabctlError):
            complain(f"fabctl: {answer}")
        elif isinstance(answer, BaseException):
            raise answer
    there = [answer for answer in answers if not isinstance(answer, BaseException)]
    return there, len(there) < len(keys)


def _namespace(body: Body) -> str:
    return text(mapping(body.get("metadata")).get("namespace"))
