"""The status of a BMC out of what is known of it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from fabgitops_core.api.conditions import Condition, ConditionStatus, renewed
from fabgitops_core.api.rack.bmcstatus import BmcStatus, EnclosureStatus, SystemStatus
from fabgitops_core.api.rack.partstatus import Health, PowerState
from fabgitops_core.control.rack.bmc.facts import Case, Found, Machine
from fabgitops_core.control.rack.bmc.identity import identities, macs_of
from fabgitops_core.control.rack.bmc.light import located
from fabgitops_core.control.rack.bmc.situations import READY, UNDER_WAY, Situation, Standing
from fabgitops_core.control.rack.bmc.state import BmcState

_WORST = (Health.CRITICAL, Health.WARNING, Health.UNKNOWN, Health.OK)
Word = TypeVar("Word", bound=StrEnum)


def status_of(state: BmcState, told: Situation, at: datetime) -> BmcStatus:
    """Return the status; times stand where they stood while nothing of it has changed."""
    before = state.said or BmcStatus()
    reachable = None if state.way is None or (state.found is None and not state.failure) else not state.failure
    seen = _facts(state, state.found, known=bool(reachable)) if state.found else _kept(before)
    status = BmcStatus(
        reachable=reachable,
        locate=located(state.locate, state.found, state.refusal),
        message=told.message,
        observed_generation=state.generation,
        last_handled_reconcile_at=state.handled,
        conditions=renewed(before.conditions, _conditions(state, told, at)),
        last_update=before.last_update,
    ).model_copy(update=seen)
    return status if status == before else status.model_copy(update={"last_update": at})


def _facts(state: BmcState, found: Found, *, known: bool) -> dict[str, object]:
    """Return what was seen; of a BMC that does not answer now, what may have changed since is unknown."""
    who = identities(found)
    boards = found.boards
    systems = tuple(_system(state, machine, who[machine.link], known=known) for machine in found.machines)
    lost = tuple(
        SystemStatus(link=link, missing=True, power=record)  # it may come back, and must not be switched twice
        for link, record in sorted(state.records.items())
        if link not in who
    )
    return {
        "redfish_version": found.redfish or None,
        "firmware_version": next((each.firmware for each in boards if each.firmware), None),
        "uuid": next((each.uuid for each in boards if each.uuid), None),
        "mac_addresses": macs_of(found),
        "systems": (*systems, *lost),
        "enclosures": tuple(_enclosure(case, known=known) for case in found.cases),
        "gaps": found.gaps,
        "power_state": _together(each.power_state for each in systems),
        "health": _worst(_word(Health, each.health, Health.UNKNOWN) for each in boards) if known else Health.UNKNOWN,
        "serial_number": next((each.serial_number for each in systems if each.serial_number), None),
        "model": next((each.model for each in systems if each.model), None),
    }


def _kept(before: BmcStatus) -> dict[str, object]:
    """Return what was seen before a restart: who is there stays, what may have changed since is unknown."""
    unknown = {"power_state": PowerState.UNKNOWN, "health": Health.UNKNOWN}
    return {
        "redfish_version": before.redfish_version,
        "firmware_version": before.firmware_version,
        "uuid": before.uuid,
        "mac_addresses": before.mac_addresses,
        "systems": tuple(each.model_copy(update=unknown) for each in before.systems),
        "enclosures": tuple(each.model_copy(update=unknown) for each in before.enclosures),
        "gaps": before.gaps,
        "serial_number": before.serial_number,
        "model": before.model,
        **({} if before.power_state is None else unknown),
    }


def _system(state: BmcState, machine: Machine, identity: str, *, known: bool) -> SystemStatus:
    return SystemStatus(
        link=machine.link,
        identity=identity or None,
        manufacturer=machine.manufacturer or None,
        model=machine.model or None,
        serial_number=machine.serial or None,
        uuid=machine.uuid or None,
        power_state=_word(PowerState, machine.power, PowerState.UNKNOWN) if known else PowerState.UNKNOWN,
        health=_word(Health, machine.health, Health.UNKNOWN) if known else Health.UNKNOWN,
        cpu_model=machine.cpu_model or None,
        cpu_count=machine.cpu_count,
        memory_gb=machine.memory,
        mac_addresses=machine.macs,
        power=state.records.get(machine.link),
    )


def _enclosure(case: Case, *, known: bool) -> EnclosureStatus:
    return EnclosureStatus(
        link=case.link,
        type=case.kind or None,
        manufacturer=case.manufacturer or None,
        model=case.model or None,
        serial_number=case.serial or None,
        power_state=_word(PowerState, case.power, PowerState.UNKNOWN) if known else PowerState.UNKNOWN,
        health=_word(Health, case.health, Health.UNKNOWN) if known else Health.UNKNOWN,
        row=case.row or None,
        rack=case.rack or None,
        rack_offset=case.offset,
    )


def _word(words: type[Word], text: str, otherwise: Word) -> Word:
    """Return a word of a device, or `otherwise` for one that nobody knows."""
    try:
        return words(text)
    except ValueError:
        return otherwise


def _together(states: Iterable[PowerState]) -> PowerState:
    """Return the state that all have; of several nothing is said."""
    found = set(states)
    return found.pop() if len(found) == 1 else PowerState.UNKNOWN


def _worst(healths: Iterable[Health]) -> Health:
    found = set(healths)
    return next((each for each in _WORST if each in found), Health.UNKNOWN)


def _conditions(state: BmcState, told: Situation, at: datetime) -> tuple[Condition, ...]:
    """Return Ready, Reconciling and Stalled, as kstatus reads them, and whether the BMC answers."""
    ready, under_way = told.standing in READY, told.standing in UNDER_WAY
    held = {"Ready": ready, "Reconciling": under_way, "Stalled": not ready and not under_way}
    conditions = [_condition(name, told.standing, told.message, state, at, holds=holds) for name, holds in held.items()]
    if state.way is not None and (state.failure or state.found is not None):
        reason = Standing.CONNECTION_FAILED if state.failure else "Answers"
        message = state.failure or "it answered when it was asked last"
        conditions.append(_condition("Reachable", reason, message, state, at, holds=not state.failure))
    return tuple(conditions)


def _condition(name: str, reason: str, message: str, state: BmcState, at: datetime, *, holds: bool) -> Condition:
    return Condition(
        type=name,
        status=ConditionStatus.TRUE if holds else ConditionStatus.FALSE,
        reason=reason,
        message=message[:1024],
        observed_generation=state.generation,
        last_transition_time=at,
    )
