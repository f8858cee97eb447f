"""Whatever becomes of AnalysisRuns and of the requests for them, in the end each tells how its analysis ended."""

import random

import pytest
from fabgitops_core.api.argo.runs import RUNNING, phase_of
from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import ObjectFailureKind
from fabgitops_core.control.rollout.runs.naming import token_of
from fabgitops_core.control.rollout.runs.records import ANALYSIS

from .judged_argo import JudgedPlant
from .test_runs import ANALYSIS as CHECKS
from .test_runs import STEPS, judged
from .workshop import template

FAILURES = [each for each in ObjectFailureKind if each is not ObjectFailureKind.TAKEN]


class Hall:
    """People, an API server and an operator that do what they like, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - chance, and the same again
        limits = {f"{each}RunHistoryLimit": self.chance.choice([0, 2]) for each in ("successful", "unsuccessful")}
        background = {"analysis": CHECKS} if seed % 2 else {}
        self.plant = judged({"canary": {"steps": [*STEPS, *STEPS], **background}}, 0.0, analysis=limits)
        self.version = 1

    def something(self) -> None:
        """Do something, or nothing."""
        plant, runs = self.plant, list(self.plant.runs())
        what = self.chance.randrange(50)
        if what == 0:
            self.version += 1
            plant.declare(template=template(str(self.version)))
            plant.answers["checks/errors"] = [self.chance.choice([0.0, 0.0, 5.0])]
        elif what == 1:
            plant.restart()
        elif what == 2 and runs:
            del plant.objects[Key("AnalysisRun", "plant", self.chance.choice(runs))]
        elif what == 3 and runs:
            plant.edit(self.chance.choice(runs), terminate=True)
        elif what in {4, 5}:
            plant.patch(abort=what == 4)
        elif what == 6:
            plant.patch(pauseConditions=None)

    def goes_on(self) -> None:
        """Let the operator work; one request in five does not succeed."""
        self.plant.look()
        for _ in range(60):
            if self.plant.request is None:
                break
            fails = self.chance.random() < 0.2
            self.plant.carry_out(self.chance.choice(FAILURES) if fails else None)
        assert self.plant.request is None, "it asks in a circle"
        self.plant.tick(self.chance.choice([0.5, 1, 3, 10]))


@pytest.mark.parametrize("seed", range(6))
def test_each_run_tells_in_the_end(seed: int) -> None:
    """None is there twice, none goes on that nobody tells of, and each that is told of says what the status says."""
    hall = Hall(seed)
    for _ in range(120):
        hall.something()
        hall.goes_on()
    hall.plant.settle(600)
    _is_told(hall.plant)


def _is_told(plant: JudgedPlant) -> None:
    found = [(each["metadata"]["annotations"][ANALYSIS], each["status"]["phase"]) for each in plant.runs().values()]
    phases, status = dict(found), plant.status
    assert len(phases) == len(found)
    assert status is not None
    current = {token_of(status.current_pod_hash, each): each for each in status.analyses}
    for token, analysis in current.items():
        assert token in phases or not analysis.metrics
        assert phases.get(token, "") in {"", phase_of(analysis.verdict)}
    assert RUNNING not in {phase for token, phase in phases.items() if token not in current}
