"""What somebody has to agree to: the plan of a pass, its digest, and whether it is the one that was approved.

A plan is what would be written if nothing but a yes were missing; of a device that is new all that is not as Git wants
it. Its digest covers the resource, the device, every change with the words before and after, since when each register
drifts, how many corrections there were, and which sync a command is repeated for: so a yes holds for this episode, and
for nothing that has changed since. What was approved is noted once, when the pass decides: while it writes, one
register after the other leaves the plan.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fabgitops_core.api.meta import APPROVE, APPROVED_BY
from fabgitops_core.api.plc.approval import Adoption, Approval, PlannedChange, WritePlan
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.codec.types import hex_of
from fabgitops_core.control.plc.brevity import brief
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import Declaration, PlcState, with_memory

DIGITS = 16
"""Hexadecimal digits of a digest: 64 bits, against what may come up by accident; who approves is what RBAC guards."""


def taken(state: PlcState, event: Declaration) -> PlcState:
    """Take what somebody has agreed to; a new word ends the quiet of a resource in which all was said."""
    approved, by = event.annotations.get(APPROVE, ""), event.annotations.get(APPROVED_BY, "")
    known = state._replace(approved=approved, approved_by=by, uid=event.uid)
    return known if approved == state.approved else with_memory(known, settled=False)


def is_adopted(state: PlcState) -> bool:
    """Return whether somebody has agreed that this object looks after this device."""
    spec = state.spec
    return spec is not None and (
        spec.adoption is not Adoption.OBSERVE
        or (state.status.adopted_at is not None and state.status.adopted_for == _who(state))
    )


def proposed(state: PlcState, found: Sequence[Judgement], places: Sequence[int]) -> PlcState:
    """Note the plan of a pass, which would write these places, and that it is approved if it is.

    A plan without a change is one where a device is to be adopted, and none else.
    """
    spec = state.spec
    each_time = spec is not None and spec.correction.approval is Approval.MANUAL
    if is_adopted(state) and not (each_time and places):
        return state
    wrong = [found[place] for place in places]
    changes = tuple(_change(each) for each in wrong)
    episode = (state.status.corrections_applied, is_adopted(state))
    digest = _digest(state.namespace, _who(state), *episode, [_facts(state, each) for each in wrong])
    approved = digest == state.approved
    names = frozenset(each.register_name for each in changes) if approved else frozenset[str]()
    return state._replace(going=replace(state.going, digest=digest, planned=changes, approved=names))


def adopted(state: PlcState, at: datetime) -> PlcState:
    """Note that the device is adopted, where the plan that was approved says so."""
    if is_adopted(state) or not state.going.digest or state.going.digest != state.approved:
        return state
    fields = {"adopted_at": at, "adopted_for": _who(state)}
    return state._replace(status=state.status.model_copy(update=fields))


def plan_fields(state: PlcState, waits: bool, at: datetime) -> dict[str, Any]:
    """Return the fields of the status that tell of the plan of a pass, while it `waits` or is carried out."""
    going, before = state.going, state.status.plan
    is_carried_out = bool(going.changes and going.approved)
    if not going.digest or not (waits or is_carried_out or not is_adopted(state)):
        return {"plan": None}
    since = before.since if before is not None and before.digest == going.digest else at
    by = brief(state.approved_by) or None if state.approved == going.digest else None
    return {"plan": WritePlan(digest=going.digest, changes=going.planned, since=since, approved_by=by)}


def same_but_for_values(before: IndustrialPLCStatus, plan: WritePlan | None) -> bool:
    """Return whether a status tells of the same plan, but for what registers hold that change all the time."""
    if before.plan is None or plan is None:
        return before.plan is plan
    return _lasting(before.plan) == _lasting(plan)


def _lasting(plan: WritePlan) -> tuple[Any, ...]:
    return plan.approved_by, [(each.register_name, each.after) for each in plan.changes]


def _facts(state: PlcState, found: Judgement) -> tuple[Any, ...]:
    """Return all that makes a change this one, as it stands in a status as well: also that it was not made before."""
    point, status = found.point, found.status
    since = None if status.drifted_since is None else status.drifted_since.replace(microsecond=0).isoformat()
    where = (point.where, str(point.place.device.endpoint), str(point.function))
    held = None if found.finding is Finding.SYNC else found.words  # one of a group, which may wander in its tolerance
    return point.name, *where, held, point.wanted, since, *_episode_of_command(state, found), *_with_it(point)


def _with_it(point: Point) -> tuple[Any, ...]:
    """Return what goes out with a change, and what it goes out with; of a Secret where it is."""
    group = (point.group,) if point.group else ()
    around = point.around
    if around is None:
        return group
    sides = [
        [(str(step.table), step.address, step.value, str(step.secret)) for step in some]
        for some in (around.before, around.after)
    ]
    return (*group, sides)


def _episode_of_command(state: PlcState, found: Judgement) -> tuple[Any, ...]:
    """Return what tells a command from the same one at another time: nothing is read of it, and none is counted."""
    if not found.point.command:
        return ()
    again = state.serving.token if state.serving is not None and found.finding is Finding.GIVEN else None
    return found.status.given, state.generation, again


def _change(found: Judgement) -> PlannedChange:
    place = found.point.place
    return PlannedChange(
        register_name=found.point.name,
        table=str(place.table),
        address=place.address,
        unit_id=place.device.unit_id,
        before=None if found.words is None else brief(hex_of(found.words)),
        after=brief(hex_of(found.point.wanted or ())),
    )


def _who(state: PlcState) -> str:
    return f"{state.uid} {state.map.who}"


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
