"""Transitions of what a change is judged by that are worth an Event."""

from fabgitops_core.control.commands import NoticeReason


class AnalysisReason(NoticeReason):
    """What people are told."""

    INVALID_SPEC = "InvalidSpec"
    INTERNAL_ERROR = "InternalError"
