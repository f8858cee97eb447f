"""People lead a workload by fabctl, past a real operator: each command, what it says, and its exit code."""

import re
from collections.abc import Callable, Iterator

import pytest
from testbed import ControlPlane

from ..fabctl.conftest import Plant
from ..planes import MERGE, Kubernetes, until
from .conftest import NAMESPACE
from .workload import Workload

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Fabctl = Callable[..., tuple[int, str]]
"""Return the exit code, and all that was printed."""


@pytest.fixture
def fabctl(delivery_plane: ControlPlane, hmi: Workload) -> Iterator[Fabctl]:
    """Return what runs a command of `fabctl rollout` about the workload of the test, with more arguments."""
    plant = Plant(Kubernetes(delivery_plane), hmi.api, NAMESPACE)

    def run(command: str, *more: str) -> tuple[int, str]:
        code, out, err = plant.fabctl("rollout", command, hmi.name, *more)
        return code, out + err

    yield run
    for process in plant.running:
        process.kill()


def conditions(hmi: Workload) -> dict[str, str]:
    """Return what kstatus reads, and what Argo CD's check reads besides."""
    return {each["type"]: each["status"] for each in hmi.status()["conditions"]}


def test_a_change_is_led_by_hand(hmi: Workload, fabctl: Fabctl) -> None:
    """It waits, is paused, goes on, is given up, tried again and skipped to its end; what makes no sense is told."""
    hmi.declare("1")
    hmi.stands("Completed", availableReplicas=4)
    assert conditions(hmi) == {"Ready": "True", "Reconciling": "False", "Stalled": "False", "Paused": "False"}
    assert fabctl("promote", "--yes") == (0, f"{hmi.name}: nothing is under way, it is Completed\n")
    assert fabctl("undo", "--yes")[0] == 1
    hmi.declare("2")
    hmi.stands("Paused", progress="1/4")
    assert conditions(hmi) == {"Ready": "False", "Reconciling": "False", "Stalled": "False", "Paused": "True"}
    assert fabctl("promote")[0] == 2  # there is no terminal to ask on
    code, out = fabctl("pause", "--reason", "shift change")
    assert (code, out) == (0, f"{hmi.name}: it waits already, step 2 of 4; and then until fabctl rollout resume\n")
    code, out = fabctl("promote", "--yes")
    assert (code, f"it is paused: fabctl rollout resume {hmi.name}" in out) == (1, True)
    code, out = fabctl("resume", "--yes")
    assert (code, "it waits at step 2 of 4 all the same" in out) == (0, True)
    code, out = fabctl("promote", "--yes")
    assert (code, f"{hmi.name}: goes on" in out, out.count("step 2 of 4")) == (0, True, 1)
    hmi.stands("Paused", progress="3/4", weight=50)
    assert fabctl("abort", "--yes")[0] == 0
    hmi.stands("RolloutAborted")
    assert conditions(hmi) == {"Ready": "False", "Reconciling": "False", "Stalled": "True", "Paused": "False"}
    code, out = fabctl("status")
    assert (code, f"fabctl rollout retry {hmi.name}" in out) == (1, True)
    assert fabctl("retry", "--yes")[0] == 0
    hmi.stands("Paused", progress="1/4")
    assert fabctl("promote", "--full", "--yes")[0] == 0
    code, out = fabctl("status", "-w", "--timeout", "60")
    assert (code, "Next:           nothing" in out) == (0, True)
    rules = re.findall(r"PromoteFull|Retry|Abort|Promote\b", fabctl("history", "-o", "csv")[1])
    assert rules == ["PromoteFull", "Retry", "Abort", "Promote"]


def test_a_revision_is_undone(hmi: Workload, fabctl: Fabctl) -> None:
    """In mid-change without steps, else by them, what was never proven by force; what GitOps keeps is not written."""
    hmi.declare("1", replicas=2)
    first = hmi.stands("Completed", availableReplicas=2)["currentPodHash"]
    hmi.declare("2", replicas=2)
    second = hmi.stands("Paused", progress="1/4")["currentPodHash"]
    for mark, keeper in (
        ("kustomize.toolkit.fluxcd.io/name", "Flux, a Kustomization keeps it"),
        ("argocd.argoproj.io/tracking-id", "Argo CD, application line keeps it"),
    ):
        before = hmi.stored()["spec"]
        kept(hmi, mark, "line:fabgitops.io/Rollout:delivery/hmi")
        code, out = fabctl("undo", "--yes")
        assert (code, keeper in out, "git revert the commit that brought revision #2" in out) == (1, True, True)
        assert hmi.stored()["spec"] == before
        kept(hmi, mark, None)
    assert fabctl("undo", "--yes")[0] == 0
    hmi.stands("Completed", availableReplicas=2, currentPodHash=first, stableRS=first)
    code, out = fabctl("undo", "--to-revision", "2", "--yes")
    assert (code, "revision #2 was never proven, or was given up since" in out) == (1, True)
    assert fabctl("undo", "--to-revision", "2", "--force", "--yes")[0] == 0
    hmi.stands("Paused", progress="1/4", currentPodHash=second)
    until(lambda: hmi.hashes() == {first, second}, "no revision is made anew of what the API server has made of one")


def kept(hmi: Workload, mark: str, value: str | None) -> None:
    """Let an object say that it is kept by GitOps, or not any more."""
    body = {"metadata": {"annotations": {mark: value}}}
    hmi.api.patch(hmi.path, json=body, headers=MERGE).raise_for_status()
