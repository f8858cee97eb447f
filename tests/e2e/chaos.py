"""What the story does with chaos experiments: pods for targets, one that watches them and kills, and experiments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Namespace, Pod
from lightkube.resources.policy_v1 import PodDisruptionBudget
from lightkube.types import CascadeType, PatchType

from .cluster import NOT_FOUND, PLANT, RELEASE, SYSTEM, Cluster, is_ready, until

ChaosExperiment = create_namespaced_resource("fabgitops.io", "v1", "ChaosExperiment", "chaosexperiments")
ChaosPolicy = create_global_resource("fabgitops.io", "v1", "ChaosPolicy", "chaospolicies")
STATIONS = Path(__file__).with_name("stations")
PYTHON, PORT, WATCH = "/app/bin/python", 5600, "watch"
OPERATOR, AGENT = "chaos", "chaos-agent"
FINAL = ("Completed", "Failed", "Aborted")
POLICY = {
    "enabled": True,
    "scenarios": ["podKiller", "cpuStress", "networkDelay"],
    "maxPercent": 100,
    "minReadyLeft": 0,
}


class Sample(NamedTuple):
    """What a target was asked at a moment: the seconds that its answer took, None for none, and how often throttled."""

    at: float
    took: float | None
    throttled: int


@dataclass(frozen=True)
class Watch:
    """The pod that asks targets and kills processes, through the API server's proxy; times are of its own clock."""

    api: httpx2.Client

    def _ask(self, method: str, path: str, **given: object) -> Any:
        words = {name: str(value) for name, value in given.items()}
        url = f"/api/v1/namespaces/{SYSTEM}/pods/{WATCH}:{PORT}/proxy/{path}"
        answer = self.api.request(method, url, params=words, timeout=60)
        assert answer.is_success, f"{method} {path} {words}: {answer.text}"
        return answer.json()

    def now(self) -> float:
        """Return its time."""
        return float(self._ask("GET", "now")["now"])

    def add(self, name: str, host: str) -> None:
        """Have a target asked from now on."""
        self._ask("PUT", f"targets/{name}", host=host)

    def seen(self, name: str, since: float) -> list[Sample]:
        """Return what a target was asked since a moment."""
        return [Sample(*each) for each in self._ask("GET", f"targets/{name}", since=since)]

    def processes(self, text: str, pod: str = "") -> list[int]:
        """Return the processes whose command has a text in it, of a pod if its uid is given: the eldest first."""
        return [int(each) for each in self._ask("GET", "processes", text=text, pod=pod)]

    def kill(self, pid: int | None, when: str = "") -> float:
        """Kill a process by SIGKILL, or that which has a text in its command, when there is one; return the moment."""
        given: dict[str, object] = {"pid": pid, "when": when}
        return float(self._ask("POST", "kill", **{name: value for name, value in given.items() if value})["now"])


