"""`fabctl validate`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from fabctl import own_version
from fabctl.argo import DEFAULT_ID, looked_after
from fabctl.cluster import connected
from fabctl.fields import text
from fabctl.judging import DEFAULT_NAMESPACE, Finding, Level, counted, findings
from fabctl.kustomizing import gathered
from fabctl.manifests import files_of
from fabctl.offline import is_installed
from fabctl.options import HERE, Connection, Filenames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.manifests import Found

_NOT_HERE = "fabctl[offline] is not installed, so"


async def validate(
    *,
    filename: Filenames,
    server: Annotated[bool, Parameter(negative="")] = False,
    strict: Annotated[bool, Parameter(negative="")] = False,
    argo_instance_id: str = DEFAULT_ID,
    output: Annotated[Literal["text", "github", "sarif", "json"], Parameter(alias="-o")] = "text",
    connection: Connection = HERE,
) -> int:
    """Say all that is wrong with manifests, with file, line and column, before anybody applies them.

    With pip install 'fabctl[offline]' no cluster is needed: definitions, rules and policy are those of the operator of
    the same release, and what the API server would take and the operator could not do anything with is a warning.
    Without, the API server of the context is asked by dry runs. A folder with a kustomization is built by kustomize or
    kubectl, and what it is built from is left alone. Exit code 1 when there is an error.

    Args:
        filename: A file, a folder with all below it, or - for standard input; may be given several times.
        server: Ask the API server all the same: it also knows the limits that administrators set.
        strict: Let warnings count as errors for the exit code.
        argo_instance_id: Of Argo Rollouts' manifests only Rollouts whose label controller-instance-id says this are
            judged, and templates that they name; "" for those that lack the label. Not by the API server.
        output: text; github, for a check's annotations; sarif; or json, one List.
        connection: Which cluster, where one is asked; its -n is where manifests without a namespace go.
    """
    files = files_of(filename)
    found = gathered(files)
    judged = list(found.manifests)
    told = [Finding(Level.ERROR, each) for each in found.troubles]
    if server or not is_installed():
        told += await _by_the_server(found, connection, why="" if server else _NOT_HERE)
    else:
        from fabctl.offline.rules import Rules  # noqa: PLC0415 - not installed everywhere

        argos = looked_after(found.others, argo_instance_id, connection.namespace or DEFAULT_NAMESPACE)
        judged += argos
        told += findings(judged, Rules(), connection.namespace)
    told.sort(key=lambda each: each.trouble)
    from fabctl.render.findings import show_findings  # noqa: PLC0415

    show_findings(told, output, own_version())
    others = len(found.others) - (len(judged) - len(found.manifests))
    left = f"; {others} of other groups left alone" if others else ""
    sys.stderr.write(f"{counted(told, len(files), len(judged))}{left}\n")
    return int(any(strict or each.level is Level.ERROR for each in told))


async def _by_the_server(found: Found, connection: Connection, why: str) -> Sequence[Finding]:
    async with connected(connection) as cluster:
        from fabctl.cluster.comparing import Comparing  # noqa: PLC0415

        said = f'{why} the API server of context "{cluster.context}" is asked'.lstrip()
        sys.stderr.write(f"fabctl: {text(said)}\n")
        comparing = Comparing(cluster, "", connection.namespace)
        refusals = await asyncio.gather(*map(comparing.refusal, found.manifests))
    return [
        Finding(Level.ERROR, manifest.trouble((), str(refusal)), f"{manifest.kind} {manifest.name}")
        for manifest, refusal in zip(found.manifests, refusals, strict=True)
        if refusal is not None
    ]
