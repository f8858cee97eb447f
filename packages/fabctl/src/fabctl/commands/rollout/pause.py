"""`fabctl rollout pause`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.asking import reason_of
from fabctl.cluster import connected
from fabctl.commands.acting import Answer, carry_out
from fabctl.commands.rollout.finding import all_meant
from fabctl.commands.rollout.saying import Timeout, Wait
from fabctl.commands.rollout.some import acts_of, views
from fabctl.commands.selecting import check_which, namespace_of, nothing_found
from fabctl.errors import FabctlError
from fabctl.marks import PAUSE
from fabctl.names import ROLLOUT, ROLLOUTS, WORKLOAD
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.render import show_table
from fabctl.render.pausing import paused_table
from fabctl.render.shapes import print_line
from fabctl.rollouts import AT_REST, rollout_view
from fabctl.workloads import workload_view

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.model import View


async def pause(
    *names: Names,
    reason: str | None = None,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    scope: Scope = HERE_ALL,
) -> int:
    """Stop rollouts where they are: no wave or step begins, until fabctl rollout resume. It does not ask.

    fabctl rollout pause --all -A stops all that there are. It is said beside Git, which does not undo it.

    Args:
        names: Rollouts, also as spr/NAME and rollout/NAME.
        reason: Why, for everybody who looks at them, up to 256 characters; without it by whom.
        all_: All rollouts of the namespace (with -A of all namespaces, with -l those with these labels).
        wait: Whether to wait until the operator has heard of it.
        timeout: For how many seconds.
        dry_run: Show what would be paused, and do nothing.
        scope: Which cluster, and which of its rollouts.
    """
    wanted = all_meant(names)
    check_which("rollout pause", names, scope, all_=all_, kind=ROLLOUT)
    given = None if reason is None else reason_of(reason, "wrong recipe")
    async with connected(scope) as cluster:
        rollouts, left = await views(cluster, wanted, scope)
        if not rollouts:
            sys.stderr.write(nothing_found(cluster, scope, *ROLLOUTS) + "\n")
            return left
        because = given or await _by_whom(cluster)
        if dry_run:
            show_table(paused_table([each for _, each in rollouts], because, namespaces=scope.all_namespaces))
            print_line("nothing was paused (--dry-run)")
            return left
        acts = acts_of(rollouts, {PAUSE: because}, "asked to pause", {ROLLOUT: _answer, WORKLOAD: _of_workload})
        return await carry_out(cluster, acts, namespace_of(cluster, scope), timeout if wait else None) or left


async def _by_whom(cluster: Cluster) -> str:
    """Return who asks; that this cannot be known stops nobody from stopping."""
    try:
        return f"by {await cluster.user()}"
    except FabctlError:
        return "no reason given"


def _answer(_: View, body: Body) -> Answer | None:
    rollout = rollout_view(body)
    if rollout.is_asked_to_wait:
        return Answer(f"paused, wave {rollout.progress}: {rollout.paused_for or rollout.paused_by_word}")
    if rollout.phase == "Paused":
        return Answer(f"it waits already, {rollout.paused_for}; and then until fabctl rollout resume")
    if rollout.phase == "Restoring":
        return Answer("what was released is put back, which a pause does not stop")
    if rollout.phase in AT_REST or rollout.phase == "Aborted":
        return Answer(f"nothing is under way, it is {rollout.phase}; what comes is held until fabctl rollout resume")
    return None


def _of_workload(_: View, body: Body) -> Answer | None:
    rollout = workload_view(body)
    if rollout.is_unseen:
        return None
    if rollout.at_rest:
        what = "it was given up" if rollout.aborted else f"nothing is under way, it is {rollout.phase}"
        return Answer(f"{what}; what comes waits until fabctl rollout resume")
    where = f", {rollout.place}" if rollout.place else ""
    if rollout.pauses:  # whether it has heard of this as well, changes nothing
        return Answer(f"it waits already{where}; and then until fabctl rollout resume")
    return Answer(f"paused{where}: {rollout.why}") if rollout.is_waiting else None
