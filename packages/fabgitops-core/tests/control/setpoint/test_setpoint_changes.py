"""What happens to a change on its way: Git changes again, PLCs come and go, two rollouts meet, a process dies."""

from dataclasses import replace
from typing import Any

from fabgitops_core.api.setpoint.status import MAX_DECISIONS
from fabgitops_core.control.commands import Annotate, Publish
from fabgitops_core.control.events import Declared, Faulted, Mustered
from hypothesis import given
from hypothesis import strategies as st

from .floor import KEY, NEW, NEWER, OLD, UID, Floor, Plc, hash_of


def test_a_change_of_git_supersedes() -> None:
    """What was released stays, the new revision begins with the first wave, and the round is the same."""
    floor = Floor().muster().git(NEW).until("Baking", 2)
    first = floor.status.revision
    floor.git(NEWER).wait(1)
    assert floor.phase == "Planning"
    assert floor.status.revision != first
    assert floor.status.supersedes == first
    assert "Superseded" in floor.rules()
    assert floor.holding(NEW) == sorted(floor.plcs)[:5]
    floor.until("Baking", 1)
    assert floor.holding(NEWER) == ["press-01"]
    assert floor.status.round == 1
    assert floor.until("Done").holding(NEWER) == sorted(floor.plcs)


def test_what_was_superseded_goes_back_to_the_oldest_words() -> None:
    """Given up, a change that took the place of another puts back what PLCs held before both."""
    floor = Floor().muster().git(NEW).until("Baking", 2).git(NEWER).wait(1).until("Baking", 1)
    floor.say(abort=floor.status.revision).until("Aborted")
    assert floor.holding(OLD) == sorted(floor.plcs)
    assert len(floor.restored()) == 5


def test_git_that_goes_back_and_forth_makes_revisions_of_their_own() -> None:
    """A revision that comes again in the same round has another name: each begins and ends once."""
    floor = Floor().muster().git(NEW).until("Baking", 1)
    names = [floor.status.revision]
    for words in (NEWER, NEW):
        floor.git(words).wait(1).until("Baking", 1)
        names.append(floor.status.revision)
    assert len(set(names)) == 3


def test_a_change_of_a_few_supersedes_only_for_them() -> None:
    """Where only one PLC's words change again, the others keep what they were released to."""
    floor = Floor().muster().git(NEW).until("Baking", 2).git(NEWER, ["press-09"]).wait(1)
    floor.until("Done")
    assert floor.holding(NEW) == [name for name in sorted(floor.plcs) if name != "press-09"]
    assert floor.released().count("press-01") == 1


def test_a_plc_that_comes_is_last() -> None:
    """A PLC that comes after the change was begun waits for its last wave, whatever its name says."""
    floor = Floor(order=["aa"]).muster().git(NEW).until("Baking", 1)
    floor.plcs["aa"] = Plc("aa", git=NEW)
    floor.wait(2)
    assert floor.status.joined == ("aa",)
    assert floor.until("Done").released()[-1] == "aa"


def test_plcs_that_come_and_go_supersede_nothing() -> None:
    """A PLC that comes, goes, is suspended or is not valid for a while makes no other revision."""
    floor = Floor().muster().git(NEW).until("Baking", 1)
    revision = floor.status.revision
    floor.plcs["zz"] = Plc("zz")
    del floor.plcs["press-10"]
    floor.plcs["press-08"].suspended = True
    floor.plcs["press-09"].valid = False
    floor.wait(3).crash().wait(3)
    floor.plcs["press-09"].valid = True
    floor.until("Done")
    assert floor.status.revision == revision


def test_a_new_plc_waits_for_a_wave_of_its_own() -> None:
    """A PLC that is selected at rest and does not hold what Git wants gets there in waves."""
    floor = Floor().muster().git(NEW).until("Done")
    floor.plcs["zz"] = Plc("zz", git=NEW, released="", proven=False)
    floor.muster()
    assert floor.phase == "Done"
    floor.wait(2)
    assert floor.phase == "Planning"
    floor.until("Done")
    assert floor.status.round == 2
    assert floor.plcs["zz"].holds == NEW


