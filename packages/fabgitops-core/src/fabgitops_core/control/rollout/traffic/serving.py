"""Which revisions the Services of a canary select whose share is one of pods: none without pods where others have some.

The stable Service leaves the proven revision before the last pods of that go, and comes back to it when it has some.
"""

from collections.abc import Iterable, Iterator, Mapping

from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.revisions import proving
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic.reaching import last_resort, reached
from fabgitops_core.control.rollout.view import Look


def selectors(look: Look, state: RolloutState, counts: Mapping[str, int]) -> Mapping[str, str]:
    """Return which revision each Service is to select now.

    Args:
        look: What is there.
        state: The rollout.
        counts: How many pods each revision is to have now.
    """
    way, stable = look.way, state.status.stable_rs or look.hash
    if not isinstance(way, Canary):
        return {}
    if holding.is_lost(look, state):
        return dict(_rescued(look, state, way))
    held = holding.ceiling(look, state)
    new = stable if state.status.abort or (held is not None and not held.selected) else look.hash
    pairs = ((way.stable_service, stable), (way.canary_service, new))
    order = _order(look, state.status, stable, is_last=new != look.hash)
    return {name: _served(look, counts, (wanted, *order)) or stable for name, wanted in pairs if name}


def _rescued(look: Look, state: RolloutState, way: Canary) -> Iterator[tuple[str, str]]:
    """Give the Services that lead to no pod that is seen, while the proven revision is lost: an older one has some."""
    last = last_resort(look, state)
    for name in (way.stable_service, way.canary_service):
        if name and last and (child := look.service(name)) is not None and not reached(look, child):
            yield name, last


def _order(look: Look, status: RolloutStatus, stable: str, *, is_last: bool) -> tuple[str, ...]:
    """Return the revisions that may stand in for one without pods: one that is held, or given up, is the last."""
    rest = [each.hash for each in proving.in_order(status, look.older(stable))]
    return (stable, *rest, look.hash) if is_last else (stable, look.hash, *rest)


def _served(look: Look, counts: Mapping[str, int], order: Iterable[str]) -> str:
    """Return the first revision that has pods and keeps some, else the first that has any; "" where none has."""
    have = [hash_ for hash_ in order if (found := look.revision(hash_)) is not None and found.available]
    keep = (hash_ for hash_ in have if counts.get(hash_))
    return next(keep, have[0] if have else "")
