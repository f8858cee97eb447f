"""Which revisions Services are to select now, where no routes share requests out: of a blue-green, or of a canary."""

from collections.abc import Iterator, Mapping

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.rollout.kinds import SERVICE
from fabgitops_core.control.rollout.pods import sharing
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic import leaving, serving, switching
from fabgitops_core.control.rollout.traffic.rerouting import routed
from fabgitops_core.control.rollout.view import Look


def wanted(look: Look, state: RolloutState) -> Mapping[str, str]:
    """Return them by the names of the Services."""
    current = look.revision(look.hash)
    if current is None or routed(look) is not None:
        return {}
    if isinstance(look.way, BlueGreen):
        return leaving.selecting(look, state, switching.selectors(look, state))
    counts = leaving.kept(look, state, sharing.counts(look, state, current))
    return leaving.selecting(look, state, serving.selectors(look, state, counts))


def standing(look: Look, state: RolloutState) -> Iterator[tuple[Key, str, bool]]:
    """Give each Service that is to select a revision, which one, and whether it does."""
    for name, hash_ in wanted(look, state).items():
        if (found := switching.selects(look, name)) is not None:
            yield Key(SERVICE.name, look.key.namespace, name), hash_, found == hash_
