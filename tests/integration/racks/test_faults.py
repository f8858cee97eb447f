"""An API server that refuses, is away, or whose answers are lost, at each command."""

from pathlib import Path

import httpx
import pytest
from fabgitops_core.api.meta import API_VERSION
from testbed.plane import ControlPlane

from .conftest import NUMBERS
from .hall import Hall
from .listener import Listener
from .zygote import LOST, Order, Zygote

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

PASSING = ("409", "429", "500", "503", LOST)
NAME = "kubernetes.io/metadata.name"


def _hall(api: httpx.Client) -> Hall:
    name = f"racks-{next(NUMBERS)}"
    api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    hall = Hall(api, name)
    hall.template(1, 1, 1)
    hall.rack()
    return hall


def test_what_may_pass_by_itself_is_tried_again(
    api: httpx.Client, zygote: Zygote, bus: Listener, tmp_path: Path
) -> None:
    """Whatever the first answer to each command, a later one succeeds; one that was lost makes nothing twice."""
    halls = {answer: _hall(api) for answer in PASSING}
    orders = [Order(hall.namespace, bus.url, str(tmp_path / answer), answer=answer) for answer, hall in halls.items()]
    pids = [zygote.start(order) for order in orders]
    for hall in halls.values():
        hall.until_phase("Ready")
        assert hall.counts() == (1, 1, 1, 1)
        assert {part["metadata"]["generation"] for part in hall.parts().values()} == {1}
    assert [zygote.stop(pid) for pid in pids] == [0] * len(pids)


def test_what_a_policy_refuses_is_said_and_waits_for_a_change(
    api: httpx.Client, zygote: Zygote, bus: Listener, tmp_path: Path
) -> None:
    """It is no reason to ask in a circle: it is said which policy refuses, and tried again when something changes."""
    hall = _hall(api)
    policy = _policy(hall)
    pid = zygote.start(Order(hall.namespace, bus.url, str(tmp_path / "log")))
    message = hall.until_condition("Stalled", "True", "ReconcileError")
    assert "no nodes in this hall" in message
    assert hall.counts() == (1, 1, 1, 0)
    for url in policy:
        api.delete(url).raise_for_status()
    hall.until(lambda: _takes_nodes(hall), "the policy is over")
    hall.patch("racks", "rack-01", {"spec": {"location": "hall 7"}})
    hall.until_phase("Ready")
    assert zygote.stop(pid) == 0


def _policy(hall: Hall) -> list[str]:
    """Let no node be made in a hall, wait until that holds, and return what to delete for its end."""
    group = {"apiGroups": ["fabgitops.io"], "apiVersions": ["v1"], "resources": ["racknodes"], "operations": ["CREATE"]}
    specs = {
        "validatingadmissionpolicies": {
            "matchConstraints": {"resourceRules": [group]},
            "validations": [{"expression": "false", "message": "no nodes in this hall"}],
        },
        "validatingadmissionpolicybindings": {
            "policyName": hall.namespace,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {NAME: hall.namespace}}},
        },
    }
    url = "/apis/admissionregistration.k8s.io/v1"
    for plural, spec in specs.items():
        hall.api.post(f"{url}/{plural}", json={"metadata": {"name": hall.namespace}, "spec": spec}).raise_for_status()
    hall.until(lambda: not _takes_nodes(hall), "the policy holds")
    return [f"{url}/{plural}/{hall.namespace}" for plural in reversed(specs)]


def _takes_nodes(hall: Hall) -> bool:
    """Return whether a node could be made, without making one."""
    spec = {"bladeRef": {"name": "x"}, "nodeNumber": 0}
    body = {"apiVersion": API_VERSION, "kind": "RackNode", "metadata": {"name": "x"}, "spec": spec}
    return hall.api.post(f"{hall.url}/racknodes", params={"dryRun": "All"}, json=body).is_success


def test_an_api_server_that_is_away_in_the_middle(
    collecting: ControlPlane, api: httpx.Client, zygote: Zygote, bus: Listener, tmp_path: Path
) -> None:
    """What was begun goes on as soon as it is back, and what vanished meanwhile is made again."""
    hall = _hall(api)
    hall.template(2, 4, 2)
    pid = zygote.start(Order(hall.namespace, bus.url, str(tmp_path / "log")))
    hall.until(lambda: len(hall.parts()) >= 5, "it has begun")
    collecting.stop_apiserver()
    collecting.start_apiserver()
    hall.until_phase("Ready")
    assert hall.counts() == (2, 8, 8, 16)
    assert zygote.stop(pid) == 0
