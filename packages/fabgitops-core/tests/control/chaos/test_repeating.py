"""Schedules make runs: each time one, whatever is lost, and never more than are kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE, ChaosScheduleStatus
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.reasons import ScheduleNotice
from fabgitops_core.control.chaos.repeating import LONGEST_REST_SECS, ScheduleController
from fabgitops_core.control.chaos.runs import schedule_of, seen
from fabgitops_core.control.commands import Apply, Delete, Notice, Publish, Wake
from fabgitops_core.control.events import (
    Applied,
    ApplyFailed,
    Deleted,
    DeleteFailed,
    Event,
    Faulted,
    Removed,
    Surveyed,
)
from fabgitops_core.control.intake import declared
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = Key("ChaosSchedule", "plant", "nightly")
EXPERIMENT = {
    "scenario": {"podKiller": {}},
    "target": {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}},
}
AWAY, REFUSED, TAKEN = ObjectFailureKind.AWAY, ObjectFailureKind.REFUSED, ObjectFailureKind.TAKEN


class Plant:
    """An API server with one schedule, and the operator's decisions about it; `answers` says what is lost."""

    def __init__(self, **fields: Any) -> None:
        self.at = NOON
        self.spec = {"schedule": "*/10 * * * *", "template": {"spec": EXPERIMENT}, **fields}
        self.runs: dict[str, dict[str, Any]] = {}
        self.made: list[str] = []
        self.stored = ChaosScheduleStatus()
        self.notices: list[Notice] = []
        self.published = 0
        self.refuses = ""
        self.wake: float | None = None
        self.controller = ScheduleController()
        self.version = 1
        self.begin()

    def begin(self) -> None:
        """Begin as a process does, from what is stored."""
        self.state = self.controller.start(KEY)
        self.told(self.declaration())

    def declaration(self, generation: int = 1) -> Event:
        """Return what is declared."""
        about = {"namespace": "plant", "name": "nightly", "uid": "s1", "generation": generation}
        created = {"creationTimestamp": NOON.isoformat().replace("+00:00", "Z")}
        status = self.stored.model_dump(mode="json", by_alias=True, exclude_none=True)
        body = {"metadata": {**about, **created}, "spec": self.spec, "status": status}
        return declared(CHAOS_SCHEDULE, body, self.at)

    def told(self, event: Event, *, stores: bool = True) -> Apply | Delete | None:
        """Tell of an event, and return the request that follows."""
        self.state, commands = self.controller.step(self.state, event)
        asked = None
        for command in commands:
            match command:
                case Publish(status=status):
                    self.published += 1
                    if stores:
                        self.stored = ChaosScheduleStatus.model_validate(status.model_dump())
                case Notice():
                    self.notices.append(command)
                case Wake():
                    self.wake = command.after
                case Apply() | Delete():
                    asked = command
        return asked

    def children(self) -> Mapping[Key, Child]:
        """Return the runs as they are known."""
        return {child.key: child for child in map(seen, self.runs.values())}

    def look(self, *, lost: bool = False, done: bool = True, stores: bool = True) -> Apply | Delete | None:
        """Play one pass: its request is done or not, and its answer lost or not."""
        asked = self.told(Surveyed(self.at, self.children()), stores=stores)
        if asked is not None:
            self.told(self.answer(asked, lost=lost, done=done), stores=stores)
        return asked

    def answer(self, asked: Apply | Delete, *, lost: bool, done: bool) -> Event:
        """Carry a request out, and return what is told of it."""
        away = ObjectFailure(AWAY, "no answer")
        if isinstance(asked, Delete):
            if done:
                self.runs.pop(asked.key.name, None)
            return (
                DeleteFailed(self.at, asked.key, away) if lost or not done else Deleted(self.at, asked.key, asked.uid)
            )
        body = dict(asked.object)
        name = body["metadata"]["name"]
        key = Key("ChaosExperiment", "plant", name)
        if self.refuses:
            return ApplyFailed(self.at, key, ObjectFailure(REFUSED, self.refuses))
        if name in self.runs:
            return ApplyFailed(self.at, key, ObjectFailure(TAKEN, "there is one", stands=seen(self.runs[name])))
        if done:
            self.version += 1
            more = {"uid": f"r{self.version}", "resourceVersion": str(self.version)}
            stamp = {"creationTimestamp": self.at.isoformat()}
            self.runs[name] = {**body, "metadata": {**body["metadata"], **more, **stamp}}
            self.made.append(name)
        if lost or not done:
            return ApplyFailed(self.at, key, away)
        return Applied(self.at, seen(self.runs[name]), created=True)

    def ends(self, name: str) -> None:
        """Let a run be over."""
        self.runs[name]["status"] = {"phase": "Completed", "finishedAt": self.at.isoformat()}

    def goes_on(self, **time: float) -> None:
        """Let time pass, and look until nothing is asked for."""
        self.at += timedelta(**time)
        for _ in range(200):
            if self.look() is None:
                return
        raise AssertionError("it never rests")


