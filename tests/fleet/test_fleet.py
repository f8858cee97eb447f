"""A fleet of 200 PLCs under a rollout, whatever an adversary does to both."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Adversary
from .onlooker import COUNTED

STORIES, STEPS = 6, 20
"""How many in the ordinary profile; in the nightly one there are ten times as many stories."""


@pytest.mark.hypothesis
@pytest.mark.timeout(3600)
def test_nothing_is_written_that_nobody_permitted() -> None:
    """No PLC is written what no permit for just its present words lets it hold; what is put back is what was read."""
    COUNTED.clear()
    stories = max(STORIES, settings().max_examples // 10)
    run_state_machine_as_test(Adversary, settings=settings(max_examples=stories, stateful_step_count=STEPS))
    assert COUNTED["released"] >= stories
    assert COUNTED["put back"]
    assert COUNTED["corrected"]
    assert COUNTED["events"]
    assert COUNTED["killed"]
