"""`fabctl suspend`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import ASKING, Asking, Deed, reason_of
from fabctl.cluster import connected
from fabctl.commands.acting import Act, Answer, carry_out
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, selected, typed
from fabctl.marks import SUSPEND
from fabctl.model import Status, view
from fabctl.names import named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.render import show_table
from fabctl.render.suspending import named_shortly, suspended_table

if TYPE_CHECKING:
    from fabctl.fields import Body
    from fabctl.model import View

_NOT_IN_FORCE = {Status.INVALID, Status.NO_TEMPLATE}


async def suspend(
    *names: Names,
    reason: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    wait: Annotated[bool, Parameter(negative="--no-wait")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    asking: Asking = ASKING,
    scope: Scope = HERE_ALL,
) -> int:
    """Leave PLCs alone, neither read nor written, until fabctl resume: beside Git, which does not undo it.

    Args:
        names: PLCs, also as plc/NAME.
        reason: Why, for everybody who looks at them: up to 256 characters.
        all_: All PLCs of the namespace (with -A of all namespaces, with -l those with these labels).
        wait: Wait until the operator leaves them alone.
        timeout: Seconds to wait for the operator.
        asking: Whether to ask, and whether to do anything at all.
        scope: Which cluster, and which of its PLCs.
    """
    wanted, because = named(names), reason_of(reason, "belt is changed")
    check_which("suspend", wanted, scope, all_=all_)
    async with connected(scope) as cluster:
        plcs = list(map(view, await selected(cluster, wanted, scope)))
        if not plcs:
            sys.stderr.write(nothing_found(cluster, scope) + "\n")
            return 0
        show_table(suspended_table(plcs, because, namespaces=scope.all_namespaces))
        many = named_shortly(plcs, namespace_of(cluster, scope))
        deed = Deed(f"Suspend {many}", "nothing was suspended", typed("suspend", wanted, scope, "--reason", because))
        if (code := asking.declined(deed)) is not None:
            return code
        act = Act({plc.key: {SUSPEND: because} for plc in plcs}, "asked to be suspended", _answer)
        return await carry_out(cluster, act, namespace_of(cluster, scope), timeout if wait else None)


def _answer(plc: View, _: Body) -> Answer | None:
    if plc.status is Status.SUSPENDED:
        return Answer(plc.message or "suspended")
    if plc.status in _NOT_IN_FORCE:
        return Answer(f"left alone already, and suspended once that is mended: {plc.message or plc.status}")
    return None
