"""What is wanted: a spec that is declared, edited or broken, what it refers to, and who else wants the same."""

from collections.abc import Sequence
from dataclasses import replace

from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus, RegisterStatus
from fabgitops_core.api.plc.resolving import Resolution, Unresolved, resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.control.commands import Commands, Notice, Wake
from fabgitops_core.control.events import Contested, Event, Referenced, SyncRequest
from fabgitops_core.control.plc import approving, suspending
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.contact import still_answered
from fabgitops_core.control.plc.counting import counting_what_counts
from fabgitops_core.control.plc.gate import applying as gate
from fabgitops_core.control.plc.judging import blank
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.points import NOWHERE, DeviceMap
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.remembering import known_at, with_what_was_stored
from fabgitops_core.control.plc.resting import rest
from fabgitops_core.control.plc.settling import settled, unsettled
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.control.plc.state import (
    BLANK,
    UNKNOWN,
    Declaration,
    PlcState,
    Step,
    same_places,
    say,
    usual_of,
    with_memory,
)
from fabgitops_core.control.plc.verdict import conflict_message, registers_fields

GRACE_SECS = 10.0
"""After a start a resource waits so long for others that it depends on and that were not heard of yet."""


def declared(state: PlcState, event: Declaration) -> Step:
    """Take a resource as it stands now, whether new, changed or the same."""
    first = state.generation < 0
    status = (event.status or UNKNOWN) if first else state.status
    request = _unbegun(state, event.request, status)
    spec, suspended_for = suspending.taken(event)
    told = (spec, event.problem, event.generation, suspended_for)
    known_so_far = (state.declared, state.own_problem, state.generation, state.suspended_for)
    changed = first or bool(state.fault) or told != known_so_far
    known = state._replace(
        declared=spec,
        suspended_for=suspended_for,
        own_problem=event.problem,
        generation=event.generation,
        status=status,
        request=request,
        fault="",
    )
    known, agreed = approving.taken(known, event), known.approved
    known = gate.heard(known._replace(release=status.release) if first else known, event)
    if event.referenced is not None:
        known = _with_reference(known, event.referenced)
    asked = request is not None and request != state.request
    if asked:
        known = with_memory(known, awaiting=None)
    if changed or (known.template, known.template_problem) != (state.template, state.template_problem):
        wanted = _resolved(known)
        if changed or _differs(wanted, state):
            after, commands = _taken(state, wanted, event)
            return (settled(after) if asked else after), commands
    said: Commands = ()
    if gate.is_news(state, known):
        known, said = gate.anew(known, event)
    if not asked:
        again = known.approved not in {"", agreed} and known.spec is not None and not known.spec.suspend
        return known, (*said, Wake(0.0)) if again else said
    known = settled(known)
    if known.spec is None or known.spec.suspend:
        after, commands = rest(known, event)
        return after, (*said, *commands)
    return known, (*said, Wake(0.0))


def _unbegun(state: PlcState, request: SyncRequest | None, status: IndustrialPLCStatus) -> SyncRequest | None:
    """Return the sync that is asked for and that nobody has begun; one that is known stays as it is known.

    What a change has taken from it, its force, does not come back when the API server tells of it again.
    """
    if request is None or request.token == status.last_handled_reconcile_at:
        return None
    if state.serving is not None and request.token == state.serving.token:
        return None
    return state.request if state.request is not None and request.token == state.request.token else request


def referenced(state: PlcState, event: Referenced) -> Step:
    """Take the template that the resource names, as it stands now; None while it is not there."""
    if state.declared is None or state.declared.template_ref is None:
        return state, ()
    noted = _with_reference(state, event)
    if (noted.template, noted.template_problem) == (state.template, state.template_problem):
        return state, ()
    known = _resolved(noted._replace(fault=""))
    return _taken(state, known, event) if _differs(known, state) else (noted, ())


def contested(state: PlcState, event: Contested) -> Step:
    """Take the news of who else wants registers of this resource: those are read, and not written."""
    if dict(event.rivals) == dict(state.rivals):
        return state, ()
    known = state._replace(rivals=event.rivals, memory=replace(state.memory, settled=False))
    if state.rivals.keys() - event.rivals.keys():  # the commit that took a rival away may have more to say
        known = unsettled(known, event.at)
    wake = (Wake(0.0),) if state.spec is not None and not state.spec.suspend else ()
    fresh = event.rivals and not state.rivals and situation_of(state.status) is not at_hand.CONFLICT
    notices = (Notice(PlcReason.CONFLICT, conflict_message(event.rivals)),) if fresh else ()
    return known, (*notices, *wake)


def _with_reference(state: PlcState, referenced: Referenced) -> PlcState:
    template = referenced.spec if isinstance(referenced.spec, IndustrialPLCTemplateSpec) else None
    return state._replace(template=template, template_problem=referenced.problem)


# --- what a declaration comes to --------------------------------------------------------------------------------------


