"""The proof at the end of a pass that a PLC holds what it was released to."""

from collections.abc import Sequence
from datetime import datetime

from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.control.plc.judging import Finding, Judgement
from fabgitops_core.control.plc.state import PlcState


def concluded(state: PlcState, found: Sequence[Judgement], in_sync: bool, at: datetime) -> PlcState:
    """Note at the end of a pass that what is released was read back, and what was corrected after that."""
    release = state.release
    if release is None:
        return state
    if release.proven_at is None:
        is_proof = in_sync and not release.unread and not any(each.finding is Finding.UNPROVEN for each in found)
        return _proven(state, release, at) if is_proof else state
    count = sum(each.corrections for each in found)
    if not count:
        return state
    return state._replace(release=release.model_copy(update={"corrections": release.corrections + count}))


def owes_proof(state: PlcState) -> bool:
    """Return whether what is released was not read back yet: also a reading like the last one is judged then."""
    return state.release is not None and state.release.proven_at is None


def _proven(state: PlcState, release: ReleaseStatus, at: datetime) -> PlcState:
    leave = tuple(each._replace(replaced=None) for each in state.leave)
    return state._replace(release=release.model_copy(update={"proven_at": at}), leave=leave)