@dataclass(frozen=True)
class Chaos:
    """Targets in the plant's namespace, and experiments on them."""

    cluster: Cluster
    watch: Watch

    @property
    def client(self) -> Any:
        """Return the client of the API server."""
        return self.cluster.client

    def allow(self) -> None:
        """Let experiments into the plant's namespace, and make the policy that allows them."""
        labels = {"metadata": {"labels": {"fabgitops.io/chaos": "allowed"}}}
        self.client.patch(Namespace, PLANT, labels, patch_type=PatchType.MERGE)
        self.client.create(ChaosPolicy.from_dict({"metadata": {"name": "default"}, "spec": POLICY}))

    def run_watch(self) -> None:
        """Run the pod that watches, and wait until it answers."""
        rights = {"runAsUser": 0, "capabilities": {"drop": ["ALL"], "add": ["KILL"]}}
        spec = {**self._running("watch.py", rights), "hostPID": True}
        self.client.create(Pod.from_dict({"metadata": {"name": WATCH, "namespace": SYSTEM}, "spec": spec}))
        until(lambda: is_ready(self.client.get(Pod, WATCH, namespace=SYSTEM)), "the pod that watches is ready")

    def _running(self, script: str, rights: Mapping[str, object] | None = None) -> dict[str, Any]:
        container = {
            "name": "station",
            "image": self.cluster.image,
            "imagePullPolicy": "IfNotPresent",
            "command": [PYTHON, "-c", (STATIONS / script).read_text(), str(PORT)],
            "resources": {"limits": {"cpu": "1" if rights else "200m"}, "requests": {"cpu": "1m"}},
            "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
            "securityContext": dict(rights or {}),
        }
        return {"containers": [container], "terminationGracePeriodSeconds": 1}

    def run_targets(self, *names: str) -> None:
        """Run a pod for each name, with a fifth of a core, and have it asked."""
        for name in names:
            metadata = {"name": name, "namespace": PLANT, "labels": {"target": name}}
            self.client.create(Pod.from_dict({"metadata": metadata, "spec": self._running("target.py")}))
        for name in names:
            until(lambda name=name: is_ready(self._pod(name)), f"target {name} is ready")  # type: ignore[misc]
            self.watch.add(name, self._pod(name).status.podIP)

    def _pod(self, name: str) -> Any:
        return self.client.get(Pod, name, namespace=PLANT)

    def run_herd(self, name: str, replicas: int, budget: int) -> None:
        """Run a Deployment, with a budget: so many of its pods are always there."""
        labels = {"target": name}
        template = {"metadata": {"labels": labels}, "spec": self._running("target.py")}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        metadata = {"name": name, "namespace": PLANT}
        self.client.create(Deployment.from_dict({"metadata": metadata, "spec": spec}))
        rule = {"minAvailable": budget, "selector": {"matchLabels": labels}}
        self.client.create(PodDisruptionBudget.from_dict({"metadata": metadata, "spec": rule}))
        until(lambda: self.cluster.ready_replicas(name) == replicas, f"{name} is ready")

    def members(self, name: str) -> set[str]:
        """Return the uids of the pods of a herd that are not about to go."""
        found = self.client.list(Pod, namespace=PLANT, labels={"target": name})
        return {each.metadata.uid for each in found if not each.metadata.deletionTimestamp}

    def allowed_disruptions(self, name: str) -> int:
        """Return how many pods of a herd may go now, as its budget says."""
        budget = self.client.get(PodDisruptionBudget, name, namespace=PLANT)
        newest = budget.status and budget.status.observedGeneration == budget.metadata.generation
        return int(budget.status.disruptionsAllowed) if newest else -1

    def change_budget(self, name: str, budget: int) -> None:
        """Let another number of a herd's pods always be there."""
        patch = {"spec": {"minAvailable": budget}}
        self.client.patch(PodDisruptionBudget, name, patch, namespace=PLANT, patch_type=PatchType.MERGE)

    def begin(self, name: str, target: str, secs: int, **scenario: object) -> None:
        """Declare an experiment on one pod of a target."""
        chosen = {"kind": "pods", "labelSelector": {"matchLabels": {"target": target}}}
        spec = {"target": chosen, "durationSecs": secs, "startDeadlineSecs": 60, "scenario": scenario}
        body = ChaosExperiment.from_dict({"metadata": {"name": name, "namespace": PLANT}, "spec": spec})
        until(lambda: self._declared(body), f"{name} may be declared")

    def _declared(self, body: Any) -> bool:
        """Declare an experiment, unless the API server has not yet heard of the kind that its new policy goes by."""
        try:
            self.client.create(body)
        except ApiError as error:
            if "failed to configure policy" not in str(error):
                raise
            return False
        return True

    def status(self, name: str) -> dict[str, Any]:
        """Return how an experiment stands."""
        return dict(self.client.get(ChaosExperiment, name, namespace=PLANT).get("status") or {})

    def seen(self, name: str, true: Callable[[Mapping[str, Any]], object]) -> None:
        """Return as soon as the API server tells of an experiment that something is true of its status."""
        for _, found in self.client.watch(ChaosExperiment, namespace=PLANT, server_timeout=120):
            if found["metadata"]["name"] == name and true(found.get("status") or {}):
                return
        raise AssertionError(f"{name} is {self.status(name)}")

    def watch_until_injected(self, name: str) -> None:
        """Return as soon as an experiment has injected what it is to."""
        self.seen(name, lambda status: [each["state"] for each in status.get("targets", ())] == ["Injected"])

    def outcome(self, *names: str) -> dict[str, dict[str, Any]]:
        """Wait until experiments are over and let go, and return how they stand."""

        def over() -> bool:
            found = [self.client.get(ChaosExperiment, name, namespace=PLANT) for name in names]
            phases = [(each.get("status") or {}).get("phase") for each in found]
            return all(each in FINAL for each in phases) and not any(
                each["metadata"].get("finalizers") for each in found
            )

        until(over, f"{', '.join(names)} are over")
        return {name: self.status(name) for name in names}

    def clear(self) -> None:
        """Delete all experiments and wait until they are gone; what nobody lets go any more is let go here."""
        self.client.deletecollection(ChaosExperiment, namespace=PLANT)
        try:
            until(lambda: not list(self.client.list(ChaosExperiment, namespace=PLANT)), "experiments are gone", 60)
        finally:
            for each in self.client.list(ChaosExperiment, namespace=PLANT):
                patch = {"metadata": {"finalizers": None}}
                name = str(each["metadata"]["name"])
                self.client.patch(ChaosExperiment, name, patch, namespace=PLANT, patch_type=PatchType.MERGE)

    def pod_of(self, component: str) -> Any:
        """Return the one pod of a part of ours, once it is ready and no other is there."""

        def only_one() -> Any:
            labels = {"app.kubernetes.io/component": component}
            found = list(self.client.list(Pod, namespace=SYSTEM, labels=labels))
            return found[0] if len(found) == 1 and is_ready(found[0]) else None

        return until(only_one, f"one {component} is ready")

    def run_operators(self, number: int) -> None:
        """Have so many operators of experiments run."""
        replicas = {"spec": {"replicas": number}}
        self.client.patch(Deployment, f"{RELEASE}-{OPERATOR}", replicas, namespace=SYSTEM)

    def lose(self, pod: Any) -> None:
        """Take away a pod of ours whose process was killed, so that another comes at once."""
        try:
            self.client.delete(Pod, pod.metadata.name, namespace=SYSTEM, grace_period=0, cascade=CascadeType.BACKGROUND)
        except ApiError as error:
            if error.status.code != NOT_FOUND:
                raise


def over_after(samples: Sequence[Sample], felt: Callable[[Sample, Sample], bool], since: float) -> float:
    """Return how many seconds after a moment the last two answers in a row came that show something injected."""
    pairs = [(before, here) for before, here in pairwise(samples) if felt(before, here)]
    ends = [later[1].at + (later[1].took or 0.0) for earlier, later in pairwise(pairs) if earlier[1] is later[0]]
    return max([0.0, *(end - since for end in ends)])


def is_late(secs: float) -> Callable[[Sample, Sample], bool]:
    """Return what tells whether an answer took so long, or did not come."""
    return lambda _, here: here.took is None or here.took >= secs


def is_throttled(before: Sample, here: Sample) -> bool:
    """Return whether a target was throttled from one answer to the next."""
    return here.throttled > before.throttled
