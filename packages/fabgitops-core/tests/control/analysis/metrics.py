"""Metrics, templates and answers for the tests of analyses."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.analysis.template import AnalysisTemplateSpec
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.analysis.running import Offers
from fabgitops_core.control.commands import Measure
from fabgitops_core.control.events import Measured, MeasureFailed

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
RATE = {
    "name": "rate",
    "interval": "1m",
    "successCondition": "result[0] < 1",
    "provider": {"prometheus": {"query": "q"}},
}


def metric(**given: Any) -> Metric:
    """Return a metric of Prometheus that is measured each minute and must be below 1, but for what is given."""
    return Metric.model_validate({key: value for key, value in {**RATE, **given}.items() if value is not None})


def offers(*metrics: dict[str, Any], args: Any = (), **others: Any) -> Offers:
    """Return what is offered by a template `checks` of these metrics, and by others."""
    spec = AnalysisTemplateSpec.model_validate({"metrics": metrics or [RATE], "args": args})
    return {
        ("AnalysisTemplate", "checks"): (spec, ""),
        **{("AnalysisTemplate", key): each for key, each in others.items()},
    }


def analyses(*names: str, **args: str) -> Analyses:
    """Return that these templates, or `checks`, judge with these arguments."""
    templates = [{"templateName": each} for each in names or ("checks",)]
    return Analyses.model_validate(
        {"templates": templates, "args": [{"name": key, "value": value} for key, value in args.items()]}
    )


def after(seconds: float) -> datetime:
    """Return so many seconds after the beginning."""
    return AT + timedelta(seconds=seconds)


def event(request: Measure, answer: Any, at: datetime) -> Measured | MeasureFailed:
    """Return what came of a request: an answer, or (an exception) none."""
    if isinstance(answer, Exception):
        return MeasureFailed(at, request, str(answer))
    return Measured(at, request, answer if isinstance(answer, Answer) else Answer(answer))
