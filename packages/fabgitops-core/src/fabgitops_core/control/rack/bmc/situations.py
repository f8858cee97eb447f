"""Where a BMC stands, in one reason and one sentence: the first that applies, the gravest before."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from fabgitops_core.control.rack.bmc.facts import Found
from fabgitops_core.control.rack.bmc.identity import mismatch
from fabgitops_core.control.rack.bmc.state import BmcState


class Standing(StrEnum):
    """What a condition Ready has for a reason."""

    INTERNAL_ERROR = "InternalError"
    INVALID_SPEC = "InvalidSpec"
    NOT_ADDRESSED = "NotAddressed"
    DENIED = "AccessDenied"
    CONNECTION_FAILED = "ConnectionFailed"
    CONFLICT = "Conflict"
    IDENTITY_MISMATCH = "IdentityMismatch"
    NOT_AS_WISHED = "PowerNotAsWished"
    SWITCHING = "PowerSwitching"
    SETTLING = "Settling"
    LOOKING = "Looking"
    KNOWN = "Known"


READY = {Standing.KNOWN, Standing.NOT_ADDRESSED}
UNDER_WAY = {Standing.CONNECTION_FAILED, Standing.SWITCHING, Standing.SETTLING, Standing.LOOKING}


class Situation(NamedTuple):
    """Where it stands, and what people are told of it."""

    standing: Standing
    message: str


def situation(state: BmcState) -> Situation:
    """Return where a BMC stands."""
    for standing, why in _LADDER:
        if message := why(state):
            return Situation(standing, message)
    return Situation(Standing.KNOWN, _seen(state))


def _invalid(state: BmcState) -> str:
    return state.problem or ("it has no spec" if state.spec is None else "")


def _not_addressed(state: BmcState) -> str:
    return "it has no ipAddress, so nothing is asked of it" if state.way is None else ""


def _wished_in_vain(state: BmcState) -> str:
    return f"power {state.wish.power} is wished for, and it has no ipAddress" if state.wish and not state.way else ""


def _conflict(state: BmcState) -> str:
    told = [f"{claim} is wanted by {rival}, too" for claim, rival in sorted(state.rivals.items())]
    return f"{'; '.join(told)}: nothing is switched until one of them lets go" if told else ""


def _looking(state: BmcState) -> str:
    return "it was not asked yet" if state.found is None else ""


def _mismatch(state: BmcState) -> str:
    return mismatch(state.spec.mac_address, state.found) if state.spec and state.found else ""


def _switching(state: BmcState) -> str:
    return f"waiting for {', '.join(state.waiting)} to follow" if state.waiting else ""


def _settling(state: BmcState) -> str:
    return "what is wanted of its power, or who it is, is news: it is looked at once more" if state.settling else ""


def _seen(state: BmcState) -> str:
    found = state.found or Found()
    systems = f"{len(found.machines)} system{'' if len(found.machines) == 1 else 's'}"
    return f"{systems}; {len(found.gaps)} thing(s) could not be read" if found.gaps else systems


_LADDER: tuple[tuple[Standing, Callable[[BmcState], str]], ...] = (
    (Standing.INTERNAL_ERROR, lambda state: state.fault),
    (Standing.INVALID_SPEC, _invalid),
    (Standing.NOT_AS_WISHED, _wished_in_vain),
    (Standing.NOT_ADDRESSED, _not_addressed),
    (Standing.DENIED, lambda state: state.failure if state.denied else ""),
    (Standing.CONNECTION_FAILED, lambda state: state.failure),
    (Standing.CONFLICT, _conflict),
    (Standing.LOOKING, _looking),
    (Standing.IDENTITY_MISMATCH, _mismatch),
    (Standing.NOT_AS_WISHED, lambda state: "; ".join(state.troubles)),
    (Standing.SWITCHING, _switching),
    (Standing.SETTLING, _settling),
)
"""Where a BMC stands, each with what says why it stands there, "" where it does not."""
