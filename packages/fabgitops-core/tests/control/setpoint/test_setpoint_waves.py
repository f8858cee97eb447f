"""A change goes over a fleet in waves: planned, released, proven, baked, done."""

from datetime import timedelta

import pytest
from fabgitops_core.control.commands import Annotate
from fabgitops_core.control.events import Annotated, Mustered, Removed

from .floor import KEY, NEW, NEWER, OLD, Floor


def test_a_fleet_that_holds_what_git_wants_is_watched() -> None:
    """While all hold what Git wants the rollout is ready, and nothing is asked of anybody."""
    floor = Floor().muster()
    assert floor.phase == "Watching"
    assert floor.condition("Ready") == ("True", "Watching")
    assert floor.status.released_text == "10/10"
    assert floor.wake is None
    assert not floor.permits


def test_a_plan_is_shown_before_anything_happens() -> None:
    """Before Git has stood still for five seconds the plan says which PLCs come in which wave, and none is released."""
    floor = Floor().muster().git(NEW).muster().wait(4)
    assert floor.phase == "Planning"
    assert floor.condition("Reconciling") == ("True", "Planning")
    plan = floor.status.plan
    assert plan is not None
    assert [each.total for each in plan.waves] == [1, 5, 10]
    assert plan.waves[1].names == ("press-02", "press-03", "press-04", "press-05")
    assert (plan.size, plan.changes) == (10, 10)
    assert not floor.permits
    assert floor.wait(1).permits


def test_git_that_does_not_stand_still_is_waited_for() -> None:
    """Each further change begins the wait anew."""
    floor = Floor().muster().git(NEW).muster().wait(4).git(NEWER).wait(4)
    assert floor.phase == "Planning"
    floor.wait(3)
    assert floor.holding(NEWER) == ["press-01"]


def test_a_change_that_is_taken_back_before_it_begins_is_none() -> None:
    """Git that goes back to what the PLCs hold leaves nothing to do."""
    floor = Floor().muster().git(NEW).muster().wait(2).git(OLD).wait(1)
    assert floor.phase == "Watching"
    assert floor.status.plan is None
    assert not floor.permits


def test_waves_follow_each_other() -> None:
    """Each wave is proven and bakes before the next begins; when the last has baked the change is done."""
    floor = Floor().muster().git(NEW).until("Baking", 1)
    assert floor.holding(NEW) == ["press-01"]
    floor.wait(58)
    assert floor.status.wave == 1
    floor.until("Baking", 2)
    assert floor.holding(NEW) == sorted(floor.plcs)[:5]
    assert floor.status.progress == "2/3"
    floor.until("Done")
    assert floor.released() == sorted(floor.plcs)
    assert floor.condition("Ready") == ("True", "Done")
    assert floor.status.finished_at is not None
    started = ["Planning", "Planned", "Started"]
    assert floor.rules() == [*started, *["WaveProven", "WaveDone"] * 2, "WaveProven", "Done"]


def test_so_many_are_under_way_at_once() -> None:
    """No more PLCs than maxParallel are released and not proven."""
    floor = Floor(maxParallel=2, waves=[{"percent": 100}]).muster().git(NEW)
    for plc in floor.plcs.values():
        plc.held = True
    floor.wait(10)
    assert floor.released() == ["press-01", "press-02"]
    floor.plcs["press-01"].held = False
    floor.wait(2)
    assert floor.released() == ["press-01", "press-02", "press-03"]


def test_only_who_can_be_proven_is_released() -> None:
    """A PLC that is away, or does not hold what it must now, is waited for, and said."""
    floor = Floor(waves=[{"percent": 100}]).muster()
    floor.plcs["press-02"].away = True
    floor.plcs["press-03"].holds = NEWER
    floor.plcs["press-03"].held = True
    floor.git(NEW).wait(10)
    assert len(floor.released()) == 8
    told = {each.name: each.why for each in floor.status.waiting_for}
    assert told == {
        "press-02": "10.0.0.5:502 does not answer",
        "press-03": "it does not hold what it must now",
    }
    floor.plcs["press-02"].away = floor.plcs["press-03"].held = False
    assert floor.until("Baking").holding(NEW) == sorted(floor.plcs)


def test_a_suspended_plc_is_left_alone() -> None:
    """Who is suspended is no part of the change, and is caught up alone when it is not any more."""
    floor = Floor().muster().git(NEW).until("Done")
    floor.plcs["press-02"].suspended = True
    floor.git(NEWER).wait(1).until("Done")
    assert floor.holding(NEWER) == [name for name in sorted(floor.plcs) if name != "press-02"]
    floor.plcs["press-02"].suspended = False
    floor.wait(3)
    assert floor.phase == "Done"
    assert floor.holding(NEWER) == sorted(floor.plcs)
    assert floor.rules()[-1] == "CaughtUp"
    assert floor.status.round == 2


def test_a_wave_without_a_change_is_passed() -> None:
    """A wave in which nobody changes bakes nothing, for nothing was written."""
    floor = Floor().muster().git(NEW, ["press-07"]).until("Releasing", 3)
    assert floor.rules()[-2:] == ["NothingToDo", "NothingToDo"]
    assert floor.until("Done").released() == ["press-07"]


