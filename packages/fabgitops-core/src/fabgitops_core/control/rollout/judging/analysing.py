"""When an analysis of a rollout is begun and ended, and what its verdict does to the revision.

Each is begun once for an attempt at a revision, never on the first deployment, which there is nothing to compare with,
and only when there is something to judge. That of the background begins with the first available pod of the new version
at its `startingStep`, and with the first requests where routes share them out. It is concluded before the version
counts as proven; where no steps give it time it takes what its metrics say. Failed and Error give the revision up, in
whatever it waits for; Inconclusive waits for somebody, as does an analysis that is never going to have anything to
judge. An abort, a promotion in full and another revision end what runs without a verdict.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.analysis.status import AnalysisStatus, MetricStatus
from fabgitops_core.api.rollout.status import Why
from fabgitops_core.api.rollout.strategies import Canary
from fabgitops_core.control.analysis import running
from fabgitops_core.control.analysis.counting import made
from fabgitops_core.control.analysis.judging import Verdict
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.commands import Measure, Wake
from fabgitops_core.control.events import Measured, MeasureFailed
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.judging import judges
from fabgitops_core.control.rollout.judging.judges import BACKGROUND, analyses_of, named, of
from fabgitops_core.control.rollout.judging.seeing import sees
from fabgitops_core.control.rollout.runs.naming import token_of
from fabgitops_core.control.rollout.runs.records import terminated
from fabgitops_core.control.rollout.saying.deciding import decided, noticed
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.saying.telling import told
from fabgitops_core.control.rollout.state import RolloutState, Stage, Step
from fabgitops_core.control.rollout.traffic.rerouting import routed
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways import canary
from fabgitops_core.control.rollout.ways.aborting import aborted
from fabgitops_core.control.rollout.ways.sofar import ALL


def judged(look: Look, state: RolloutState) -> RolloutState | None:
    """Go on with what judges a revision; None where nothing follows from it.

    It is one of the moves of a pass: after the words of people, and before the way goes on.
    """
    return next((found for move in _MOVES if (found := move(look, state)) is not None), None)


def begun(look: Look, state: RolloutState, number: int) -> RolloutState | None:
    """Begin an analysis that is to judge from now on; None where there is none, it was begun, or it cannot be yet."""
    analyses = analyses_of(look.way).get(number)
    if analyses is None or of(state, number) is not None or number in state.status.accepted:
        return None
    if judges.why_not(look, state) or not sees(look, state, by_itself=number != BACKGROUND):
        return None
    found = running.begun(number, analyses, look.offers, look.at)
    if isinstance(found, str):
        return None
    outcome = f"{named(look.way, number)} begins: {_metrics(len(found.metrics))}"
    state = decided(_kept(state, found), look.at, _given(look, number), "AnalysisBegun", outcome, RolloutReason.RUN)
    return told(state, Word.ANALYSIS_STARTED, look.at, analysis=number)


def promoted(look: Look, state: RolloutState, given: str) -> RolloutState | None:
    """Go past what an analysis could not tell, as somebody says so; None where nothing waits for that.

    What it says counts no more, and it is not made again. Where it was that of the step that is under way, or a pause
    of a step has begun as well, the next step follows.
    """
    if canary.pause_of(state, Why.INCONCLUSIVE) is None:
        return None
    numbers = judges.all_undecided(look, state)
    state = _without_pause(state).with_status(accepted=tuple(sorted({*state.status.accepted, *numbers})))
    rest = state.status.pause_conditions
    step, index = canary.step_of(look, state), state.status.current_step_index or 0
    if step is not None and ((step.pause is not None and rest) or index + 1 in numbers):
        return canary.next_step(look, state, given, "Promote")
    outcome = "it goes on without what an analysis could not tell"
    return decided(state, look.at, given, "Promote", outcome, RolloutReason.RESUMED)


def due(look: Look, state: RolloutState) -> Measure | None:
    """Return the measurement that is to be made now, of several the one that has waited longest; None for none."""
    for status, analyses in sorted(_measured(look, state), key=lambda each: running.next_at(each[0]) or look.at):
        if measure := running.due(status, analyses, look.offers, look.at):
            return measure
    return None


def next_at(look: Look, state: RolloutState) -> datetime | None:
    """Return when the next measurement is to be made; None where none is to come."""
    return min(
        (at for status, _ in _measured(look, state) if (at := running.next_at(status)) is not None), default=None
    )


def measured(state: RolloutState, event: Measured | MeasureFailed) -> Step:
    """Take what came of a measurement, and look again: what follows is decided there, and made known."""
    if state.stage is not Stage.MEASURING:
        return state, ()
    state = state._replace(stage=Stage.IDLE, inputs=())
    before = of(state, event.request.wave)
    if before is not None:
        after = running.taken(before, event)
        state = _kept(state, after)
        if before.verdict == Verdict.RUNNING != after.verdict:
            state = _finished(state, after, event.at)
    return state, (Wake(0.0),)


# --- moves ------------------------------------------------------------------------------------------------------------


def _spared(look: Look, state: RolloutState) -> RolloutState | None:
    """End without a verdict what judges nothing any more: it is given up, skipped, over, or taken out of the spec.

    What is put into the spec again has been left in the middle: then it could not tell, and somebody has to say so.
    """
    is_judged, there = judges.is_judged(state), analyses_of(look.way)
    wanted = {each for each in there if is_judged and not judges.is_past(look, state, each)}
    for each in state.status.analyses:
        if each.verdict == Verdict.RUNNING and each.wave not in wanted:
            is_out = is_judged and each.wave not in there
            why = _OUT if is_out else _PAST if is_judged else _OVER
            ended = each.model_copy(update={"verdict": Verdict.INCONCLUSIVE.value, "message": why})
            state = told(state, Word.ANALYSIS_FINISHED, look.at, analysis=each.wave, verdict=each.verdict, text=why)
            accepted = {*state.status.accepted, *(() if is_out else (each.wave,))}
            return _kept(state, ended).with_status(accepted=tuple(sorted(accepted)))
    return None


_OUT = "it was taken out of the spec, and is not begun twice"
_PAST = "it is not wanted any more"
_OVER = "what it judges is given up or over"


def _terminated(look: Look, state: RolloutState) -> RolloutState | None:
    """End an analysis that somebody has terminated by its AnalysisRun: it could not tell, and never was a success."""
    for each in state.status.analyses:
        token = token_of(state.status.current_pod_hash, each)
        if each.verdict == Verdict.RUNNING and (name := terminated(look.runs, token)):
            why = f"somebody has terminated it (spec.terminate of AnalysisRun {name})"
            ended = each.model_copy(update={"verdict": Verdict.INCONCLUSIVE.value, "message": why})
            return _finished(_kept(state, ended), ended, look.at)
    return None


def _failed(look: Look, state: RolloutState) -> RolloutState | None:
    found = judges.failed(look, state) if judges.is_judged(state) else None
    return None if found is None else aborted(look, state, "AnalysisFailed", found[1])


def _undecided(look: Look, state: RolloutState) -> RolloutState | None:
    if not judges.is_judged(state) or (found := judges.undecided(look, state)) is None:
        return None
    if canary.pause_of(state, Why.INCONCLUSIVE) is not None:
        return None
    return canary.paused(look, state, Why.INCONCLUSIVE, found[1], "it waits until somebody promotes or aborts it")


def _relieved(look: Look, state: RolloutState) -> RolloutState | None:
    """Go on where what could not tell is taken out of the spec, or has something to judge by now."""
    if canary.pause_of(state, Why.INCONCLUSIVE) is None or judges.undecided(look, state) is not None:
        return None
    given = "the analysis that could not tell is not wanted any more, or can"
    return decided(_without_pause(state), look.at, given, "Resumed", "it goes on", RolloutReason.RESUMED)


def _in_the_background(look: Look, state: RolloutState) -> RolloutState | None:
    """Begin the analysis of the background, when there is something that it could be about."""
    way = look.way
    if not isinstance(way, Canary) or way.analysis is None or not judges.is_judged(state):
        return None
    index = state.status.current_step_index or 0
    if index < min(way.analysis.starting_step, len(way.steps)):
        return None
    return begun(look, state, BACKGROUND)


def _at_a_step(look: Look, state: RolloutState) -> RolloutState | None:
    """Begin the analysis of a step that is under way, and go on when it has passed."""
    step, number = canary.step_of(look, state), (state.status.current_step_index or 0) + 1
    if step is None or step.analysis is None or not judges.is_judged(state) or holding.why(look, state):
        return None
    if of(state, number) is None:
        return begun(look, state, number)
    if judges.held(look, state) or not judges.passed(look, state, number):
        return None
    return canary.next_step(look, state, f"{named(look.way, number)} has passed", "AnalysisPassed")


def _at_the_end(look: Look, state: RolloutState) -> RolloutState | None:
    """End the analysis of the background when the new version has all: what it says then decides."""
    status = of(state, BACKGROUND)
    if status is None or not judges.lacks_last_word(look, state) or not canary.carries(look, state, ALL):
        return None
    analyses = analyses_of(look.way)[BACKGROUND]
    if _waits_for_measurements(look, status, analyses, state.status.step_started_at or look.at):
        return None
    after = running.concluded(status, analyses, look.offers)
    return _finished(_kept(state, after), after, look.at)


def _waits_for_measurements(look: Look, status: AnalysisStatus, analyses: Analyses, since: datetime) -> bool:
    """Return whether it is measured further: steps say how long it has for that; where they give it no time it does.

    That is so where there are none, and where requests first went to the new version when all steps were done.
    """
    if not look.steps or status.started_at >= since:
        return not running.is_measured(status, analyses, look.offers)
    return any(_is_at_hand(look, each) for each in status.metrics if each.next_at is not None and not made(each))


def _is_at_hand(look: Look, metric: MetricStatus) -> bool:
    """Return whether a metric is about to be measured for the first time, or could not be, and is tried again."""
    is_due = metric.next_at is not None and metric.next_at <= look.at
    return bool(metric.errors) or (is_due and not metric.measurements)


_MOVES: Sequence[Callable[[Look, RolloutState], RolloutState | None]] = (
    _spared,
    _terminated,
    _failed,
    _in_the_background,
    _undecided,
    _relieved,
    _at_a_step,
    _at_the_end,
)

# --- parts ------------------------------------------------------------------------------------------------------------


def _measured(look: Look, state: RolloutState) -> Iterator[tuple[AnalysisStatus, Analyses]]:
    """Yield the analyses that were begun, as far as the spec has them still: the others are measured no more."""
    if judges.is_judged(state):
        wanted = analyses_of(look.way)
        yield from ((each, wanted[each.wave]) for each in state.status.analyses if each.wave in wanted)


def _without_pause(state: RolloutState) -> RolloutState:
    """Return the state that waits no more for what an analysis could not tell; for what else it waits stays."""
    rest = tuple(each for each in state.status.pause_conditions if each.reason != Why.INCONCLUSIVE)
    return state.with_status(pause_conditions=rest, controller_pause=bool(rest))


def _kept(state: RolloutState, status: AnalysisStatus) -> RolloutState:
    """Return the state with an analysis in its status, which has room for the metrics of three: of the others verdicts.

    Of a hundred steps each may have an analysis of twenty metrics, which is more than a status may hold.
    """
    others = sorted((each for each in state.status.analyses if each.wave != status.wave), key=_is_of_interest)
    kept = [*(each.model_copy(update={"metrics": ()}) for each in others[:-2]), *others[-2:], status]
    return state.with_status(analyses=tuple(sorted(kept, key=lambda each: each.wave)))


def _is_of_interest(status: AnalysisStatus) -> tuple[bool, bool, datetime]:
    return status.verdict == Verdict.RUNNING, status.wave == BACKGROUND, status.started_at


def _finished(state: RolloutState, status: AnalysisStatus, at: datetime) -> RolloutState:
    """Tell what an analysis came to."""
    text = status.message
    reason = _REASONS.get(status.verdict, RolloutReason.RUN_INCONCLUSIVE)
    state = noticed(state, reason, f"analysis {status.wave} says {status.verdict}{f': {text}' if text else ''}")
    state = told(state, Word.ANALYSIS_FINISHED, at, analysis=status.wave, verdict=status.verdict, text=text)
    if status.verdict != Verdict.FAILED:
        return state
    return told(state, Word.INCIDENT, at, analysis=status.wave, verdict=status.verdict, text=text)


_REASONS = {
    Verdict.SUCCESSFUL.value: RolloutReason.RUN_SUCCESSFUL,
    Verdict.FAILED.value: RolloutReason.RUN_FAILED,
    Verdict.ERROR.value: RolloutReason.RUN_ERROR,
}


def _given(look: Look, number: int) -> str:
    if isinstance(look.way, Canary):
        has = "requests go to the new version" if routed(look) else "the new version has pods"
        return f"step {number} is an analysis" if number else has
    return "the new version is up" if number == judges.BEFORE else "all requests go to the new version"


def _metrics(count: int) -> str:
    return "1 metric is measured" if count == 1 else f"{count} metrics are measured"
