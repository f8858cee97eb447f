"""`fabctl approve`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import ASKING, Asking, Deed
from fabctl.cluster import connected
from fabctl.commands.acting import Act, Answer, carry_out, which
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, selected, typed
from fabctl.errors import Unhandled, UsageError
from fabctl.marks import APPROVE, APPROVED_BY
from fabctl.model import Status, view
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.plans import plan
from fabctl.render import show_sections
from fabctl.render.plans import plan_sections
from fabctl.render.shapes import print_line
from fabctl.render.suspending import named_shortly
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.cluster.client import Cluster, Key
    from fabctl.commands.acting import Annotations
    from fabctl.fields import Body
    from fabctl.model import View
    from fabctl.plans import Plan

Waiting = dict["Key", "tuple[View, Plan]"]


async def approve(
    *names: Names,
    digest: str | None = None,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    wait: Annotated[bool, Parameter(negative="--no-wait")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    asking: Asking = ASKING,
    scope: Scope = HERE_ALL,
) -> int:
    """Approve the writes that PLCs wait with, after showing each: which register of which device, before and after.

    It is approved what is shown and nothing else: where the plan changes meanwhile, nothing is written.

    Args:
        names: PLCs, also as plc/NAME.
        digest: Approve only if this is the plan that waits; of a single PLC.
        all_: All that wait in the namespace (with -A in all namespaces, with -l those with these labels).
        wait: Wait until the operator has taken the approval.
        timeout: Seconds to wait for the operator.
        asking: Whether to ask, and whether to do anything at all.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check_which("approve", wanted, scope, all_=all_)
    if digest is not None and len(wanted) != 1:
        raise UsageError("--digest names the plan of a single PLC: fabctl approve NAME --digest DIGEST")
    async with connected(scope) as cluster:
        bodies = await selected(cluster, wanted, scope)
        if not bodies:
            sys.stderr.write(nothing_found(cluster, scope) + "\n")
            return 0
        waiting = _waiting(bodies, digest, scope, told=bool(wanted))
        if not waiting:
            return 0
        user = await cluster.user()
        for at, (plc, plan_) in enumerate(waiting.values()):
            show_sections(plan_sections(plc, plan_, datetime.now(UTC)), below=at > 0)
        if (code := asking.declined(_deed(waiting, user, wanted, cluster, scope))) is not None:
            return code
        changed = await _changed(cluster, waiting, scope)
        given: dict[Key, Annotations] = {
            key: {APPROVE: each.digest, APPROVED_BY: user} for key, (_, each) in waiting.items()
        }
        act = Act(given, f"approved as {user}", lambda plc, body: _answer(plc, body, waiting[plc.key][1]))
        code = await carry_out(cluster, act, namespace_of(cluster, scope), timeout if wait else None) if given else 0
        return max(code, changed)


def _waiting(bodies: Sequence[Body], digest: str | None, scope: Scope, *, told: bool) -> Waiting:
    """Return the plans that wait to be approved, and say of the other PLCs, where they are meant by name, why not.

    Raises:
        Unhandled: It is another plan than the one that is to be approved, or of an older spec.
    """
    waiting: Waiting = {}
    for plc, found in ((view(body), plan(body)) for body in bodies):
        name = which(plc.key, namespaces=scope.all_namespaces)
        if found is None:
            _say(f"{name}: nothing waits for approval", told=told)
        elif plc.status is Status.UPDATING:
            raise Unhandled(f"{name}: the operator has not looked at it since it changed; try again in a moment")
        elif digest is not None and found.digest != digest:
            raise Unhandled(f"{name}: the plan that waits is {found.digest}, not {digest}: look at it with --dry-run")
        elif found.approved_by:
            _say(f"{name}: approved already by {found.approved_by}, and not carried out yet", told=told)
        else:
            waiting[plc.key] = plc, found
    if not waiting and not told:
        sys.stderr.write("Nothing waits for approval there.\n")
    return waiting


def _say(line: str, *, told: bool) -> None:
    if told:
        print_line(line)


async def _changed(cluster: Cluster, waiting: Waiting, scope: Scope) -> int:
    """Take out the plans that changed while somebody looked at them, and say so; return 1 where one did.

    Raises:
        Unhandled: It is the only one.
    """
    keys = list(waiting)
    bodies = await asyncio.gather(*(cluster.get(key[1], namespace=key[0]) for key in keys))
    changed = {
        key: now
        for key, now in zip(keys, map(plan, bodies), strict=True)
        if now is None or now.digest != waiting[key][1].digest
    }
    for key, now in changed.items():
        before = waiting.pop(key)[1].digest
        name = which(key, namespaces=scope.all_namespaces)
        then = f"now it is {now.digest}" if now else "now nothing waits"
        why = f"{name}: the plan {before} changed while you looked at it, {then}: nothing was approved; look again"
        if len(keys) == 1:
            raise Unhandled(why)
        complain(f"fabctl: {why}")
    return int(bool(changed))


def _answer(plc: View, body: Body, approved: Plan) -> Answer | None:
    now = plan(body)
    if plc.status is Status.UPDATING or (now and now.digest != approved.digest):
        why = "the plan changed before the operator took the approval, so nothing was written; look again"
        return Answer(why, fine=False)
    if now is None:
        return Answer(f"approved, plan {approved.digest}; {plc.message or plc.status}")
    return Answer(f"approved by {now.approved_by}, plan {now.digest}: {now.sentence}") if now.approved_by else None


def _deed(waiting: Waiting, user: str, names: tuple[str, ...], cluster: Cluster, scope: Scope) -> Deed:
    plcs = [plc for plc, _ in waiting.values()]
    many = named_shortly(plcs, namespace_of(cluster, scope))
    only = ["--digest", next(iter(waiting.values()))[1].digest] if len(names) == 1 else []
    return Deed(
        question=f"Approve as {user} what is planned for {many}",
        undone="nothing was approved",
        command=typed("approve", names, scope, *only),
    )
