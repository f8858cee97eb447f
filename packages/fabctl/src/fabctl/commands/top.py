"""`fabctl top`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.checks import ALONE, is_held, pod_of
from fabctl.cluster import connected
from fabctl.commands.selecting import check, namespace_of, several, show_here
from fabctl.errors import Denied, Unhandled
from fabctl.fields import key_of, text
from fabctl.loads import Load, Most, loads, meant, worst_first
from fabctl.names import check_name, named
from fabctl.options import LOOK_HERE, PRINTING, Format, Looking, Names, Printing, Rows
from fabctl.render import Table
from fabctl.render.loads import fields_of, loads_table
from fabctl.render.objects import made
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body

METRICS = "metrics"
NONE = "The operator's metrics know of no such PLC."


async def top(
    *names: Names,
    sort_by: Most = Most.FAILURES,
    limit: Annotated[int, Parameter(validator=Number(gte=0))] = 10,
    output: Rows = Format.TABLE,
    printing: Printing = PRINTING,
    scope: Looking = LOOK_HERE,
) -> int:
    """Show which PLCs are slowest, drift most and fail most, since their operator began, by its metrics.

    The last pass is how long the operator took to look at a PLC, the wait for its turn included; failures are readings
    and writes that failed. The metrics are asked for through the API server, which takes the right get on pods/proxy
    where the operator runs; without a cluster none.

    Args:
        names: PLCs, also as plc/NAME; without one all of the namespace.
        sort_by: failures, drifts or seconds (of the last pass): who stands first.
        limit: So many are shown; 0 shows all.
        output: How to print.
        printing: What is left out.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check(wanted, scope)

    def first(found: list[Load]) -> list[Load]:
        return worst_first(found, sort_by)[: limit or None]

    def table(found: Sequence[Load]) -> Table:
        return loads_table(found, namespaces=scope.all_namespaces)

    if contexts := several(scope):
        from fabctl.commands.contexts import ask_everywhere, show_everywhere  # noqa: PLC0415 - few look at several

        everywhere = await ask_everywhere(contexts, scope, lambda cluster, _: _loads(cluster, wanted, scope))
        known = everywhere.picked(first)
        show_everywhere(known.spread(lambda each: [_object(each)]), known, table, output, printing=printing)
        return known.code()
    async with connected(scope) as cluster:
        known_here = await _loads(cluster, wanted, scope)
    found = first(known_here)
    unknown = [name for name in wanted if name not in {each.name for each in known_here}]
    for name in unknown:
        complain(f"fabctl: the operator's metrics do not know {name} in namespace {cluster.namespace}")
    show_here(list(map(_object, found)), found, table, output, "" if unknown else NONE, printing=printing)
    return int(bool(unknown))


async def _loads(cluster: Cluster, names: Sequence[str], scope: Looking) -> list[Load]:
    keys = None
    if scope.selector is not None:
        keys = set(map(key_of, await cluster.list_objects(namespace_of(cluster, scope), scope.selector)))
    told = await _metrics(cluster)
    return list(meant((each for said in told for each in loads(said)), namespace_of(cluster, scope), names, keys))


async def _metrics(cluster: Cluster) -> list[str]:
    """Return the metrics of the operators that look after something.

    Raises:
        Unhandled: None runs, or one does not tell them.
        Denied: They may not be asked for.
    """
    if ALONE in text((await cluster.server_version()).get("gitVersion")):
        return [_said(METRICS, *await cluster.page(f"/{METRICS}"))]
    there = await cluster.leases()
    now = cluster.date or datetime.now(UTC)  # by the clock by which they are renewed
    leases = [each for each in there if is_held(each, now)]
    if not leases:
        raise Unhandled("no operator holds a Lease: none runs, or it runs with --no-lease (see: fabctl doctor)")
    return await asyncio.gather(*(_of(cluster, lease) for lease in leases))


async def _of(cluster: Cluster, lease: Body) -> str:
    """Return the metrics of an operator, whose Lease is held in the name of its pod."""
    namespace, pod = pod_of(lease)
    try:
        check_name(pod)
    except ValueError as error:
        raise Unhandled(f"the operator cannot be asked for its metrics: it is no pod: {error}") from None
    return _said(f"pod {pod} in namespace {namespace}", *await cluster.pod(namespace, pod, METRICS))


def _said(who: str, status: int, answer: str) -> str:
    if status == 200:
        return answer
    why = f"{who} does not tell its metrics ({status}): {answer[:200]}"
    if status in {401, 403}:
        raise Denied(f"{why}; ask for a role with get on pods/proxy")
    raise Unhandled(why)


def _object(load: Load) -> Body:
    return made("Load", load.name, load.namespace, **fields_of(load))
