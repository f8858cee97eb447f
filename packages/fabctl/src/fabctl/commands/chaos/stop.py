"""`fabctl chaos stop`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import ASKING, Asking, Deed
from fabctl.chaos.experiments import experiment
from fabctl.chaos.guarding import NAME, policy
from fabctl.cluster import connected
from fabctl.commands.acting import carry_out
from fabctl.commands.chaos.ending import act
from fabctl.commands.chaos.looking import the_policy
from fabctl.errors import FAILED, Denied, FabctlError
from fabctl.gitops import kept_by
from fabctl.names import CHAOS_POLICY, EXPERIMENT
from fabctl.options import HERE, Connection
from fabctl.render import Section, show_sections
from fabctl.render.experiments import experiments_table
from fabctl.render.shapes import print_line
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fabctl.chaos.experiments import Experiment
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body

OFF = {"spec": {"enabled": False}}
AGAIN = """kubectl patch chaospolicy default --type merge -p '{"spec":{"enabled":true}}'"""


async def stop(
    *,
    wait: Annotated[bool, Parameter(negative="--no-wait", help="Wait until all are over.")] = True,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Stop all chaos in the cluster: none begins any more, and each experiment in each namespace ends now.

    The ChaosPolicy gets enabled: false, which alone ends all that run, and each is told to end besides. Exit code 0
    when all are over, also those that you may not tell to end, 6 when nobody has said so in time, 4 where you may not
    touch the policy, or not see the experiments; all that is allowed is done all the same.

    Args:
        wait: Whether to wait until all are over.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster.
    """
    async with connected(connection) as cluster:
        before, going = await _policy(cluster), await _going(cluster)
        show_sections([_section(before), _running(going)])
        many = (
            f"{len(going)} experiment{'' if len(going) == 1 else 's'}" if isinstance(going, list) else "all experiments"
        )
        deed = Deed(f"Stop all chaos, and end {many}", "nothing was stopped", "fabctl chaos stop")
        if (code := asking.declined(deed)) is not None:
            return code
        denied = await _switched_off(cluster, before)
        there = bool(going)
        # Once more: one may have begun while somebody looked.
        going = await _going(cluster)
        if isinstance(going, FabctlError):
            complain(f"fabctl: what is going on is not known, and nothing was told to end: {going}")
            return going.code
        ends = act(going, "" if denied else "not told to end, but ends, for no ChaosPolicy allows it")
        code = await carry_out(cluster, ends, None, timeout if wait else None) if going else 0
        _say(going, before, code, denied=denied, wait=wait, there=there)
        return code or denied


async def _policy(cluster: Cluster) -> Body | FabctlError | None:
    try:
        return await the_policy(cluster)
    except Denied as error:
        return error


async def _going(cluster: Cluster) -> list[Experiment] | FabctlError:
    """Return the experiments of all namespaces that are not over, or why they may not be seen."""
    try:
        found = map(experiment, await cluster.list_objects(None, kind=EXPERIMENT))
    except Denied as error:
        return error
    return [each for each in found if not each.is_over]


async def _switched_off(cluster: Cluster, before: Body | FabctlError | None) -> int:
    """Switch off the policy, and return the exit code of that; what may not be done keeps nothing else from it."""
    if before is None or (not isinstance(before, FabctlError) and not policy(before).enabled):
        return 0
    try:
        await cluster.patch(("", NAME), OFF, CHAOS_POLICY)
    except FabctlError as error:
        complain(f"fabctl: the ChaosPolicy stays as it is, so that experiments may begin: {error}")
        return error.code
    print_line("ChaosPolicy: enabled: false; nothing begins any more")
    return 0


def _section(before: Body | FabctlError | None) -> Section:
    if isinstance(before, FabctlError):
        return Section("", (("ChaosPolicy", f"not known: {before}"),))
    if before is None:
        return Section("", (("ChaosPolicy", "there is none, so nothing begins"),))
    if not policy(before).enabled:
        return Section("", (("ChaosPolicy", "enabled: false already"),))
    keeper = kept_by(before)
    also = (("Beware", f"{keeper} keeps it as Git has it: set enabled: false there, too"),) if keeper else ()
    return Section("", (("ChaosPolicy", "enabled: true, will be false"), *also))


def _running(going: Sequence[Experiment] | FabctlError) -> Section:
    if isinstance(going, FabctlError):
        return Section("", (("Experiments", f"not known: {going}"),))
    if not going:
        return Section("", (("Experiments", "none is going on"),))
    table = experiments_table(going, wide=False, namespaces=True, now=datetime.now(UTC))
    return Section(f"To be ended ({len(going)})", table)


def _say(
    going: Sequence[Experiment],
    before: Body | FabctlError | None,
    code: int,
    *,
    denied: int,
    wait: bool,
    there: bool,
) -> None:
    """Say in the end what all of it came to."""
    if code == FAILED or denied:
        complain("fabctl: not all of it could be stopped: see above")
    elif code == 0 and (wait or not going):
        print_line("all chaos is over" if going or there else "no chaos was going on")
    if not denied and before is not None:
        print_line(f"to allow it again: {AGAIN}")
