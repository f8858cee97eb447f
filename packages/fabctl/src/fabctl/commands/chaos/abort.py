"""`fabctl chaos abort`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.chaos.experiments import experiment
from fabctl.cluster import connected
from fabctl.commands.acting import carry_out, which
from fabctl.commands.chaos.ending import act
from fabctl.commands.selecting import check_which, namespace_of, nothing_found, selected
from fabctl.names import EXPERIMENT, named
from fabctl.options import HERE_ALL, Names, Scope
from fabctl.render import show_table
from fabctl.render.experiments import experiments_table
from fabctl.render.shapes import print_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.chaos.experiments import Experiment


async def abort(
    *names: Names,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    wait: Annotated[bool, Parameter(negative="--no-wait", help="Wait until they are over.")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    scope: Scope = HERE_ALL,
) -> int:
    """End experiments now, and take back what they have injected. It does not ask; nothing takes it back.

    It is waited for until they are over: 30 s at most after whoever injects was heard of last. Nothing that has a lease
    is left then; a register that plcDrift has set may be so yet where its mock does not answer, and that is said. Exit
    code 6 where they are not over in time.

    Args:
        names: Experiments, also as chaos/NAME.
        all_: All of the namespace that are not over (with -A of all namespaces, with -l those with these labels).
        wait: Whether to wait until they are over.
        timeout: For how many seconds.
        dry_run: Show what would be ended, and do nothing.
        scope: Which cluster, and which of its experiments.
    """
    wanted = named(names, EXPERIMENT)
    check_which("chaos abort", wanted, scope, all_=all_, kind=EXPERIMENT)
    async with connected(scope) as cluster:
        found = [experiment(body) for body in await selected(cluster, wanted, scope, EXPERIMENT)]
        if not found:
            sys.stderr.write(nothing_found(cluster, scope, EXPERIMENT) + "\n")
            return 0
        going = _going(found, namespaces=scope.all_namespaces, told=bool(wanted))
        if dry_run and going:
            namespaces = scope.all_namespaces
            show_table(experiments_table(going, wide=False, namespaces=namespaces, now=datetime.now(UTC)))
            print_line("nothing was ended (--dry-run)")
        if dry_run or not going:
            return 0
        return await carry_out(cluster, act(going), namespace_of(cluster, scope), timeout if wait else None)


def _going(found: Sequence[Experiment], *, namespaces: bool, told: bool) -> list[Experiment]:
    """Return those that are not over, and say so of the others."""
    over = [each for each in found if each.is_over]
    for each in over if told else ():
        print_line(f"{which(each.key, namespaces=namespaces)}: it is over already, {each.phase}, {each.verdict}")
    if not told and len(over) == len(found):
        sys.stderr.write("None of them is going on.\n")
    return [each for each in found if not each.is_over]
