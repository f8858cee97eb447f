"""A change that fails: what counts as a failure, what becomes of it, and how it is put back."""

from datetime import datetime
from typing import Any

import pytest
from fabgitops_core.api.setpoint.status import PausedBy
from fabgitops_core.control.objects import ObjectFailureKind

from .floor import NEW, NEWER, OLD, Floor


def under_way(wave: int = 2, phase: str = "Baking", **changes: Any) -> Floor:
    """Return a fleet in which a change has got somewhere."""
    return Floor(**changes).muster().git(NEW).until(phase, wave)


def test_what_fails_is_put_back_last_first() -> None:
    """A PLC that does not hold what it was written takes back all that was released, the last first."""
    floor = under_way()
    floor.plcs["press-04"].stuck = True
    floor.plcs["press-04"].holds = NEWER
    floor.until("Restoring")
    floor.plcs["press-04"].stuck = False
    floor.until("Aborted")
    assert floor.restored() == ["press-05", "press-04", "press-03", "press-02", "press-01"]
    assert floor.holding(OLD) == sorted(floor.plcs)
    assert floor.status.rejected == floor.status.revision
    assert floor.status.members.restored == 5
    assert floor.condition("Stalled") == ("True", "Aborted")
    assert floor.status.given_up == "Failed"
    assert "press-04: it does not hold what it was written" in floor.status.cause


def test_what_was_read_before_is_put_back() -> None:
    """What a PLC held before is what it read, also where that was something else than Git had wanted."""
    floor = Floor().muster()
    floor.plcs["press-01"].holds = floor.plcs["press-01"].released = "2444"
    floor.git(NEW).until("Baking", 1).say(abort=floor.status.revision).until("Aborted")
    assert floor.plcs["press-01"].holds == "2444"


def test_so_many_go_back_at_once() -> None:
    """No more than maxParallel are on their way back."""
    floor = under_way(3, maxParallel=2)
    floor.say(abort=floor.status.revision).muster()
    assert floor.restored() == ["press-10", "press-09"]
    assert floor.phase == "Restoring"
    floor.until("Aborted")
    assert len(floor.restored()) == 10


def test_nothing_is_released_after_that() -> None:
    """A revision that was given up stays so, whatever time passes, and through a restart."""
    floor = under_way()
    floor.plcs["press-01"].corrections = 2
    floor.until("Aborted")
    count = len(floor.permits)
    floor.wait(100, beat=10).crash().wait(100, beat=10)
    assert floor.phase == "Aborted"
    assert len(floor.permits) == count


def test_a_plc_that_goes_meanwhile_makes_no_revision_another_one() -> None:
    """A PLC that is deleted while nobody looks, or while somebody does, does not let go what was given up."""
    floor = under_way()
    floor.plcs["press-01"].corrections = 2
    floor.until("Aborted")
    del floor.plcs["press-10"]
    floor.wait(10).crash()
    del floor.plcs["press-09"]
    floor.wait(20)
    assert floor.phase == "Aborted"


def test_git_that_changes_ends_it() -> None:
    """What Git wants after that is a new change, in a new round."""
    floor = under_way()
    floor.plcs["press-01"].corrections = 2
    floor.until("Aborted").git(NEWER).wait(1)
    assert floor.phase == "Planning"
    assert floor.status.rejected == ""
    floor.until("Done")
    assert floor.status.round == 2
    assert floor.holding(NEWER) == sorted(floor.plcs)


def test_git_that_goes_back_ends_it_too() -> None:
    """Git that wants what the PLCs hold again leaves nothing to do."""
    floor = under_way()
    floor.plcs["press-01"].corrections = 2
    floor.until("Aborted").git(OLD).wait(1)
    assert floor.phase == "Watching"
    assert floor.condition("Ready") == ("True", "Watching")


def test_git_that_changes_while_it_is_put_back_is_heard_after_that() -> None:
    """What was begun is put back to its end, and then the new words are planned; a restart forgets nothing of it."""
    floor = under_way(2)
    for plc in floor.plcs.values():
        plc.held = True
    floor.say(abort=floor.status.revision).muster().git(NEWER, ["press-09"]).muster()
    assert floor.phase == "Restoring"
    floor.crash().muster()
    assert floor.phase == "Restoring"
    for plc in floor.plcs.values():
        plc.held = False
    floor.until("Planning")
    assert "Rejected" in floor.rules()
    assert sorted(set(floor.restored())) == sorted(floor.plcs)[:5]