def name_at(**time: float) -> str:
    """Return what a run of a time after noon is called."""
    return f"nightly-{int((NOON + timedelta(**time)).timestamp()) // 60}"


def test_a_run_is_the_schedules_own() -> None:
    """At its time an experiment is made as the template says, with the schedule as its owner, and people are told."""
    plant = Plant()
    plant.goes_on(minutes=10)
    run = plant.runs[name_at(minutes=10)]
    assert run["spec"] == EXPERIMENT
    assert run["metadata"]["labels"] == {"fabgitops.io/chaos-schedule": "nightly"}
    assert (schedule_of(run), seen(run).owner) == ("nightly", "s1")
    assert plant.stored.last_schedule_time == plant.stored.handled_time == NOON + timedelta(minutes=10)
    assert plant.stored.next_schedule_time == NOON + timedelta(minutes=20)
    assert plant.stored.running == (name_at(minutes=10),)
    assert [each.reason for each in plant.notices] == [ScheduleNotice.RUN_MADE]
    assert [(each.type, each.status.value) for each in plant.stored.conditions] == [
        ("Ready", "True"),
        ("Stalled", "False"),
    ]


def test_nothing_is_told_twice() -> None:
    """A schedule that only waits stores nothing: it is looked at again in 30 s, or when it is time."""
    plant = Plant()
    plant.goes_on()
    before = plant.published
    plant.goes_on(minutes=2)
    assert (plant.published, plant.wake) == (before, LONGEST_REST_SECS)
    plant.goes_on(minutes=7, seconds=50)
    assert (plant.published, plant.wake) == (before, 10.0)


def test_a_clock_that_was_days_ahead_is_told_of() -> None:
    """When it is put back runs begin again at their times, and status and an Event say once what was wrong."""
    plant = Plant()
    plant.stored = ChaosScheduleStatus(handled_time=NOON + timedelta(days=6))
    plant.begin()
    plant.goes_on(minutes=5)
    assert (plant.runs, plant.stored.handled_time) == ({}, NOON + timedelta(minutes=5))
    assert plant.stored.message.startswith("a clock was wrong: handledTime was 2026-03-08 12:00 UTC")
    plant.goes_on(minutes=1)
    assert [each.reason for each in plant.notices] == [ScheduleNotice.RUN_PASSED]
    plant.goes_on(minutes=4)
    assert [*plant.runs] == [name_at(minutes=10)]


@pytest.mark.parametrize("server_right", [True, False])
@pytest.mark.parametrize("over", [True, False])
def test_what_a_clock_that_was_ahead_made_is_not_told_as_made(*, over: bool, server_right: bool) -> None:
    """When the time comes whose run is there since a clock was ahead, that is told, and that none is made."""
    plant = Plant(schedule="0 * * * *", concurrencyPolicy="Allow")
    plant.goes_on(hours=6)
    (made,) = plant.made
    if over:
        plant.ends(made)
    if server_right:
        plant.runs[made]["metadata"]["creationTimestamp"] = NOON.isoformat()
    plant.at = NOON
    plant.goes_on(seconds=5)
    for _ in range(5):
        plant.goes_on(hours=1)
        plant.ends(plant.made[-1])
    plant.begin()
    plant.notices.clear()
    plant.goes_on(hours=1)
    phase = "Completed" if over else "Pending"
    said = f"2026-03-02 18:00 UTC passed: {made} is there already ({phase}), and no other is made"
    assert [(each.reason, each.message) for each in plant.notices] == [(ScheduleNotice.RUN_PASSED, said)]
    assert (plant.stored.message, plant.stored.conditions[0].reason) == (said, "Scheduled")
    assert plant.stored.last_schedule_time == NOON + timedelta(hours=5)
    assert (len(plant.made), plant.stored.handled_time) == (6, NOON + timedelta(hours=6))


