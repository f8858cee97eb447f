"""The share that the new version really has: of requests, of users, or else of the pods."""

from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.switching import active
from fabgitops_core.control.rollout.view import Look


def weight_of(look: Look, state: RolloutState) -> int:
    """Return the share that the new version really has, of a hundred."""
    if isinstance(look.way, BlueGreen):
        return 100 if active(look) == look.hash else 0
    if (share := traffic.share_now(look, state)) is not None:
        return share
    current = look.revision(look.hash)
    total = sum(each.available for each in look.revisions)
    return round(100 * current.available / total) if current and total else 0