@pytest.mark.parametrize("name", ["press-01", "press-04"])
def test_a_fight_is_a_failure_and_one_correction_is_none(name: str) -> None:
    """A drift that is corrected once is none; corrected again somebody else writes it, in earlier waves as well."""
    floor = under_way()
    floor.plcs[name].holds = OLD
    floor.wait(2)
    assert floor.plcs[name].corrections == 1
    assert floor.phase == "Baking"
    floor.plcs[name].holds = OLD
    floor.wait(2).until("Aborted")
    assert "corrected 2 times" in floor.status.cause


def test_a_drift_that_stays_is_a_failure_after_the_deadline() -> None:
    """What does not hold at the end of its bake is waited for until the deadline, and is a failure then."""
    floor = under_way(deadlineSeconds=120)
    floor.plcs["press-02"].holds = OLD
    floor.plcs["press-02"].held = True
    floor.wait(100)
    assert floor.phase == "Baking"
    assert [each.name for each in floor.status.waiting_for] == ["press-02"]
    floor.until("Restoring", most=100)
    assert floor.status.given_up == "Deadline"


def test_a_wave_that_is_not_proven_within_its_deadline_has_failed() -> None:
    """A guard that holds a PLC is waited for until the deadline."""
    floor = Floor(deadlineSeconds=60).muster().git(NEW)
    floor.plcs["press-01"].held = True
    floor.wait(60)
    assert floor.phase == "Releasing"
    floor.until("Restoring", most=10)
    assert floor.status.given_up == "Deadline"
    assert "press-01" in floor.status.cause


def test_who_cannot_be_put_back_goes_back_later() -> None:
    """Who is away is waited for until the deadline; then the revision is rejected, and they go back when they can."""
    floor = under_way(deadlineSeconds=60)
    floor.plcs["press-02"].away = True
    floor.say(abort=floor.status.revision).wait(30)
    assert floor.phase == "Restoring"
    assert floor.holding(NEW) == ["press-02"]
    floor.until("Aborted", most=60)
    assert [each.name for each in floor.status.waiting_for] == ["press-02"]
    floor.plcs["press-02"].away = False
    floor.wait(2)
    assert floor.holding(NEW) == []
    assert not floor.status.waiting_for


def test_who_is_slow_keeps_the_others_no_longer_than_the_deadline() -> None:
    """Who takes its time to go back has its turn to itself until the deadline; then the others go back beside it."""
    floor = under_way(deadlineSeconds=60, maxParallel=1)
    floor.plcs["press-05"].slow = True
    floor.say(abort=floor.status.revision).wait(50)
    assert floor.restored() == ["press-05"]
    floor.until("Aborted", most=30)
    assert floor.restored() == ["press-05", "press-04", "press-03", "press-02", "press-01"]
    assert "not back yet: press-05" in floor.status.decisions[-1].outcome


def test_a_way_back_that_is_not_heard_of_is_given_once_more() -> None:
    """Who does not act on being put back is told again after half a minute, and not in between."""
    floor = under_way(1)
    floor.plcs["press-01"].deaf = True
    floor.say(abort=floor.status.revision).wait(20)
    assert floor.restored() == ["press-01"]
    floor.plcs["press-01"].deaf = False
    floor.until("Aborted", most=30)
    assert floor.restored() == ["press-01", "press-01"]


# --- policies ---------------------------------------------------------------------------------------------------------


def test_a_failure_can_pause() -> None:
    """With Pause nothing more is released, nothing is put back, and somebody has to say how it goes on."""
    floor = under_way(failurePolicy="Pause")
    floor.plcs["press-02"].corrections = 2
    floor.wait(1)
    assert floor.status.paused_by is PausedBy.FAILURE
    assert floor.condition("Paused") == ("True", "Paused")
    assert floor.condition("Reconciling")[0] == "False"
    count = len(floor.permits)
    floor.wait(200, beat=10)
    assert len(floor.permits) == count
    floor.say(promote=f"{floor.status.revision}/2").until("Done")
    assert floor.holding(NEW) == sorted(floor.plcs)
    assert floor.status.tolerated == 1


def test_what_is_promoted_is_tolerated_and_no_more() -> None:
    """Who has failed when somebody promotes is no failure again, and the next one is."""
    floor = under_way(failurePolicy="Pause")
    floor.plcs["press-02"].corrections = 2
    floor.wait(1).say(promote=f"{floor.status.revision}/2").until("Baking", 3)
    floor.plcs["press-08"].corrections = 2
    floor.wait(2)
    assert floor.status.paused_by is PausedBy.FAILURE
    floor.say(abort=floor.status.revision).until("Aborted")
    assert floor.holding(OLD) == sorted(floor.plcs)


