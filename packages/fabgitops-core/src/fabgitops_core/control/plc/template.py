"""The decisions for an IndustrialPLCTemplate: it has no device, is there to be referred to, and says how it stands."""

from fabgitops_core.api.conditions import Condition
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateStatus
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.templates import Templates, Words


def _status(users: int, generation: int, conditions: tuple[Condition, ...]) -> IndustrialPLCTemplateStatus:
    return IndustrialPLCTemplateStatus(users=users, observed_generation=generation, conditions=conditions)


WORDS = Words(_status, IndustrialPLCTemplateStatus, PlcReason.INVALID_SPEC, PlcReason.INTERNAL_ERROR)


class TemplateController(Templates):
    """Keeps a template for the IndustrialPLCs that refer to it, and tells how many do."""

    def __init__(self) -> None:
        super().__init__(INDUSTRIAL_PLC_TEMPLATE, WORDS)
