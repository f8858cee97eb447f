"""Whether the power of a machine is switched: only as a wish says, only once for it, and only after it was looked at.

A request that was sent, or may have been, is never sent again for the same wish: the machine is looked at until it
follows, or until the time that it has for it is over. Off is asked for gracefully first, always.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from fabgitops_core.api.rack.bmcstatus import PowerOutcome, PowerRecord
from fabgitops_core.api.rack.parts import PowerOff, PowerWish
from fabgitops_core.control.rack.bmc.facts import Machine

ON, FORCE_ON, GRACEFUL, FORCE_OFF = "On", "ForceOn", "GracefulShutdown", "ForceOff"

PATIENCE = {
    ON: timedelta(seconds=120),
    FORCE_ON: timedelta(seconds=120),
    GRACEFUL: timedelta(seconds=300),
    FORCE_OFF: timedelta(seconds=60),
}
"""How long a machine has to follow."""

REST = timedelta(seconds=300)
"""How long after it was switched a machine that followed, and fell back, is not switched again."""

_OPEN = {PowerOutcome.INTENDED, PowerOutcome.SENT, PowerOutcome.UNKNOWN}
_STATES = {"On", "Off"}


class Wish(NamedTuple):
    """What a spec wants of the power of machines."""

    power: PowerWish
    off: PowerOff


class Verdict(NamedTuple):
    """What is to be done about the power of a machine.

    `record` is what stands in the status from now on; `reset` the ResetType to be sent, "" for none. One that `waits`
    is looked at again soon. `trouble` says why it is not as wished and will not be.
    """

    record: PowerRecord | None
    reset: str = ""
    waits: bool = False
    trouble: str = ""


def judged(wish: Wish | None, machine: Machine, record: PowerRecord | None, at: datetime, *, anew: bool) -> Verdict:
    """Return what is to be done about a machine that was looked at a moment ago.

    Args:
        wish: What is wanted; without one nothing is ever sent.
        machine: As it was just seen.
        record: The last request for it.
        at: The time of day.
        anew: Whether somebody has asked for one more try.
    """
    if wish is None:
        return Verdict(None)
    wanted = wish.power.value
    record = record if record is not None and record.wanted == wanted else None
    if machine.power == wanted:
        return Verdict(_now(record, PowerOutcome.REACHED) if record else None)
    if machine.power not in _STATES:
        return _between(machine, record, at)
    if record is not None and record.outcome in _OPEN:
        if _age(record, at) < PATIENCE.get(record.reset, REST):
            return Verdict(record, waits=True)
        record = _now(record, PowerOutcome.NOT_REACHED)
    if record is None or anew:
        return _first(wish, machine, record, at)
    if record.outcome is PowerOutcome.REACHED:
        return Verdict(record) if _age(record, at) < REST else _first(wish, machine, record, at)
    return _after(wish, machine, record, at)


def _between(machine: Machine, record: PowerRecord | None, at: datetime) -> Verdict:
    """Wait for a machine that is neither on nor off: PoweringOn and PoweringOff are states of their own."""
    if machine.power not in {"PoweringOn", "PoweringOff"}:
        said = f"says that it is {machine.power}" if machine.power else "does not say whether it is on"
        return Verdict(record, trouble=f"{machine.link} {said}, so it is not switched")
    patient = record is None or record.outcome not in _OPEN or _age(record, at) < PATIENCE.get(record.reset, REST)
    return Verdict(record, waits=patient)


def _first(wish: Wish, machine: Machine, record: PowerRecord | None, at: datetime) -> Verdict:
    """Choose what is sent first for a wish."""
    choices: tuple[str, ...]
    if wish.power is PowerWish.ON:
        choices = (ON, FORCE_ON)
    else:
        choices = (GRACEFUL, FORCE_OFF) if wish.off is PowerOff.FORCE else (GRACEFUL,)
    for reset in choices:
        if machine.reset_target and _takes(machine, reset):
            return _sent(wish, reset, at)
    return Verdict(record, trouble=_not_taken(wish, machine, choices))


def _after(wish: Wish, machine: Machine, record: PowerRecord, at: datetime) -> Verdict:
    """Go on after a request that the machine did not follow, or its BMC not take: from gracefully to by force, once."""
    if wish == (PowerWish.OFF, PowerOff.FORCE) and record.reset == GRACEFUL:
        if machine.reset_target and _takes(machine, FORCE_OFF):
            return _sent(wish, FORCE_OFF, at)
        return Verdict(record, trouble=_not_taken(wish, machine, (FORCE_OFF,)))
    did = "its BMC refused" if record.outcome is PowerOutcome.REFUSED else "it did not follow"
    again = "not repeated until the wish changes or a sync is forced"
    hint = "; powerOff: Force would end it" if record.reset == GRACEFUL else ""
    return Verdict(record, trouble=f"{machine.link} is {machine.power}: {did} {record.reset}, {again}{hint}")


def _sent(wish: Wish, reset: str, at: datetime) -> Verdict:
    record = PowerRecord(wanted=wish.power.value, reset=reset, at=at, outcome=PowerOutcome.INTENDED)
    return Verdict(record, reset=reset, waits=True)


def _takes(machine: Machine, reset: str) -> bool:
    return machine.resets is None or reset in machine.resets


def _not_taken(wish: Wish, machine: Machine, choices: tuple[str, ...]) -> str:
    if not machine.reset_target:
        return f"{machine.link} is {machine.power}: its BMC offers no way to switch it"
    hint = (
        "; powerOff: Force would allow ForceOff" if FORCE_OFF in (machine.resets or ()) and GRACEFUL in choices else ""
    )
    takes = ", ".join(machine.resets or ()) or "nothing"
    return f"{machine.link} is {machine.power}: its BMC takes no {' or '.join(choices)} but {takes}{hint}"


def _now(record: PowerRecord, outcome: PowerOutcome) -> PowerRecord:
    return record if record.outcome is outcome else record.model_copy(update={"outcome": outcome})


def _age(record: PowerRecord, at: datetime) -> timedelta:
    """Return how long ago it was sent; a clock that was set back makes nobody wait for it to come round again."""
    return abs(at - record.at)
