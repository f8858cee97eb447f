"""The plan of a rollout, what judges it, and what was decided: parts of its status, whatever it holds. Pure."""

from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """One wave of a plan; texts are fit for a terminal."""

    wave: int
    members: int
    total: int
    names: tuple[str, ...]
    """The first of its PLCs."""


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """What a change is going to do, named by a hash."""

    hash: str
    size: int
    changes: int
    waves: tuple[PlannedWave, ...]
    since: datetime | None
    approved_by: str

    @property
    def sentence(self) -> str:
        """Return how much it is."""
        waves = f"{len(self.waves)} wave{'' if len(self.waves) == 1 else 's'}"
        return f"{self.changes} of {self.size} PLCs change, in {waves}"

    def of(self, wave: int) -> PlannedWave | None:
        """Return a wave by its number."""
        return next((each for each in self.waves if each.wave == wave), None)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, and what it was made by."""

    at: datetime | None
    stage: str
    wave: int
    input: str
    rule: str
    outcome: str
    revision: str
    step: int | None = None
    """Of a workload: at which step, the first is 0."""


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric of an analysis stands: its verdict, how many measurements came out how, and the last of them."""

    name: str
    verdict: str
    counts: tuple[tuple[str, int], ...]
    message: str
    last: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """How an analysis stands: that of the whole change (wave 0), or that of a wave, or of a step."""

    wave: int
    verdict: str
    message: str
    metrics: tuple[Metric, ...]


Named = tuple[tuple[str, str], ...]
"""PLCs, and what is wrong with each."""


def plan_of(given: Body) -> RolloutPlan | None:
    """Return a plan, None where there is none."""
    if not given:
        return None
    waves = tuple(
        PlannedWave(
            count_in(each, "wave"), count_in(each, "members"), count_in(each, "total"), texts_in(each.get("names"))
        )
        for each in map(mapping, sequence(given.get("waves")))
    )
    size, changes = count_in(given, "size"), count_in(given, "changes")
    since, approved = moment(given.get("since")), text(given.get("approvedBy"))
    return RolloutPlan(text(given.get("hash")), size, changes, waves, since, approved)


def analysis_of(given: object) -> Analysis:
    """Return an analysis."""
    fields = mapping(given)
    metrics = tuple(map(_metric, sequence(fields.get("metrics"))))
    return Analysis(count_in(fields, "wave"), shown(fields.get("verdict")), text(fields.get("message")), metrics)


_MEASURED = (
    ("successful", "successful"),
    ("failed", "failed"),
    ("inconclusive", "inconclusive"),
    ("errors", "errors"),
    ("noData", "without data"),
)


def _metric(given: object) -> Metric:
    fields = mapping(given)
    found = ((name, count_in(fields, field)) for field, name in _MEASURED)
    counts = tuple(("error" if (name, count) == ("errors", 1) else name, count) for name, count in found if count)
    last = _last(mapping(next(reversed(sequence(fields.get("measurements"))), None)), text(fields.get("message")))
    return Metric(shown(fields.get("name")), shown(fields.get("verdict")), counts, text(fields.get("message")), last)


def _last(given: Body, said: str) -> str:
    """Return a measurement, of one that has no value why, unless that is `said` anyway."""
    if not given:
        return NOTHING
    verdict, why = shown(given.get("verdict")), text(given.get("message"))
    if not given.get("value") and why and why not in said:
        return f"{verdict}: {why}"
    return f"{shown(given.get('value'))} ({verdict})"


def decision_of(given: object) -> Decision:
    """Return a decision."""
    fields = mapping(given)
    stage, told, rule, outcome = (shown(fields.get(name)) for name in ("stage", "input", "rule", "outcome"))
    wave, revision = count_in(fields, "wave"), shown(fields.get("revision"))
    return Decision(moment(fields.get("at")), stage, wave, told, rule, outcome, revision, number(fields.get("step")))


def named_in(given: object) -> Named:
    """Return PLCs with what is wrong with each."""
    return tuple((shown(each.get("name")), text(each.get("why"))) for each in map(mapping, sequence(given)))


def texts_in(given: object) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(found for found in map(text, sequence(given)) if found)


def count_in(fields: Body, name: str) -> int:
    """Return a count, 0 for what is none."""
    return max(0, number(fields.get(name)) or 0)
