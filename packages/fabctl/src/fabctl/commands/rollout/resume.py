"""`fabctl rollout resume`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.asking import ASKING, Asking, Deed
from fabctl.cluster import connected
from fabctl.commands.acting import Answer, carry_out, which
from fabctl.commands.rollout.finding import all_meant
from fabctl.commands.rollout.saying import Timeout, Wait
from fabctl.commands.rollout.some import acts_of, views
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, typed
from fabctl.marks import PAUSE
from fabctl.names import ROLLOUT, ROLLOUTS, WORKLOAD
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.render import show_table
from fabctl.render.pausing import resumed_table, rollouts_shortly
from fabctl.render.shapes import print_line
from fabctl.rollouts import rollout_view
from fabctl.workloads import workload_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.commands.rollout.some import Viewed
    from fabctl.fields import Body
    from fabctl.model import View

_BY_GIT = "paused by Git: set spec.paused to false there"


async def resume(
    *names: Names,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    asking: Asking = ASKING,
    scope: Scope = HERE_ALL,
) -> int:
    """Let rollouts go on that fabctl rollout pause has stopped. Exit code 1 when one stays paused, for Git says so.

    Args:
        names: Rollouts, also as spr/NAME and rollout/NAME.
        all_: All that are paused in the namespace (with -A in all namespaces, with -l those with these labels).
        wait: Whether to wait until the operator has heard of it.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        scope: Which cluster, and which of its rollouts.
    """
    wanted = all_meant(names)
    check_which("rollout resume", names, scope, all_=all_, kind=ROLLOUT)
    async with connected(scope) as cluster:
        found, unseen = await views(cluster, wanted, scope)
        if not found:
            sys.stderr.write(nothing_found(cluster, scope, *ROLLOUTS) + "\n")
            return unseen
        rollouts, left = _resumable(found, scope, told=bool(wanted))
        if not rollouts:
            return left or unseen
        paused = [each for _, each in rollouts]
        show_table(resumed_table(paused, namespaces=scope.all_namespaces))
        many = rollouts_shortly(paused, namespace_of(cluster, scope))
        deed = Deed(f"Let {many} go on", "nothing was resumed", typed("rollout resume", names, scope))
        if (code := asking.declined(deed)) is not None:
            return code
        acts = acts_of(rollouts, {PAUSE: None}, "asked to go on", {ROLLOUT: _answer, WORKLOAD: _of_workload})
        code = await carry_out(cluster, acts, namespace_of(cluster, scope), timeout if wait else None)
        return max(code, left) or unseen


def _resumable(found: Sequence[Viewed], scope: Scope, *, told: bool) -> tuple[list[Viewed], int]:
    """Return those that somebody's word pauses, and say of the others, where they are named, why they are not meant.

    The exit code that these lead to comes with them.
    """
    rollouts = [viewed for viewed in found if viewed[1].paused_by_word is not None]
    others = [each for _, each in found if each.paused_by_word is None]
    for each in others if told else ():
        waits = f"it waits for a promotion: fabctl rollout promote {each.name}"
        why = _BY_GIT if each.paused_by_git else waits if each.phase == "Paused" else f"not paused, it is {each.phase}"
        print_line(f"{which(each.key, namespaces=scope.all_namespaces)}: {why}")
    if not told and not rollouts:
        sys.stderr.write("Nothing is paused by fabctl there.\n")
    return rollouts, int(told and any(each.paused_by_git or each.phase == "Paused" for each in others))


def _answer(_: View, body: Body) -> Answer | None:
    rollout = rollout_view(body)
    if rollout.paused_by_git:
        return Answer(f"still {_BY_GIT}", fine=False)
    if rollout.paused_by_word is not None or rollout.is_asked_to_wait:
        return None
    return Answer(f"goes on, {rollout.phase}" + (f": {rollout.message}" if rollout.message else ""))


def _of_workload(_: View, body: Body) -> Answer | None:
    rollout = workload_view(body)
    if rollout.paused_by_git:
        return Answer(f"still {_BY_GIT}", fine=False)
    if rollout.is_unseen:
        return None
    if rollout.pauses and not rollout.at_rest:  # what it says of that may still be of before
        where = f" at {rollout.place}" if rollout.place else ""
        return Answer(f"resumed; it waits{where} all the same: fabctl rollout promote {rollout.name} ends that")
    return None if rollout.is_waiting else Answer(f"goes on, {rollout.phase}: {rollout.message}")
