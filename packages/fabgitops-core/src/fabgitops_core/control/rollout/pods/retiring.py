"""The pods that a Deployment has of its own, whose place those of a Rollout take: ever fewer, and never too few."""

from fabgitops_core.api.rollout.workload import ScaleDown
from fabgitops_core.control.rollout import records
from fabgitops_core.control.rollout.pods.sides import together
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look


def left(look: Look, state: RolloutState) -> int | None:
    """Return how many pods the Deployment is to keep now; None where it keeps those that it has.

    With those of the Rollout that are available there are never fewer than are wanted by what is done here. On success
    is when a version is out; whoever gives the Deployment pods again after that loses them again.
    """
    ref, child = look.spec.workload_ref, look.workload
    if ref is None or child is None or ref.scale_down is ScaleDown.NEVER:
        return None
    has = records.number_of(child, records.SPEC)
    available = together(*(each.side for each in look.revisions)).available
    lacks = max(look.n - available, 0)
    is_out = state.status.finished_at is not None and state.status.stable_rs == look.hash
    if ref.scale_down is ScaleDown.ON_SUCCESS and (not is_out or lacks):
        return None
    return lacks if lacks < has else None
