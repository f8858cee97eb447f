"""`fabctl rollout pause`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.asking import reason_of
from fabctl.cluster import connected
from fabctl.commands.acting import Act, Answer, carry_out
from fabctl.commands.rollout.saying import Timeout, Wait
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, selected
from fabctl.errors import FabctlError
from fabctl.marks import PAUSE
from fabctl.names import ROLLOUT, named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.render import show_table
from fabctl.render.pausing import paused_table
from fabctl.render.shapes import print_line
from fabctl.rollouts import AT_REST, rollout_view

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
    """Stop rollouts where they are: no wave begins and none goes on, until fabctl rollout resume. It does not ask.

    fabctl rollout pause --all -A stops all that there are. It is said beside Git, which does not undo it.

    Args:
        names: Rollouts, also as spr/NAME.
        reason: Why, for everybody who looks at them, up to 256 characters; without it by whom.
        all_: All rollouts of the namespace (with -A of all namespaces, with -l those with these labels).
        wait: Whether to wait until the operator has heard of it.
        timeout: For how many seconds.
        dry_run: Show what would be paused, and do nothing.
        scope: Which cluster, and which of its rollouts.
    """
    wanted = named(names, ROLLOUT)
    check_which("rollout pause", wanted, scope, all_=all_, kind=ROLLOUT)
    given = None if reason is None else reason_of(reason, "wrong recipe")
    async with connected(scope) as cluster:
        rollouts = [rollout_view(body) for body in await selected(cluster, wanted, scope, ROLLOUT)]
        if not rollouts:
            sys.stderr.write(nothing_found(cluster, scope, ROLLOUT) + "\n")
            return 0
        because = given or await _by_whom(cluster)
        if dry_run:
            show_table(paused_table(rollouts, because, namespaces=scope.all_namespaces))
            print_line("nothing was paused (--dry-run)")
            return 0
        act = Act({each.key: {PAUSE: because} for each in rollouts}, "asked to pause", _answer, ROLLOUT)
        return await carry_out(cluster, act, namespace_of(cluster, scope), timeout if wait else None)


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
