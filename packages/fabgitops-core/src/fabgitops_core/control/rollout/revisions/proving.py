"""Which revisions were ever proven: a way back is one that carried all, and that was not given up since.

When a ReplicaSet was made says nothing of that: one that was judged bad was made before the next one, too. So it stands
in the status, in the same one as the promotion or the end that it follows from. What nobody knows to be proven, as what
Argo Rollouts has brought out, goes by its steps.
"""

from collections.abc import Iterable

from fabgitops_core.api.rollout.status import MAX_LOST, MAX_PROVEN, RolloutStatus
from fabgitops_core.control.rollout.holding import UNKNOWN
from fabgitops_core.control.rollout.view import Look, Revision


def succeeded(look: Look, status: RolloutStatus) -> tuple[str, ...]:
    """Return what was proven before, when the declared revision takes the place of the proven one.

    Of a revision whose ReplicaSet is gone nothing is known any more.
    """
    before = dict.fromkeys((*without(status, status.stable_rs), status.stable_rs))
    kept = (each for each in before if each != look.hash and look.revision(each) is not None)
    return tuple(kept)[-MAX_PROVEN:]


def without(status: RolloutStatus, hash_: str) -> tuple[str, ...]:
    """Return what was proven before the proven revision, when another one is given up."""
    return tuple(each for each in status.proven if each != hash_)


def lost(status: RolloutStatus) -> tuple[str, ...]:
    """Return what was proven and is gone, when somebody does without the proven revision."""
    found = dict.fromkeys((*status.lost, status.stable_rs))
    return tuple(each for each in found if each != UNKNOWN)[-MAX_LOST:]


def in_order(status: RolloutStatus, older: Iterable[Revision]) -> list[Revision]:
    """Return revisions as they are to be preferred: what was proven last comes first, then the others, newest first."""
    newest = tuple(older)[::-1]
    proven = {each.hash: each for each in newest if each.hash in status.proven}
    last = [proven[hash_] for hash_ in reversed(status.proven) if hash_ in proven]
    return [*last, *(each for each in newest if each.hash not in proven)]