def test_permits_are_paced() -> None:
    """Twenty permits are given in a second, however long each takes; one that comes late is not followed by a burst."""
    floor = Floor(waves=[{"percent": 100}], maxParallel=10).muster().git(NEW).muster()
    floor.at += timedelta(seconds=6)
    request = floor.tell(Mustered(floor.at, floor.members()))
    assert isinstance(request, Annotate)
    assert (request.after, request.uid) == (0.0, "uid-press-01")
    for took, waits in ((0.02, 0.03), (0.03, 0.02), (0.2, 0.0), (0.01, 0.04)):
        floor.at += timedelta(seconds=took)
        request = floor.tell(Annotated(floor.at, request.key))
        assert isinstance(request, Annotate)
        assert request.after == pytest.approx(waits)
        floor.at += timedelta(seconds=request.after)


def test_a_large_wave_is_looked_at_in_between() -> None:
    """Of many permits twenty are given before the fleet is looked at again."""
    floor = Floor(60, maxParallel=50, waves=[{"percent": 100}]).muster().git(NEW).muster()
    floor.at += timedelta(seconds=6)
    floor.muster()
    assert len(floor.permits) == 20
    assert floor.wake == 0.0
    floor.muster().muster()
    assert len(floor.permits) == 50


def test_a_permit_that_is_not_heard_of_is_given_once_more() -> None:
    """A permit on which its PLC does not act counts as under way, and is given again after half a minute."""
    floor = Floor(maxParallel=1).muster().git(NEW)
    floor.plcs["press-01"].deaf = True
    floor.wait(20)
    assert floor.released() == ["press-01"]
    floor.plcs["press-01"].deaf = False
    floor.wait(20)
    assert floor.released() == ["press-01", "press-01"]
    assert floor.holding(NEW) == ["press-01"]


def test_it_is_looked_at_when_something_is_due() -> None:
    """Without any news it is woken when Git has stood still, and when the bake is over."""
    floor = Floor().muster().git(NEW).muster()
    assert floor.wake == 5
    floor.until("Baking", 1)
    assert floor.wake == 60


def test_counts_alone_are_told_once_a_second() -> None:
    """While nothing changes but counts the status is not written more often than once a second."""
    floor = Floor(waves=[{"percent": 100}]).muster().git(NEW).until("Releasing")
    floor.plcs["press-09"].held = True
    floor.poll().muster()
    published = len(floor.published)
    for name in ("press-01", "press-02", "press-03"):
        floor.at += timedelta(milliseconds=200)
        floor.plcs[name].away = True
        floor.muster()
    assert len(floor.published) == published
    floor.at += timedelta(seconds=1)
    assert floor.muster().status.members.unreachable == 3


def test_one_that_is_gone_releases_nothing() -> None:
    """Deleting the rollout in mid-flight releases nothing more, and puts nothing back."""
    floor = Floor().muster().git(NEW).until("Baking", 1)
    floor.tell(Removed(floor.at))
    count = len(floor.permits)
    floor.wait(200)
    assert len(floor.permits) == count
    assert floor.controller.selects(floor.state) is None


def test_one_that_is_leaving_releases_nothing() -> None:
    """With a deletionTimestamp nothing is released any more, whoever still holds its finalizers."""
    floor = Floor().muster().git(NEW).until("Releasing", 2)
    state = floor.state._replace(leaving=True)
    assert floor.controller.step(state, Mustered(floor.at, floor.members())) == (state, ())
    assert floor.controller.selects(state) is None


def test_an_answer_for_another_member_changes_nothing() -> None:
    """An answer that comes too late is for nothing."""
    floor = Floor().muster()
    state = floor.state
    assert floor.controller.step(state, Annotated(floor.at, KEY._replace(name="press-09"))) == (state, ())


def test_the_place_of_each_is_told() -> None:
    """Who is held can say for which wave it waits, once there is a plan."""
    floor = Floor().muster()
    assert floor.controller.place(floor.state, "press-03") == ""
    before = floor.controller.places(floor.state)
    floor.git(NEW).muster()
    assert floor.controller.place(floor.state, "press-03") == "wave 2 of 3"
    assert floor.controller.place(floor.state, "nobody") == ""
    assert floor.controller.places(floor.state) != before


def test_a_clock_that_was_set_back_makes_no_wait_longer() -> None:
    """After a clock was set back a bake lasts as long as it should, from then on."""
    floor = Floor().muster().git(NEW).until("Baking", 1)
    floor.at -= timedelta(hours=5)
    floor.until("Releasing", 2, most=63)


def test_no_wait_is_shorter_than_it_should_be() -> None:
    """A bake that begins between two seconds lasts as long as it should, through a restart as well."""
    floor = Floor(waves=[{"count": 1, "bakeSeconds": 3}, {"percent": 100}]).muster().git(NEW).until("Releasing", 1)
    floor.at += timedelta(milliseconds=400)
    floor.poll().muster()
    assert floor.phase == "Baking"
    begun = floor.at
    floor.crash()
    while floor.phase == "Baking":
        floor.wait(0.2, beat=0.2)
    assert timedelta(seconds=3) <= floor.at - begun < timedelta(seconds=4)


def test_a_change_of_who_is_away_alone_ends_at_once() -> None:
    """A change in which nobody can be released passes all waves in one look, and comes to its end."""
    floor = Floor(settle=0.0, onUnreachable="Skip").muster()
    floor.plcs["press-03"].away = True
    floor.git(NEW, ["press-03"]).muster()
    assert floor.phase == "Done"
    assert floor.status.skipped == ("press-03",)
    assert floor.rules().count("Started") == 1