def test_a_promotion_that_was_said_before_is_not_about_the_failure() -> None:
    """A word that was there when it failed does not wave the failure through; said again it does."""
    floor = under_way(failurePolicy="Pause")
    word = f"{floor.status.revision}/2"
    floor.say(promote=word).wait(2)
    floor.plcs["press-02"].corrections = 2
    floor.wait(5)
    assert floor.phase == "Paused"
    floor.say(promote=None).muster().say(promote=word).wait(1)
    assert floor.phase != "Paused"


def test_a_failed_wave_can_be_retried() -> None:
    """A wave that paused by its deadline is given that time again, once for each word."""
    floor = Floor(failurePolicy="Pause", deadlineSeconds=30).muster().git(NEW)
    floor.plcs["press-01"].held = True
    floor.until("Paused", most=60)
    word = f"{floor.status.revision}/{floor.status.round}"
    floor.say(retry=word).wait(20)
    assert floor.phase == "Releasing"
    floor.wait(20)
    assert floor.phase == "Paused"
    floor.plcs["press-01"].held = False
    floor.say(retry=None).muster().say(retry=word).until("Done")


def test_what_is_late_can_be_promoted() -> None:
    """A wave that waits for a PLC in vain goes on without it when somebody says so."""
    floor = Floor(failurePolicy="Pause", deadlineSeconds=30).muster().git(NEW)
    floor.plcs["press-01"].held = True
    floor.until("Paused", most=60).say(promote=f"{floor.status.revision}/1").until("Done")
    assert floor.holding(NEW) == sorted(floor.plcs)[1:]
    assert floor.status.overdue == 1


def test_a_failure_can_be_passed_over() -> None:
    """With Continue it is said once and goes on, past a deadline as well."""
    floor = Floor(failurePolicy="Continue", deadlineSeconds=30).muster().git(NEW)
    floor.plcs["press-01"].held = True
    floor.until("Done")
    assert floor.holding(NEW) == sorted(floor.plcs)[1:]
    assert floor.rules().count("Deadline") == 1
    assert floor.notices.count("RolloutFailed") == 1


# --- thresholds -------------------------------------------------------------------------------------------------------


def test_some_may_fail() -> None:
    """Up to maxFailedPercent of those that were released may fail, and the change goes on without them."""
    floor = Floor(success={"maxFailedPercent": 20}).muster().git(NEW)
    floor.plcs["press-03"].stuck = True
    floor.until("Baking", 2)
    assert [each.name for each in floor.status.failed] == ["press-03"]
    floor.plcs["press-04"].corrections = 2
    floor.wait(1).until("Aborted")
    assert "2 of 5" in floor.status.cause


def test_below_a_minimum_no_share_counts() -> None:
    """One of one is no share to judge by where minMembers says so; when enough were released it counts."""
    floor = Floor(success={"minMembers": 4, "maxFailedPercent": 10}).muster().git(NEW)
    floor.plcs["press-01"].stuck = True
    floor.until("Releasing", 2)
    assert floor.until("Restoring", most=100).status.wave == 2


def test_who_is_away_may_be_passed_over() -> None:
    """With Skip who is away is counted, passed over, and caught up alone when it is back, outside waves."""
    floor = Floor(onUnreachable="Skip").muster()
    floor.plcs["press-02"].away = True
    floor.git(NEW).until("Done")
    assert floor.status.skipped == ("press-02",)
    assert floor.status.members.skipped == 1
    floor.crash().plcs["press-02"].away = False
    floor.wait(3)
    assert floor.phase == "Done"
    assert floor.holding(NEW) == sorted(floor.plcs)
    assert floor.rules()[-1] == "CaughtUp"
    assert not floor.status.skipped


def test_of_those_released_some_may_be_away() -> None:
    """With Skip more than maxUnreachablePercent of those that were released are a failure."""
    floor = under_way(onUnreachable="Skip", success={"maxUnreachablePercent": 20})
    floor.plcs["press-01"].away = True
    floor.wait(2)
    assert floor.phase == "Baking"
    floor.plcs["press-02"].away = True
    floor.wait(1)
    assert floor.status.given_up == "Unreachable"


