"""PLANNING: the change is told before it is done; it begins when Git stands still, and whoever has to has agreed."""

from dataclasses import replace

from fabgitops_core.api.setpoint.setpointrollout import Approval
from fabgitops_core.api.setpoint.status import MAX_NAMED, PausedBy, Phase, Plan, PlannedWave
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint import analysing, member, moving
from fabgitops_core.control.setpoint.deciding import decided
from fabgitops_core.control.setpoint.freezing import frozen
from fabgitops_core.control.setpoint.look import Look, Move
from fabgitops_core.control.setpoint.member import Part
from fabgitops_core.control.setpoint.reasons import SetpointReason
from fabgitops_core.control.setpoint.revision import plan_hash, revision_of
from fabgitops_core.control.setpoint.situations import AWAITING_APPROVAL, FROZEN, NOT_JUDGED
from fabgitops_core.control.setpoint.state import SetpointState
from fabgitops_core.control.setpoint.telling import told


def planning(look: Look) -> Move:
    """Say what is going to be done, and begin with it when nothing speaks against that any more."""
    if not look.view.needs:
        return moving.watch(look, "all PLCs hold what Git wants")
    look = _planned(look)
    state, plan = look.state, look.state.status.plan
    left = state.pace.settle_secs - look.seconds_since(state.status.wanted_since)
    if left > 0:
        return Move(
            state, f"{_told(look)}; it begins when Git has stood still for {state.pace.settle_secs:g} s", wake=left
        )
    if why := state.asked_to_pause:
        return moving.pause(look, PausedBy.ASKED, why, Phase.PLANNING)
    if closed := frozen(look):
        return Move(state, f"{_told(look)}; {closed.why}", wake=closed.left, situation=FROZEN)
    if why := analysing.why_not(look):
        return Move(state, f"{_told(look)}; {why}", situation=NOT_JUDGED)
    if look.spec.approval is Approval.MANUAL and (plan is None or state.words.approve != plan.hash):
        note = f"{_told(look)}; somebody has to agree to plan {plan.hash if plan else ''}"
        return Move(state, note, situation=AWAITING_APPROVAL)
    return _begun(look)


def _begun(look: Look) -> Move:
    """Begin with the first wave; what supersedes a change goes on in its round."""
    state = look.state
    status, plan = state.status, state.status.plan
    fresh = status.started_at is None
    by = f"; {plan.approved_by} agreed" if plan and plan.approved_by else ""
    outcome = f"revision {status.revision} begins: {_told(look)}"
    state = decided(state, look.at, f"Git stands still{by}", "Started", outcome, SetpointReason.STARTED)
    at = second(look.at)
    state = state.with_status(round=status.round + fresh, started_at=at if fresh else status.started_at)
    state = analysing.begun(look, told(state, Word.STARTED, look.at, wave=0, text=outcome), analysing.WHOLE)
    return moving.begin_wave(look, state, len(look.waves) if state.is_full else 1)


def _planned(look: Look) -> Look:
    """Note the plan as it is now."""
    state = look.state
    status, fleet = state.status, state.fleet
    round_ = status.round + (status.started_at is None)
    name = plan_hash(status.revision, round_, fleet.digest, look.spec)
    before = status.plan
    since = before.since if before is not None and before.hash == name else second(look.at)
    agreed = state.words.approve == name and look.spec.approval is Approval.MANUAL
    plan = Plan(
        hash=name,
        size=len(fleet.order),
        changes=look.view.needs,
        waves=_waves(look),
        since=since,
        approved_by=(state.words.approved_by or None) if agreed else None,
    )
    state = state.with_status(plan=plan, waves=len(fleet.bounds))
    if before is None or before.hash != name:
        outcome = f"revision {status.revision}: {plan.changes} of {plan.size} PLCs, {len(plan.waves)} waves"
        state = decided(state, look.at, "what Git wants", "Planned", outcome, SetpointReason.PLANNED)
    return replace(look, state=state)


def _waves(look: Look) -> tuple[PlannedWave, ...]:
    own = look.state.own_permit()
    fleet = look.state.fleet
    return tuple(_wave(look, number, total, own) for number, total in enumerate(fleet.bounds, 1))


def _wave(look: Look, number: int, total: int, own: str) -> PlannedWave:
    names = [name for name in look.state.fleet.members_of(number) if _changes(look, name, own)]
    return PlannedWave(wave=number, members=len(names), total=total, names=tuple(names[:MAX_NAMED]))


def _changes(look: Look, name: str, own: str) -> bool:
    facts = look.members[name]
    part = member.part_of(facts, own)
    return part is Part.OPEN or (part is Part.RESTORED and facts.released != facts.wanted)


def _told(look: Look) -> str:
    plan = look.state.status.plan
    size, waves = (plan.size, len(plan.waves)) if plan else (len(look.members), len(look.waves))
    return f"{look.view.needs} of {size} PLCs change, in {waves} waves"


def begin(state: SetpointState, look: Look, given: str) -> Move:
    """Begin to plan what Git wants now, in a new round."""
    revision = revision_of(look.git.fingerprint, "")
    return Move(moving.plan(state, look.at, given, revision=revision, supersedes="", started_at=None), again=True)
