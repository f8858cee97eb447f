"""How many pods each revision has while routes share requests out, and until when those stay that had some.

A revision keeps its pods while a Service may still send requests to it: as long as the routing names it, and as long as
what was decided last is not in force. After that they stay for a delay, so that no proxy that is late meets a pod that
is gone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from fabgitops_core.api.rollout.status import Ceiling
from fabgitops_core.control.rollout.aims import Routing
from fabgitops_core.control.rollout.holding import within
from fabgitops_core.control.rollout.pods.routed import Sizing, aborted, routed, sized
from fabgitops_core.control.rollout.pods.sides import Sides
from fabgitops_core.control.rollout.pods.sparing import spared
from fabgitops_core.control.rollout.pods.weights import needed
from fabgitops_core.control.rollout.traffic.rerouting import Routed
from fabgitops_core.control.rollout.view import Look, Revision
from fabgitops_core.control.rollout.ways.sofar import headers_at, scale_at, share_of


class Standing(NamedTuple):
    """How the routing stands.

    Args:
        routing: What was decided last; None while nothing was.
        in_force_at: When requests go by it; None while it is not accepted.
        step: At which step the rollout is.
        stable: The hash of the proven revision, "" for none.
        abort: Whether all goes back to it.
        ceiling: The most that the declared revision may have; None where nothing holds it.
        is_lost: Whether the proven revision is not there, though it should be.
    """

    routing: Routing | None
    in_force_at: datetime | None
    step: int
    stable: str
    abort: bool
    ceiling: Ceiling | None = None
    is_lost: bool = False

    def most(self, replicas: int, wanted: int) -> int:
        """Return how many pods the declared revision is to have of those that are wanted, as far as it is held."""
        return wanted if self.ceiling is None else within(self.ceiling, replicas, wanted)

    def is_in_force(self, look: Look) -> bool:
        """Return whether requests go by what was decided last."""
        return self.in_force_at is not None and look.at >= self.in_force_at

    def uses(self, hash_: str) -> bool:
        """Return whether a Service selects a revision, or is to."""
        return self.routing is None or hash_ in {self.routing.canary, self.routing.stable}


def sizing_of(by: Routed) -> Sizing:
    """Return what a strategy says of sizes."""
    way = by.way
    return Sizing(way.min_pods_per_replica_set, way.dynamic_stable_scale, by.routing.max_traffic_weight)


def wanted_size(look: Look, by: Routed, index: int) -> int:
    """Return how many pods the steps let the canary have for its weight at a step."""
    sizing = sizing_of(by)
    return sized(look.n, share_of(look.steps, index, sizing.max_weight), scale_at(look.steps, index), sizing)


def sizes(look: Look, by: Routed, stands: Standing) -> Mapping[str, int]:
    """Return how many pods each revision is to have now."""
    return spared(look.revisions, _by_weight(look, by, stands), look.n - look.limits.unavailable)


def _by_weight(look: Look, by: Routed, stands: Standing) -> Mapping[str, int]:
    """Return how many pods each revision is to have by the requests that it gets, and got."""
    current, stable = look.revision(look.hash), look.revision(stands.stable)
    counts = {each.hash: _old(look, by, stands, each) for each in look.older(stands.stable)}
    if current is None:
        return counts | ({stable.hash: max(stable.spec, look.n)} if stable else {})
    if stands.is_lost:
        rest = {each.hash: each.spec for each in look.older(stands.stable)}
        return {**rest, current.hash: current.spec if stands.abort else stands.most(look.n, look.n)}
    if stable is None or stable is current:
        return {**counts, current.hash: stands.most(look.n, look.n)}
    both = (_back if stands.abort else _on)(look, by, stands, current, stable)
    if not stands.is_in_force(look):
        least = current.spec if stands.uses(current.hash) else 0
        both = Sides(max(both.canary, least), max(both.stable, _least(by, stable)))
    return {**counts, current.hash: both.canary, stable.hash: both.stable}


def kept_until(look: Look, by: Routed, stands: Standing) -> Mapping[str, datetime | None]:
    """Return until when revisions stay that have had requests, and of which nothing is to be said any more."""
    return dict(_kept(look, by, stands))


def delay_of(by: Routed, look: Look, revision: Revision, stands: Standing) -> int | None:
    """Return how many seconds the pods of a revision stay that gets no requests any more; None for ever."""
    if revision.hash != look.hash:
        return by.way.old_stays
    way = by.way
    if way.dynamic_stable_scale and "abort_scale_down_delay_seconds" not in way.model_fields_set:
        return 0
    return way.abort_scale_down_delay_seconds or None


def _kept(look: Look, by: Routed, stands: Standing) -> Iterator[tuple[str, datetime | None]]:
    for each in look.revisions:
        goes = _goes(look, stands, each)
        if not goes or not each.spec:
            if each.down_at is not None:
                yield each.hash, None
            continue
        delay = delay_of(by, look, each, stands)
        if each.down_at is None and delay and each.available and _unused(look, stands, each):
            since = stands.in_force_at or look.at
            yield each.hash, since + timedelta(seconds=delay)


def _goes(look: Look, stands: Standing, revision: Revision) -> bool:
    """Return whether a revision is on its way out."""
    if revision.hash in {stands.stable, look.hash}:
        return stands.abort and revision.hash != stands.stable
    return True


def _unused(look: Look, stands: Standing, revision: Revision) -> bool:
    """Return whether no request goes to a revision any more."""
    return stands.is_in_force(look) and not stands.uses(revision.hash)


def _is_drained(look: Look, by: Routed, stands: Standing, revision: Revision) -> bool:
    """Return whether the pods of a revision may go: no request comes any more, and the delay is over."""
    if not _unused(look, stands, revision):
        return False
    delay = delay_of(by, look, revision, stands)
    if delay is None:
        return False
    return not delay or not revision.available or (revision.down_at is not None and look.at >= revision.down_at)


def _old(look: Look, by: Routed, stands: Standing, revision: Revision) -> int:
    """Return how many pods a superseded revision has."""
    serves = revision.available > 0 or stands.uses(revision.hash)
    return revision.spec if serves and not _is_drained(look, by, stands, revision) else 0


def _on(look: Look, by: Routed, stands: Standing, current: Revision, stable: Revision) -> Sides:
    """Return the sides on the way to the new revision; where no proven pod is left it takes over what another has.

    A stable side that has shrunk is whole again while the canary has no pod: it is to take all requests then.
    """
    sizing = sizing_of(by)
    weight = share_of(look.steps, stands.step, sizing.max_weight)
    takes_over = stands.routing is not None and not stable.available and not sizing.dynamic
    actual = stands.routing.weight if stands.routing and takes_over else _actual(stands, current)
    both = routed(look.n, weight, actual, scale_at(look.steps, stands.step), sizing)
    canary = max(both.canary, _for_headers(look, by, stands.step))
    kept = 0 if stands.ceiling is None else min(stable.spec, look.n)  # what is held leaves nobody fewer to go back to
    back = 0 if current.available else look.n
    return Sides(_held(look, stands, current, canary, sizing), max(both.stable, kept, back))


def _held(look: Look, stands: Standing, current: Revision, wanted: int, sizing: Sizing) -> int:
    """Return how many pods of those that are wanted the canary is to have, as far as it is held.

    What it was held at may have been a share of no replicas: pods that it has and requests still go to stay.
    """
    is_used = stands.routing is not None and stands.routing.canary == current.hash
    used = max(needed(look.n, _actual(stands, current), sizing.max_weight), 1) if is_used else 0
    return max(stands.most(look.n, wanted), min(current.spec, wanted, used))


def _back(look: Look, by: Routed, stands: Standing, current: Revision, stable: Revision) -> Sides:
    """Return the sides on the way back to the proven revision."""
    sizing = sizing_of(by)
    dynamic = sizing.dynamic and delay_of(by, look, current, stands) == 0
    drained = dynamic or _is_drained(look, by, stands, current)
    actual = _actual(stands, current)
    return aborted(look.n, actual, current.side, stable.side, look.limits, drained=drained, sizing=sizing)


def _least(by: Routed, stable: Revision) -> int:
    """Return how many pods the proven revision keeps while the weights may still be others."""
    return stable.spec if by.way.dynamic_stable_scale else 0


def _actual(stands: Standing, current: Revision) -> int:
    routing = stands.routing
    return routing.weight if routing is not None and routing.canary == current.hash else 0


def _for_headers(look: Look, by: Routed, index: int) -> int:
    """Return how many pods a canary has at least for its header routes, whatever its weight is."""
    names = (each.name for each in by.routing.managed_routes)
    return min(1, look.n) if headers_at(look.steps, index, names) else 0