def test_a_change_that_is_not_looked_at_yet_goes_in_waves() -> None:
    """A change after which PLCs have to be looked at anew is a change, and nobody is caught up alone by it."""
    floor = Floor().muster().git(NEW, ["press-01"]).until("Done")
    for plc in floor.plcs.values():
        plc.git, plc.proven = NEWER, False
    floor.muster()
    assert floor.phase == "Planning"
    floor.until("Baking", 1)
    assert floor.holding(NEWER) == ["press-01"]
    floor.say(abort=floor.status.revision).until("Aborted")
    for plc in floor.plcs.values():
        plc.git, plc.proven = "2800", False
    floor.muster()
    assert floor.phase == "Planning"


def test_those_who_are_left_begin_no_change_of_their_own() -> None:
    """Many PLCs that are away, or that nothing can be written to, are left behind, and wait for that to be over."""
    floor = Floor(60, onUnreachable="Skip", failurePolicy="Continue", deadlineSeconds=20).muster()
    for name in sorted(floor.plcs)[10:40]:
        floor.plcs[name].away = True
    floor.plcs["press-02"].holds, floor.plcs["press-02"].held = "1", True
    floor.git(NEW).until("Done").wait(60, beat=5).crash().wait(60, beat=5)
    assert floor.phase == "Done"
    assert floor.status.round == 1
    for plc in floor.plcs.values():
        plc.away = plc.held = False
    floor.wait(20)
    assert floor.holding(NEW) == sorted(floor.plcs)
    assert floor.status.round == 1


def test_a_fleet_that_is_selected_for_the_first_time_is_looked_at_first() -> None:
    """Who was not looked at since it is led may turn out to hold what Git wants: no change is planned for it."""
    floor = Floor()
    for plc in floor.plcs.values():
        plc.released, plc.proven = "", False
    floor.muster()
    assert floor.phase == "Watching"
    assert "10 were not looked at yet" in floor.status.message
    for plc in floor.plcs.values():
        plc.released = plc.git
    floor.wait(2)
    assert floor.phase == "Watching"
    assert floor.status.released_text == "10/10"


def test_a_plc_can_be_adopted_at_once() -> None:
    """With adoption Enforce a PLC that was never released gets there outside waves, and no rollback is about it."""
    floor = Floor(adoption="Enforce").muster().git(NEW).until("Baking", 1)
    floor.plcs["zz"] = Plc("zz", git=NEW, released="")
    floor.wait(2)
    assert floor.plcs["zz"].holds == NEW
    assert floor.permits[-1] == ("zz", f"{UID}/0/{hash_of('zz', NEW)}")
    assert floor.rules()[-1] == "Adopted"
    floor.say(abort=floor.status.revision).until("Aborted")
    assert floor.restored() == ["press-01"]
    assert floor.plcs["zz"].holds == NEW


def test_two_rollouts_release_nothing() -> None:
    """While another rollout selects one of its PLCs nothing is released or put back, and it says which and whose."""
    floor = Floor().muster().git(NEW).until("Releasing", 2)
    count = len(floor.permits)
    floor.rivals = {"press-07": "others"}
    floor.wait(100, beat=5)
    assert len(floor.permits) == count
    assert floor.condition("Stalled") == ("True", "Overlap")
    assert "SetpointRollout others selects press-07" in floor.status.message
    assert floor.notices.count("Overlap") == 1
    floor.say(abort=floor.status.revision).wait(5)
    assert len(floor.permits) == count
    floor.rivals = {}
    floor.until("Aborted")


def test_an_overlap_does_not_count_for_the_deadline() -> None:
    """A wave that another rollout kept from going on has its time when that is over."""
    floor = Floor(deadlineSeconds=60).muster().git(NEW).until("Releasing", 2)
    floor.rivals = {"press-07": "others"}
    floor.wait(300, beat=10)
    floor.rivals = {}
    assert floor.wait(1).until("Done").status.given_up == ""


def test_one_that_is_not_valid_releases_nothing() -> None:
    """A spec that is not valid says why, leads nobody, and goes on where it was when it is put right."""
    floor = Floor().muster().git(NEW).until("Baking", 1)
    kept, floor.spec, floor.problem = floor.spec, None, "waves: must have at least 1 item"
    floor.declare().wait(100, beat=10)
    assert floor.condition("Stalled") == ("True", "InvalidSpec")
    assert floor.holding(NEW) == ["press-01"]
    assert floor.notices.count("InvalidSpec") == 1
    floor.spec, floor.problem = kept, ""
    floor.declare().until("Done")


def test_a_fault_of_our_own_is_said() -> None:
    """A fault ends the pass and is said; a lasting one keeps anything from being done until it is declared anew."""
    floor = Floor().muster().git(NEW).until("Releasing", 2)
    floor.tell(Faulted(floor.at, floor.generation, "KeyError: 'x'", lasting=True))
    assert floor.condition("Stalled") == ("True", "InternalError")
    count = len(floor.permits)
    floor.wait(10)
    assert len(floor.permits) == count
    floor.declare().until("Done")


