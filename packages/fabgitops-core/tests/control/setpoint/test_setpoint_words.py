"""What people say: pause, promote, abort, retry, approve; and words that are for nothing any more."""

import pytest
from fabgitops_core.api.meta import APPROVE, APPROVED_BY
from fabgitops_core.api.setpoint.status import PausedBy

from .floor import NEW, NEWER, OLD, Floor

PAUSING = [{"count": 1, "pause": {}}, {"percent": 50, "pause": {"durationSeconds": 120}}, {"percent": 100}]


@pytest.mark.parametrize("phase", ["Planning", "Releasing", "Baking"])
def test_one_word_pauses_all(phase: str) -> None:
    """While the annotation is there nothing is released, wherever the change stands; without it it goes on there."""
    floor = Floor(maxParallel=1).muster().git(NEW).muster().until(phase)
    floor.say(pause="look at press 3").wait(100, beat=5)
    assert floor.phase == "Paused"
    assert floor.status.paused_by is PausedBy.ASKED
    assert floor.status.message == "paused by annotation: look at press 3"
    assert floor.condition("Paused") == ("True", "Paused")
    count = len(floor.permits)
    floor.wait(100, beat=5)
    assert len(floor.permits) == count
    floor.say(pause=None).until("Done")


def test_why_it_is_paused_is_fit_for_a_terminal() -> None:
    """What an annotation says is shown wherever it is told, never obeyed by a terminal, and says where it was cut."""
    floor = Floor(maxParallel=1).muster().git(NEW).muster().until("Baking")
    floor.say(pause="\x1b[2J" + 600 * "a").wait(1)
    assert floor.status.paused_for.startswith(r"paused by annotation: \x1b[2Jaaa")
    assert floor.status.paused_for.endswith("a…")
    assert len(floor.status.paused_for) == 512
    assert floor.told[-1].data["subject"]["content"]["text"].startswith(r"paused by annotation: \x1b[2Jaaa")


def test_a_spec_can_pause() -> None:
    """spec.paused does the same as the annotation."""
    floor = Floor(paused=True).muster().git(NEW).wait(10)
    assert floor.status.paused_for == "spec.paused is true"
    assert floor.status.plan is not None
    floor.declare(paused=False).until("Done")


def test_a_pause_does_not_count_for_the_deadline() -> None:
    """The deadline of a wave stands still while it is paused."""
    floor = Floor(deadlineSeconds=60).muster().git(NEW)
    floor.plcs["press-01"].held = True
    floor.until("Releasing").wait(30).say(pause="").wait(300, beat=10).say(pause=None).wait(20)
    assert floor.phase == "Releasing"
    floor.wait(20)
    assert floor.status.given_up == "Deadline"


def test_a_failure_counts_while_it_is_paused() -> None:
    """What was released is watched while it is paused, and put back where it fails."""
    floor = Floor().muster().git(NEW).until("Baking", 1).say(pause="").wait(2)
    floor.plcs["press-01"].corrections = 2
    floor.wait(1).until("Aborted")
    assert floor.holding(OLD) == sorted(floor.plcs)


def test_a_wave_can_end_with_a_pause() -> None:
    """A wave that ends with a pause waits for its promotion, or for its time."""
    floor = Floor(waves=PAUSING).muster().git(NEW).until("Paused")
    assert floor.status.paused_by is PausedBy.WAVE
    floor.wait(500, beat=20)
    assert floor.status.wave == 1
    floor.say(promote=f"{floor.status.revision}/1").until("Paused", 2)
    since = floor.at
    assert floor.status.promoted == f"{floor.status.revision}/1"
    floor.until("Releasing", 3)
    assert 119 <= (floor.at - since).total_seconds() <= 122


def test_a_promotion_may_come_before_the_pause() -> None:
    """Who promotes a wave that is still on its way ends the wait that would follow it."""
    floor = Floor(waves=PAUSING).muster().git(NEW).until("Baking", 1)
    floor.say(promote=f"{floor.status.revision}/1").wait(20)
    assert floor.phase == "Baking"
    floor.until("Releasing", 2, most=60)
    assert "PausedWave" not in floor.rules()


def test_all_that_is_left_can_be_released_at_once() -> None:
    """Promoted in full a change has no waves, bakes or pauses any more; what fails is still put back."""
    floor = Floor(waves=PAUSING).muster().git(NEW).until("Paused")
    floor.say(promote=f"{floor.status.revision}/full").wait(4)
    assert floor.phase == "Done"
    assert floor.rules()[-2:] == ["PromotedInFull", "Done"]
    floor.git(NEWER).until("Planning").say(promote=f"{floor.status.revision}/full").until("Releasing")
    assert floor.status.wave == 3
    floor.plcs["press-05"].stuck = True
    floor.wait(3).until("Aborted")
    assert floor.holding(NEW) == sorted(floor.plcs)


