"""`fabctl rollout approve`."""

from __future__ import annotations

from fabctl.asking import ASKING, Asking
from fabctl.commands.acting import Answer
from fabctl.commands.rollout.saying import NothingToSay, Speech, Timeout, Wait, Word, say
from fabctl.errors import Unhandled
from fabctl.marks import APPROVE, APPROVED_BY
from fabctl.names import ROLLOUT
from fabctl.options import HERE, Connection, Names
from fabctl.render.waves import plan_sections
from fabctl.rollouts import RolloutView, rollout_view


async def approve(
    name: Names,
    /,
    *,
    digest: str | None = None,
    wait: Wait = True,
    timeout: Timeout = 60.0,
    asking: Asking = ASKING,
    connection: Connection = HERE,
) -> int:
    """Agree to the plan of a rollout whose first wave waits for that (approval: Manual), after showing it.

    It is agreed to what is shown and to nothing else: where Git changes again, somebody is asked again.

    Args:
        name: The rollout, also as spr/NAME.
        digest: Agree only if this is the plan that waits.
        wait: Whether to wait until the operator has heard of it.
        timeout: For how many seconds.
        asking: Whether to ask, and whether to do anything at all.
        connection: Which cluster, and where in it.
    """
    return await say(
        name,
        {ROLLOUT: Speech(rollout_view, lambda rollout, user: _word(rollout, user, digest))},
        asking,
        connection,
        timeout if wait else None,
        signed=True,
        unless="its template is agreed to in Git; what waits goes on by fabctl rollout promote",
    )


def _word(rollout: RolloutView, user: str, digest: str | None) -> Word[RolloutView]:
    plan = rollout.plan
    if not rollout.waits_for_a_yes or plan is None:
        raise NothingToSay("nothing waits for a yes")
    if digest not in {None, plan.hash}:
        raise Unhandled(f"{rollout.name}: the plan that waits is {plan.hash}, not {digest}: look at it with --dry-run")

    def answer(now: RolloutView) -> Answer | None:
        if now.plan is None or now.plan.hash != plan.hash:
            return Answer("the plan changed before the operator took the yes; look again", fine=False)
        return Answer(f"agreed to by {now.plan.approved_by}: {plan.sentence}") if now.plan.approved_by else None

    return Word(
        {APPROVE: plan.hash, APPROVED_BY: user},
        tuple(plan_sections(rollout, plan, None, wide=False)),
        f"Agree as {user}, {plan.sentence} by {rollout.namespace}/{rollout.name}",
        f"{rollout.name}: nothing was agreed to",
        f"fabctl rollout approve {rollout.name} --digest {plan.hash}",
        f"agreed to as {user}, plan {plan.hash}",
        answer,
    )
