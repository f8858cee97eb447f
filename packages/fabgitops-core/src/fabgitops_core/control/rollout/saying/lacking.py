"""Which revision has too few available pods: how many it has, and how many it needs."""

from collections.abc import Iterator

from fabgitops_core.control.rollout.pods.weights import needed
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import standing as traffic
from fabgitops_core.control.rollout.traffic.rerouting import routed
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.deadline import ends


def of_pods(look: Look, state: RolloutState) -> str:
    """Return which revisions have fewer available pods than they are to have in the end, for the end of a sentence."""
    return _told(look, {each.hash: count for count, each in ends(look, state)})


def of_weights(look: Look, state: RolloutState) -> str:
    """Return which revisions have fewer available pods than the weights need that routes are to have."""
    return _told(look, dict(_needed(look, state)))


def _needed(look: Look, state: RolloutState) -> Iterator[tuple[str, int]]:
    if (by := routed(look)) is None:
        return
    most, aim = by.routing.max_traffic_weight, traffic.aim_of(look, state, by)
    if aim.canary != aim.stable:
        yield aim.canary, needed(look.n, aim.weight, most)
    yield aim.stable, needed(look.n, most - aim.weight, most)


def _told(look: Look, counts: dict[str, int]) -> str:
    found = [(look.revision(hash_), count) for hash_, count in counts.items()]
    short = (
        f"revision {each.number} ({each.hash}) has {each.available} available, and needs {count}"
        for each, count in found
        if each is not None and each.available < count
    )
    return "".join(f"; {each}" for each in short)
