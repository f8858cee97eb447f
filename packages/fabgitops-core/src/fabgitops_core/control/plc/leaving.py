"""What is said of a PLC that its operator looks after no more: it is not known what it holds, and nobody corrects it.

Whoever looks after it after all puts that right, as any status that is not its own.
"""

from datetime import datetime

from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.control.plc.reporting import told
from fabgitops_core.control.plc.situations import NOT_LOOKED_AFTER, situation_of


def is_left(status: IndustrialPLCStatus) -> bool:
    """Return whether that is what a status says."""
    return situation_of(status) is NOT_LOOKED_AFTER


def left(status: IndustrialPLCStatus, by: str, at: datetime) -> IndustrialPLCStatus:
    """Return the status of a PLC that an operator looks after no more; what was counted stays.

    Args:
        status: What was said last.
        by: How people find the operator.
        at: The time of day.
    """
    why = (
        f"the operator {by} looks after this namespace no more, and no other has taken over: nothing is read or written"
    )
    return told(status, NOT_LOOKED_AFTER, why, at, status.observed_generation)