def test_a_run_that_is_over_before_its_answer_was_heard_was_made() -> None:
    """A run that was asked for in vain, as it seemed, and is over by the next look, is told as made."""
    plant = Plant()
    plant.at += timedelta(minutes=10)
    plant.look(lost=True)
    plant.ends(name_at(minutes=10))
    plant.goes_on(seconds=5)
    assert [each.reason for each in plant.notices] == [ScheduleNotice.RUN_MADE]


def test_what_passes_is_told_once() -> None:
    """A time that comes while a run is under way passes, with an Event; when the run is over the next one begins."""
    plant = Plant()
    plant.goes_on(minutes=10)
    plant.goes_on(minutes=10)
    plant.goes_on(seconds=20)
    assert [each.reason for each in plant.notices] == [ScheduleNotice.RUN_MADE, ScheduleNotice.RUN_PASSED]
    assert "was not over, and concurrencyPolicy is Forbid" in plant.stored.message
    plant.ends(name_at(minutes=10))
    plant.goes_on(seconds=10)
    assert (plant.stored.running, len(plant.made)) == ((), 1)
    plant.goes_on(minutes=10)
    assert plant.made == [name_at(minutes=10), name_at(minutes=30)]


def test_runs_beyond_the_limit_are_deleted() -> None:
    """Of those that are over the newest are kept, and what runs is never deleted."""
    plant = Plant(historyLimit=2, concurrencyPolicy="Allow", schedule="* * * * *")
    plant.goes_on(minutes=1)
    for _ in range(5):
        plant.goes_on(minutes=1)
        plant.ends(plant.made[-1])
    plant.goes_on(seconds=1)
    assert sorted(plant.runs) == [name_at(minutes=1), name_at(minutes=5), name_at(minutes=6)]


def test_no_more_than_ten_run_at_once() -> None:
    """With concurrencyPolicy Allow runs that never end do not fill a cluster."""
    plant = Plant(concurrencyPolicy="Allow", schedule="* * * * *")
    for _ in range(15):
        plant.goes_on(minutes=1)
    assert len(plant.made) == 10
    assert "10 runs are not over, and there are never more" in plant.stored.message


def test_a_suspended_schedule_is_silent() -> None:
    """While it is suspended no run begins, nothing is stored at its times, and none is made up for afterwards."""
    plant = Plant(suspend=True)
    plant.goes_on()
    before = plant.published
    for _ in range(5):
        plant.goes_on(minutes=10)
    assert (plant.published, plant.made, plant.stored.next_schedule_time) == (before, [], None)
    plant.spec = {**plant.spec, "suspend": False}
    plant.told(plant.declaration(2))
    plant.goes_on(seconds=5)
    assert plant.made == []
    plant.goes_on(minutes=10)
    assert len(plant.made) == 1


def test_a_schedule_that_means_nothing_says_so() -> None:
    """What the API server could not know is wrong stands in the status, and nothing begins."""
    plant = Plant(timeZone="Europe/Nowhere")
    plant.goes_on(minutes=10)
    assert plant.made == []
    assert "timeZone" in plant.stored.message
    assert [(each.reason, each.status.value) for each in plant.stored.conditions] == [
        ("InvalidSpec", "False"),
        ("InvalidSpec", "True"),
    ]


