"""Both sides together: the rollout that gives permits, and the gates of the PLCs that act on them."""

from typing import Any

import pytest
from fabgitops_core.api.meta import APPROVE
from hypothesis import given
from hypothesis import strategies as st

from .gated import Gated, gated
from .setpoint.floor import NEW, NEWER, OLD, Floor

WAVES = [{"count": 1, "bakeSeconds": 3}, {"percent": 50, "bakeSeconds": 3}, {"percent": 100, "bakeSeconds": 3}]


def plc(floor: Floor, name: str) -> Gated:
    """Return a PLC of the floor."""
    found = floor.plcs[name]
    assert isinstance(found, Gated)
    return found


def test_a_change_goes_over_real_gates() -> None:
    """Each PLC is written when it is released, and the change is done when all were read back."""
    floor = gated(6, waves=WAVES).git(NEW).until("Baking", 1)
    assert floor.holding(NEW) == ["press-01"]
    floor.until("Done")
    assert floor.holding(NEW) == sorted(floor.plcs)
    assert floor.status.members.proven == 6


def test_it_is_put_back_behind_real_gates() -> None:
    """What was released goes back to what each device held when it was read before it was written."""
    floor = gated(6, waves=WAVES).git(NEW).until("Baking", 2)
    floor.say(abort=floor.status.revision).until("Aborted")
    assert floor.holding(OLD) == sorted(floor.plcs)
    assert floor.status.members.restored == 3
    floor.git(NEWER).wait(1).until("Done")
    assert floor.holding(NEWER) == sorted(floor.plcs)


def test_what_superseded_goes_back_behind_real_gates() -> None:
    """Two revisions in one round go back to what was there before both."""
    floor = gated(6, waves=WAVES).git(NEW).until("Baking", 2).git(NEWER).wait(1).until("Baking", 2)
    floor.say(abort=floor.status.revision).until("Aborted")
    assert floor.holding(OLD) == sorted(floor.plcs)


def test_a_plc_that_is_another_device_by_now_is_not_waited_for() -> None:
    """Of a PLC that was let go and has another address since nothing is to be put back: its device holds its own."""
    floor = gated(4, waves=WAVES).git(NEW).until("Baking", 2)
    moved = plc(floor, "press-01")
    moved.address, moved.holds = "10.0.0.6", "777"
    moved.declared()
    floor.wait(2)
    floor.say(abort=floor.status.revision).wait(10)
    assert (floor.phase, moved.holds) == ("Aborted", "777")
    assert floor.holding(OLD) == ["press-02", "press-03", "press-04"]


def test_what_git_comes_back_to_goes_its_way_anew() -> None:
    """PLCs that were let go, and not written before Git gave that up, wait for the yes to it when it comes again."""
    floor = gated(3, waves=WAVES).git(NEW)
    while not floor.permits:
        floor.wait(1)
    first = plc(floor, "press-01")
    first.away = True
    floor.git(OLD).wait(20)
    assert (floor.phase, floor.holding(OLD)) == ("Watching", sorted(floor.plcs))
    first.away = False
    floor.declare(approval="Manual").git(NEW).wait(20)
    assert floor.holding(OLD) == sorted(floor.plcs)
    assert floor.status.plan is not None
    floor.say(**{APPROVE: floor.status.plan.hash}).until("Done")
    assert floor.holding(NEW) == sorted(floor.plcs)


def test_a_fight_behind_a_real_gate_is_seen() -> None:
    """A device that somebody else writes again and again has its change put back."""
    floor = gated(4, waves=WAVES).git(NEW).until("Baking", 1)
    floor.plcs["press-01"].holds = OLD
    floor.wait(1)
    assert floor.status.phase.value != "Restoring"
    floor.plcs["press-01"].holds = OLD
    floor.wait(1).until("Aborted")
    assert "corrected 2 times" in floor.status.cause


def fresh(floor: Floor, words: str = OLD) -> Gated:
    """Return a PLC that is selected for the first time, of which Git wants something and which holds something else."""
    found = Gated("zz", lambda: floor.at, words)
    found.story = type(found.story)(pace=0.0, at=floor.at)
    found.holds = "2444"
    found.declared()
    floor.plcs["zz"] = found  # type: ignore[assignment]
    return found


