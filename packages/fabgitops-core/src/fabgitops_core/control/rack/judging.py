"""What a pass has come to, in the words of a status."""

from typing import Any

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.rack.rackstatus import TemplateStatus
from fabgitops_core.control.rack.conditions import Word
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.state import Pass, RackState
from fabgitops_core.control.rack.texts import listed

_T, _F, _U = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


def fields(state: RackState, plan: Plan) -> dict[str, Any]:
    """Return the fields of the status that a pass over a plan says."""
    going, stored = state.going, state.status.template
    accepted = plan.hash if going.accepted else stored.accepted_hash if stored else ""
    template = TemplateStatus(
        name=plan.offer.name,
        uid=plan.offer.uid,
        generation=plan.offer.generation,
        accepted_hash=accepted,
        plan_hash=plan.hash,
    )
    return {"template": template, "pending": going.pending, **going.totals.fields()}


def up_to_date(going: Pass, *, over: bool) -> Word:
    """Return whether something that the template says was not done, and why."""
    if (pending := going.pending) is not None:
        held = pending.removals and not pending.additions
        reason = RackReason.REMOVAL_HELD if held else RackReason.CHANGE_HELD
        counts = (
            ("would be added", pending.additions),
            ("would be removed", pending.removals),
            ("would be changed", pending.changes),
        )
        what = ", ".join(f"{count} {verb}" for verb, count in counts if count)
        named = f" ({listed(pending.names, pending.removals + pending.changes)})" if pending.names else ""
        return Word(_F, reason, f"{what}{named}: this waits for somebody to agree to it")
    if going.kept:
        return Word(_F, RackReason.SCALE_DOWN_BLOCKED, f"not removed: {listed(going.kept)}")
    if not over:
        return Word(_F, "Reconciling", "not all is done yet")
    return Word(_T, "UpToDate", "nothing waits")


def plcs(going: Pass, plan: Plan) -> Word | None:
    """Return whether the PLCs of a Rack hold what they must, as far as it has any."""
    totals = going.totals
    if plan.unplaced:
        said = f"nobody says the address of {listed(plan.unplaced)}: give it in spec.slots of the Rack"
        return Word(_F, "AddressMissing", said)
    if not totals.plcs:
        return None
    message = f"{totals.in_sync} of {totals.plcs} PLCs hold what they must"
    if totals.out_of_sync:
        return Word(_F, "OutOfSync", message)
    return Word(_T, "InSync", message) if totals.in_sync == totals.plcs else Word(_U, "NotKnown", message)


def progress(going: Pass) -> str:
    """Return how far a pass is."""
    return f"{going.totals.parts} of {going.wanted} parts are there"
