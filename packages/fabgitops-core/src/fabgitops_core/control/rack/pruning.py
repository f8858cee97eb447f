"""What goes when a rack shrinks: whole subtrees, highest first, and none in which something is in use."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fabgitops_core.api.rack.partstatus import PowerState
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rack.naming import Place, place_of
from fabgitops_core.control.rack.onward import POWER
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.records import CLAIMED_BY, CORRECTS

_NOT_OFF = {PowerState.ON, PowerState.POWERING_ON, PowerState.POWERING_OFF, PowerState.PAUSED}


@dataclass(frozen=True, slots=True)
class Removals:
    """What may go, in this order, and what keeps the rest: a sentence for each subtree that stays."""

    free: tuple[Child, ...] = ()
    kept: tuple[Child, ...] = ()
    why: tuple[str, ...] = ()


NO_REMOVALS = Removals()


def removals(plan: Plan, beyond: Iterable[Child]) -> Removals:
    """Return what of the objects without a place, highest first, may go."""
    groups: dict[Place, list[tuple[Place, Child]]] = {}
    for child in beyond:
        place = place_of(plan.rack.name, child.key.name) or Place()
        groups.setdefault(_root(plan, place), []).append((place, child))
    free: list[Child] = []
    kept: list[Child] = []
    why: list[str] = []
    for root in sorted(groups, reverse=True):
        parts = [child for _place, child in sorted(groups[root], key=lambda each: each[0], reverse=True)]
        reasons = [reason for child in parts for reason in in_use(child, require_off=plan.offer.spec.require_off)]
        (kept if reasons else free).extend(parts)
        why += reasons
    return Removals(tuple(free), tuple(kept), tuple(why))


def in_use(child: Child, *, require_off: bool) -> Iterator[str]:
    """Yield why an object may not go."""
    what = f"{child.key.kind} {child.key.name}"
    if claimed := child.facts.get(CLAIMED_BY):
        yield f"{what} is claimed by {claimed}"
    if require_off and child.facts.get(POWER) in _NOT_OFF:
        yield f"{what} is not switched off (it is {child.facts[POWER]}), and the template has requireOff"
    if CORRECTS in child.facts:
        yield f"{what} corrects a device (autoCorrect)"


def _root(plan: Plan, place: Place) -> Place:
    """Return the top of the subtree that goes with a place: the highest part above it that has no place any more."""
    spec = plan.offer.spec
    if place.chassis >= spec.chassis_count:
        return place.whole_chassis
    if place.blade >= spec.chassis_config.blade_count:
        return place.whole_blade
    return Place(place.chassis, place.blade, place.part, place.number) if _gone(plan, place) else place


def _gone(plan: Plan, place: Place) -> bool:
    """Return whether a BMC or a node has no place any more, so that a PLC at it goes with it."""
    config = plan.offer.spec.chassis_config.blade_config
    return bool(place.part) and place.number >= (config.bmc_count if place.part == "b" else config.node_count)