@pytest.mark.parametrize("kind", [REFUSED, TAKEN])
def test_a_run_that_may_not_be_made_is_told_of(kind: ObjectFailureKind) -> None:
    """What a policy refuses, or whose name another experiment has, is told until the next time, and not repeated."""
    plant = Plant()
    if kind is REFUSED:
        plant.refuses = "the policy says no"
    else:
        strange = {"metadata": {"namespace": "plant", "name": name_at(minutes=10), "uid": "x", "resourceVersion": "9"}}
        plant.runs[name_at(minutes=10)] = strange
    plant.goes_on(minutes=10)
    plant.goes_on(seconds=20)
    assert [each.reason for each in plant.notices] == [ScheduleNotice.RUN_REFUSED]
    assert plant.stored.conditions[0].reason == "RunRefused"
    plant.refuses = ""
    plant.goes_on(minutes=10)
    assert (len(plant.made), plant.stored.conditions[0].reason) == (1, "Scheduled")


def test_it_waits_where_runs_are_not_known() -> None:
    """While experiments cannot be listed none is made: one may be under way."""
    plant = Plant()
    plant.at += timedelta(minutes=10)
    assert plant.told(Surveyed(plant.at, {}, {"ChaosExperiment": "it is forbidden"})) is None
    assert (plant.stored.message, plant.stored.conditions[0].reason) == ("it is forbidden", "ApiUnavailable")
    plant.goes_on(seconds=5)
    assert len(plant.made) == 1


def test_a_schedule_that_is_gone_makes_nothing() -> None:
    """One that is deleted, or is being, begins no run."""
    plant = Plant()
    plant.told(Removed(plant.at))
    plant.goes_on(minutes=10)
    assert plant.made == []


def test_a_fault_of_ours_is_told() -> None:
    """An exception of the operator's own stands in the status, and goes when the next pass goes well."""
    plant = Plant()
    plant.told(Faulted(plant.at, 1, "ZeroDivisionError"))
    assert plant.stored.conditions[1].status.value == "True"
    plant.goes_on(seconds=1)
    assert plant.stored.conditions[1].status.value == "False"


def test_runs_of_an_earlier_schedule_are_not_its_own() -> None:
    """A schedule that was deleted and made again does not wait for the runs of the one before, nor count them."""
    plant = Plant(historyLimit=1)
    plant.goes_on(minutes=10)
    plant.state = replace(plant.state, uid="s2")
    plant.goes_on(minutes=10)
    assert len(plant.made) == 2


def test_a_run_whose_answer_was_lost_is_found() -> None:
    """A run that was made when the operator was killed is told as made, not as passed over for itself."""
    plant = Plant()
    plant.at += timedelta(minutes=10)
    plant.look(lost=True, stores=False)
    plant.begin()
    plant.goes_on(seconds=1)
    assert [each.reason for each in plant.notices] == [ScheduleNotice.RUN_MADE]
    assert (plant.made, plant.stored.last_schedule_time) == ([name_at(minutes=10)], NOON + timedelta(minutes=10))


STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 20, 40, 60, 600]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["", "", "", "killed", "ends"]),
    ),
    max_size=60,
)


@given(STEPS, st.sampled_from(["Forbid", "Allow"]), st.integers(1, 3))
def test_each_time_makes_one_run_at_most(steps: list[Any], policy: str, limit: int) -> None:
    """Whatever answers and statuses are lost, whenever the operator is killed: no time begins twice; it settles."""
    plant = Plant(schedule="* * * * *", concurrencyPolicy=policy, historyLimit=limit)
    for secs, lost, done, stores, also in steps:
        plant.at += timedelta(seconds=secs)
        before = {name for name, run in plant.runs.items() if "status" not in run}
        asked = plant.look(lost=lost, done=done, stores=stores)
        assert not (policy == "Forbid" and isinstance(asked, Apply) and before - {asked.object["metadata"]["name"]})
        if isinstance(asked, Delete):
            assert asked.key.name not in before, "what runs is never deleted"
        if also == "killed":
            plant.begin()
        elif also == "ends":
            for name in before:
                plant.ends(name)
    assert len(plant.made) == len(set(plant.made))
    for name in list(plant.runs):
        plant.ends(name)
    plant.goes_on(seconds=1)
    over = [name for name in plant.runs if "status" in plant.runs[name]]
    assert len(over) <= limit
