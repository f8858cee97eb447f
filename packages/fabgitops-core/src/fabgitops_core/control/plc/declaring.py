"""What is wanted: a spec that is declared, edited or broken, what it refers to, and who else wants the same."""

from collections.abc import Sequence
from dataclasses import replace

from fabgitops_core.api.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus, RegisterStatus
from fabgitops_core.api.resolving import Resolution, Unresolved, resolved
from fabgitops_core.api.template import IndustrialPLCTemplateSpec
from fabgitops_core.control.commands import Notice, NoticeReason, Wake
from fabgitops_core.control.events import Contested, Event, Referenced
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.judging import blank
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.resting import rest
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
)
from fabgitops_core.control.plc.verdict import conflict_message, registers_fields
from fabgitops_core.control.points import NOWHERE, DeviceMap, hexadecimal


def declared(state: PlcState, event: Declaration) -> Step:
    """Take a resource as it stands now, whether new, changed or the same."""
    first = state.generation < 0
    status = (event.status or UNKNOWN) if first else state.status
    request = event.request
    if request is not None and request.token == status.last_handled_reconcile_at:
        request = None
    if state.serving is not None and request is not None and request.token == state.serving.token:
        request = None
    told = (event.spec, event.problem, event.generation)
    changed = first or told != (state.declared, state.own_problem, state.generation)
    known = state._replace(
        declared=event.spec,
        own_problem=event.problem,
        generation=event.generation,
        status=status,
        request=request,
    )
    if event.referenced is not None:
        known = _with_reference(known, event.referenced)
    if changed or (known.template, known.template_problem) != (state.template, state.template_problem):
        return _taken(state, _resolved(known), event, first)
    if request == state.request:
        return known, ()
    if known.spec is None or known.spec.suspend:
        return rest(known, event)
    return known, (Wake(0.0),)


def referenced(state: PlcState, event: Referenced) -> Step:
    """Take the template that the resource names, as it stands now; None while it is not there."""
    if state.declared is None or state.declared.template_ref is None:
        return state, ()
    known = _resolved(_with_reference(state, event))
    if (known.spec, known.problem) == (state.spec, state.problem):
        return known, ()
    return _taken(state, known, event, first=not state.status.conditions)


def contested(state: PlcState, event: Contested) -> Step:
    """Take the news of who else wants registers of this resource: those are read, and not written."""
    if dict(event.rivals) == dict(state.rivals):
        return state, ()
    known = state._replace(rivals=event.rivals, memory=replace(state.memory, settled=None))
    wake = (Wake(0.0),) if state.spec is not None and not state.spec.suspend else ()
    fresh = event.rivals and not state.rivals and situation_of(state.status) is not at_hand.CONFLICT
    notices = (Notice(NoticeReason.CONFLICT, conflict_message(event.rivals)),) if fresh else ()
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
    return state._replace(spec=spec, problem="", missing=False, map=device_map, usual=usual_of(device_map))


def _with_template(
    wanted: IndustrialPLCSpec, template: IndustrialPLCTemplateSpec
) -> tuple[IndustrialPLCSpec | None, str, dict[str, str]]:
    try:
        resolution: Resolution = resolved(wanted, template)
    except Unresolved as error:
        return None, str(error), {}
    return resolution.spec, "", {name: str(origin) for name, origin in resolution.origins.items()}


def _taken(before: PlcState, state: PlcState, event: Declaration | Referenced, first: bool) -> Step:
    state = _moved_on(before, state)
    if state.spec is None or state.spec.suspend:
        return rest(state, event)
    if first:
        return _adopted(state, event, state.spec)
    return _retargeted(before, state, event)


def _moved_on(before: PlcState, state: PlcState) -> PlcState:
    """Drop what a changed spec no longer covers: a force was meant for what stood then, a memory for its register."""
    if state.serving is not None and state.serving.force:
        state = state._replace(serving=replace(state.serving, force=False))
    state = state._replace(memory=BLANK)
    if before.map is NOWHERE or same_places(before.map, state.map):
        return state
    kept = _carried(state.status.registers, before.map, state.map)
    return state._replace(status=state.status.model_copy(update=registers_fields(kept, state.map)))


def _carried(registers: Sequence[RegisterStatus], before: DeviceMap, now: DeviceMap) -> list[RegisterStatus]:
    """Return what is known of the registers of a map: only of those whose place is the same as before."""
    same = {point.name for point in before.points} if before.endpoint == now.endpoint else set[str]()
    old = {point.name: point.place for point in before.points}
    known = {each.name: each for each in registers}
    return [
        known.get(point.name, blank(point)) if point.name in same and old[point.name] == point.place else blank(point)
        for point in now.points
    ]


def _adopted(state: PlcState, event: Event, spec: IndustrialPLCSpec) -> Step:
    """Begin with a resource: what an earlier run of ours said of it goes on."""
    wake = Wake(0.0, 0.0 if state.request else float(spec.poll_interval_secs))
    endpoint = {"endpoint": str(state.map.endpoint)}
    if not state.status.conditions:
        begun, commands = say(state, at_hand.PENDING, "not looked at yet", event, **endpoint)
        return begun, (*commands, wake)
    edited = state.status.observed_generation != state.generation
    known = _remembered(state.status, state.map, edited)
    state = state._replace(status=state.status.model_copy(update=registers_fields(known, state.map)))
    if edited:
        begun, commands = say(state, at_hand.PENDING, "not looked at yet", event, **endpoint)
        return begun, (*commands, wake)
    return state, (wake,)


def _remembered(status: IndustrialPLCStatus, wanted: DeviceMap, edited: bool) -> list[RegisterStatus]:
    """Return what a stored status tells of the registers of a map.

    After an edit while nobody looked we do not know which value an unproven write carried.
    """
    known = {(each.name, each.place): each for each in status.registers}
    if not status.registers and len(wanted.points) == 1:  # as it was stored before there were maps
        point = wanted.points[0]
        sent = None if status.unverified_write is None else hexadecimal((status.unverified_write,))
        held = None if status.current_value is None else hexadecimal((status.current_value,))
        seen = {"drifted_since": status.drifted_since, "unverified_write": sent, "raw": held}
        actual = None if status.current_value is None else str(status.current_value)
        known[point.name, point.where] = blank(point).model_copy(update={**seen, "actual": actual})
    forgotten = {"unverified_write": None} if edited else {}
    return [known.get((point.name, point.where), blank(point)).model_copy(update=forgotten) for point in wanted.points]


def _retargeted(before: PlcState, state: PlcState, event: Event) -> Step:
    """Take a changed spec; what was known of another register is not known of this one.

    Before a spec that was never valid in this process we do not know which register an unproven write went to.
    """
    same = same_places(before.map, state.map)
    resting = before.spec is None or before.spec.suspend
    if same and not resting:
        return state, (Wake(0.0),)
    if before.map is NOWHERE:
        known = _remembered(state.status, state.map, edited=True)
        state = state._replace(status=state.status.model_copy(update=registers_fields(known, state.map)))
    endpoint = {"endpoint": str(state.map.endpoint)}
    begun, commands = say(state, at_hand.PENDING, "not looked at yet", event, **endpoint)
    return begun, (*commands, Wake(0.0))
