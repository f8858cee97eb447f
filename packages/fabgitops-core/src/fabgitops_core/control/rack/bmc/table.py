"""The decisions for a BMC: a walk through look, power, lights and rest, one request at a time.

    idle --due--> looking --discovered--> switching power --all judged--> switching lights --all seen--> idle
                     |                     |        ^                       |
                     +--failed--> idle     +-answer-+                       +--switched--> looking

What is declared meanwhile changes what is wanted, never what is under way.
"""

from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rack.bmcstatus import BmcStatus
from fabgitops_core.api.rack.marks import LOCATE
from fabgitops_core.api.rack.parts import BMC
from fabgitops_core.control.commands import Commands, Request, Wake
from fabgitops_core.control.events import Contested, Declared, Due, Event, Faulted, fault_message
from fabgitops_core.control.rack.bmc.identity import claims_of
from fabgitops_core.control.rack.bmc.light import WORDS
from fabgitops_core.control.rack.bmc.looking import begun, failed, seen
from fabgitops_core.control.rack.bmc.requests import (
    Discovered,
    DiscoverFailed,
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
from fabgitops_core.control.rack.bmc.state import BmcState
from fabgitops_core.control.rack.bmc.switching import answered, lit, wants_power

Step = tuple[BmcState, Commands]


class BmcController:
    """Looks at a BMC from time to time, and switches what somebody wants switched."""

    kind = BMC

    def start(self, key: Key) -> BmcState:
        """Return that nothing is known yet."""
        return BmcState(key)

    def step(self, state: BmcState, event: Event) -> Step:
        """Return what is known after an event, and what is to be done."""
        match event:
            case Declared():
                return _declared(state, event)
            case Due():
                return begun(state, event.at)
            case Discovered():
                return seen(state, event)
            case DiscoverFailed():
                return failed(state, event)
            case PowerSet() | PowerUnknown() | PowerFailed() | PowerUnrecorded():
                return answered(state, event)
            case IndicatorSet() | IndicatorFailed():
                return lit(state, event)
            case Contested():
                return told(state._replace(rivals=event.rivals), event.at)
            case Faulted():
                return _faulted(state, event)
        return state, ()

    def identities(self, state: BmcState) -> frozenset[str]:
        """Return what the BMC and its machines are for this object alone."""
        return claims_of(state.way, state.spec.mac_address if state.spec else "", state.found)

    def wants(self, state: BmcState, request: Request) -> bool:
        """Return whether a request that is about to switch something may still be sent."""
        if isinstance(request, SetPower):
            return wants_power(state, request)
        if isinstance(request, SetIndicator):
            return state.way == request.way and WORDS.get(state.locate) is request.on and not state.rivals
        return True


def _declared(state: BmcState, event: Declared[Any, Any]) -> Step:
    """Take what is declared, and look soon; of a new one the records that are stored are taken as well."""
    new = state._replace(
        spec=event.spec,
        problem=event.problem,
        generation=event.generation,
        locate=event.annotations.get(LOCATE, ""),
        request=event.request,
        fault="",
    )
    if state.declared is None and state.said is None:
        new = _remembered(new, event.status)
    if new.locate != state.locate:
        new = new._replace(tries=0, refusal="")
    if new.way != state.way:
        new = new._replace(found=None, whole=None, since=None, verdicts={}, looked=(), failure="", denied=False)
    if (new.spec, new.problem) != (state.spec, state.problem) or state.declared is None:
        new = new._replace(declared=event.at)
    if new.way is None:
        return rest(new, event.at)
    interval = float(new.spec.poll_interval_secs) if new.spec else 0.0
    return new, (Wake(0.0, spread=interval),)


def _remembered(state: BmcState, status: object) -> BmcState:
    """Take from the status of before what must outlive a restart: what was asked of power, and what was said."""
    if not isinstance(status, BmcStatus):
        return state
    records = {each.link: each.power for each in status.systems if each.power is not None}
    return state._replace(said=status, records=records, handled=status.last_handled_reconcile_at)


def _faulted(state: BmcState, event: Faulted) -> Step:
    """Say that a fault of our own has struck, keeping what must not be forgotten."""
    said = state.said or event.said
    kept = state if not event.lasting else _remembered(BmcState(state.key), said)
    return rest(kept._replace(fault=fault_message(event.cause), generation=event.generation), event.at, wakes=False)
