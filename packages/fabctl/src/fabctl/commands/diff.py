"""`fabctl diff`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from fabctl.cluster import connected
from fabctl.errors import FabctlError
from fabctl.kustomizing import gathered
from fabctl.manifests import files_of
from fabctl.options import HERE, Connection, Filenames
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.differing import Change

CHANGES, ERROR = 1, 2
"""Exit codes, as kubectl diff has them; one above says more of what is wrong."""


async def diff(
    *,
    filename: Filenames,
    output: Annotated[Literal["text", "markdown", "json"], Parameter(alias="-o")] = "text",
    field_manager: Annotated[str, Parameter(show_default=False)] = "",
    connection: Connection = HERE,
) -> int:
    """Show what applying manifests would change in the cluster, and what would be written to which device.

    The API server is asked by dry runs, so it also says what it would refuse; nothing is stored. Registers are
    compared with the values that the operator observed last; of a template that changes, those of all PLCs that use it.
    Exit code 0 when nothing changes, 1 when something does, above 1 when something is wrong.

    Args:
        filename: A file, a folder with all below it, or - for standard input; may be given several times.
        output: text; markdown, for a comment on a pull request; or json, one List.
        field_manager: Who would apply it on the server; without it whoever did the last time, or as kubectl apply does.
        connection: Which cluster, and where in it.
    """
    found = gathered(files_of(filename))
    errors = [str(each) for each in found.troubles]
    worst = ERROR if errors else 0
    changes: list[Change] = []
    try:
        async with connected(connection) as cluster:
            from fabctl.cluster.comparing import Comparing  # noqa: PLC0415 - it takes long to import

            comparing = Comparing(cluster, field_manager, connection.namespace)
            changes = await comparing.changes(found.manifests)
        errors += comparing.errors
        worst = max([worst, *comparing.codes])
    except FabctlError as error:
        raise _above_one(error) from None
    _show(changes, errors, output)
    if found.others:
        sys.stderr.write(f"{len(found.others)} of other groups than fabgitops.io left alone\n")
    return worst or (CHANGES if any(each.is_change for each in changes) else 0)


def _above_one(error: FabctlError) -> FabctlError:
    error.code = max(ERROR, error.code)
    return error


def _show(changes: Sequence[Change], errors: Sequence[str], output: str) -> None:
    from fabctl.render.differences import markdown, show_differences, show_json  # noqa: PLC0415

    for each in errors:
        complain(f"fabctl: {each}")
    if output == "json":
        show_json(changes, errors)
    elif output == "markdown":
        sys.stdout.write(markdown(changes, errors))
    else:
        show_differences(changes)
