"""What is wanted: a Rack that is declared, edited, broken or going, and the template that it names."""

from fabgitops_core.api.rack import marks
from fabgitops_core.api.rack.racktemplate import RackTemplateOffer
from fabgitops_core.control.commands import Command, Wake
from fabgitops_core.control.events import Referenced
from fabgitops_core.control.rack import happenings
from fabgitops_core.control.rack.conditions import say
from fabgitops_core.control.rack.reasons import RackReason
from fabgitops_core.control.rack.resting import Rest, rested
from fabgitops_core.control.rack.situations import INVALID_SPEC, PENDING
from fabgitops_core.control.rack.state import REST, UNKNOWN, Declaration, RackState, Stage, Step, Telling
from fabgitops_core.control.rack.telling import begun, tell_of_own


def declared(state: RackState, event: Declaration) -> Step:
    """Take a Rack as it stands now, whether new, changed or the same."""
    first = state.generation < 0 or (bool(state.uid) and event.uid != state.uid)
    stored = (event.status or UNKNOWN) if first else state.status
    known = state._replace(
        uid=event.uid,
        created=event.created,
        generation=event.generation,
        spec=event.spec,
        problem=event.problem,
        approved=event.annotations.get(marks.APPROVE, ""),
        leaving=event.leaving,
        status=stored,
        said=stored if first else state.said,
        telling=Telling() if first else state.telling,
        going=REST if first else state.going,
        stage=Stage.IDLE if first else state.stage,
        fault="",
    )
    if event.referenced is not None:
        known = _with_template(known, event.referenced)
    asked = event.request is not None and event.request.token != stored.last_handled_reconcile_at
    known = known._replace(request=event.request if asked else None)
    known, again = begun(known, event.at) if first and known.uid else (known, ())
    known, edited = _edited(state, known, event, first=first)
    told = (*again, *edited)
    if known.leaving or not (first or asked or known.inputs != state.inputs or state.fault):
        return known, told
    if known.spec is None:
        known, commands = rested(known, Rest(INVALID_SPEC, known.problem, RackReason.INVALID_SPEC), event.at)
        return known, (*told, *commands)
    if not known.status.conditions:
        known, commands = say(known, PENDING, "not looked at yet", event.at)
        return known, (*told, *commands, Wake(0.0))
    return known, (*told, Wake(0.0))


def _edited(before: RackState, known: RackState, event: Declaration, *, first: bool) -> Step:
    """Tell that the Rack was edited, also where nobody looked after it when it was."""
    last = known.status.observed_generation if first else before.generation
    if not 0 < last < known.generation or not known.uid:
        return known, ()
    id_ = f"{known.uid}/{known.generation}/{happenings.UPDATED}"
    told = happenings.of_rack(known.key, known.uid, happenings.UPDATED, id_, event.at, known.created)
    return tell_of_own(known, told, event.at)


def referenced(state: RackState, event: Referenced) -> Step:
    """Take the template that the Rack names, as it stands now; None while it is not there."""
    known = _with_template(state, event)
    if (known.offer, known.template_problem) == (state.offer, state.template_problem):
        return state, ()
    commands: tuple[Command, ...] = () if known.spec is None or known.leaving else (Wake(0.0),)
    return known, commands


def _with_template(state: RackState, event: Referenced) -> RackState:
    offer = event.spec if isinstance(event.spec, RackTemplateOffer) else None
    missing = offer is None and not event.problem
    since = (state.missing_since or event.at) if missing else None
    return state._replace(offer=offer, template_problem=event.problem, missing_since=since)
