"""What is there against what is to be there."""

from collections.abc import Mapping
from dataclasses import dataclass

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack import RACK_NODE
from fabgitops_core.control.objects import Child, Children
from fabgitops_core.control.rack.adopting import Whose, whose
from fabgitops_core.control.rack.kinds import kind_at
from fabgitops_core.control.rack.naming import place_of
from fabgitops_core.control.rack.onward import MANAGED_BY
from fabgitops_core.control.rack.plan import Plan


@dataclass(frozen=True, slots=True)
class Difference:
    """Where plan and inventory do not agree.

    `missing` are places without an object; `adopted` and `differing` are objects at places, which have to be taken
    over, or say something else than the plan; of `moved` nodes it is their BMC. `beyond` are objects of ours without a
    place, highest first. `others` stand where a part is to be, and are not ours. `leaving` are being deleted.
    """

    missing: tuple[Key, ...] = ()
    adopted: tuple[Child, ...] = ()
    differing: tuple[Child, ...] = ()
    moved: tuple[Child, ...] = ()
    beyond: tuple[Child, ...] = ()
    others: tuple[Child, ...] = ()
    leaving: tuple[Child, ...] = ()

    @property
    def none(self) -> bool:
        """Return whether plan and inventory agree."""
        return self == NO_DIFFERENCE


NO_DIFFERENCE = Difference()


def difference(plan: Plan, children: Children) -> Difference:
    """Return where the inventory of a Rack differs from its plan."""
    missing: list[Key] = []
    found: Mapping[Whose, list[Child]] = {each: [] for each in Whose}
    moved: list[Child] = []
    for key, wanted in plan.digests.items():
        child = children.get(key)
        if child is None:
            missing.append(key)
        elif child.leaving:
            continue
        elif (belongs := whose(child, plan.rack, plan.uid)) is not Whose.OURS:
            found[belongs].append(child)
        elif child.digest != wanted:
            (moved if _moved(plan, child) else found[Whose.OURS]).append(child)
    return Difference(
        tuple(missing),
        tuple(found[Whose.LEFT]),
        tuple(found[Whose.OURS]),
        tuple(moved),
        beyond(plan, children),
        tuple(found[Whose.OTHERS]),
        tuple(child for child in children.values() if child.leaving),
    )


def _moved(plan: Plan, child: Child) -> bool:
    """Return whether a node is managed by another BMC than the plan says."""
    if child.key.kind != RACK_NODE.name:
        return False
    wanted = plan.object_of(child.key)["spec"]
    return child.facts.get(MANAGED_BY, "") != str(wanted["bmcRef"]["name"]).removeprefix(wanted["bladeRef"]["name"])


def beyond(plan: Plan, children: Children) -> tuple[Child, ...]:
    """Return the objects of ours that have no place in the plan, highest first; what goes already is none of them.

    One that has our label and no name of a part was made by somebody else: it is left alone.
    """
    placed = [
        (place, child)
        for key, child in children.items()
        if key not in plan.digests and not child.leaving
        if whose(child, plan.rack, plan.uid) is not Whose.OTHERS
        if (place := place_of(plan.rack.name, key.name)) is not None and kind_at(place) == key.kind
    ]
    return tuple(child for _place, child in sorted(placed, key=lambda each: each[0], reverse=True))
