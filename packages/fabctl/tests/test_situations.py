"""Every situation that the operator can tell of, as fabctl shows it; core is asked for their names, fabctl never is."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.guards import ORDER
from fabctl.model import Status, view
from fabctl.outcome import Result, outcome
from fabctl.render.maps import troubles
from fabctl.render.shapes import plain_sections
from fabctl.render.terminal import STYLES
from fabgitops_core.api.plc.industrialplc import Phase
from fabgitops_core.control.plc.guards.table import GUARDS
from fabgitops_core.control.plc.situations import ALL, Situation

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALM = {Status.NO_VALUE, Status.CONNECTING, Status.PENDING, Status.SUSPENDED}
BY_PHASE = {
    Phase.CONNECTED: {Status.SYNCED, Status.NO_VALUE},
    Phase.DRIFT_DETECTED: {Status.DRIFT},
    Phase.CORRECTING: {Status.CORRECTING},
    Phase.CONNECTING: {Status.CONNECTING},
    Phase.PENDING: {Status.PENDING, Status.SUSPENDED},
    Phase.FAILED: {each for each in Status if each.needs_a_person},
}

every = pytest.mark.parametrize("situation", ALL, ids=lambda each: each.reason)


def told(make: Make, situation: Situation, **more: Any) -> dict[str, Any]:
    """Return an object of which the operator tells this."""
    known = {"True": True, "False": False, "Unknown": None}[situation.in_sync]
    seen = {"phase": str(situation.phase), "inSync": known, "message": "what the operator says", **more}
    return make(situation.reason, str(situation.ready), **seen)


def test_every_guard_of_the_operator_is_known() -> None:
    """Each has its place in describe, in the order in which the operator asks them."""
    known = [name for name, _ in ORDER]
    assert [name for name in known if name in dict(GUARDS)] == [name for name, _ in GUARDS]


@every
def test_each_has_its_word(plc: Make, situation: Situation) -> None:
    """The word is that of the reason, in accord with the phase, and has a colour."""
    status = view(told(plc, situation)).status
    assert status in BY_PHASE[situation.phase]
    assert status in STYLES
    unphased = {**told(plc, situation), "spec": plc()["spec"]}
    unphased["status"].pop("phase")
    assert view(unphased).status is status, "the reason alone is enough"


@every
def test_what_the_operator_says_is_shown_where_something_is_wrong(plc: Make, situation: Situation) -> None:
    """Of each situation that is neither well nor about to be, get-status NAME shows the operator's sentence."""
    shown = plain_sections(troubles(view(told(plc, situation)), NOW, wide=False))
    assert ("what the operator says" in shown) == (situation.phase is Phase.FAILED or situation.reason == "Held")


@every
def test_a_sync_ends_in_a_sentence_of_its_own(plc: Make, situation: Situation) -> None:
    """Only InSync is a success; what is wrong is told in the operator's words."""
    result = outcome(view(plc()), view(told(plc, situation, currentValue=7)))
    assert (result.result is Result.IN_SYNC) == (situation.reason == "InSync")
    if situation.phase is Phase.FAILED or situation.reason == "Held":
        assert "what the operator says" in result.sentence
        assert result.result in {Result.FAILED, Result.LEFT}
