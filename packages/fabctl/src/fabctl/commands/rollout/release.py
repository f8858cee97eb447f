"""`fabctl rollout release`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fabctl.asking import ASKING, Asking, Deed
from fabctl.cluster import connected
from fabctl.commands.acting import Act, Answer, carry_out, which
from fabctl.commands.rollout.saying import Timeout, Wait
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, selected, typed
from fabctl.errors import Unhandled
from fabctl.fields import key_of
from fabctl.marks import PERMIT
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.releases import is_current, release_of
from fabctl.render import show_table
from fabctl.render.shapes import print_line
from fabctl.render.waves import changes
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.cluster.client import Cluster, Key
    from fabctl.fields import Body
    from fabctl.releases import Release

Waiting = dict["Key", "Release"]


async def release(
    *names: Names,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    asking: Asking = ASKING,
    scope: Scope = HERE_ALL,
) -> int:
    """Let PLCs go over to what Git wants of them by hand, beside waves, after showing what would be written.

    What is shown is released and nothing else: where Git changes meanwhile, the PLC stays held. Every guard of a PLC
    holds as ever.

    Args:
        names: PLCs, also as plc/NAME.
        all_: All that are held in the namespace (with -A in all namespaces, with -l those with these labels).
        wait: Whether to wait until the operator has heard of it.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check_which("rollout release", wanted, scope, all_=all_)
    async with connected(scope) as cluster:
        bodies = await selected(cluster, wanted, scope)
        if not bodies:
            sys.stderr.write(nothing_found(cluster, scope) + "\n")
            return 0
        waiting = _waiting(bodies, scope, told=bool(wanted))
        if not waiting:
            return 0
        show_table(changes(list(waiting.values()), namespaces=scope.all_namespaces))
        deed = Deed(_question(waiting, scope), "nothing was released", typed("rollout release", wanted, scope))
        if (code := asking.declined(deed)) is not None:
            return code
        changed = await _changed(cluster, waiting, wanted, scope)
        act = Act(
            {key: {PERMIT: each.permit_by_hand} for key, each in waiting.items()},
            "asked to be released",
            lambda plc, body: _answer(body, waiting[plc.key]),
            uids={key: each.uid for key, each in waiting.items()},
        )
        code = await carry_out(cluster, act, namespace_of(cluster, scope), timeout if wait else None) if waiting else 0
        return max(code, changed)


def _waiting(bodies: Sequence[Body], scope: Scope, *, told: bool) -> Waiting:
    """Return the PLCs that are held, and say of the others, where they are named, why they are not meant.

    Raises:
        Unhandled: The operator has not looked at one since it changed.
    """
    waiting: Waiting = {}
    for body in bodies:
        found, name = release_of(body), which(key_of(body), namespaces=scope.all_namespaces)
        if found is not None and found.held and not is_current(body):
            raise Unhandled(f"{name}: the operator has not looked at it since it changed; try again in a moment")
        if found is not None and found.held and found.wanted:
            waiting[found.key] = found
        elif told:
            print_line(f"{name}: {_why_not(found)}")
    if not waiting and not told:
        sys.stderr.write("No PLC is held by a rollout there.\n")
    return waiting


def _why_not(found: Release | None) -> str:
    if found is None:
        return "no rollout leads it: it holds what Git wants, or is corrected to that"
    if not found.wanted:
        return f"what Git wants of it is not known: {found.message}"
    return "it is released already"


async def _changed(cluster: Cluster, waiting: Waiting, names: Sequence[str], scope: Scope) -> int:
    """Take out the PLCs of which Git wants something else by now, and say so; return 1 where there is one."""
    now = {key_of(body): release_of(body) for body in await selected(cluster, names, scope)}
    wanted = {key: (each.uid, each.wanted) for key, each in now.items() if each}
    changed = [key for key, each in waiting.items() if wanted.get(key) != (each.uid, each.wanted)]
    for key in changed:
        del waiting[key]
        name = which(key, namespaces=scope.all_namespaces)
        complain(f"fabctl: {name}: Git wants something else of it by now: it was not released; look again")
    return int(bool(changed))


def _answer(body: Body, before: Release) -> Answer | None:
    now = release_of(body)
    if now is None:
        return Answer("no rollout leads it any more")
    if now.wanted != before.wanted:
        return Answer("Git wants something else of it by now, so it stays held; look again", fine=False)
    if now.permit != before.permit_by_hand and now.held:
        return None
    return Answer(f"released{f': {now.message}' if now.message else ''}")


def _question(waiting: Waiting, scope: Scope) -> str:
    keys = sorted(waiting)
    if len(keys) > 3:
        return f"Release {len(keys)} PLCs, so that this is written"
    named_ = ", ".join(which(key, namespaces=scope.all_namespaces) for key in keys)
    return f"Release {named_}, so that this is written"
