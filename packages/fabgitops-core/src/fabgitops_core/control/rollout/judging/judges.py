"""By what a rollout is judged: its analyses by number, how each stands, and whether what is missing keeps it waiting.

A canary is judged in the background (0) and at its steps (N + 1 at step N), a blue-green before (1) and after (2) all
requests go over. What was measured is in the status, and nowhere else; `control.analysis.running` says what it means.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.analysis.refs import Analyses
from fabgitops_core.api.analysis.status import AnalysisStatus
from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE, AnalysisTemplateSpec
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.status import Why
from fabgitops_core.api.rollout.strategies import BlueGreen, Canary
from fabgitops_core.control.analysis import running
from fabgitops_core.control.analysis.judging import Verdict
from fabgitops_core.control.rollout.judging import seeing
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look
from fabgitops_core.control.rollout.ways.aborting import is_under_way
from fabgitops_core.control.rollout.ways.choosing import way_of

BACKGROUND = 0
BEFORE, AFTER = 1, 2
"""The analyses of a blue-green: before and after all requests go over."""

AGAINST = frozenset({Verdict.FAILED.value, Verdict.ERROR.value})
_KNOWN = AGAINST | {Verdict.RUNNING.value, Verdict.SUCCESSFUL.value}


def analyses_of(way: Canary | BlueGreen) -> Mapping[int, Analyses]:
    """Return by number what judges a strategy."""
    if isinstance(way, BlueGreen):
        found = {BEFORE: way.pre_promotion_analysis, AFTER: way.post_promotion_analysis}
    else:
        found = {BACKGROUND: way.analysis, **{index: step.analysis for index, step in enumerate(way.steps, 1)}}
    return {number: analyses for number, analyses in found.items() if analyses is not None}


def consulted(spec: RolloutSpec | None) -> frozenset[tuple[str, str]]:
    """Return kind and name of the templates by which revisions are judged."""
    if spec is None:
        return frozenset()
    return frozenset().union(*map(running.consulted, analyses_of(way_of(spec)).values()))


def named(way: Canary | BlueGreen, number: int) -> str:
    """Return an analysis for people."""
    if isinstance(way, BlueGreen):
        return f"the analysis {'before' if number == BEFORE else 'after'} the promotion"
    return f"the analysis of step {number}" if number else "the background analysis"


def of(state: RolloutState, number: int) -> AnalysisStatus | None:
    """Return how an analysis stands; None where it was not begun."""
    return next((each for each in state.status.analyses if each.wave == number), None)


def is_judged(state: RolloutState) -> bool:
    """Return whether verdicts count: a revision is on its way, and nobody has given it up or skips all that is left."""
    return is_under_way(state) and not state.status.abort and not state.status.promote_full


def failed(look: Look, state: RolloutState) -> tuple[int, str] | None:
    """Return which analysis has failed, or could not be made, and why; None where none has."""
    return next(_ended(look, state, AGAINST.__contains__), None)


def undecided(look: Look, state: RolloutState) -> tuple[int, str] | None:
    """Return which analysis could not tell, and why; None where none is so that counts.

    One that says what is no verdict could not tell either: what is stored may be another's word.
    """
    return next(_undecided(look, state), None)


def all_undecided(look: Look, state: RolloutState) -> frozenset[int]:
    """Return the numbers of all analyses that could not tell."""
    return frozenset(number for number, _ in _undecided(look, state))


def _undecided(look: Look, state: RolloutState) -> Iterator[tuple[int, str]]:
    """Yield them: also one that is next, and is never going to have anything to judge."""
    yield from _ended(look, state, lambda verdict: verdict not in _KNOWN)
    number = _awaited(look, state)
    if number is not None and (why := seeing.why_never(look, state)):
        yield number, f"{named(look.way, number)} has nothing to judge: {why}"


def _awaited(look: Look, state: RolloutState) -> int | None:
    """Return the analysis without which it goes no further, and which was not begun; None where there is none."""
    if not is_judged(state):
        return None
    number = _at_its_stage(look, state)
    is_next = number in analyses_of(look.way) and of(state, number) is None and number not in state.status.accepted
    return number if is_next else None


def _at_its_stage(look: Look, state: RolloutState) -> int:
    """Return the number that the analysis has which belongs where it is now, if there is one."""
    status, index = state.status, state.status.current_step_index or 0
    if isinstance(look.way, BlueGreen):
        return AFTER if status.blue_green.active_selector == look.hash else BEFORE
    return index + 1 if index < len(look.steps) else BACKGROUND


def passed(look: Look, state: RolloutState, number: int) -> bool:
    """Return whether an analysis is over and does not speak against going on, or there is none."""
    if number not in analyses_of(look.way):
        return True
    status = of(state, number)
    if status is None:
        return number in state.status.accepted  # it never was to have anything to judge
    if status.verdict == Verdict.RUNNING:
        return False
    return status.verdict == Verdict.SUCCESSFUL or number in state.status.accepted


def is_judging(look: Look, state: RolloutState) -> bool:
    """Return whether it waits for a verdict at its stage: that is no lack of progress."""
    return any(_is_of_its_stage(look, state, each.wave) for each in _going_on(state))


def going_on(look: Look, state: RolloutState) -> str:
    """Return which analysis it waits for, for the end of a sentence."""
    found = (
        each.wave
        for each in _going_on(state)
        if _is_of_its_stage(look, state, each.wave) or (each.wave == BACKGROUND and lacks_last_word(look, state))
    )
    return "".join(f"; {named(look.way, each)} goes on" for each in found)


def _going_on(state: RolloutState) -> Iterator[AnalysisStatus]:
    if is_judged(state):
        yield from (each for each in state.status.analyses if each.verdict == Verdict.RUNNING)


def _is_of_its_stage(look: Look, state: RolloutState, number: int) -> bool:
    if isinstance(look.way, BlueGreen):
        return number in {BEFORE, AFTER}
    return number == (state.status.current_step_index or 0) + 1


def held(look: Look, state: RolloutState) -> bool:
    """Return whether it must not go on.

    An analysis could not tell, one that is to come cannot be made, or all that is missing is the last word of that of
    the background.
    """
    if not is_judged(state):
        return False
    if any(each.reason == Why.INCONCLUSIVE for each in state.status.pause_conditions):
        return True
    return lacks_last_word(look, state) or bool(why_not(look, state))


def lacks_last_word(look: Look, state: RolloutState) -> bool:
    """Return whether all steps are done, and the analysis of the background goes on."""
    status, index = of(state, BACKGROUND), state.status.current_step_index or 0
    if not is_judged(state) or not isinstance(look.way, Canary) or index < len(look.steps):
        return False
    return status is not None and status.verdict == Verdict.RUNNING


def why_not(look: Look, state: RolloutState) -> str:
    """Return why a revision could not be judged as it is to be, by an analysis that is to come; "" where it could."""
    if not is_judged(state):
        return ""
    return next((why for number, why in look.problems().items() if _is_to_come(look, state, number)), "")


def problems(way: Canary | BlueGreen, offers: running.Offers, at: datetime) -> Mapping[int, str]:
    """Return by number why analyses of a strategy could not begin now; those are not in it that could."""
    known: dict[str, tuple[str, str]] = {}
    found: dict[int, str] = {}
    for number, analyses in analyses_of(way).items():
        same = analyses.model_dump_json(include={"templates", "args"})  # at each step the same ones, as a rule
        if same not in known:
            begun = running.begun(number, analyses, offers, at)
            why = begun if isinstance(begun, str) else _first(analyses, offers, _asks_a_fleet)
            known[same] = why, why or _first(analyses, offers, _never_ends)
        why = known[same][number != BACKGROUND]  # that of the background ends with what it judges
        if why:
            found[number] = f"{named(way, number)} cannot begin: {why}"
    return found


def is_past(look: Look, state: RolloutState, number: int) -> bool:
    """Return whether an analysis is that of a step that is done, or was skipped."""
    return isinstance(look.way, Canary) and BACKGROUND < number <= (state.status.current_step_index or 0)


def _is_to_come(look: Look, state: RolloutState, number: int) -> bool:
    return not is_past(look, state, number) and of(state, number) is None


def _first(analyses: Analyses, offers: running.Offers, problem: Callable[[Metric], str]) -> str:
    """Return which metric has a problem, and what; "" where none has."""
    for template in analyses.templates:
        spec, _ = offers.get((ANALYSIS_TEMPLATE.name, template.template_name), (None, ""))
        for metric in spec.metrics if isinstance(spec, AnalysisTemplateSpec) else ():
            if why := problem(metric):
                return f"metric {metric.name} of AnalysisTemplate {template.template_name} {why}"
    return ""


def _asks_a_fleet(metric: Metric) -> str:
    """Return what is wrong with one that asks how the PLCs of a rollout stand, which leads none."""
    if metric.provider.fleet is None:
        return ""
    return "asks the provider fleet, and a Rollout leads no PLCs: use prometheus, web or registers"


def _never_ends(metric: Metric) -> str:
    """Return what is wrong with one that nothing ends: the step would wait for ever."""
    return "" if metric.times else "has an interval and no count, so that it would never end: give it a count"


def _ended(look: Look, state: RolloutState, counts: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Yield the analyses of those that the spec still has whose verdict counts, and what each says."""
    wanted = analyses_of(look.way).keys() - set(state.status.accepted)
    for each in state.status.analyses:
        if each.wave in wanted and counts(each.verdict):
            message = f": {each.message}" if each.message else ""
            yield each.wave, f"{named(look.way, each.wave)} says {each.verdict}{message}"
