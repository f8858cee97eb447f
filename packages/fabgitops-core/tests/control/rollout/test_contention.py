"""Somebody else sets weights or selectors: it is put right at once, and where that does not end people are asked."""

import copy

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import PauseCondition, Phase, Why
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.saying.reasons import RolloutReason

from .junction import Junction, another, out, passes, promote, routing
from .workshop import KEY, template


def whys(plant: Junction) -> list[str]:
    """Return why it waits."""
    assert plant.status is not None
    return [each.reason for each in plant.status.pause_conditions]


def test_it_is_put_right_at_once_and_counted() -> None:
    """Weights that somebody else set are ours again after one pass, which says so."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.set_weights(10, 90)
    plant.look()
    plant.carry_out()
    assert plant.weights() == (50, 50)
    assert plant.status is not None
    assert plant.status.contention is not None
    assert plant.status.contention.count == 1
    assert plant.status.decisions[-1].input == "somebody else has changed HTTPRoute hmi"


def test_a_selector_that_a_forced_apply_took_away() -> None:
    """A Service that selects both versions selects one again."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    key = Key("Service", KEY.namespace, "hmi")
    body = copy.deepcopy(plant.objects[key])
    body["spec"]["selector"] = {"app": "hmi"}
    plant.store(key, body)
    plant.settle()
    assert plant.selected("hmi") == "1"
    assert plant.status is not None
    assert plant.status.contention is not None


def test_three_times_within_ten_minutes_it_waits_for_people() -> None:
    """A split that does not hold is no basis for a judgement; somebody's promotion goes past the pause it stands at."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}))
    another(plant)
    for _ in range(3):
        plant.set_weights(100, 0)
        plant.settle()
    assert Why.CONTENDED in whys(plant)
    assert RolloutReason.CONTENDED in [each.reason for each in plant.notices]
    promote(plant)
    plant.settle()
    assert whys(plant) == [Why.CANARY_STEP]
    assert plant.status is not None
    assert (plant.status.current_step_index, plant.weights()) == (3, (25, 75))


def test_what_happens_now_and_then_is_no_fight() -> None:
    """Three times in an hour are counted each for itself."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    for _ in range(4):
        plant.set_weights(100, 0)
        plant.settle()
        plant.tick(1200)
    assert Why.CONTENDED not in whys(plant)


def test_at_rest_people_are_told_of_a_fight() -> None:
    """With nothing on its way nothing is paused, and they are told once."""
    plant = out(routing({"setWeight": 50}))
    for _ in range(5):
        plant.set_weights(50, 50)
        plant.settle()
    assert plant.status is not None
    assert plant.status.phase is Phase.COMPLETED
    assert [each.reason for each in plant.notices].count(RolloutReason.CONTENDED) == 1


def test_two_who_fight_do_not_load_the_api_server() -> None:
    """Somebody who sets them anew each second is answered a few times a minute from the fourth time on."""
    plant = out(routing({"setWeight": 50}))
    before = plant.version
    answered = 0

    def over() -> bool:
        """Set them anew wherever they are right, and return whether five minutes are over."""
        nonlocal answered
        if plant.weights() == (100, 0):
            answered += 1
            plant.set_weights(50, 50)
        return plant.at.minute >= 6

    passes(plant, over, most=2000)
    assert plant.version > before
    assert answered < 40


def test_an_edit_of_the_manifest_is_no_contention() -> None:
    """Another route in the manifest has other weights, and nobody has fought for them."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    plant.route("other")
    plant.declare(strategy=routing({"setWeight": 50}, {"pause": {}}, routes=[{"name": "other"}]))
    plant.settle()
    assert plant.weights("other") == (50, 50)
    assert plant.status is not None
    assert plant.status.contention is None


def test_a_pause_that_is_over_does_not_end_a_contention() -> None:
    """Time alone does not go on: only somebody's word does, for nobody knows yet who sets the weights."""
    plant = out(routing({"setWeight": 50}, {"pause": {"duration": 600}}, {"setWeight": 75}))
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.status is not None and plant.status.phase is Phase.PAUSED)
    for _ in range(3):
        plant.set_weights(100, 0)
        passes(plant, lambda: plant.weights() == (50, 50))
        plant.tick(6)
        plant.look()
        plant.tick()
    plant.tick(3600)
    plant.settle()
    assert plant.weights() == (50, 50)
    assert Why.CONTENDED in whys(plant)


def test_who_has_promoted_a_step_in_spite_of_a_fight_is_not_asked_again() -> None:
    """At a step that is no pause a promotion goes on with it, whatever is set meanwhile; and the next pause is one."""
    plant = out(routing({"setWeight": 25}, {"setWeight": 50}, {"pause": {}}))
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.weights() == (75, 25))
    plant.caps = {"2": 1}

    def fight() -> None:
        """Set the weights anew three times."""
        for _ in range(3):
            plant.set_weights(100, 0)
            passes(plant, lambda: plant.weights() == (75, 25))
            plant.tick(6)
            plant.look()

    passes(plant, lambda: plant.status is not None and plant.status.current_step_index == 1)
    fight()
    assert whys(plant) == [Why.CONTENDED]
    promote(plant)
    fight()
    assert whys(plant) == []
    plant.caps = {}
    plant.settle()
    assert (whys(plant), plant.weights()) == ([Why.CANARY_STEP], (50, 50))
    promote(plant)
    plant.settle()
    assert plant.counts()["2"] == 4


def test_a_step_that_waits_again_for_something_else_hears_another_word() -> None:
    """One promotion ends one wait; the next at the same step has a word of its own, and the first is not for it."""
    plant = out(routing({"setWeight": 50}, {"pause": {}}))
    another(plant)
    assert plant.status is not None

    def wait() -> str:
        """Return the word for the wait that it is in."""
        assert plant.status is not None
        (pause,) = plant.status.pause_conditions
        return f"{plant.status.current_pod_hash}/1/{pause.start_time:%Y-%m-%dT%H:%M:%SZ}"

    first = wait()
    plant.declare(strategy=routing({"setWeight": 25}, {"pause": {}}))
    plant.settle()
    plant.say(marks.PROMOTE, first)
    plant.settle()
    assert (plant.status.phase, plant.status.current_step_index) == (Phase.PAUSED, 1)
    assert "it does not wait since" in next(
        each.message for each in plant.notices if each.reason is RolloutReason.STALE_WORD
    )
    plant.say(marks.PROMOTE, wait())
    plant.settle()
    assert plant.status.phase is Phase.COMPLETED


def test_a_wait_for_people_at_a_promoted_step_is_ended_by_a_word_of_its_own() -> None:
    """A fight is promoted, then an analysis cannot tell at the same step: that wait hears the word that is for it."""
    plant = out(routing({"setWeight": 25}, {"setWeight": 50}, {"pause": {}}))
    plant.declare(template=template("2"))
    passes(plant, lambda: plant.weights() == (75, 25))
    plant.caps = {"2": 1}
    passes(plant, lambda: plant.status is not None and plant.status.current_step_index == 1)
    for reason in (Why.CONTENDED, Why.INCONCLUSIVE):
        assert plant.status is not None
        pause = PauseCondition(reason=reason, start_time=second(plant.at))
        plant.status = plant.status.model_copy(update={"pause_conditions": (pause,), "controller_pause": True})
        plant.restart()
        plant.say(marks.PROMOTE, f"{plant.status.current_pod_hash}/1/{pause.start_time:%Y-%m-%dT%H:%M:%SZ}")
        plant.look()
        assert reason not in whys(plant)
        plant.tick(5)
