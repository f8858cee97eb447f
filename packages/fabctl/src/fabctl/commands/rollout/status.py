"""`fabctl rollout status`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.cluster import connected
from fabctl.commands.following import while_read
from fabctl.commands.rollout.finding import find, meant
from fabctl.errors import Late, UnknownPLC, UsageError
from fabctl.explaining import explained
from fabctl.fields import key_of
from fabctl.names import ROLLOUT
from fabctl.options import HERE, Connection, Format, ManagedFields, Names, Output
from fabctl.render import show_sections
from fabctl.render.objects import show_objects
from fabctl.render.rollouts import answer_section
from fabctl.render.shapes import GAP, print_line
from fabctl.rollouts import AT_REST, GIVEN_UP, PENDING, UPDATING, rollout_view
from fabctl.streams import complain

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.explaining import Answer
    from fabctl.fields import Body
    from fabctl.names import Kind
    from fabctl.render import Section


async def status(
    name: Names,
    /,
    *,
    watch: Annotated[bool, Parameter(alias="-w", negative="")] = False,
    timeout: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
    output: Output = Format.TABLE,
    show_managed_fields: ManagedFields = False,
    connection: Connection = HERE,
) -> int:
    """Say why a rollout stands where it stands: what it waits for, what failed, what was decided last and by what.

    And what can be done. Exit code 0 when it is done, under way, or waits for somebody's word; 1 when it has failed,
    was given up, is being put back, or is stalled. With -w it waits until it is done, or has failed.

    Args:
        name: The rollout, also as spr/NAME or rollout/NAME.
        watch: Wait until it is done or has failed, with a line for each change.
        timeout: For how many seconds with -w; without it for as long as it takes.
        output: How to print.
        show_managed_fields: Keep metadata.managedFields in json and yaml.
        connection: Which cluster, and where in it.
    """
    wanted = meant(name)
    if timeout is not None and not watch:
        raise UsageError("--timeout is for how long --watch waits: give both, or neither")
    async with connected(connection) as cluster:
        kind, body = await find(cluster, wanted)
        if watch:
            body = await _until_over(cluster, kind, body, timeout, quiet=output not in {Format.TABLE, Format.WIDE})
    stands = _stands(kind, body)
    if output in {Format.TABLE, Format.WIDE}:
        show_sections([stands.section])
    else:
        show_objects([body], output, one=True, managed_fields=show_managed_fields, kind=kind)
    return stands.answer.code


class _Stands(NamedTuple):
    phase: str
    answer: Answer
    over: bool
    """Whether nothing more comes of it by itself: it is done, or has failed."""
    section: Section


def _stands(kind: Kind, body: Body) -> _Stands:
    now = datetime.now(UTC)
    if kind is ROLLOUT:
        rollout = rollout_view(body)
        answer = explained(rollout)
        seen = rollout.phase not in {PENDING, UPDATING}
        over = seen and (rollout.phase in AT_REST | GIVEN_UP or bool(rollout.stalled))
        return _Stands(rollout.phase, answer, over, answer_section(rollout, answer, now))
    from fabctl.render.workloads import standing_section  # noqa: PLC0415 - of a workload alone
    from fabctl.standing import is_over, standing  # noqa: PLC0415
    from fabctl.workloads import workload_view  # noqa: PLC0415

    workload = workload_view(body)
    answer = standing(workload)
    return _Stands(workload.phase, answer, is_over(workload), standing_section(workload, answer, now))


async def _until_over(cluster: Cluster, kind: Kind, body: Body, timeout: float | None, *, quiet: bool) -> Body:
    """Return a rollout as it is when it is done or has failed.

    Raises:
        Late: It is neither in time.
        UnknownPLC: It was deleted.
    """
    last = [body]
    try:
        async with asyncio.timeout(timeout):
            await while_read(_follow(cluster, kind, last, quiet=quiet))
    except TimeoutError:
        why = _stands(kind, last[0]).answer.why
        raise Late(f"{key_of(body)[1]}: not done within {timeout:g} s: {why}") from None
    return last[0]


async def _follow(cluster: Cluster, kind: Kind, last: list[Body], *, quiet: bool) -> None:
    namespace, name = key = key_of(last[0])
    said = ""
    changes = cluster.follow(namespace, {key}, name, kind, trouble=lambda why: complain(f"fabctl: {why}"))
    async with aclosing(changes):
        async for _, body in changes:
            if body is None:
                raise UnknownPLC(f"{name}: it was deleted")
            last[0] = body
            stands = _stands(kind, body)
            if (line := GAP.join((stands.phase, stands.answer.why))) != said and not quiet:
                said = line
                print_line(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}{GAP}{line}")
            if stands.over:
                return
