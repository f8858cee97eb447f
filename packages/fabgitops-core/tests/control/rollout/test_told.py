"""What the world and people are told of a rollout, whatever happens to it and whatever is killed when."""

from collections import Counter

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import MAX_OUTBOX, Phase
from fabgitops_core.control.events import Emitted, Removed

from .test_judged import CHECKS, OFTEN, ONCE, PAUSES, plant, promote, stands
from .workshop import Plant, spec, template


def told(of: Plant) -> list[str]:
    """Return the types of what the bus was told, each once, without what all have."""
    seen = {each.id: each for each in of.happenings}
    names = (each.type.removeprefix("dev.cdeventsx.fabgitops-").removeprefix("dev.cdevents.") for each in seen.values())
    return [name.rpartition(".")[0].removesuffix(".0.3").removesuffix(".0.1") for name in names]


def outcomes(of: Plant) -> list[str]:
    """Return how runs ended."""
    seen = {each.id: each for each in of.happenings if "pipelinerun.finished" in each.type}
    return [each.data["subject"]["content"]["outcome"] for each in seen.values()]


def reasons(of: Plant) -> list[str]:
    """Return the reasons of the Events, in order."""
    return [str(each.reason.value) for each in of.notices]


FIRST = ["pipelinerun.started", "service.deployed", "service.published", "pipelinerun.finished"]


def test_the_first_revision() -> None:
    """The service is deployed and published, when its pods are available."""
    one = plant(*PAUSES)
    assert told(one) == FIRST
    assert outcomes(one) == ["success"]


def test_from_step_to_step() -> None:
    """What is done and what it waits for is told on the way, and at its end that the service is upgraded."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=ONCE)
    one.declare(template=template("2"))
    one.settle()
    promote(one)
    one.settle()
    assert told(one)[len(FIRST) :] == [
        "pipelinerun.started",
        "rollout.progressed",
        "testsuiterun.started",
        "testsuiterun.finished",
        "rollout.progressed",
        "rollout.waiting",
        "rollout.progressed",
        "service.upgraded",
        "pipelinerun.finished",
    ]
    facts = one.happenings[len(FIRST) + 1].data["subject"]["content"]
    assert (facts["text"], facts["weight"], facts["steps"]) == ("step 1 of 3 is done", 25, 3)
    upgraded = one.happenings[-2].data["subject"]["content"]
    assert upgraded == {"environment": {"id": "plant"}, "artifactId": "pkg:oci/hmi?tag=2"}
    assert stands(one).outbox == ()


def test_a_failure() -> None:
    """An analysis that fails is an incident; the service is rolled back to the image that is proven."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, metric=ONCE, answer=(7.0,))
    one.declare(template=template("2"))
    one.settle()
    assert told(one)[-5:] == [
        "testsuiterun.started",
        "testsuiterun.finished",
        "incident.detected",
        "service.rolledback",
        "pipelinerun.finished",
    ]
    assert one.happenings[-2].data["subject"]["content"]["artifactId"] == "pkg:oci/hmi?tag=1"
    assert outcomes(one) == ["success", "failure"]


