"""The decisions for an AnalysisTemplate: changes are judged by it, and it says whether it can be."""

from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE, AnalysisTemplateStatus
from fabgitops_core.api.conditions import Condition
from fabgitops_core.control.analysis.reasons import AnalysisReason
from fabgitops_core.control.templates import Templates, Words


def _status(_users: int, generation: int, conditions: tuple[Condition, ...]) -> AnalysisTemplateStatus:
    return AnalysisTemplateStatus(observed_generation=generation, conditions=conditions)


WORDS = Words(_status, AnalysisTemplateStatus, AnalysisReason.INVALID_SPEC, AnalysisReason.INTERNAL_ERROR)


class AnalysisTemplateController(Templates):
    """Keeps a template for those who are judged by it."""

    def __init__(self) -> None:
        super().__init__(ANALYSIS_TEMPLATE, WORDS)
