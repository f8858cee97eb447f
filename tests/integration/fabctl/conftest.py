"""A namespace on a plane, fabctl as a user runs it, and tests that play the operator."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..planes import GROUP, MERGE, PATIENCE, Plane, until

FABCTL = Path(sys.executable).with_name("fabctl")
NUMBERS = count(100)  # of as many digits each, so that columns are as wide whichever it is


@dataclass
class Plant:
    """A namespace, what a user does in it with fabctl, and what an operator would do."""

    plane: Plane
    api: httpx.Client
    namespace: str
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    until = staticmethod(until)

    def start(
        self, *arguments: str, kubeconfig: Path | None = None, colour: bool = True, **more: Any
    ) -> subprocess.Popen[str]:
        """Start fabctl."""
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig or self.plane.kubeconfig), "TERM": "xterm-256color"}
        environment["NO_COLOR"] = "" if colour else "1"
        for size in ("COLUMNS", "LINES"):  # of where the tests run, and not of the terminal that they make
            environment.pop(size, None)
        given: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "env": environment,
        } | more
        process: subprocess.Popen[str] = subprocess.Popen([FABCTL, *arguments], **given)
        self.running.append(process)
        return process

    def must_run(self, process: subprocess.Popen[str]) -> None:
        """Fail with what a program said if it has ended."""
        if process.poll() is not None:
            pytest.fail(f"fabctl has ended [{process.returncode}]: {''.join(map(str, process.communicate()))}")

    def fabctl(self, *arguments: str, kubeconfig: Path | None = None) -> tuple[int, str, str]:
        """Run fabctl in the namespace; return exit code, standard output and standard error."""
        where = () if {"-n", "-A", "--namespace"} & set(arguments) else ("-n", self.namespace)
        process = self.start(*arguments, *where, kubeconfig=kubeconfig)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    @property
    def _plcs(self) -> str:
        return f"{GROUP}/namespaces/{self.namespace}/industrialplcs"

    def create(self, name: str, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
        """Create a PLC, and return it."""
        given = {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500}
        return self._create(name, labels or {}, given | spec)

    def create_map(self, name: str, port: int, **spec: Any) -> dict[str, Any]:
        """Create a PLC with a map or a template on a loopback port, and return it."""
        return self._create(name, {}, {"deviceAddress": "127.0.0.1", "port": port, **spec})

    def _create(self, name: str, labels: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
        body = {
            "apiVersion": "fabgitops.io/v1",
            "kind": "IndustrialPLC",
            "metadata": {"name": name, "labels": labels},
            "spec": spec,
        }
        answer = self.api.post(self._plcs, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def get(self, name: str) -> dict[str, Any]:
        """Return a PLC as the API server gives it."""
        return dict(self.api.get(f"{self._plcs}/{name}").raise_for_status().json())

    def delete(self, name: str) -> None:
        """Delete a PLC."""
        self.api.delete(f"{self._plcs}/{name}").raise_for_status()

    def report(self, name: str, reason: str, ready: str, **status: Any) -> None:
        """Write a status as the operator does."""
        condition = {"type": "Ready", "status": ready, "reason": reason, "message": reason}
        condition["lastTransitionTime"] = "2026-01-01T00:00:00Z"
        body = {"status": {"conditions": [condition], "observedGeneration": 1, **status}}
        self.api.patch(f"{self._plcs}/{name}/status", json=body, headers=MERGE).raise_for_status()

    def asked(self, name: str) -> dict[str, str]:
        """Wait until somebody asks for a pass, and return the annotations."""

        def annotations() -> dict[str, str]:
            found: dict[str, str] = self.get(name)["metadata"].get("annotations", {})
            return found if "reconcile.fabgitops.io/requestedAt" in found else {}

        return until(annotations, f"{name} is asked for")

    def answer(self, name: str, reason: str, ready: str, **status: Any) -> dict[str, str]:
        """Handle the pass that is asked for, and return the annotations."""
        annotations = self.asked(name)
        handled = annotations["reconcile.fabgitops.io/requestedAt"]
        self.report(name, reason, ready, lastHandledReconcileAt=handled, **status)
        return annotations

    def grant(self, user: str, *rules: tuple[str, str, list[str]]) -> Path:
        """Give a user rights in the namespace, each (group, resource, verbs), and return their kubeconfig."""
        base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{self.namespace}"
        given = [{"apiGroups": [group], "resources": [resource], "verbs": verbs} for group, resource, verbs in rules]
        role = {"metadata": {"name": user}, "rules": given}
        self.api.post(f"{base}/roles", json=role).raise_for_status()
        who = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
        which = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user}
        binding = {"metadata": {"name": user}, "roleRef": which, "subjects": [who]}
        self.api.post(f"{base}/rolebindings", json=binding).raise_for_status()
        every = [(group, resource, verb) for group, resource, verbs in rules for verb in verbs]
        until(lambda: all(self._may(user, *each) for each in every), f"{user} may {every}")
        return self.plane.control.kubeconfig_for(user)

    def _may(self, user: str, group: str, resource: str, verb: str) -> bool:
        """Return whether the API server has heard of a right, which takes it a moment."""
        asked = {"namespace": self.namespace, "group": group, "verb": verb}
        asked["resource"], _, asked["subresource"] = resource.partition("/")
        review = {"spec": {"user": user, "resourceAttributes": asked}}
        answer = self.api.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review)
        return bool(answer.raise_for_status().json()["status"]["allowed"])


@pytest.fixture
def plant(plane: Plane) -> Iterator[Plant]:
    """Return a fresh namespace with the kind installed; what was started in it does not outlive the test."""
    plane.install()
    namespace = f"plant-{next(NUMBERS)}"
    plane.add_namespace(namespace)
    with plane.client() as api:
        plant = Plant(plane, api, namespace)
        try:
            yield plant
        finally:
            for process in plant.running:
                process.kill()
                process.communicate()
            api.delete(f"{GROUP}/namespaces/{namespace}/industrialplcs")


class Terminal:
    """A real pseudo-terminal with fabctl on it."""

    def __init__(self, plant: Plant, *arguments: str, colour: bool) -> None:
        """Start fabctl."""
        self._master, slave = pty.openpty()
        # A session of its own, with this terminal as the one whose Ctrl-C it gets.
        self.process = plant.start(
            *arguments,
            colour=colour,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            text=False,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read may end within a letter

    def resize(self, columns: int, lines: int) -> None:
        """Give it another size, of which the program is told by a signal."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def read(self) -> str:
        """Return all that has been written so far."""
        while select.select([self._master], [], [], 0.05)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # Linux says so when the last writer has gone
                break
            if not data:
                break
            self.seen += self._decoder.decode(data)
        return self.seen

    def until(self, pattern: str) -> None:
        """Wait until something is to be seen."""
        try:
            until(lambda: re.search(pattern, self.read(), re.DOTALL), f"{pattern!r} is to be seen")
        except AssertionError:
            print(f"seen: {self.seen!r}")
            raise

    def end(self) -> int:
        """Wait for the end, and return the exit code."""
        until(lambda: (self.read(), self.process.poll() is not None)[1], "the end")
        self.read()
        return self.process.returncode

    def close(self) -> None:
        """Close the terminal."""
        os.close(self._master)


@pytest.fixture
def terminal(plant: Plant) -> Iterator[Callable[..., Terminal]]:
    """Return what runs fabctl on a terminal of its own."""
    opened: list[Terminal] = []

    def open_one(*arguments: str, colour: bool = True) -> Terminal:
        opened.append(Terminal(plant, *arguments, "-n", plant.namespace, colour=colour))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()
