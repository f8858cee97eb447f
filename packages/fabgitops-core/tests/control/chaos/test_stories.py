"""Nothing outlives an experiment, whoever dies; and each of the rules is needed for that."""

from collections import Counter
from dataclasses import fields, replace
from random import SystemRandom

import pytest
from fabgitops_core.control.chaos import timing
from fabgitops_core.control.chaos.reasons import Reason
from hypothesis import settings

from .adversary import Story, played
from .rules import ALL, Rules

PORTIONS = 10
ORDINARY = settings.get_profile("ordinary").max_examples
EACH = 500 if settings().max_examples <= ORDINARY else 6000
"""Stories of a portion: 5,000 in all, by the nightly profile 60,000."""

FIRST = 0 if settings().derandomize else SystemRandom().randrange(10**9)
PATIENCE = 5000
"""So many stories the adversary has to break what lacks a rule."""


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_nothing_outlives_an_experiment(portion: int) -> None:
    """Whatever is lost, late or repeated, and whoever dies: what is active is recorded, and over when it is said."""
    begin = FIRST + portion * EACH
    broken = [(seed, why) for seed in range(begin, begin + EACH) if (why := played(seed))]
    assert not broken, f"Story({broken[0][0]}).play() shows it: {broken[0][1]}"


@pytest.mark.parametrize("rule", [each.name for each in fields(Rules)])
def test_each_rule_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one of the rules something outlives its experiment, is done twice, or is never over."""
    if rule == "expiry":
        monkeypatch.setattr(timing, "SILENCE_SECS", float("inf"))
    without = replace(ALL, **{rule: False})
    assert any(played(seed, without) for seed in range(PATIENCE)), f"nobody misses {rule}"


def test_stories_go_everywhere() -> None:
    """The stories are about something: experiments end in every way that there is, and run to their end, too."""
    ends = Counter(Story(seed).play().stored.reason for seed in range(400))
    told = {Reason(reason) for reason in ends if reason}
    missing = {
        Reason.ELAPSED,
        Reason.ABORTED,
        Reason.NOT_ALLOWED,
        Reason.NOT_STEADY,
        Reason.INJECT_FAILED,
        Reason.LOST,
        Reason.INTERRUPTED,
        Reason.AGENT_UNAVAILABLE,
    } - told
    assert not missing
    assert ends[Reason.ELAPSED] > 30
