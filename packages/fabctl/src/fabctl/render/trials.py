"""How a trial over history is shown. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fabctl.fields import text
from fabctl.render.shapes import Section, Table
from fabctl.trials import PASSED, Begun, Trial

SHOWN = 20
"""So many changes are shown where there is little room."""

Times = tuple[datetime, datetime, timedelta]


def trial_sections(name: str, times: Times, lasting: timedelta, trial: Trial, *, wide: bool) -> list[Section]:
    """Return how many changes would have passed, which would not, and how each metric was measured."""
    start, end, step = times
    head = Section(
        "",
        (
            ("Template", name),
            ("Time", f"{_at(start)} to {_at(end)}"),
            ("Changes", f"one every {step}, each judged for {lasting}"),
            ("Judged", _judged(trial)),
        ),
    )
    stopped = trial.stopped if wide else trial.stopped[:SHOWN]
    sections = [head, *([Section("Would not have passed", _stopped(stopped))] if stopped else [])]
    if len(trial.stopped) > len(stopped):
        sections.append(Section("", (("and more", f"{len(trial.stopped) - len(stopped)}: -o wide shows all"),)))
    if trial.metrics:
        sections.append(Section("Measurements", _metrics(trial)))
    if trial.passed_over:
        sections.append(Section("Not tried", tuple((text(name), text(why)) for name, why in trial.passed_over.items())))
    return sections


def as_object(name: str, times: Times, lasting: timedelta, trial: Trial) -> dict[str, Any]:
    """Return the same for programs."""
    start, end, step = times
    return {
        "template": name,
        "from": _at(start),
        "to": _at(end),
        "stepSeconds": step.total_seconds(),
        "lastingSeconds": lasting.total_seconds(),
        "verdicts": dict(trial.verdicts),
        "metrics": {metric: dict(counts) for metric, counts in trial.metrics.items()},
        "stopped": [
            {"begun": _at(each.at), "verdict": each.verdict, "metric": each.metric, "why": each.why}
            for each in trial.stopped
        ],
        "notTried": dict(trial.passed_over),
    }


def _judged(trial: Trial) -> str:
    counts = dict(trial.verdicts)
    passed = counts.pop(PASSED, 0)
    others = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    if not trial.begun:
        return "none: nothing could be tried in that time"
    return f"{passed} of {len(trial.begun)} would have passed" + (f", {others}" if others else "")


def _stopped(begun: Sequence[Begun]) -> Table:
    rows = tuple((_at(each.at), each.verdict, text(each.metric), text(each.why)) for each in begun)
    return Table("", ("Begun", "Verdict", "Metric", "Why"), rows)


def _metrics(trial: Trial) -> Table:
    verdicts = sorted({verdict for counts in trial.metrics.values() for verdict in counts})
    rows = tuple(
        (text(name), *(str(counts.get(verdict, 0)) for verdict in verdicts)) for name, counts in trial.metrics.items()
    )
    return Table("", ("Metric", *verdicts), rows, frozenset(verdicts))


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