def test_a_plc_that_never_held_what_git_wants_is_adopted() -> None:
    """A PLC that is found with other words waits for a wave, or is written at once where adoption says so."""
    for adoption, held in (("Hold", "2444"), ("Enforce", OLD)):
        floor = gated(3, waves=WAVES, adoption=adoption)
        new = fresh(floor)
        floor.wait(3)
        assert new.facts().released == ("" if adoption == "Hold" else new.facts().wanted)
        assert new.holds == held
        if adoption == "Hold":
            floor.until("Done")
            assert new.holds == OLD


FOUR_HOURS = [{"schedule": "0 12 * * *", "duration": "4h"}]


@pytest.mark.parametrize(
    ("kept", "gone", "why"),
    [
        ({"freeze": FOUR_HOURS}, {"freeze": []}, "inside the freeze window"),
        ({"paused": True}, {"paused": False}, "paused"),
    ],
)
def test_nobody_is_adopted_while_nothing_may_be_released(kept: dict[str, Any], gone: dict[str, Any], why: str) -> None:
    """A freeze window and a pause hold for who is adopted as well, and that is said; afterwards it is written."""
    floor = gated(3, waves=WAVES, adoption="Enforce", **kept)
    new = fresh(floor)
    floor.wait(3)
    assert new.holds == "2444"
    assert "1 PLCs are to be adopted, and wait: " in floor.status.message
    assert why in floor.status.message
    floor.declare(**gone).wait(3)
    assert new.holds == OLD


def test_the_end_of_a_freeze_window_lets_who_is_adopted_go() -> None:
    """A rollout at rest looks again when the window closes, without being told anything."""
    floor = gated(3, waves=WAVES, adoption="Enforce", freeze=FOUR_HOURS)
    fresh(floor)
    floor.wait(3)
    assert floor.wake is not None
    assert 0 < floor.wake <= 4 * 3600


def test_nobody_is_adopted_as_what_was_given_up() -> None:
    """A PLC that comes when a revision was rejected is not written it: it waits until Git wants something else."""
    floor = gated(3, waves=WAVES, adoption="Enforce").git(NEW).until("Baking", 1)
    floor.say(abort=floor.status.revision).until("Aborted")
    new = fresh(floor, NEW)
    floor.wait(5)
    assert new.holds == "2444"
    assert "is given up" in floor.status.message
    floor.git(NEWER).wait(1).until("Done")
    assert new.holds == NEWER


STRIKES = ["crash", "plcs crash", "away", "back", "drift", "newer", "abort", "retry", "promote"]


@given(strikes=st.lists(st.tuples(st.sampled_from(STRIKES), st.integers(1, 5), st.integers(1, 8)), max_size=8))
def test_no_adversary_gets_anything_written_that_was_not_let_go(strikes: list[tuple[str, int, int]]) -> None:
    """Through crashes of both sides, outages, edits and drifts: nothing without its permit, and an end in the end."""
    floor = gated(5, waves=WAVES, deadlineSeconds=40)
    floor.git(NEW)
    for number, (strike, which, seconds) in enumerate(strikes):
        _struck(floor, plc(floor, f"press-{which:02}"), strike, number)
        floor.wait(seconds)
    for each in floor.plcs.values():
        each.away = False
    floor.wait(100, beat=4)
    assert floor.phase in {"Done", "Aborted", "Watching"}
    for each in floor.plcs.values():
        facts = each.facts()
        wanted = facts.released == facts.wanted
        assert wanted or floor.phase == "Aborted"
    if floor.phase == "Aborted":
        assert not floor.status.waiting_for


def _struck(floor: Floor, one: Gated, strike: str, number: int) -> None:
    status = floor.status
    if strike == "crash":
        floor.crash()
    elif strike == "plcs crash":
        one.crashed()
    elif strike in {"away", "back"}:
        one.away = strike == "away"
    elif strike == "drift":
        one.holds = "1"
    elif strike == "newer":
        one.git = str(3000 + number)
    elif strike == "abort":
        floor.say(abort=status.revision)
    elif strike == "retry":
        floor.say(retry=f"{status.revision}/{status.round}")
    else:
        floor.say(promote=f"{status.revision}/{status.wave}")