@pytest.mark.parametrize("name", ["press-01", "press-07"])
def test_who_is_away_may_be_a_failure(name: str) -> None:
    """With Fail a PLC that goes away has failed, released already or next."""
    floor = under_way(onUnreachable="Fail")
    floor.plcs[name].away = True
    floor.until("Restoring", most=200)
    assert "does not answer" in floor.status.cause


def test_who_is_away_from_the_beginning_may_be_a_failure() -> None:
    """With Fail the first of all PLCs that is away is a failure, though nothing was released yet."""
    floor = Floor(onUnreachable="Fail").muster()
    floor.plcs["press-01"].away = True
    floor.git(NEW).until("Aborted", most=20)
    assert not floor.permits


def test_a_permit_that_is_refused_is_waited_for() -> None:
    """A policy that refuses a permit is said, and is a failure when the deadline has passed."""
    floor = Floor(deadlineSeconds=100).muster().git(NEW)
    floor.failing["press-01"] = ObjectFailureKind.REFUSED
    floor.wait(10)
    assert [each.why for each in floor.status.waiting_for] == ["its permit is refused: a policy says no"]
    floor.failing.clear()
    floor.wait(60)
    assert floor.holding(NEW) == ["press-01"]


@pytest.mark.parametrize("kind", [ObjectFailureKind.CHANGED, ObjectFailureKind.GONE, ObjectFailureKind.TAKEN])
def test_a_member_that_is_another_one_is_looked_at_anew(kind: ObjectFailureKind) -> None:
    """What has changed under a permit is looked at again at once, and nothing is failed by it."""
    floor = Floor().muster().git(NEW)
    floor.failing["press-01"] = kind
    floor.wait(6)
    assert floor.wake == 1.0
    floor.failing.clear()
    assert floor.wait(2).holding(NEW) == ["press-01"]


def test_an_api_server_that_is_away_is_asked_less_and_less() -> None:
    """While the API server is away it is asked after two seconds, four, up to a minute."""
    floor = Floor().muster().git(NEW).muster()
    floor.failing["press-01"] = ObjectFailureKind.AWAY
    waits = list[float | None]()
    floor.wait(5)
    for _ in range(7):
        waits.append(floor.wake)
        floor.muster()
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_who_is_held_waits_to_be_woken() -> None:
    """Where nothing may be sent now the engine says when that is over."""
    floor = Floor().muster().git(NEW)
    floor.failing["press-01"] = ObjectFailureKind.HELD
    floor.wait(6)
    assert floor.phase == "Releasing"
    floor.failing.clear()
    assert floor.wait(2).holding(NEW) == ["press-01"]


# --- who has a say ----------------------------------------------------------------------------------------------------

NIGHT = {"schedule": "0 13 * * *", "duration": "1h", "timeZone": "UTC"}


def test_a_freeze_window_stops_waves_and_no_rollback() -> None:
    """Inside a freeze window no PLC is released, what was released bakes on, and what must go back goes back."""
    floor = Floor(freeze=[NIGHT]).muster()
    floor.at = datetime.fromisoformat("2026-01-05T12:59:00+00:00")
    floor.git(NEW).muster().until("Releasing", 2, most=120)
    floor.wait(5)
    assert floor.holding(NEW) == ["press-01"]
    assert floor.condition("Reconciling") == ("True", "Frozen")
    assert "which ends Mon 2026-01-05 14:00 UTC" in floor.status.message
    assert floor.rules().count("Frozen") == 1
    floor.say(abort=floor.status.revision).until("Aborted", most=10)
    assert floor.holding(NEW) == []


def test_a_freeze_window_does_not_count_for_the_deadline() -> None:
    """The deadline of a wave stands still while nothing may be released."""
    floor = Floor(freeze=[NIGHT], deadlineSeconds=300).muster()
    floor.at = datetime.fromisoformat("2026-01-05T12:58:50+00:00")
    floor.git(NEW).muster().until("Releasing", 2, most=120)
    floor.wait(3700, beat=10)
    assert floor.until("Done").holding(NEW) == sorted(floor.plcs)
    assert "Deadline" not in floor.rules()


def test_no_change_begins_in_a_freeze_window() -> None:
    """A plan waits for the end of a freeze window."""
    floor = Floor(freeze=[NIGHT]).muster()
    floor.at = datetime.fromisoformat("2026-01-05T13:10:00+00:00")
    floor.git(NEW).wait(60)
    assert floor.phase == "Planning"
    assert floor.condition("Reconciling") == ("True", "Frozen")
    assert floor.wake == pytest.approx(3000 - 60, abs=2)
