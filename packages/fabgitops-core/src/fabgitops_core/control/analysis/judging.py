"""What one measurement says: an answer, or none, to a verdict (Argo Rollouts' rules, and one of ours: NoData).

Where there is nothing to judge the verdict is NoData, never a success, unless a condition itself speaks of just that.
"""

from enum import StrEnum
from typing import Any, NamedTuple

from fabgitops_core.api.analysis.metrics import OF_A_RESULT, Metric
from fabgitops_core.control.analysis.answers import Answer, absence
from fabgitops_core.expressions.conditions import Absence, NoValue, compiled


class Verdict(StrEnum):
    """What a measurement, a metric or an analysis says."""

    RUNNING = "Running"
    """It has not ended."""
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"
    """It is neither: somebody has to look."""
    ERROR = "Error"
    """It could not be measured, or a condition says nothing of it."""
    NO_DATA = "NoData"
    """There was nothing to judge."""


class Judged(NamedTuple):
    """A verdict, and why."""

    verdict: Verdict
    why: str = ""


_NOTHING = "there is nothing to judge: the answer is empty"
_NO_NUMBER = "there is nothing to judge: the answer is not a number (NaN)"


def judged(metric: Metric, answer: Answer) -> Judged:
    """Return what an answer says of a metric whose arguments are filled in."""
    if answer.missing:
        return Judged(Verdict.NO_DATA, answer.missing)
    absent = absence(answer.value)
    success, failure = metric.success_condition, metric.failure_condition
    if absent and not any(text and _speaks_of(text, absent) for text in (success, failure)):
        return Judged(Verdict.NO_DATA, _NO_NUMBER if absent is Absence.NAN else _NOTHING)
    try:
        failed = None if failure is None else _holds("failureCondition", failure, answer.value, absent)
        passed = None if success is None else _holds("successCondition", success, answer.value, absent)
    except NoValue as error:
        return Judged(Verdict.ERROR, str(error))
    return _weighed(metric, answer.value, failed, passed)


def _weighed(metric: Metric, value: Any, failed: bool | None, passed: bool | None) -> Judged:
    """Return what two conditions come to; None is one that is not there."""
    if failed:
        return Judged(Verdict.FAILED, f"failureCondition holds: {metric.failure_condition}")
    if passed or (passed is None and failed is False):
        return Judged(Verdict.SUCCESSFUL)
    if passed is None:  # without any condition: what is true or false by itself is what it says
        if value is False and not (metric.provider.prometheus or metric.provider.web):
            return Judged(Verdict.FAILED, "it is false")
        return Judged(Verdict.SUCCESSFUL)
    if failed is None:
        return Judged(Verdict.FAILED, f"successCondition does not hold: {metric.success_condition}")
    return Judged(Verdict.INCONCLUSIVE, "neither successCondition nor failureCondition holds")


def _holds(field: str, text: str, value: Any, absent: Absence | None) -> bool:
    """Return whether a condition holds; one that does not speak of it does not where there is nothing to judge."""
    if absent and not _speaks_of(text, absent):
        return False
    try:
        return compiled(text, *OF_A_RESULT).holds(value)
    except NoValue as error:
        raise NoValue(f"{field} says nothing: {error}") from None


def _speaks_of(text: str, absent: Absence) -> bool:
    return absent in compiled(text, *OF_A_RESULT).speaks_of
