"""An operator that is upgraded finds what the one before has left, and has nothing to write of what is at rest."""

import json
from datetime import timedelta

import pytest
from fabgitops_core.api.rollout.status import Phase

from .corpus import frozen as templates
from .standing import Row, found_in, frozen, resting
from .test_argo import ArgoPlant
from .workshop import spec, template

LEFT = frozen()
PHASES = {
    "out": {Phase.COMPLETED},
    "replaced": {Phase.COMPLETED},
    "given up": {Phase.FAILED},
    "waiting": {Phase.PAUSED, Phase.PREVIEW, Phase.EXPERIMENTING},
}


def upgraded(row: Row) -> None:
    """Let another operator find a world, and look at it again and again: it writes nothing."""
    plant = found_in(row)
    before, status = plant.version, plant.status
    plant.restart()
    for secs in (0, 1, 3600, 86400):
        plant.at += timedelta(seconds=secs)
        plant.look()
        assert plant.request is None, plant.request
        assert plant.status is status, "its status is written anew"
    assert plant.version == before
    assert (plant.notices, plant.happenings) == ([], [])


@pytest.mark.parametrize("name", LEFT)
def test_what_is_at_rest_is_left_alone(name: str) -> None:
    """Whatever the strategy, and whether it is out, waits or was given up: object and status stay as they are."""
    assert LEFT[name]["status"]["phase"] in PHASES[name.rpartition(", ")[2]]
    upgraded(LEFT[name])


def test_a_hundred_idle_rollouts_are_left_alone() -> None:
    """Each template of the frozen corpus was rolled out by an operator before: nothing of any is written."""
    text = json.dumps(LEFT["canary, out"])
    was = LEFT["canary, out"]["status"]["currentPodHash"]
    assert len(templates()) >= 100
    for hash_, pods in templates():
        app = pods["metadata"]["labels"]["app"]
        row = json.loads(
            text.replace(was, hash_).replace('"app": "hmi"', f'"app": "{app}"').replace("app=hmi", f"app={app}")
        )
        row["spec"]["template"] = pods
        upgraded(row)


@pytest.mark.parametrize("stage", ["Healthy", "Paused", "Degraded"])
def test_rollouts_of_argo_rollouts_at_rest_are_left_alone(stage: str) -> None:
    """A Rollout of Argo Rollouts that is out, waits or was given up is as it was after the operator has started."""
    plant = ArgoPlant(spec({"canary": {"steps": [{"setWeight": 25}, {"pause": {}}]}}))
    plant.settle()
    if stage != "Healthy":
        plant.declare(template=template("2"))
        plant.settle()
    if stage == "Degraded":
        plant.patch(abort=True)
        plant.settle()
    before = plant.stands, plant.version, plant.found
    plant.restart()
    plant.settle()
    assert (plant.stands, plant.version, plant.found) == before
    assert plant.stands[0] == stage


def test_each_situation_is_frozen() -> None:
    """Each strategy stands in the corpus as it is when it is out, waits, was given up and was replaced."""
    assert set(LEFT) >= {name for name, _ in resting()}