@pytest.mark.parametrize("phase", ["Planning", "Releasing", "Baking", "Paused"])
def test_a_change_can_be_aborted(phase: str) -> None:
    """Somebody who aborts has all of this round put back, and the revision is held until Git changes."""
    floor = Floor(waves=PAUSING).muster().git(NEWER).until("Paused", 1)
    floor.say(promote=f"{floor.status.revision}/full").until("Done")
    floor.words.clear()
    floor.git(NEW).until(phase).say(abort=floor.status.revision).until("Aborted", most=20)
    assert floor.holding(NEWER) == sorted(floor.plcs)
    assert floor.status.given_up == "Aborted"
    assert floor.status.rejected == floor.status.revision


def test_what_was_aborted_can_be_retried() -> None:
    """A retry begins the revision in a new round, though the word that aborted it is still there."""
    floor = Floor().muster().git(NEW).until("Baking", 2)
    floor.say(abort=floor.status.revision).until("Aborted")
    revision = floor.status.revision
    floor.say(retry=f"{revision}/1").until("Done")
    assert floor.status.revision == revision
    assert floor.status.round == 2
    assert floor.holding(NEW) == sorted(floor.plcs)


@pytest.mark.parametrize(
    "word",
    [
        {"abort": "0123456789ab"},
        {"promote": "0123456789ab/2"},
        {"promote": "0123456789ab/full"},
        {"promote": "nonsense"},
        {"retry": "0123456789ab/1"},
    ],
)
def test_a_word_for_something_else_does_nothing_and_says_so(word: dict[str, str | None]) -> None:
    """A word that names another revision is told once to be for nothing, also over a restart."""
    floor = Floor(waves=PAUSING).muster().git(NEW).until("Paused", 1).say(**word).wait(3).crash().wait(3)
    assert floor.phase == "Paused"
    assert floor.notices.count("StaleWord") == 1
    assert floor.rules().count("StaleWord") == 1


def test_a_word_for_a_wave_that_is_over_is_for_nothing() -> None:
    """A promotion of the wave before, or a retry of what is under way, is not carried out."""
    floor = Floor().muster().git(NEW).until("Baking", 2)
    floor.say(promote=f"{floor.status.revision}/1", retry=f"{floor.status.revision}/1").wait(2)
    assert floor.notices.count("StaleWord") == 2
    assert floor.status.wave == 2


def test_a_promotion_of_a_later_wave_waits_for_it() -> None:
    """A promotion of a wave that is still to come ends the pause of that wave, and of no other."""
    waves = [{"count": 1, "pause": {}}, {"percent": 50, "pause": {}}, {"percent": 100}]
    floor = Floor(waves=waves).muster().git(NEW).until("Paused", 1)
    floor.say(promote=f"{floor.status.revision}/2").wait(5)
    assert floor.status.wave == 1
    assert "StaleWord" not in floor.notices


def test_a_plan_can_wait_for_a_yes() -> None:
    """With approval Manual nothing begins before somebody agrees to just this plan, and it is noted who did."""
    floor = Floor(approval="Manual").muster().git(NEW).wait(60, beat=5)
    assert floor.phase == "Planning"
    assert floor.condition("Paused") == ("True", "AwaitingApproval")
    plan = floor.status.plan
    assert plan is not None
    assert plan.hash in floor.status.message
    floor.say(**{APPROVE: "0123456789abcdef"}).wait(5)
    assert not floor.permits
    floor.say(**{APPROVE: plan.hash, APPROVED_BY: "mara"}).wait(2)
    assert floor.status.plan is not None
    assert floor.status.plan.approved_by == "mara"
    assert "mara agreed" in next(each.input for each in floor.status.decisions if each.rule == "Started")
    assert floor.permits


def test_a_yes_is_for_one_plan() -> None:
    """A retry, other words and other waves are other plans."""
    floor = Floor(approval="Manual").muster().git(NEW).wait(6)
    first = floor.status.plan
    assert first is not None
    floor.declare(waves=[{"percent": 100}]).wait(1)
    second = floor.status.plan
    assert second is not None
    assert second.hash != first.hash
    floor.say(**{APPROVE: second.hash}).until("Baking").say(abort=floor.status.revision).until("Aborted")
    floor.say(retry=f"{floor.status.revision}/{floor.status.round}").wait(10)
    assert floor.phase == "Planning"
    assert floor.status.plan is not None
    assert floor.status.plan.hash != second.hash
