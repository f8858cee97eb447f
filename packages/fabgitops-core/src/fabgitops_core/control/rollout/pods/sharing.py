"""How many pods each revision is to have now, where the share of pods is the share of requests."""

from collections.abc import Mapping

from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.pods.counts import basic, older, split
from fabgitops_core.control.rollout.pods.sides import NOBODY, together
from fabgitops_core.control.rollout.pods.sparing import spared
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look, Revision
from fabgitops_core.control.rollout.ways.sofar import ALL, share


def counts(look: Look, state: RolloutState, current: Revision) -> Mapping[str, int]:
    """Return them by the hashes of the revisions; `current` is the declared one."""
    stable_hash, held = state.status.stable_rs, holding.ceiling(look, state)
    stable, wanted = look.revision(stable_hash), None
    if held is not None and stable is None:  # nobody stands in for others: all stay as they are
        most = {} if state.status.abort else {current.hash: holding.within(held, look.n, look.n)}
        return spared(look.revisions, most, look.n - look.limits.unavailable)
    if stable is None or stable is current:
        proven, weight = None, ALL
    else:
        proven, weight = stable, share(look, state)
        if held is not None and not state.status.abort:
            wanted = holding.sides(held, look.n, split(look.n, weight, look.limits), stable.side, look.limits)
    rest = look.older(stable_hash)
    sides = (current.side, *([proven.side] if proven else []))
    kept = older(look.n, look.limits, [each.side for each in rest], *sides)
    others = together(*(each.side for each in rest)) if rest else NOBODY
    now = basic(look.n, weight, look.limits, current.side, proven.side if proven else None, others, wanted=wanted)
    found = {each.hash: count for each, count in zip(rest, kept, strict=True)}
    found[look.hash] = now.canary
    if proven is not None:
        found[proven.hash] = now.stable
    return found