def test_a_fault_before_anything_is_known_keeps_the_status() -> None:
    """A fault that strikes first of all loses nothing of what was stored."""
    floor = Floor().muster().git(NEW).until("Baking", 1)
    stored = floor.stored
    floor.state = floor.controller.start(KEY)
    floor.tell(Faulted(floor.at, 1, "KeyError: 'x'", lasting=True, said=stored))
    assert floor.status.wave == 1
    floor.begin().until("Done")


def test_decisions_are_the_last_ones() -> None:
    """The status holds so many decisions, and the last of them."""
    floor = Floor().muster()
    for number in range(40):
        floor.git((NEW, OLD)[number % 2]).wait(1)
    assert len(floor.status.decisions) == MAX_DECISIONS
    assert floor.status.decisions[-1].rule == "Withdrawn"


# --- a process that dies ----------------------------------------------------------------------------------------------

STRIKES = st.sampled_from(
    ["", "", "", "crash", "stuck", "away", "back", "drift", "newer", "abort", "pause", "resume", "retry", "promote"]
)


@given(
    strikes=st.lists(st.tuples(STRIKES, st.integers(0, 7), st.integers(1, 12)), max_size=20),
    policy=st.sampled_from(["Rollback", "Pause", "Continue"]),
    unreachable=st.sampled_from(["Wait", "Skip", "Fail"]),
)
def test_a_process_that_begins_anew_does_the_same(
    strikes: list[tuple[str, int, int]], policy: str, unreachable: str
) -> None:
    """At any moment a process that knows nothing but status and members does what the one before would have done."""
    floor = Floor(
        8,
        failurePolicy=policy,
        onUnreachable=unreachable,
        deadlineSeconds=90,
        waves=[{"count": 1, "bakeSeconds": 5}, {"percent": 50, "bakeSeconds": 10, "pause": {"durationSeconds": 20}}],
    ).muster()
    floor.git(NEW)
    for strike, number, seconds in strikes:
        plc = floor.plcs[f"press-{number + 1:02}"]
        _strike(floor, plc, strike)
        for _ in range(seconds):
            floor.wait(1)
            _same_next(floor)


def _strike(floor: Floor, plc: Plc, strike: str) -> None:
    status = floor.status
    if strike in {"stuck", "away"}:
        setattr(plc, strike, True)
    elif strike == "back":
        plc.away = plc.stuck = False
    elif strike == "drift":
        plc.holds = "1"
    elif strike == "newer":
        floor.git(f"{2700 + len(floor.published)}", [plc.name])
    elif strike == "crash":
        floor.crash()
    elif strike in {"pause", "resume"}:
        floor.say(pause="x" if strike == "pause" else None)
    elif strike == "abort":
        floor.say(abort=status.revision)
    elif strike == "retry":
        floor.say(retry=f"{status.revision}/{status.round}")
    elif strike == "promote":
        floor.say(promote=f"{status.revision}/{status.wave}")


def _same_next(floor: Floor) -> None:
    """Compare what is done next with what a fresh process does, which knows the status that was stored last."""
    event = Mustered(floor.at, floor.members())
    _state, ours = floor.controller.step(floor.state._replace(published=None), event)
    fresh = floor.controller.start(KEY)
    again: Declared[Any, Any] = Declared(
        floor.at, floor.generation, floor.spec, status=floor.stored, uid=UID, annotations=dict(floor.words)
    )
    fresh, _ = floor.controller.step(fresh, again)
    _state, theirs = floor.controller.step(fresh, event)
    assert _done(theirs) == _done(ours)


def _done(commands: tuple[object, ...]) -> list[object]:
    """Return what is done, and where it stands then; a process that begins anew need not keep the beat of another."""
    return [
        replace(each, after=0.0) if isinstance(each, Annotate) else each.status
        for each in commands
        if isinstance(each, Annotate | Publish)
    ]


def test_nothing_is_done_before_it_is_declared() -> None:
    """A look before anything is declared asks for nothing."""
    floor = Floor()
    blank = floor.controller.start(KEY)
    state, commands = floor.controller.step(blank, Mustered(floor.at, floor.members()))
    assert (state, commands) == (blank, ())
    assert floor.controller.selects(blank) is None
