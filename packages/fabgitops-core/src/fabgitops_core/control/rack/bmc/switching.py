"""What follows a look: each machine that was seen is judged, and switched where that is wished; then the lights."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from fabgitops_core.api.rack.bmcstatus import PowerOutcome, PowerRecord
from fabgitops_core.api.rack.parts import PowerOff
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import FailureKind
from fabgitops_core.control.rack.bmc.facts import Machine
from fabgitops_core.control.rack.bmc.identity import mismatch
from fabgitops_core.control.rack.bmc.light import WORDS, next_lamp
from fabgitops_core.control.rack.bmc.power import FORCE_OFF, Verdict, judged
from fabgitops_core.control.rack.bmc.reasons import BmcReason
from fabgitops_core.control.rack.bmc.requests import (
    Discover,
    IndicatorFailed,
    IndicatorSet,
    PowerFailed,
    PowerSet,
    PowerUnknown,
    PowerUnrecorded,
    SetIndicator,
    SetPower,
)
from fabgitops_core.control.rack.bmc.resting import rest, told
from fabgitops_core.control.rack.bmc.state import SETTLE, BmcState

Step = tuple[BmcState, Commands]
Value = TypeVar("Value")


def go_on(state: BmcState, at: datetime, notices: Commands = ()) -> Step:
    """Judge the next machine of a look; after the last one see to the lights, and rest."""
    state = state._replace(settling=False)
    while state.looked:
        link, *others = state.looked
        state = state._replace(looked=tuple(others))
        machine = _machine(state, link)
        if machine is None:
            continue
        before = state.records.get(link)
        verdict = judged(state.wish, machine, before, at, anew=state.anew)
        if verdict.reset and _may_switch(state, at):
            state, commands = _sent(state, machine, verdict, at)
            return state, (*notices, *commands)
        if verdict.reset:
            state = state._replace(settling=_is_known(state))
            verdict = Verdict(before)
        notices = (*notices, *_news(machine, before, verdict.record))
        state = _noted(state, link, verdict)
    return _lights(state, at, notices)


def _may_switch(state: BmcState, at: datetime) -> bool:
    """Return whether power may be switched now: it is known who is asked, that nobody else wants the same, and why.

    What was declared, and who the machines are, has stood for a moment: who else wants them is told within it.
    """
    settled = all(moment is not None and abs(at - moment) >= SETTLE for moment in (state.declared, state.since))
    return settled and _is_known(state)


def _is_known(state: BmcState) -> bool:
    mac = state.spec.mac_address if state.spec else ""
    return state.found is not None and not state.rivals and not mismatch(mac, state.found)


def _sent(state: BmcState, machine: Machine, verdict: Verdict, at: datetime) -> Step:
    """Send a request for power, recorded in the status before; a try that was asked for is used up by it."""
    way = state.way
    if way is None:
        return rest(state, at)
    handled = state.request.token if state.anew and state.request else state.handled
    state = _noted(state, machine.link, verdict)._replace(undo=state.records.get(machine.link), handled=handled)
    state, commands = told(state, at, before_write=True)
    return state, (*commands, SetPower(way, machine.link, machine.reset_target, verdict.reset))


def wants_power(state: BmcState, request: SetPower) -> bool:
    """Return whether a request for power that waits may still be sent: nothing that it was decided by has changed."""
    record, wish = state.records.get(request.link), state.wish
    if record is None or wish is None or state.way != request.way or not _is_known(state):
        return False
    allowed = request.reset != FORCE_OFF or wish.off is PowerOff.FORCE
    return allowed and (record.wanted, record.reset) == (wish.power, request.reset)


def answered(state: BmcState, event: PowerSet | PowerUnknown | PowerFailed | PowerUnrecorded) -> Step:
    """Take what became of a request for power; what was certainly not done may be tried again at the next poll."""
    link, record = event.request.link, state.records.get(event.request.link)
    if record is None:
        return go_on(state, event.at)
    notices: Commands = ()
    if isinstance(event, PowerSet | PowerUnknown):
        outcome = PowerOutcome.SENT if isinstance(event, PowerSet) else PowerOutcome.UNKNOWN
        state = _noted(state, link, Verdict(_turned(record, outcome), waits=True))
        unknown = "" if isinstance(event, PowerSet) else f"; whether it was taken is not known: {event.failure.message}"
        notices = (Notice(BmcReason.POWER_REQUESTED, f"{record.reset} was sent to {link}{unknown}"),)
    elif isinstance(event, PowerFailed) and event.failure.kind is FailureKind.REFUSED_FOR_GOOD:
        state = _noted(state, link, Verdict(_turned(record, PowerOutcome.REFUSED)))
        state = state._replace(looked=(link, *state.looked), anew=False)
        notices = (Notice(BmcReason.POWER_REFUSED, f"{record.reset} was refused for {link}: {event.failure.message}"),)
    else:
        state = _noted(
            state, link, Verdict(state.undo, trouble=f"{record.reset} was not sent: {event.failure.message}")
        )
    return go_on(state._replace(undo=None), event.at, notices)


def _lights(state: BmcState, at: datetime, notices: Commands) -> Step:
    lamp = next_lamp(state.locate, state.found, state.tries) if state.found is not None else None
    if lamp is None or state.way is None or state.rivals:
        state, commands = rest(state, at)
        return state, (*notices, *commands)
    return state._replace(tries=state.tries + 1), (*notices, SetIndicator(state.way, lamp, WORDS[state.locate]))


def lit(state: BmcState, event: IndicatorSet | IndicatorFailed) -> Step:
    """Look whether a light has followed; one that was not switched is left for the next poll."""
    if isinstance(event, IndicatorFailed):
        return rest(state._replace(refusal=event.failure.message), event.at)
    state = state._replace(refusal="")
    return (state, (Discover(state.way),)) if state.way == event.request.way else rest(state, event.at)


def _machine(state: BmcState, link: str) -> Machine | None:
    machines = state.found.machines if state.found is not None else ()
    return next((each for each in machines if each.link == link), None)


def _noted(state: BmcState, link: str, verdict: Verdict) -> BmcState:
    records = {**_without(state.records, link), **({link: verdict.record} if verdict.record is not None else {})}
    return state._replace(records=records, verdicts={**state.verdicts, link: verdict})


def _without(given: Mapping[str, Value], link: str) -> dict[str, Value]:
    return {name: value for name, value in given.items() if name != link}


def _turned(record: PowerRecord, outcome: PowerOutcome) -> PowerRecord:
    return record.model_copy(update={"outcome": outcome})


def _news(machine: Machine, before: PowerRecord | None, now: PowerRecord | None) -> Commands:
    """Return that a machine has followed, once."""
    if before is None or now is None or before.outcome is now.outcome or now.outcome is not PowerOutcome.REACHED:
        return ()
    return (Notice(BmcReason.POWER_REACHED, f"{machine.link} is {machine.power}, as it should be"),)
