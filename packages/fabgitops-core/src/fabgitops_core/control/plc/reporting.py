"""From a situation to a status: the one place that builds conditions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fabgitops_core.api.conditions import Condition, ConditionStatus, conditions_of, renewed
from fabgitops_core.api.plc.correction import HeldCorrections
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus, Phase
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.control.plc.brevity import LONGEST_MESSAGE, brief
from fabgitops_core.control.plc.gate.telling import RELEASED
from fabgitops_core.control.plc.situations import (
    ADDRESS_NOT_ALLOWED,
    CONNECTION_FAILED,
    CORRECTING,
    Situation,
    situation_of,
)

_KNOWN = {ConditionStatus.TRUE: True, ConditionStatus.FALSE: False, ConditionStatus.UNKNOWN: None}


def told(
    status: IndustrialPLCStatus,
    situation: Situation,
    message: str,
    at: datetime,
    generation: int,
    **changes: Any,
) -> IndustrialPLCStatus:
    """Return the status that tells of a situation, or `status` itself when it says the same already.

    Args:
        status: What was said last.
        situation: What is the case now.
        message: The same as a sentence.
        at: When it became known.
        generation: The `metadata.generation` of the spec it speaks of.
        **changes: Further fields of the status by name.
    """
    message, unreadable = brief(message, LONGEST_MESSAGE), changes.get("last_error")
    wanted = {
        "phase": situation.phase,
        "in_sync": _KNOWN[situation.in_sync],
        "message": message,
        "observed_generation": generation,
        **changes,
        "last_error": message if situation.phase is Phase.FAILED else unreadable and brief(unreadable, LONGEST_MESSAGE),
    }
    wanted = {"held": (), "plan": None, "release": status.release, **wanted}
    said = (
        *_conditions(situation, message, at, generation),
        *_correcting(situation, wanted["held"], at, generation),
        *_released(wanted["release"], at, generation),
    )
    conditions = renewed(status.conditions, said)
    if conditions == status.conditions and all(getattr(status, name) == value for name, value in wanted.items()):
        return status
    return status.model_copy(update={**wanted, "conditions": conditions, "last_update": at})


def _conditions(situation: Situation, message: str, at: datetime, generation: int) -> tuple[Condition, ...]:
    held = {
        "Ready": situation.ready,
        "InSync": situation.in_sync,
        "Reconciling": ConditionStatus.of(situation.reconciling),
        "Stalled": ConditionStatus.of(situation.stalled),
    }
    return conditions_of(held, situation.reason, message, at, generation)


def _correcting(
    situation: Situation, held: Sequence[HeldCorrections], at: datetime, generation: int
) -> Iterator[Condition]:
    """Yield what is said of corrections while there is something to be corrected."""
    is_written = situation is CORRECTING
    if is_written or held:
        why = "; ".join(dict.fromkeys(f"{each.registers} register(s) held: {each.message}" for each in held))
        yield Condition(
            type="Correcting",
            status=ConditionStatus.of(is_written),
            reason=CORRECTING.reason if is_written else held[0].reason,
            message=brief(why, LONGEST_MESSAGE),
            observed_generation=generation,
            last_transition_time=at,
        )


def _released(release: ReleaseStatus | None, at: datetime, generation: int) -> Iterator[Condition]:
    """Yield what is said of a PLC that a rollout leads."""
    if release is not None:
        yield Condition(
            type="Released",
            status=ConditionStatus.of(release.released == release.wanted and release.reason == RELEASED),
            reason=release.reason,
            message=release.message,
            observed_generation=generation,
            last_transition_time=at,
        )


def contact_was_lost(status: IndustrialPLCStatus) -> bool:
    """Return whether the status says that the device could not be reached, or may not be."""
    return situation_of(status) in {CONNECTION_FAILED, ADDRESS_NOT_ALLOWED}
