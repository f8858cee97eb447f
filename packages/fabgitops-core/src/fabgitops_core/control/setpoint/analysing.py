"""What a change is judged by beside its PLCs: the analysis of the whole of it, and those of its waves.

That of the whole change runs from the first permit to the end, that of a wave when the wave has baked. What they have
measured is in the status, and nowhere else. `control.analysis.running` says what a measurement means; here is when one
is begun, and what its verdict does to the change. Nothing to judge is no success: what goes on to the end and was not
measured with success waits for somebody.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.setpoint.setpointrollout import SetpointRolloutSpec
from fabgitops_core.control.analysis import running
from fabgitops_core.control.analysis.judging import Verdict
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.commands import Measure
from fabgitops_core.control.events import Measured, MeasureFailed
from fabgitops_core.control.moments import second
from fabgitops_core.control.setpoint.look import Look
from fabgitops_core.control.setpoint.state import SetpointState
from fabgitops_core.control.setpoint.telling import told

WHOLE = 0
"""The number of the analysis of the whole change, as if it were one of a wave."""

_AGAINST = frozenset({Verdict.FAILED.value, Verdict.ERROR.value})
_KNOWN = _AGAINST | {Verdict.RUNNING.value, Verdict.SUCCESSFUL.value}


def consulted(spec: SetpointRolloutSpec | None) -> frozenset[tuple[str, str]]:
    """Return kind and name of the templates by which changes are judged."""
    if spec is None:
        return frozenset()
    return frozenset().union(*(running.consulted(each) for each in (spec.analysis, *(w.analysis for w in spec.waves))))


def why_not(look: Look) -> str:
    """Return why a change could not be judged as it is to be; "" where it could."""
    judges = [(WHOLE, look.spec.analysis), *((number, each.analysis) for number, each in enumerate(look.waves, 1))]
    for wave, analyses in judges:
        begun = running.begun(wave, analyses, look.offers, look.at) if analyses else ""
        if isinstance(begun, str) and begun:
            return f"the analysis of {named(wave)} cannot begin: {begun}"
    return ""


def named(wave: int) -> str:
    """Return an analysis for people."""
    return f"wave {wave}" if wave else "the whole change"


def of(state: SetpointState, wave: int) -> AnalysisStatus | None:
    """Return how an analysis stands; None where it was not begun."""
    return next((each for each in state.status.analyses if each.wave == wave), None)


def begun(look: Look, state: SetpointState, wave: int) -> SetpointState:
    """Begin an analysis where there is one to begin; what cannot be begun has ended with an error."""
    analyses = _analyses(look, wave)
    if analyses is None:
        return state
    found = running.begun(wave, analyses, look.offers, look.at)
    if isinstance(found, str):
        at = second(look.at)
        found = AnalysisStatus(wave=wave, started_at=at, verdict=Verdict.ERROR.value, message=found)
    state = told(_kept(state, found), Word.ANALYSIS_STARTED, look.at, wave=wave)
    return _finished(state, found, look.at) if found.verdict != Verdict.RUNNING else state


def due(look: Look) -> Measure | None:
    """Return the measurement that is to be made now, of several the one that has waited longest; None for none."""
    for status, analyses in sorted(_wanted(look), key=lambda each: running.next_at(each[0]) or look.at):
        if measure := running.due(status, analyses, look.offers, look.at):
            return measure
    return None


def next_in(look: Look) -> float | None:
    """Return in how many seconds the next measurement is to be made; None where none is to come."""
    moments = [at for status, _ in _wanted(look) if (at := running.next_at(status)) is not None]
    return max((min(moments) - look.at).total_seconds(), 0.0) if moments else None


def measured(state: SetpointState, event: Measured | MeasureFailed) -> SetpointState:
    """Take what came of a measurement."""
    before = of(state, event.request.wave)
    if before is None:
        return state
    after = running.taken(before, event)
    state = _kept(state, after)
    ended = before.verdict == Verdict.RUNNING != after.verdict
    return _finished(state, after, event.at) if ended else state


def concluded(look: Look, state: SetpointState, wave: int) -> SetpointState:
    """End an analysis, for what it judges is over."""
    before, analyses = of(state, wave), _analyses(look, wave)
    if before is None or before.verdict != Verdict.RUNNING:
        return state
    if analyses is None:
        after = _without_verdict(before, "it is not wanted any more")
    else:
        after = running.concluded(before, analyses, look.offers)
    return _finished(_kept(state, after), after, look.at)


def dropped(state: SetpointState, at: datetime) -> SetpointState:
    """End all analyses without a verdict: what they judge is given up."""
    for each in state.status.analyses:
        if each.verdict == Verdict.RUNNING:
            state = _kept(_finished(state, each, at), _without_verdict(each, "what it judges is given up"))
    return state


def failed(look: Look) -> tuple[int, str] | None:
    """Return which analysis has failed, or could not be made, and why; None where none has that counts."""
    return _ended(look.state, _AGAINST.__contains__)


def undecided(look: Look) -> tuple[int, str] | None:
    """Return which analysis could not tell, and why; None where none is so that counts.

    One that says what is no verdict could not tell either: what is stored may be another's word.
    """
    return _ended(look.state, lambda verdict: verdict not in _KNOWN)


def passed(look: Look) -> bool:
    """Return whether the analysis of the wave has ended, and does not speak against it."""
    status = of(look.state, look.state.status.wave)
    return status is not None and (
        status.verdict == Verdict.SUCCESSFUL or (status.verdict != Verdict.RUNNING and _counts_not(look.state, status))
    )


def _ended(state: SetpointState, counts: Callable[[str], bool]) -> tuple[int, str] | None:
    for each in state.status.analyses:
        if counts(each.verdict) and not _counts_not(state, each):
            return each.wave, f"the analysis of {named(each.wave)} says {each.verdict}: {each.message}"
    return None


def _counts_not(state: SetpointState, status: AnalysisStatus) -> bool:
    return status.wave in state.status.accepted


def _wanted(look: Look) -> Iterator[tuple[AnalysisStatus, Analyses]]:
    """Yield the analyses that were begun, as far as the spec has them still: the others are measured no more."""
    for status in look.state.status.analyses:
        if (analyses := _analyses(look, status.wave)) is not None:
            yield status, analyses


def _analyses(look: Look, wave: int) -> Analyses | None:
    if not wave:
        return look.spec.analysis
    return look.waves[wave - 1].analysis if wave <= len(look.waves) else None


def _without_verdict(status: AnalysisStatus, why: str) -> AnalysisStatus:
    return status.model_copy(update={"verdict": Verdict.INCONCLUSIVE.value, "message": why})


def _kept(state: SetpointState, status: AnalysisStatus) -> SetpointState:
    """Return the state with an analysis in its status, which has that of the whole change and of the last wave."""
    others = (each for each in state.status.analyses if each.wave != status.wave)
    kept = tuple(each for each in others if WHOLE in {each.wave, status.wave})
    return state.with_status(analyses=tuple(sorted((*kept, status), key=lambda each: each.wave)))


def _finished(state: SetpointState, status: AnalysisStatus, at: datetime) -> SetpointState:
    state = told(state, Word.ANALYSIS_FINISHED, at, wave=status.wave, verdict=status.verdict, text=status.message)
    if status.verdict != Verdict.FAILED:
        return state
    return told(state, Word.INCIDENT, at, wave=status.wave, text=status.message)
