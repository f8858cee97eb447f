"""How a PLC stands, for who leads it."""

from fabgitops_core.api.plc.correction import Mode
from fabgitops_core.control.members import Facts, Standing
from fabgitops_core.control.plc import situations as at_hand
from fabgitops_core.control.plc.gate.words import wanted_by_git
from fabgitops_core.control.plc.situations import Situation, situation_of
from fabgitops_core.control.plc.state import PlcState

_AWAY = {at_hand.CONNECTION_FAILED, at_hand.ADDRESS_NOT_ALLOWED}
_NOT_SEEN = _AWAY | {at_hand.PENDING, at_hand.CONNECTING, at_hand.SUSPENDED, at_hand.INVALID_SPEC}
# A reading that is refused once is none of these: a whole change would be taken back for it. One that stays refused
# keeps its wave from being done, until the deadline.
_FAILED = {
    at_hand.DRIFTED,
    at_hand.OBSERVED,
    at_hand.WRITE_REFUSED,
    at_hand.VERIFICATION_FAILED,
    at_hand.IDENTITY_MISMATCH,
    at_hand.CONFLICT,
    at_hand.CONTENDED_WRITER,
    at_hand.NOT_LOOKED_AFTER,
    at_hand.INTERNAL_ERROR,
}
LONGEST_WHY = 200
"""Characters of what is wrong with it."""


def facts(state: PlcState) -> Facts | None:
    """Return how it stands, without its labels; None before it was declared."""
    if state.generation < 0:
        return None
    release, situation = state.release, situation_of(state.status)
    valid = state.spec is not None
    wanted = (release.wanted if release else wanted_by_git(state.git)) if valid else ""
    return Facts(
        uid=state.uid,
        wanted=wanted,
        released=_released(state, wanted) if valid else "",
        round=release.round if release else 0,
        standing=_standing(state, situation),
        corrections=release.corrections if release else 0,
        why="" if situation is at_hand.IN_SYNC else state.status.message[:LONGEST_WHY],
        permit=release.permit if release else "",
        spent=release.spent if release else "",
    )


def _released(state: PlcState, wanted: str) -> str:
    """Return the name of what it may hold: "" where it was never released, and holds what it was found to hold."""
    release = state.release
    if release is None or release.released == wanted:
        return wanted
    return release.released if any(each.released for each in state.status.registers) else ""


def _standing(state: PlcState, situation: Situation) -> Standing:
    release, spec = state.release, state.spec
    proven = release is not None and release.proven_at is not None
    holds = {
        Standing.GATED: release is not None,
        Standing.VALID: spec is not None,
        Standing.REACHABLE: situation not in _NOT_SEEN,
        Standing.IN_SYNC: state.status.in_sync is True and (proven or release is None),
        Standing.PROVEN: proven,
        Standing.HELD: situation is at_hand.HELD,
        Standing.FAILED: situation in _FAILED,
        Standing.SUSPENDED: spec is not None and (spec.suspend or spec.mode is not Mode.ENFORCE),
        Standing.RESTORED: release is not None and release.restored,
    }
    standing = Standing(0)
    for each, held in holds.items():
        if held:
            standing |= each
    return standing
