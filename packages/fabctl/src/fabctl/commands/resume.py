"""`fabctl resume`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import ASKING, Asking, Deed
from fabctl.cluster import connected
from fabctl.commands.acting import Act, Answer, carry_out, which
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, selected, typed
from fabctl.marks import SUSPEND
from fabctl.model import Status, view
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.render import show_table
from fabctl.render.shapes import print_line
from fabctl.render.suspending import named_shortly, resumed_table

if TYPE_CHECKING:
    from fabctl.fields import Body
    from fabctl.model import View

_BY_GIT = "suspended by Git: set spec.suspend to false there"
_NOT_LOOKED_AT = {Status.SUSPENDED, Status.PENDING, Status.CONNECTING, Status.UPDATING}


async def resume(
    *names: Names,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    wait: Annotated[bool, Parameter(negative="--no-wait")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    asking: Asking = ASKING,
    scope: Scope = HERE_ALL,
) -> int:
    """Look after PLCs again that fabctl suspend left alone, and say how each stands; their drift may be corrected.

    Exit code 1 when one of them stays suspended, for Git says so, too.

    Args:
        names: PLCs, also as plc/NAME.
        all_: All that are suspended in the namespace (with -A in all namespaces, with -l those with these labels).
        wait: Wait until the operator has looked at them.
        timeout: Seconds to wait for the operator.
        asking: Whether to ask, and whether to do anything at all.
        scope: Which cluster, and which of its PLCs.
    """
    wanted = named(names)
    check_which("resume", wanted, scope, all_=all_)
    async with connected(scope) as cluster:
        found = list(map(view, await selected(cluster, wanted, scope)))
        if not found:
            sys.stderr.write(nothing_found(cluster, scope) + "\n")
            return 0
        plcs, left = _resumable(found, scope, told=bool(wanted))
        if not plcs:
            return left
        show_table(resumed_table(plcs, namespaces=scope.all_namespaces))
        many = named_shortly(plcs, namespace_of(cluster, scope))
        deed = Deed(f"Resume {many}", "nothing was resumed", typed("resume", wanted, scope))
        if (code := asking.declined(deed)) is not None:
            return code
        act = Act({plc.key: {SUSPEND: None} for plc in plcs}, "asked to be resumed", _answer)
        code = await carry_out(cluster, act, namespace_of(cluster, scope), timeout if wait else None)
        return max(code, left)


def _resumable(found: list[View], scope: Scope, *, told: bool) -> tuple[list[View], int]:
    """Return those that fabctl has suspended, and say of the others, where they are meant by name, why they are not.

    The exit code that these lead to comes with them.
    """
    plcs = [plc for plc in found if plc.suspended_for is not None]
    others = [plc for plc in found if plc.suspended_for is None]
    for plc in others if told else ():
        print_line(
            f"{which(plc.key, namespaces=scope.all_namespaces)}: {_BY_GIT if plc.suspend else 'it is not suspended'}"
        )
    if not told and not plcs:
        sys.stderr.write("Nothing is suspended by fabctl there.\n")
    return plcs, int(told and any(plc.suspend for plc in others))


def _answer(plc: View, _: Body) -> Answer | None:
    if plc.suspend:
        return Answer(f"still {_BY_GIT}", fine=False)
    if plc.suspended_for is not None or plc.status in _NOT_LOOKED_AT:
        return None
    return Answer(f"resumed, {plc.status}" + (f": {plc.message}" if plc.message else ""))
