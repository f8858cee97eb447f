"""Where a Rollout of a workload waits for a word, as the word names it, and what comes of that. Pure.

What comes is what the operator does at that word, not what stands next in the manifest: a word ends one wait.
"""

from typing import NamedTuple

from fabctl.fields import Body, mapping, number, sequence, text
from fabctl.stepping import step_said
from fabctl.workloads import WorkloadView

GATE, STEP_PAUSE, UNSURE, CONTENDED = "BlueGreenPause", "CanaryPauseStep", "InconclusiveAnalysisRun", "ContendedRoute"
"""Why it waits, as its pause conditions have it."""

_LAST = "no step is left: it gets everything, and becomes the stable one"
_CONTENDED = "though somebody else sets what it holds"
_UNSURE = "without what an analysis could not tell"
_DECIDED = frozenset({"Running", "Successful"})


class Stop(NamedTuple):
    """A wait: where, in words; as a word names it; and what comes when somebody ends it."""

    where: str
    step: str
    then: str


def stop_of(rollout: WorkloadView) -> Stop | None:
    """Return where one waits for a word; None where a word has no name for it."""
    if rollout.way == "blueGreen":
        return _of_colours(rollout)
    if rollout.step is None:
        return None
    return Stop(_where(rollout), str(rollout.step), _then(rollout, steps_of(rollout), rollout.step))


def steps_of(rollout: WorkloadView) -> tuple[Body, ...]:
    """Return the steps that a word counts by: those of an A/B test are its pods, its users, its time, its verdict."""
    if rollout.way != "abTesting":
        return rollout.steps
    given = rollout.strategy
    lasts = {"duration": given["duration"]} if "duration" in given else {}
    analysis = ({"analysis": given["analysis"]},) if "analysis" in given else ()
    waits: tuple[Body, ...] = ({"pause": {}},) if lasts and given.get("autoPromotionEnabled") is not True else ()
    return ({"setCanaryScale": {}}, {"setHeaderRoute": {}}, {"pause": lasts}, *analysis, *waits)


def _reasons(rollout: WorkloadView) -> frozenset[str]:
    return frozenset(reason for reason, _ in rollout.pauses)


def _of_colours(rollout: WorkloadView) -> Stop:
    reasons, is_over = _reasons(rollout), rollout.active == rollout.hash
    where, step = ("the switch to the new version", "active") if is_over else ("the preview", "preview")
    if CONTENDED in reasons:
        others = ", ".join(sorted(reasons - {CONTENDED}))
        return Stop(where, step, f"it goes on, {_CONTENDED}{f'; it waits still ({others})' if others else ''}")
    if is_over:
        return Stop(where, step, f"it becomes the stable one{f', {_UNSURE}' if UNSURE in reasons else ''}")
    if UNSURE in reasons and GATE not in reasons:
        return Stop(where, step, f"{_gate(rollout.strategy)}, {_UNSURE}")
    judged = _templates(rollout.strategy.get("postPromotionAnalysis"))
    return Stop(where, step, f"the active Service goes over to it{f', then {judged} judges it' if judged else ''}")


def _gate(given: Body) -> str:
    """Return what comes behind what judges a preview."""
    if given.get("autoPromotionEnabled") is False:
        return "it waits at its own gate, which another word ends"
    secs = number(given.get("autoPromotionSeconds")) or 0
    return f"it waits for {secs} s, and goes over" if secs else "the active Service goes over to it"


def _where(rollout: WorkloadView) -> str:
    if rollout.way == "abTesting":
        return "the test"
    return rollout.place or "what judges it"


def _then(rollout: WorkloadView, steps: tuple[Body, ...], at: int) -> str:
    reasons, step = _reasons(rollout), mapping(steps[at]) if at < len(steps) else {}
    if CONTENDED in reasons and "pause" not in step:
        return f"this step goes on, {_CONTENDED}"
    if UNSURE in reasons and not (("pause" in step and STEP_PAUSE in reasons) or _is_unsure_of(rollout, step, at)):
        return f"{'this step goes on' if step else 'it becomes the stable one'}, {_UNSURE}"
    following = mapping(steps[at + 1]) if at + 1 < len(steps) else {}
    if following:
        return step_said(following)
    judges = any(each.wave == 0 and each.verdict == "Running" for each in rollout.analyses)
    return f"{_LAST}{', when the analysis of the background says so' if judges else ''}"


def _is_unsure_of(rollout: WorkloadView, step: Body, at: int) -> bool:
    """Return whether it is the analysis of the step itself that could not tell, or had nothing to judge."""
    if "analysis" not in step:
        return False
    verdicts = {each.wave: each.verdict for each in rollout.analyses if each.wave not in rollout.gone_past}
    unsure = {wave for wave, verdict in verdicts.items() if verdict not in _DECIDED}
    return at + 1 in unsure or (at + 1 not in verdicts and not unsure)


def _templates(given: object) -> str:
    return ", ".join(text(mapping(each).get("templateName")) for each in sequence(mapping(given).get("templates")))