def test_given_up_by_somebody_and_tried_again() -> None:
    """An abort by hand is a cancellation; the retry is another run, with a start and an end of its own."""
    one = plant(*PAUSES)
    one.declare(template=template("2"))
    one.settle()
    one.say(marks.ABORT, stands(one).current_pod_hash)
    one.settle()
    assert outcomes(one) == ["success", "cancel"]
    one.say(marks.RETRY, f"{stands(one).current_pod_hash}/{stands(one).aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    one.settle()
    promote(one, "full")
    one.settle()
    assert outcomes(one) == ["success", "cancel", "success"]
    assert Counter(told(one))["pipelinerun.started"] == 3


def test_given_up_and_promoted_in_full_all_the_same() -> None:
    """What was told to have ended begins once more, and ends."""
    one = plant(*PAUSES)
    one.declare(template=template("2"))
    one.settle()
    one.say(marks.ABORT, stands(one).current_pod_hash)
    one.settle()
    promote(one, "full")
    one.settle()
    assert (outcomes(one), stands(one).attempt) == (["success", "cancel", "success"], 2)
    assert Counter(told(one))["pipelinerun.started"] == 3


@pytest.mark.parametrize("version", ["3", "1"])
def test_another_revision_ends_the_one_before(version: str) -> None:
    """A revision that another one takes over from is cancelled, once, be it a new one or the proven one."""
    one = plant(*PAUSES)
    one.declare(template=template("2"))
    one.settle()
    one.declare(template=template(version))
    one.settle()
    assert outcomes(one) == ["success", "cancel", *(["success"] if version == "1" else [])]


def test_other_steps_are_another_attempt() -> None:
    """The run that is under way is cancelled and another one starts, which judges anew under ids of its own."""
    one = plant({"setWeight": 25}, {"analysis": CHECKS}, {"pause": {}}, metric=ONCE)
    one.declare(template=template("2"))
    one.settle()
    steps = [{"setWeight": 50}, {"analysis": CHECKS}, {"pause": {}}]
    one.declare(strategy={"canary": {"steps": steps}})
    one.settle()
    counts = Counter(told(one))
    assert (outcomes(one), counts["pipelinerun.started"]) == (["success", "cancel"], 3)
    assert (stands(one).attempt, counts["testsuiterun.started"], counts["testsuiterun.finished"]) == (2, 2, 2)


def test_template_and_steps_at_once() -> None:
    """Both in one edit are one revision, which starts once."""
    one = plant(*PAUSES)
    one.declare(template=template("2"), strategy={"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}})
    one.settle()
    assert (outcomes(one), Counter(told(one))["pipelinerun.started"]) == (["success"], 2)


def test_somebody_pauses_it() -> None:
    """That it waits by a word of its manifest is told, too, and once."""
    one = plant({"setWeight": 25})
    one.declare(template=template("2"), paused=True)
    one.stays(20)
    assert told(one)[len(FIRST) :] == ["pipelinerun.started", "rollout.waiting"]


def test_the_bus_is_away() -> None:
    """What happens waits in the status, at most 16; how revisions begin and end is kept, and the rollout goes on."""
    one = plant(*({"setWeight": share} for share in range(1, 40)))
    one.away = True
    for version in "2345":
        one.declare(template=template(version))
        one.settle()
    status = stands(one)
    assert status.phase is Phase.COMPLETED
    assert len(status.outbox) == MAX_OUTBOX
    assert status.untold == 4 * (39 + 3) - MAX_OUTBOX
    assert Counter(each.type for each in status.outbox)["finished-success"] == 4
    one.away = False
    one.settle()
    assert stands(one).outbox == ()


def test_an_event_that_is_refused_is_lost_and_said() -> None:
    """What the sink does not take for good is dropped and counted, and the next one goes."""
    one = Plant(spec({"canary": {}}))
    one.look()
    first = one.handed.pop()
    one.tell(Emitted(one.at, first, "it has no room"))
    assert (stands(one).outbox, stands(one).untold) == ((), 1)
    assert reasons(one)[-1] == "EventLost"


def test_nothing_is_handed_over_that_is_not_made_known() -> None:
    """An event goes with the status that it stands in, before the request that follows from it, and once."""
    one = Plant(spec({"canary": {}}))
    one.look()
    assert [each.type for each in stands(one).outbox] == ["started"]
    assert len(one.handed) == 1
    one.carry_out()
    one.look()
    assert len(one.handed) == 1


def test_last_words() -> None:
    """Of a rollout that is gone it is told what waited, and that its revision is over; of one at rest nothing more."""
    one = plant(*PAUSES)
    count = len(one.happenings)
    one.declare(template=template("2"))
    one.settle()
    one.tell(Removed(one.at))
    assert outcomes(one) == ["success", "cancel"]
    assert one.happenings[-1].data["subject"]["content"]["errors"] == "the rollout is gone"
    rest = plant(*PAUSES)
    rest.tell(Removed(rest.at))
    assert len(rest.happenings) == count


def test_killed_at_any_time_each_thing_is_told_once() -> None:
    """Whatever is killed when: what is told again has the id that it had, and a revision starts and ends once."""
    steps = ({"setWeight": 25}, {"analysis": CHECKS}, {"setWeight": 50})
    whole = plant(*steps, metric=ONCE, analysis=CHECKS)
    whole.declare(template=template("2"))
    whole.settle()
    ids = {(each.type, each.id) for each in whole.happenings}
    counts = Counter(told(whole))
    assert (counts["service.upgraded"], counts["testsuiterun.started"], counts["testsuiterun.finished"]) == (1, 2, 2)
    for kill in range(30):
        one = plant(*steps, metric=ONCE, analysis=CHECKS)
        one.declare(template=template("2"))
        for turn in range(kill):
            one.look()
            if one.request is not None and turn < kill - 1:
                one.carry_out()
            one.tick()
        one.restart()
        one.settle()
        assert {(each.type, each.id) for each in one.happenings} == ids


def test_aborted_retried_and_promoted() -> None:
    """People read in Events what was done, in its order."""
    one = Plant(spec({"canary": {"steps": [{"setWeight": 50}, {"pause": {"duration": 3}}]}}, replicas=2))
    one.settle()
    one.declare(template=template("2"))
    one.settle(wait=False)
    one.say(marks.ABORT, stands(one).current_pod_hash)
    one.settle()
    one.say(marks.RETRY, f"{stands(one).current_pod_hash}/{stands(one).aborted_at:%Y-%m-%dT%H:%M:%SZ}")
    one.settle()
    scaled = "ScalingReplicaSet"
    assert reasons(one) == [
        *("RolloutStarted", "NewReplicaSetCreated", scaled, "RolloutPromoted", "RolloutCompleted"),
        *("RolloutStarted", "NewReplicaSetCreated", scaled, scaled, "RolloutStepCompleted", "RolloutPaused"),
        *("RolloutAborted", scaled, scaled),
        *("RolloutRetried", "StaleWord", scaled, scaled, "RolloutStepCompleted", "RolloutPaused"),
        *("RolloutStepCompleted", scaled, scaled, "RolloutPromoted", "RolloutCompleted"),
    ]


def test_what_judges_is_told_as_it_begins_and_ends() -> None:
    """People read when an analysis begins, and what it came to."""
    one = plant({"setWeight": 50}, metric=OFTEN, analysis=CHECKS)
    one.declare(template=template("2"))
    one.settle()
    assert [each for each in reasons(one) if each.startswith("Analysis")] == [
        "AnalysisRunRunning",
        "AnalysisRunSuccessful",
    ]


def test_versions_that_follow_each_other_before_anything_is_made_of_them() -> None:
    """Two versions back and forth, of which nothing is made yet, are three revisions: each begins and ends once."""
    one = plant(*PAUSES)
    before = len(one.happenings)
    for version in ("2", "3", "2", "3"):
        one.declare(template=template(version))
        one.look()
        one.restart()
    one.settle()
    found = {each.id: each for each in one.happenings[before:] if "pipelinerun" in each.type}
    runs = Counter((each.subject, each.type.split(".")[3]) for each in found.values())
    assert set(runs.values()) == {1}
    assert sorted(Counter(each for _, each in runs).items()) == [("finished", 3), ("started", 4)]
    assert one.status is not None
    assert one.revisions()["3"]["metadata"]["annotations"][marks.REVISION] == str(one.status.revision) == "5"
