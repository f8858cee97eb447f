"""`fabctl rollout undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.asking import ASKING, Asking, Deed
from fabctl.cluster import connected
from fabctl.commands.rollout import words
from fabctl.commands.rollout.finding import find, meant, only
from fabctl.commands.rollout.owned import owned
from fabctl.commands.rollout.saying import Speech, Timeout, Wait, say
from fabctl.errors import Unhandled, UsageError
from fabctl.fields import mapping
from fabctl.gitops import kept_by
from fabctl.names import WORKLOAD
from fabctl.options import HERE, Connection, Names
from fabctl.render import Section, Table, show_sections
from fabctl.render.shapes import print_line
from fabctl.render.workloads import head
from fabctl.undoing import NoWayBack, earlier, fields, going_back
from fabctl.workloads import workload_view

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.revisions import Revision
    from fabctl.workloads import WorkloadView

_BY_GIT = "set-points go back by Git: revert the commit; fabctl rollout abort puts back what is under way"


async def undo(
    name: Names,
    /,
    *,
    to_revision: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    force: Annotated[bool, Parameter(negative="")] = False,
    hold: Annotated[bool, Parameter(negative="")] = False,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Go back to an earlier revision of a workload: its template is declared again.

    It goes by the steps, but for the stable revision and those within the rollbackWindow, which skip them. A revision
    that was never proven, or was given up since, is no way back: it is refused without --force.
    Where Git keeps the Rollout (Argo CD, Flux) nothing is written, since it would be taken back: it is said what has to
    be reverted there, with exit code 1; likewise where a Deployment has its template (spec.workloadRef). Until then
    --hold keeps the revision that is under way rejected.

    Args:
        name: The rollout of a workload, also as rollout/NAME.
        to_revision: The number of the revision, as fabctl rollout history has it; without it the last that was proven
            before.
        force: Let --to-revision name one that was never proven, or was given up since.
        hold: Give up the revision that is under way, so that it stays rejected; Git may go on wanting it.
        wait: Whether to wait, with --hold, until the operator has heard of it.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster, and where in it.
    """
    if hold and to_revision is not None:
        raise UsageError("--hold goes back to the stable revision: leave out --to-revision")
    if force and to_revision is None:
        raise UsageError("--force is for a revision that --to-revision names")
    if hold:
        speeches = {WORKLOAD: Speech(workload_view, lambda rollout, _: words.abort(rollout))}
        return await say(name, speeches, asking, connection, timeout if wait else None, unless=_BY_GIT)
    async with connected(connection) as cluster:
        kind, body = await find(cluster, meant(name))
        only(WORKLOAD, kind, workload_view(body).name, _BY_GIT)
        return await _undo(cluster, body, to_revision, asking, force=force)


async def _undo(cluster: Cluster, body: Body, number: int | None, asking: Asking, *, force: bool) -> int:
    rollout = workload_view(body)
    if rollout.is_unseen:
        raise Unhandled(f"{rollout.name}: the operator has not looked at it since it changed; try again in a moment")
    back = await _earlier(cluster, body, number, force=force)
    show_sections(_shown(body, back))
    _check_own(rollout, kept_by(body), back)
    to = f" --to-revision {number}{' --force' if force else ''}" if number is not None else ""
    question = f"Let {rollout.namespace}/{rollout.name} go back to revision #{back.number}"
    deed = Deed(question, f"{rollout.name}: nothing was undone", f"fabctl rollout undo {rollout.name}{to}")
    if (code := asking.declined(deed)) is not None:
        return code
    now = await cluster.get(rollout.name, WORKLOAD)
    if _what(now) != _what(body) or kept_by(now):
        raise Unhandled(f"{rollout.name}: it changed while you looked at it: nothing was undone; look again")
    await cluster.patch(rollout.key, going_back(now, back), WORKLOAD)
    print_line(
        f"{rollout.name}: it is to have the template of revision #{back.number} again: "
        f"fabctl rollout status {rollout.name} -w"
    )
    return 0


def _check_own(rollout: WorkloadView, keeper: str, back: Revision) -> None:
    """Refuse to declare a template that is not the Rollout's own to keep.

    Raises:
        Unhandled: GitOps keeps it, or it is that of another object.
    """
    revert = f"git revert the commit that brought revision #{rollout.revision}"
    still = f"; until then fabctl rollout undo {rollout.name} --hold rejects it"
    more = still if rollout.under_way and not rollout.aborted else ""
    if rollout.reference:
        kind, _, name = rollout.reference.partition(" ")
        command = f"kubectl rollout undo {kind.lower()}/{name} -n {rollout.namespace} --to-revision N"
        raise Unhandled(
            f"{rollout.name}: its pods are those of the {rollout.reference} (spec.workloadRef), whose template is to "
            f"be that of revision #{back.number} again: {command} (as kubectl rollout history numbers it), "
            f"or where Git keeps that, {revert}{more}"
        )
    if keeper:
        raise Unhandled(f"{rollout.name}: {keeper} keeps it as Git has it, and would take this back: {revert}{more}")


async def _earlier(cluster: Cluster, body: Body, number: int | None, *, force: bool) -> Revision:
    rollout = workload_view(body)
    found = await owned(cluster, body, pods=False)
    if found.missing:
        raise Unhandled(f"{rollout.name}: its revisions are not known: {'; '.join(found.missing.values())}")
    try:
        return earlier(rollout, found.of(rollout.uid), number, force=force)
    except NoWayBack as why:
        raise Unhandled(f"{rollout.name}: {why}") from None


def _shown(body: Body, back: Revision) -> list[Section]:
    changes = fields(body, back)
    table = Table("", ("Field", "Declared", "Goes back to"), changes)
    rollout = workload_view(body)
    then = ("Then", f"the template of revision #{back.number} ({back.hash}) is declared again")
    other = (("images", "none changes; what else differs in the template goes back"),)
    changed = [] if rollout.reference else [Section("Changes", table if changes else other)]
    return [Section("", (*head(rollout), then)), *changed]


def _what(body: Body) -> tuple[object, ...]:
    """Return what has to be the same still when it is undone."""
    rollout = workload_view(body)
    return rollout.uid, rollout.hash, rollout.stable, mapping(body.get("spec")).get("template")