def _resolved(state: PlcState) -> PlcState:
    """Make one spec of the resource and its template, and the map that it means; the last map stays to compare with."""
    wanted, problem, missing = state.declared, state.own_problem, False
    spec, sources = wanted, dict[str, str]()
    if wanted is not None and wanted.template_ref is not None:
        name = wanted.template_ref.name
        spec, missing = None, state.template is None and not state.template_problem
        if missing:
            problem = f"the IndustrialPLCTemplate {name} that spec.templateRef names is not in this namespace"
        elif state.template is None:
            problem = f"the IndustrialPLCTemplate {name} is not valid: {state.template_problem}"
        else:
            spec, problem, sources = _with_template(wanted, state.template)
    if spec is None:
        return state._replace(spec=None, problem=problem, missing=missing)
    device_map = map_of(spec, state.namespace, sources)
    usual = usual_of(device_map)
    return state._replace(spec=spec, problem="", missing=False, git=device_map, map=device_map, usual=usual)


def _with_template(
    wanted: IndustrialPLCSpec, template: IndustrialPLCTemplateSpec
) -> tuple[IndustrialPLCSpec | None, str, dict[str, str]]:
    try:
        resolution: Resolution = resolved(wanted, template)
    except Unresolved as error:
        return None, str(error), {}
    return resolution.spec, "", {name: str(origin) for name, origin in resolution.origins.items()}


def _differs(state: PlcState, before: PlcState) -> bool:
    return (state.spec, state.problem, state.git) != (before.spec, before.problem, before.git)


def _taken(before: PlcState, state: PlcState, event: Declaration | Referenced) -> Step:
    state = unsettled(_moved_on(before, state), event.at)
    if state.spec is not None and (state.led_by or state.release is not None):
        state = gate.applied(state)
    if state.missing and before.generation < 0:
        return _awaited(state, event)
    if state.spec is None or state.spec.suspend:
        return rest(state, event)
    if before.map is NOWHERE:
        return _adopted(state, event, float(state.spec.poll_interval_secs))
    return _retargeted(before, state, event)


def _moved_on(before: PlcState, state: PlcState) -> PlcState:
    """Drop what a changed spec no longer covers: a force was meant for what stood then, a memory for its register."""
    if state.serving is not None and state.serving.force:
        state = state._replace(serving=replace(state.serving, force=False))
    if state.request is not None and state.request.force and state.request is before.request:
        state = state._replace(request=replace(state.request, force=False))
    if before.map is NOWHERE:
        edited = state.status.observed_generation != state.generation
        return counting_what_counts(with_what_was_stored(state), edited)
    if same_places(before.map, state.map):
        known = state.memory
        memory = replace(BLANK, lost=known.lost, answered=known.answered, repeats=known.repeats)
        return counting_what_counts(state._replace(memory=memory))
    answered = still_answered(state.memory.answered, before.map, state.map)
    state = state._replace(memory=replace(BLANK, answered=answered))
    kept = _carried(state.status.registers, before.map, state.map)
    status = state.status.model_copy(update=registers_fields(kept, state.map))
    return counting_what_counts(state._replace(status=status))


def _carried(registers: Sequence[RegisterStatus], before: DeviceMap, now: DeviceMap) -> list[RegisterStatus]:
    """Return what is known of the registers of a map: only of those that are where they were, of the same device."""
    if before.endpoint != now.endpoint:
        return [blank(point) for point in now.points]
    places = {point.where: point.place for point in before.points}
    return [
        known if places.get(point.where) == point.place else known.model_copy(update={"actual": None})
        for point, known in zip(now.points, known_at(now.points, registers), strict=True)
    ]


def _awaited(state: PlcState, event: Event) -> Step:
    """Give a template the time to come: after a start, or applied together, it may be heard of a moment later."""
    if state.status.conditions:
        return state, (Wake(GRACE_SECS),)
    begun, commands = say(state, at_hand.PENDING, "waiting for its template", event)
    return begun, (*commands, Wake(GRACE_SECS))


def _adopted(state: PlcState, event: Event, interval: float) -> Step:
    """Begin with a resource: what an earlier run of ours said of it goes on."""
    wake, situation = Wake(0.0, 0.0 if state.request else interval), situation_of(state.status)
    edited = state.status.observed_generation != state.generation
    if situation is at_hand.CONFLICT:  # its rival may be heard of a moment later
        return state, (Wake(GRACE_SECS),)
    if not edited and situation not in {at_hand.PENDING, at_hand.TEMPLATE_NOT_FOUND}:
        return state, (wake,)
    return _begun(state, event, wake)


def _begun(state: PlcState, event: Event, wake: Wake) -> Step:
    begun, commands = say(state, at_hand.PENDING, "not looked at yet", event, endpoint=str(state.map.endpoint))
    return begun, (*commands, wake)


def _retargeted(before: PlcState, state: PlcState, event: Event) -> Step:
    """Take a changed spec; what was known of another register is not known of this one."""
    if same_places(before.map, state.map) and before.spec is not None and not before.spec.suspend:
        return state, (Wake(0.0),)
    return _begun(state, event, Wake(0.0))
