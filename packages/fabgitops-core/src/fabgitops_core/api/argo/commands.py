"""What somebody wants who patches the status of a Rollout, as the kubectl plugin and the actions of Argo CD do.

Argo Rollouts has no annotations for words of people: its tools clear pause conditions, set abort, and so on. Each such
patch comes to the same word as an annotation of ours says, which names the revision, so it is carried out once.
"""

from typing import NamedTuple

from fabgitops_core.api.argo.status import ArgoRolloutStatus, ArgoWeights
from fabgitops_core.api.meta import rfc3339
from fabgitops_core.api.rollout.marks import ACTIVE_STEP, PREVIEW_STEP, SKIP
from fabgitops_core.api.rollout.status import BlueGreenStatus, CanaryStatus, RolloutStatus, Weights

FULL = "full"


class Wanted(NamedTuple):
    """The words, as the annotations of the same names say them; "" where nobody says one."""

    promote: str = ""
    abort: str = ""
    retry: str = ""


NOTHING = Wanted()


def commands_in(said: RolloutStatus, found: ArgoRolloutStatus) -> Wanted:
    """Return what somebody wants who made of a status that we wrote the one that is there.

    An abort goes before all else: whoever says that is to be heard whatever another says.

    Args:
        said: What we said of it last.
        found: The status as it is now.
    """
    current = said.current_pod_hash
    if not current:
        return NOTHING
    if found.abort and not said.abort:
        return Wanted(abort=current)
    if found.promote_full and not said.promote_full:
        return Wanted(promote=f"{current}/{FULL}")
    if said.abort and not found.abort:
        return Wanted(retry=f"{current}/{rfc3339(said.aborted_at)}") if said.aborted_at else NOTHING
    return _past(said, found)


def _past(said: RolloutStatus, found: ArgoRolloutStatus) -> Wanted:
    """Return whether it is to go past what it waits for, a pause or a preview, or past a step that does not wait.

    The plugin leads past all steps at once by an old flag, for which it says to promote in full instead.
    """
    current, index = said.current_pod_hash, said.current_step_index
    beyond = (found.current_step_index or 0) - (index or 0)
    if index is not None and beyond > 1:
        return Wanted(promote=f"{current}/{FULL}")
    if said.pause_conditions and (beyond == 1 or not found.pause_conditions):
        return Wanted(promote=f"{current}/{_stop(said) if index is None else index}")
    return Wanted(promote=f"{current}/{index}/{SKIP}") if index is not None and beyond == 1 else NOTHING


def _stop(said: RolloutStatus) -> str:
    """Return at which of its two stops a blue-green waits, which has no steps."""
    return ACTIVE_STEP if said.blue_green.active_selector == said.current_pod_hash else PREVIEW_STEP


def read(found: ArgoRolloutStatus) -> tuple[RolloutStatus, Wanted]:
    """Return what a Rollout goes on from, and what somebody wants of it.

    A status without a field of ours was written by Argo Rollouts, and so was one with other revisions than were said
    here, which no tool patches: where that had got to is where we go on.
    """
    said = found.fabgitops
    if said is not None and (said.current_pod_hash, said.stable_rs) == (found.current_pod_hash, found.stable_rs):
        return said, commands_in(said, found)
    return _adopted(found, said or RolloutStatus()), NOTHING


def _adopted(found: ArgoRolloutStatus, before: RolloutStatus) -> RolloutStatus:
    """Return where Argo Rollouts had got to: the proven revision, the step, the waits, and what was given up.

    What we have decided before that stays noted, and is told.
    """
    return RolloutStatus(
        decisions=before.decisions,
        outbox=before.outbox,
        untold=before.untold,
        current_pod_hash=found.current_pod_hash,
        stable_rs=found.stable_rs,
        current_step_index=found.current_step_index,
        pause_conditions=found.pause_conditions or (),
        controller_pause=found.controller_pause,
        abort=found.abort,
        aborted_at=found.aborted_at,
        promote_full=found.promote_full,
        collision_count=max(found.collision_count or 0, 0),
        selector=found.selector,
        canary=CanaryStatus(weights=_weights(found.canary.weights)),
        blue_green=BlueGreenStatus(
            active_selector=found.blue_green.active_selector,
            preview_selector=found.blue_green.preview_selector,
            scale_up_preview_check_point=found.blue_green.scale_up_preview_check_point,
        ),
    )


def _weights(found: ArgoWeights | None) -> Weights | None:
    """Return the weights that routes have; None where it is not said of which revisions."""
    if found is None or not (found.canary.pod_template_hash and found.stable.pod_template_hash):
        return None
    return Weights(canary=found.canary, stable=found.stable)


def kept_in(status: ArgoRolloutStatus, wanted: Wanted) -> ArgoRolloutStatus:
    """Return a status in which somebody's word still stands, as a patch of theirs would say it: it is not heard yet."""
    if wanted.abort or wanted.retry:
        return status.model_copy(update={"abort": bool(wanted.abort)})
    if wanted.promote.endswith(f"/{FULL}"):
        return status.model_copy(update={"promote_full": True})
    if not wanted.promote:
        return status
    index = status.current_step_index
    further = {} if index is None or status.pause_conditions else {"current_step_index": index + 1}
    return status.model_copy(update={"pause_conditions": None, **further})
