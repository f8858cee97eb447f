"""Whatever keeps a rollout waiting is named in its status, with whom it waits for."""

import pytest
from fabgitops_core.control.objects import ObjectFailureKind

from .floor import NEW, Floor


@pytest.mark.parametrize("how", ["deaf", "invalid", "refused"])
def test_who_does_not_go_back_is_named(how: str) -> None:
    """While it is put back, when that is given up, and from then on, it says who is not back and why."""
    floor = Floor(4, deadlineSeconds=60).git(NEW).until("Baking", 1)
    press = floor.plcs["press-01"]
    press.deaf, press.valid = how == "deaf", how != "invalid"
    if how == "refused":
        floor.failing["press-01"] = ObjectFailureKind.REFUSED
    why = "its permit is refused: a policy says no" if how == "refused" else "has not acted on it"
    floor.say(abort=floor.status.revision).wait(5)
    assert floor.phase == "Restoring"
    assert [(each.name, why in each.why) for each in floor.status.waiting_for] == [("press-01", True)]
    assert f"press-01: {'its' if how == 'refused' else 'it has its'} permit" in floor.status.message
    floor.until("Aborted").wait(2)
    assert "not back yet: press-01: " in floor.status.decisions[-1].outcome
    assert "not back yet: press-01: " in floor.status.message
    press.deaf, press.valid = False, True
    floor.failing.clear()
    floor.wait(70)
    assert floor.holding(NEW) == []
    assert floor.status.waiting_for == ()


def test_who_is_next_to_go_back_is_named() -> None:
    """Of many that go back one by one the last says that it is its turn later."""
    floor = Floor(6, maxParallel=1).git(NEW).until("Baking", 2)
    floor.plcs["press-03"].stuck = True
    floor.say(abort=floor.status.revision).wait(2)
    assert {each.name: each.why for each in floor.status.waiting_for}["press-01"] == "it is next"


def test_who_is_suspended_is_not_said_to_be_back() -> None:
    """A PLC that was written and then suspended holds what was given up: it is named, not counted, nor waited for."""
    floor = Floor(6).git(NEW).until("Baking", 2)
    floor.plcs["press-02"].suspended = True
    floor.say(abort=floor.status.revision).wait(4)
    assert (floor.phase, floor.holding(NEW)) == ("Aborted", ["press-02"])
    assert floor.status.members.restored == 2
    assert "not back yet: press-02: it is suspended" in floor.status.decisions[-1].outcome
    assert [each.name for each in floor.status.waiting_for] == ["press-02"]
    floor.plcs["press-02"].suspended = False
    floor.wait(3)
    assert (floor.holding(NEW), floor.status.members.restored, floor.status.waiting_for) == ([], 3, ())


def test_who_is_left_at_the_end_is_counted() -> None:
    """A PLC that is suspended does not hold what Git wants, and the end of the change does not say that all do."""
    floor = Floor(4).git(NEW)
    floor.plcs["press-03"].suspended = True
    floor.until("Done")
    assert floor.status.decisions[-1].outcome == "all PLCs that could be are released, 1 are left"


def test_a_refused_adoption_is_told() -> None:
    """Whose permit is refused is named, although it is part of no change."""
    floor = Floor(3, adoption="Enforce")
    floor.plcs["press-01"].released, floor.plcs["press-01"].holds = "", "1"
    floor.failing["press-01"] = ObjectFailureKind.REFUSED
    floor.wait(10)
    assert "not adopted: press-01: its permit is refused: a policy says no" in floor.status.message


def test_a_pause_that_is_taken_out_of_its_wave_is_over() -> None:
    """An edit of the waves counts at once, for a change that waits behind one as well."""
    floor = Floor(4, waves=[{"count": 1, "pause": {}}, {"percent": 100}]).git(NEW).until("Paused")
    floor.declare(waves=[{"count": 1}, {"percent": 100}]).wait(2)
    assert (floor.status.wave, floor.status.paused_by) == (2, None)
    floor.until("Done")
