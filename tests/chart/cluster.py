"""A cluster as kubectl shows it, and how it is made empty again."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from testbed.plane import ControlPlane

PATIENCE_SECS = 60.0
PART_OF = "app.kubernetes.io/part-of=fabgitops"
# What Helm or we make: whatever of it is left of a test is deleted after it.
MADE = "deployment,daemonset,service,configmap,serviceaccount,role,rolebinding,clusterrole,clusterrolebinding,"
MADE += "networkpolicy,pdb,pod,servicemonitor,podmonitor,prometheusrule,"
MADE += "validatingadmissionpolicy,validatingadmissionpolicybinding,crd"
DEFINITIONS = ("industrialplcs.fabgitops.io", "industrialplctemplates.fabgitops.io")
OURS = (".fabgitops.io", ".argoproj.io")
Found = TypeVar("Found")


def until(true: Callable[[], Found], what: str) -> Found:
    """Wait until something is true and return it."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {PATIENCE_SECS:g} s: {what}"
        time.sleep(0.05)
    return found


@dataclass(frozen=True)
class Cluster:
    """A control plane, kubectl for it, and a client of its administrator."""

    plane: ControlPlane
    program: Path
    client: httpx.Client

    def kubectl(self, *arguments: str | Path, text: str = "") -> str:
        """Run kubectl as the administrator and return what it prints."""
        command = [self.program, "--kubeconfig", self.plane.kubeconfig, *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *arguments: str) -> dict[str, Any]:
        """Return an object, or nothing when there is none."""
        text = self.kubectl("get", *arguments, "--ignore-not-found", "-o", "json")
        found: dict[str, Any] = json.loads(text) if text else {}
        return found

    def names(self, kinds: str, namespace: str = "", selector: str = PART_OF) -> list[str]:
        """Return what is there of some kinds, as kind/name."""
        where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        return self.kubectl("get", kinds, *where, "--selector", selector, "-o", "name").split()

    def may(self, user: str, verb: str, resource: str, namespace: str = "", name: str = "") -> bool:
        """Return whether the API server would let a user do that to group:plural or group:plural/subresource."""
        group, _, plural = resource.rpartition(":")
        plural, _, subresource = plural.partition("/")
        asked = {"verb": verb, "group": group, "resource": plural, "subresource": subresource}
        asked |= {"namespace": namespace, "name": name}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        answer = self.client.post(path, json={**body, "spec": {"user": user, "resourceAttributes": asked}})
        return bool(answer.raise_for_status().json()["status"]["allowed"])

    def declare(self, name: str, namespace: str = "line-1") -> str:
        """Create an IndustrialPLC, as soon as its kind is served; return its uid."""
        spec = {"deviceAddress": "127.0.0.1", "port": 1, "targetRegister": 4001, "targetValue": 2500}
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": metadata, "spec": spec}
        self.established()
        self.kubectl("create", "--filename", "-", text=json.dumps(body))
        return self.uid(name, namespace)

    def established(self) -> None:
        """Wait until our kinds are served."""
        self.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", *DEFINITIONS)

    def uid(self, name: str, namespace: str = "line-1") -> str:
        """Return the identity of an IndustrialPLC, or nothing when it is gone."""
        if not self.definitions():
            return ""
        return str(
            self.get("industrialplcs.fabgitops.io", name, "--namespace", namespace).get("metadata", {}).get("uid", "")
        )

    def definitions(self) -> list[str]:
        """Return the names of our resource definitions that are there."""
        names = (name.partition("/")[2] for name in self.kubectl("get", "crd", "-o", "name").split())
        return sorted(name for name in names if name in DEFINITIONS)

    def clean_up(self) -> None:
        """Delete all that a test may have left, releases that Helm remembers included."""
        self.kubectl("delete", MADE, "--all-namespaces", "--selector", PART_OF, "--wait=false")
        # Waited for: one that is still going counts as established, and refuses what the next test makes of it.
        if left := [name for name in self.kubectl("get", "crd", "-o", "name").split() if name.endswith(OURS)]:
            self.kubectl("delete", *left, "--ignore-not-found", "--timeout=60s")
        self.kubectl("delete", "secret", "--all-namespaces", "--selector", "owner=helm")
        self.kubectl("delete", "events.events.k8s.io", "--all-namespaces", "--all")
        until(self.emptied, "nothing that a Deployment made is left")

    def emptied(self) -> bool:
        """Delete pods without a kubelet that would; return whether none is left, nor a ReplicaSet to make one more."""
        self.kubectl("delete", "pod", "--all-namespaces", "--all", "--grace-period=0", "--force")
        return not self.kubectl("get", "deployment,replicaset,pod", "--all-namespaces", "-o", "name").split()
