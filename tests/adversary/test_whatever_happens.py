"""What guards promise holds of every write, whatever an adversary does to one PLC with two operators before it."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Adversary
from .plant import LOCKED, SHOWN
from .promises import OF_GUARDS
from .scene import COUNTED

STORIES, STEPS = 200, 100
"""How many in the ordinary profile; in the nightly one there are ten times as many stories."""


@pytest.mark.hypothesis
@pytest.mark.timeout(3600)
def test_no_write_goes_out_that_a_guard_forbids() -> None:
    """No write breaks what a guard promises, counters are episodes, and what is left in peace comes to be in sync.

    Nor do two operators ever write. Each guard was, more than once, all that spoke against a correction.
    """
    COUNTED.clear()
    stories = max(STORIES, settings().max_examples)
    run_state_machine_as_test(Adversary, settings=settings(max_examples=stories, stateful_step_count=STEPS))
    assert COUNTED["steps"] >= stories * STEPS
    assert COUNTED["writes"] >= stories
    assert min(COUNTED[each] for each in ("repeats", "groups", "unsaved", LOCKED, SHOWN)) >= stories // 10
    assert [name for name in OF_GUARDS if COUNTED[f"held by {name} alone"] < 2] == []
