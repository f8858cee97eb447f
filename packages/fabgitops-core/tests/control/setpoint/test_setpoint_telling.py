"""What is told to the world of a change: each thing once, in order, through crashes."""

from collections import Counter

from fabgitops_core.api.setpoint.status import MAX_OUTBOX
from fabgitops_core.control.events import Emitted, Removed
from hypothesis import given
from hypothesis import strategies as st

from .floor import NEW, NEWER, OLD, Floor


def types(floor: Floor) -> list[str]:
    """Return what was told, in a word each."""
    return [
        each.type.removeprefix("dev.cdevents.").removeprefix("dev.cdeventsx.").rsplit(".", 3)[0] for each in floor.told
    ]


def outcomes(floor: Floor) -> list[str]:
    """Return how the changes that were told of have ended."""
    return [each.data["subject"]["content"]["outcome"] for each in floor.told if "pipelinerun.finished" in each.type]


def test_a_change_is_told_from_begin_to_end() -> None:
    """It is told that a change has begun, each wave, that the fleet is another one, and that it is over."""
    floor = Floor().muster().git(NEW).until("Done").muster()
    progressed = "fabgitops-rollout.progressed"
    assert types(floor) == [
        "pipelinerun.started",
        progressed,
        progressed,
        "environment.modified",
        "pipelinerun.finished",
    ]
    assert outcomes(floor) == ["success"]
    assert floor.told[-2].data["customData"]["released"] == 10
    assert floor.status.outbox == ()


def test_a_failure_is_told_when_all_is_back() -> None:
    """A change that is put back ends with a failure, after that."""
    floor = Floor().muster().git(NEW).until("Baking", 2)
    floor.plcs["press-03"].corrections = 2
    floor.until("Aborted").muster()
    assert types(floor)[-2:] == ["fabgitops-rollout.restored", "pipelinerun.finished"]
    assert outcomes(floor) == ["failure"]


def test_what_somebody_gives_up_is_cancelled() -> None:
    """A change that somebody aborts, or in whose place another comes, is cancelled; the other has its own begin."""
    floor = Floor().muster().git(NEW).until("Baking", 2).git(NEWER).wait(1).until("Baking", 1)
    floor.say(abort=floor.status.revision).until("Aborted").muster()
    assert outcomes(floor) == ["cancel", "cancel"]
    assert types(floor).count("pipelinerun.started") == 2


def test_what_was_never_begun_has_no_end() -> None:
    """A plan that is aborted, or taken back, is told of in no event."""
    floor = Floor().muster().git(NEW).muster()
    floor.say(abort=floor.status.revision).until("Aborted").git(NEWER).muster().git(OLD).wait(2)
    assert floor.told == []


def test_a_wait_is_told() -> None:
    """A wave that waits for somebody's word says so."""
    floor = Floor(waves=[{"count": 1, "pause": {}}, {"percent": 100}]).muster().git(NEW).until("Paused").muster()
    assert types(floor)[-1] == "fabgitops-rollout.waiting"


def test_a_bus_that_is_away_loses_nothing_that_begins_or_ends() -> None:
    """While the bus is away what is to be told waits in the status, through a restart; what is dropped is counted."""
    floor = Floor(waves=[{"count": each} for each in range(1, 11)]).muster()
    floor.bus_away = True
    floor.git(NEW).until("Done").git(NEWER).wait(1).until("Done").crash()
    assert len(floor.status.outbox) == MAX_OUTBOX
    assert floor.status.untold > 0
    floor.bus_away = False
    floor.untaken = []
    floor.crash().muster()
    assert Counter(types(floor))["pipelinerun.started"] == 2
    assert outcomes(floor) == ["success", "success"]


def test_a_bus_that_is_away_is_told_once() -> None:
    """What the bus was told, and does not have yet, is not told again by the same process, and is by the next."""
    floor = Floor().muster()
    floor.bus_away = True
    floor.git(NEW).until("Baking", 1).wait(20)
    assert len(floor.untaken) == 1
    first = floor.untaken[0].id
    floor.crash().muster()
    assert [each.id for each in floor.untaken] == [first]


def test_what_the_bus_gives_up_is_said() -> None:
    """An event that the bus will never take is dropped, counted, and people are told."""
    floor = Floor().muster()
    floor.bus_away = True
    floor.git(NEW).until("Releasing")
    first = floor.untaken[0]
    floor.tell(Emitted(floor.at, first.id, "413 too large"))
    assert floor.status.untold == 1
    assert floor.notices[-1] == "EventLost"
    state = floor.state
    assert floor.controller.step(state, Emitted(floor.at, "another")) == (state, ())


def test_a_rollout_that_is_gone_ends_its_change() -> None:
    """Deleted in mid-flight a rollout tells that its change is over."""
    floor = Floor().muster().git(NEW).until("Baking", 2)
    floor.tell(Removed(floor.at))
    floor.told += floor.untaken
    assert outcomes(floor) == ["cancel"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["crash", "newer", "abort", "stuck", "back", "away", "there"]), st.integers(1, 20)),
        max_size=12,
    )
)
def test_each_revision_begins_and_ends_once(strikes: list[tuple[str, int]]) -> None:
    """Whatever happens, each revision of each round has one begin and at most one end, and its end comes after that."""
    waves = [{"count": 1, "bakeSeconds": 5}, {"percent": 100, "bakeSeconds": 5}]
    floor = Floor(6, waves=waves, deadlineSeconds=60).muster().git(NEW)
    for number, (strike, seconds) in enumerate(strikes):
        plc = floor.plcs["press-03"]
        if strike == "crash":
            floor.crash()
        elif strike == "newer":
            floor.git(f"{3000 + number}")
        elif strike == "abort":
            floor.say(abort=floor.status.revision)
        elif strike in {"stuck", "back"}:
            plc.stuck = strike == "stuck"
        else:
            floor.bus_away = strike == "away"
        floor.wait(seconds)
    floor.plcs["press-03"].stuck = floor.bus_away = False
    floor.crash().wait(200, beat=4)
    _begins_and_ends(floor)


def _begins_and_ends(floor: Floor) -> None:
    once = {each.id: each for each in floor.told}
    begins = Counter(each.data["context"]["chainId"] for each in once.values() if "started" in each.type)
    ends = Counter(each.data["context"]["chainId"] for each in once.values() if "pipelinerun.finished" in each.type)
    assert set(begins.values()) <= {1}
    assert set(ends.values()) <= {1}
    assert set(ends) <= set(begins)
    assert floor.phase in {"Done", "Aborted", "Watching"}
    assert set(ends) == set(begins)
