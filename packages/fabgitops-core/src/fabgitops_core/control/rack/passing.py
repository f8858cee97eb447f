"""A pass: plan and inventory are compared, what is missing or differs is applied one by one, what is too much goes."""

from dataclasses import replace

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.control.commands import Apply, Command, Wake
from fabgitops_core.control.events import Applied, Event, Surveyed
from fabgitops_core.control.rack import judging
from fabgitops_core.control.rack.adopting import in_the_way
from fabgitops_core.control.rack.conditions import say
from fabgitops_core.control.rack.diff import Difference, difference
from fabgitops_core.control.rack.ending import ended
from fabgitops_core.control.rack.onward import onward
from fabgitops_core.control.rack.plan import Plan
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.removing import remove_next
from fabgitops_core.control.rack.resting import Rest, awaited, plan_or_why_not, rested, unseen
from fabgitops_core.control.rack.situations import PROVISIONING
from fabgitops_core.control.rack.state import REST, Pass, RackState, Stage, Step, Trouble, Why, Work
from fabgitops_core.control.rack.telling import caught_up, tell_of_change, tell_of_part
from fabgitops_core.control.rack.texts import MOST_NAMED
from fabgitops_core.control.rack.totals import totals
from fabgitops_core.control.rack.updating import Verdict, verdict


def surveyed(state: RackState, event: Surveyed) -> Step:
    """Begin a pass with all that is there; what its BMCs tell is told on to its other parts."""
    state = state._replace(stage=Stage.IDLE, going=REST)
    if state.leaving or not state.uid:
        return state, ()
    state, commands = _compared(state, event)
    return state, (*onward(state.uid, event.children, event.at), *commands)


def _compared(state: RackState, event: Surveyed) -> Step:
    if (blind := unseen(state, event.unseen)) is not None:
        return rested(state, blind, event.at)
    state, told = caught_up(state, event.children, event.at)
    require_off = state.offer is not None and state.offer.spec.require_off
    there = totals(state.key, state.uid, event.children, require_off=require_off)
    plan = plan_or_why_not(state)
    if isinstance(plan, Rest):
        state, commands = awaited(state, plan, event.at) or rested(state, plan, event.at, **there.fields())
        return state, (*told, *commands)
    found = difference(plan, event.children)
    stored = state.status.template
    decided = verdict(
        plan,
        found,
        plan.spec.update,
        stored.accepted_hash if stored else "",
        state.approved,
        begun=state.status.provisioned_at is not None,
    )
    going = _pass(state, plan, found, decided)
    state = state._replace(going=replace(going, totals=there, wanted=len(plan.digests)))
    state, commands = _begun(state, plan, event)
    return state, (*told, *commands)


def _pass(state: RackState, plan: Plan, found: Difference, decided: Verdict) -> Pass:
    work = [Work(child.key, Why.ADOPTED, child.uid, fresh=True) for child in decided.adopted]
    work += [Work(child.key, Why.DIFFERS, child.uid) for child in decided.put_right]
    work += [Work(key, Why.MISSING, fresh=True) for key in decided.missing]
    here = [child for child in found.leaving if child.key in plan.digests]
    return Pass(
        inputs=state.inputs,
        plan=plan,
        queue=tuple(work),
        going=decided.removals.free,
        healing=decided.healing,
        accepted=decided.accepted,
        pending=decided.pending,
        kept=decided.removals.why,
        awaited=tuple(child.key.name for child in here[:MOST_NAMED]),
        troubles=tuple(Trouble(RackReason.NAME_TAKEN, in_the_way(child)) for child in found.others),
    )


def _begun(state: RackState, plan: Plan, event: Event) -> Step:
    """Say that something is to be done, and do the first of it.

    Where something stands in the way, and as far as is known still does, that is what goes on being said.
    """
    stored = state.status.template
    stalled = any(each.type == "Stalled" and each.status is ConditionStatus.TRUE for each in state.status.conditions)
    if not state.going.queue or (stalled and stored is not None and stored.plan_hash == plan.hash):
        return go_on(state, event)
    state, said = say(
        state,
        PROVISIONING,
        judging.progress(state.going),
        event.at,
        up_to_date=judging.up_to_date(state.going, over=False),
        plcs_in_sync=judging.plcs(state.going, plan),
        progress=True,
        **judging.fields(state, plan),
    )
    state, commands = go_on(state, event)
    return state, (*said, *commands)


def go_on(state: RackState, event: Event) -> Step:
    """Do what is next in a pass, or end it; one that began with other wishes than there are now is over."""
    going = state.going
    if going.inputs != state.inputs or going.plan is None:
        return state._replace(stage=Stage.IDLE, going=REST), (Wake(0.0),)
    if going.at < len(going.queue):
        work = going.queue[going.at]
        wanted = going.plan.object_of(work.key)
        return state._replace(stage=Stage.APPLYING), (Apply(wanted, force=work.force, uid=work.uid),)
    if going.going:
        return remove_next(state, going.plan, event.at)
    return ended(state, going.plan, event.at)


def applied(state: RackState, event: Applied) -> Step:
    """Count what was made or put right, tell of it, and go on."""
    going = state.going
    work = going.queue[going.at] if going.at < len(going.queue) else None
    if work is None or work.key != event.child.key or going.plan is None:
        return state, ()
    if event.child.digest != going.plan.digests[work.key]:
        return _in_vain(state, work, event)
    counted = going.totals.with_one(state.key.name, event.child) if work.fresh else going.totals
    names = going.done.get(work.why, ())
    name = f"{work.key.name} ({work.by})" if work.by else work.key.name
    going = replace(
        going,
        at=going.at + 1,
        totals=counted,
        refused=0,
        done={**going.done, work.why: (*names, name) if len(names) < MOST_NAMED else names},
        counts={**going.counts, work.why: going.counts.get(work.why, 0) + 1},
    )
    commands: list[Command] = []
    state = state._replace(going=going, tries=0)
    state, told = _told(state, work, event)
    commands += told
    if going.at < len(going.queue) and going.inputs == state.inputs:
        state, said = say(
            state,
            PROVISIONING,
            judging.progress(going),
            event.at,
            up_to_date=judging.up_to_date(going, over=False),
            plcs_in_sync=judging.plcs(going, going.plan) if going.plan else None,
            progress=True,
            **(judging.fields(state, going.plan) if going.plan else {}),
        )
        commands += said
    state, more = go_on(state, event)
    return state, (*commands, *more)


def _in_vain(state: RackState, work: Work, event: Applied) -> Step:
    """Say that an object stays otherwise than it was applied: somebody holds it so, or changes it on its way."""
    going = state.going
    told = f"the {work.key.kind} {work.key.name} is not as it should be although it was applied: look who else sets it"
    counted = going.totals.with_one(state.key.name, event.child) if work.fresh else going.totals
    troubles = (*going.troubles, Trouble(RackReason.CHILD_DIFFERS, told))
    state = state._replace(tries=0, going=replace(going, at=going.at + 1, totals=counted, refused=0, troubles=troubles))
    state, commands = tell_of_part(state, event.child, event.at) if event.created else (state, ())
    state, more = go_on(state, event)
    return state, (*commands, *more)


def _told(state: RackState, work: Work, event: Applied) -> Step:
    if event.created:
        return tell_of_part(state, event.child, event.at)
    if work.why is Why.MISSING:
        return state, ()
    return tell_of_change(state, event.child, event.at)
