"""What of a difference is done at once, and what waits until somebody agrees to it.

A change of the template that adds is carried out; one that takes away, or gives nodes another BMC, is shown first. To
agree is to write the hash of the plan as an annotation: it holds for what the template and the Rack say now, and for
nothing that they say later.
"""

from dataclasses import dataclass, replace

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.rack import Update
from fabgitops_core.api.rack.rackstatus import MAX_NAMED, Pending
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rack.diff import Difference
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.pruning import NO_REMOVALS, Removals, removals


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done now, and what waits: `healing` says that what is missing was there before."""

    missing: tuple[Key, ...] = ()
    put_right: tuple[Child, ...] = ()
    adopted: tuple[Child, ...] = ()
    removals: Removals = NO_REMOVALS
    pending: Pending | None = None
    accepted: bool = False
    healing: bool = False


def verdict(plan: Plan, found: Difference, update: Update, accepted: str, approved: str, *, begun: bool) -> Verdict:
    """Return what is to be done about a difference.

    Args:
        plan: What the Rack is to be made of.
        found: Where that differs from what is there.
        update: What the Rack says of changes.
        accepted: The hash of the plan that was agreed to last, by policy or by somebody.
        approved: The hash that somebody agrees to.
        begun: Whether the Rack was complete before: until then nothing that is added waits.
    """
    whole = Verdict(
        found.missing,
        (*found.differing, *found.moved),
        found.adopted,
        removals(plan, found.beyond),
        accepted=True,
        healing=accepted == plan.hash,
    )
    if update is Update.AUTO or approved == plan.hash:
        return whole
    known = accepted == plan.hash
    if update is Update.MANUAL and not known and begun:
        return _held(whole, found, all_of_it=True)
    if found.beyond or (found.moved and not known):
        return _held(whole, found, all_of_it=False, moves=not known)
    return whole


def _held(whole: Verdict, found: Difference, *, all_of_it: bool, moves: bool = True) -> Verdict:
    """Return what is left to do while a removal, or all, waits."""
    moved = found.moved if moves else ()
    additions = found.missing if all_of_it else ()
    waiting = [child.key.name for child in found.beyond]
    changes = (*found.differing, *moved) if all_of_it else moved
    if not additions and not waiting and not changes:
        return whole
    pending = Pending(
        additions=len(additions),
        removals=len(waiting),
        changes=len(changes),
        names=tuple([*waiting, *(child.key.name for child in changes)][:MAX_NAMED]),
    )
    put_right = () if all_of_it else found.differing if moves else whole.put_right
    return replace(
        whole,
        missing=() if all_of_it else whole.missing,
        put_right=put_right,
        removals=NO_REMOVALS,
        pending=pending,
        accepted=False,
    )
