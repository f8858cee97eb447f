"""What the story does to a cluster, through the API server and helm alone, so that any cluster will do."""

import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Namespace, Pod, Secret, Service
from lightkube.types import CascadeType, PatchType

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "fabgitops"
RELEASE, SYSTEM, PLANT = "fabgitops", "fabgitops-e2e-system", "fabgitops-e2e-plant"
PATIENCE_SECS = 120.0
PORT = 5502  # mock-plc's
IndustrialPLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", "industrialplcs")
Event = create_namespaced_resource("events.k8s.io", "v1", "Event", "events")  # lightkube's own wants what is optional
NOT_FOUND = 404
Found = TypeVar("Found")


def until(true: Callable[[], Found], what: str, patience: float = PATIENCE_SECS) -> Found:
    """Wait until something is true and return it; a request that failed is asked again."""
    deadline = time.monotonic() + patience
    problem: Exception | None = None
    while True:
        try:
            if found := true():
                return found
        except httpx2.TransportError as error:
            problem = error
        assert time.monotonic() < deadline, f"not within {patience:g} s: {what} {problem or ''}"
        time.sleep(0.2)


@dataclass(frozen=True, slots=True)
class Helm:
    """The release of the chart in this repository, with the images that were just built."""

    program: str
    kubeconfig: str
    tag: str

    def __call__(self, *arguments: str) -> str:
        """Run helm in the operator's namespace and return what it says."""
        command = [self.program, "--kubeconfig", self.kubeconfig, "--namespace", SYSTEM, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"helm {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout

    def install(self, *settings: str) -> None:
        """Install or upgrade the release and wait until it is ready; a setting is `name=value`."""
        images = {
            "image": "fabgitops/fabgitops-operator",
            "mockPlc.image": "fabgitops/mock-plc",
            "chaos.agent.image": "fabgitops/fabgitops-agent",
        }
        parts = [
            (f"{image}.registry=localhost", f"{image}.repository={repository}", f"{image}.tag={self.tag}")
            for image, repository in images.items()
        ]
        flags = [part for each in (*chain(*parts), *settings) for part in ("--set", each)]
        self("upgrade", "--install", RELEASE, str(CHART), "--wait", "--timeout", "90s", *flags)

    def uninstall(self) -> None:
        """Take the release away and wait until it is gone; where there is none, nothing is done."""
        self("uninstall", RELEASE, "--ignore-not-found", "--wait", "--timeout", "120s")


@dataclass(frozen=True)
class Cluster:
    """The cluster, and what the tests look at and do."""

    client: Any  # lightkube's overloads do not know what from_dict returns
    tag: str

    @cached_property
    def image(self) -> str:
        """Return the image of mock-plc."""
        return f"localhost/fabgitops/mock-plc:{self.tag}"

    def definitions(self) -> list[str]:
        """Return the names of our resource definitions."""
        found = self.client.list(CustomResourceDefinition)
        names = [each.metadata.name for each in found if each.metadata and each.metadata.name]
        return sorted(name for name in names if name.endswith(".fabgitops.io"))

    def refuse_if_installed(self) -> None:
        """Fail where FabGitOps is installed already, because the tests would take it, and its PLCs, away."""
        assert not self.definitions(), f"FabGitOps is installed in this cluster already: {self.definitions()}"

    def installed(self) -> bool:
        """Return whether our resource definitions are there."""
        return bool(self.definitions())

    def make_namespaces(self) -> None:
        """Make the namespaces, which must not be there."""
        for name in (SYSTEM, PLANT):
            self.client.create(Namespace(metadata=ObjectMeta(name=name)))

    def clean_up(self) -> None:
        """Delete namespaces and resource definitions, and wait until they are gone."""
        for name in (PLANT, SYSTEM):
            self._delete(Namespace, name)
        for name in self.definitions():
            self._delete(CustomResourceDefinition, name)
        until(lambda: not self.definitions(), "the resource definitions are gone")
        until(lambda: all(map(self._gone, (PLANT, SYSTEM))), "the namespaces are gone")

    def _delete(self, kind: type[Namespace] | type[CustomResourceDefinition], name: str) -> None:
        try:
            self.client.delete(kind, name)
        except ApiError as error:
            if error.status.code != NOT_FOUND:
                raise

    def _gone(self, namespace: str) -> bool:
        try:
            self.client.get(Namespace, namespace)
        except ApiError as error:
            return error.status.code == NOT_FOUND
        return False

    def keep_secret(self, name: str, files: Mapping[str, Path]) -> None:
        """Make a Secret of the plant out of files."""
        data = {key: file.read_text(encoding="utf-8") for key, file in files.items()}
        self.client.create(Secret(metadata=ObjectMeta(name=name, namespace=PLANT), stringData=data))

    def run_mock_plc(self, name: str, *arguments: str, mounted: str = "") -> None:
        """Run mock-plc as a Deployment, found by its name, and wait until it is ready; it tells of each write.

        Args:
            name: Of the Deployment and of its Service.
            arguments: Those of mock-plc.
            mounted: Name of a Secret that it finds at /tls.
        """
        labels = {"app": name}
        volumes = [{"name": "tls", "secret": {"secretName": mounted}}] if mounted else []
        container = {
            "name": "mock-plc",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "args": ["--verbose", *arguments],
            "terminationMessagePolicy": "FallbackToLogsOnError",  # why it ended stands in its status, which is kept
            "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
            "volumeMounts": [{"name": each["name"], "mountPath": "/tls"} for each in volumes],
        }
        spec = {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], "volumes": volumes, "terminationGracePeriodSeconds": 2},
            },
        }
        metadata = {"name": name, "namespace": PLANT}
        self.client.create(Deployment.from_dict({"metadata": metadata, "spec": spec}))
        service = {"clusterIP": "None", "selector": labels, "ports": [{"port": PORT}]}
        self.client.create(Service.from_dict({"metadata": metadata, "spec": service}))
        until(lambda: self.ready_replicas(name) == 1, f"{name} is ready")

    def ready_replicas(self, name: str) -> int:
        """Return how many pods of a Deployment in the plant are ready."""
        status = self.client.get(Deployment, name, namespace=PLANT).status
        return (status.readyReplicas or 0) if status else 0

    def scale(self, name: str, replicas: int) -> None:
        """Give a Deployment in the plant another number of pods."""
        self.client.patch(Deployment, name, {"spec": {"replicas": replicas}}, namespace=PLANT)

    def declare(self, name: str, host: str, **spec: Any) -> None:
        """Create an IndustrialPLC for what runs under a name in the plant."""
        body = {
            "metadata": {"name": name, "namespace": PLANT},
            "spec": {"deviceAddress": f"{host}.{PLANT}.svc.cluster.local", "port": PORT, "pollIntervalSecs": 1, **spec},
        }
        self.client.create(IndustrialPLC.from_dict(body))

    def want(self, name: str, value: int) -> None:
        """Change what Git says that a PLC must hold."""
        patch = {"spec": {"targetValue": value}}
        self.client.patch(IndustrialPLC, name, patch, namespace=PLANT, patch_type=PatchType.MERGE)

    def uids(self) -> dict[str, str]:
        """Return the identity of each IndustrialPLC in the plant, by name."""
        return {
            each.metadata.name: each.metadata.uid
            for each in self.client.list(IndustrialPLC, namespace=PLANT)
            if each.metadata and each.metadata.name and each.metadata.uid
        }

    def status(self, name: str) -> dict[str, Any]:
        """Return the status of an IndustrialPLC."""
        return dict(self.client.get(IndustrialPLC, name, namespace=PLANT).get("status") or {})

    def reasons(self) -> dict[str, str]:
        """Return why each IndustrialPLC of the plant is Ready or not, by name."""
        found = {}
        for each in self.client.list(IndustrialPLC, namespace=PLANT):
            conditions = (each.get("status") or {}).get("conditions", [])
            ready = {condition["type"]: condition["reason"] for condition in conditions}
            found[str(each["metadata"]["name"])] = ready.get("Ready", "")
        return found

    def all_are(self, names: Iterable[str], reason: str) -> bool:
        """Return whether all of some IndustrialPLCs stand as a reason says."""
        found = self.reasons()
        return all(found.get(name) == reason for name in names)

    def announced(self, name: str) -> set[str]:
        """Return the reasons of the Events about an IndustrialPLC."""
        found = self.client.list(Event, namespace=PLANT)
        return {each["reason"] for each in found if each["regarding"].get("name") == name}

    def operators(self) -> list[Pod]:
        """Return the operator's pods that have not ended."""
        labels = {"app.kubernetes.io/instance": RELEASE, "app.kubernetes.io/component": "operator"}
        found = self.client.list(Pod, namespace=SYSTEM, labels=labels)
        return [each for each in found if each.status and each.status.phase in {"Pending", "Running"}]

    def operator(self) -> str:
        """Return the name of the operator's one pod, once it is ready and no other is there."""

        def only_one() -> str:
            names = [each.metadata.name for each in self.operators() if each.metadata and is_ready(each)]
            return str(names[0]) if len(names) == len(self.operators()) == 1 else ""

        return until(only_one, "one operator is ready")

    def most_operators_during(self, action: Callable[[], None]) -> int:
        """Do something, and return how many operators there were at a time while it went on."""
        most = 0
        with ThreadPoolExecutor(max_workers=1) as pool:
            done = pool.submit(action)
            while not done.done():
                most = max(most, len(self.operators()))
                time.sleep(0.05)
        done.result()
        return most

    def end_operator(self, name: str, grace: int) -> None:
        """Delete the operator's pod; a grace of 0 seconds kills it."""
        self.client.delete(Pod, name, namespace=SYSTEM, grace_period=grace, cascade=CascadeType.BACKGROUND)

    def writes(self, name: str) -> list[str]:
        """Return what was written to a mock PLC, as the device tells it: `2000 -> 2500`."""
        pods = self.client.list(Pod, namespace=PLANT, labels={"app": name})
        lines = [
            line for pod in pods if pod.metadata for line in self.client.log(str(pod.metadata.name), namespace=PLANT)
        ]
        return [line.rpartition(": ")[2].strip() for line in lines if " write: " in line]


def is_ready(pod: Pod) -> bool:
    """Return whether a pod is ready and not on its way out."""
    conditions = (pod.status and pod.status.conditions) or []
    leaving = pod.metadata and pod.metadata.deletionTimestamp
    return not leaving and any(each.type == "Ready" and each.status == "True" for each in conditions)
