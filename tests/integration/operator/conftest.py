"""A namespace on a plane, and the real operator as a process: on Kubernetes under exactly its role."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import httpx2
import lightkube
import pytest
import yaml
from fabgitops_core.api.meta import FORCE_AT, REQUESTED_AT
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.cluster.install import manifests
from lightkube import codecs
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import PatchType
from prometheus_client.parser import text_string_to_metric_families
from testbed.plane import ControlPlane

from ..planes import KUBERNETES, Plane, merging

EVERY_KIND = [create_namespaced_resource("fabgitops.io", "v1", kind.name, kind.plural) for kind in KINDS]
IndustrialPLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", "industrialplcs")
Event = create_namespaced_resource("events.k8s.io", "v1", "Event", "events")
FIELD_MANAGER = "tests"
PATIENCE = 60.0
LEASE = {"FABGITOPS_LEASE_DURATION_SECS": "15", "FABGITOPS_LEASE_DEADLINE_SECS": "10"}
"""An operator that was killed holds its Lease so long; a flag outdoes it."""
NUMBERS = count(1)


async def until(true: Callable[[], Any], what: str, limit: float = PATIENCE) -> Any:
    """Wait until something (plain or awaitable) is true, and return it."""
    deadline = asyncio.get_running_loop().time() + limit
    while True:
        found = true()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, f"not within {limit:g} s: {what}"
        await asyncio.sleep(0.05)


@dataclass
class Operator:
    """A running operator."""

    process: asyncio.subprocess.Process
    log_file: Path
    port: int = 0

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return what it logged so far, in whole lines: the last one may be on its way."""
        whole = self.log_file.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    @property
    def log(self) -> str:
        """Return everything it said, as it said it."""
        return self.log_file.read_text()

    async def listens(self) -> None:
        """Wait until it says where it serves metrics and probes."""

        def started() -> list[dict[str, Any]]:
            return [line for line in self.lines if "probes on port" in line["message"]]

        found = await until(started, "it listens")
        self.port = int(found[0]["message"].rsplit(" ", 1)[1])

    async def get(self, path: str) -> httpx.Response:
        """Ask its HTTP port."""
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            return await client.get(f"http://127.0.0.1:{self.port}{path}")

    async def samples(self, name: str, **labels: str) -> dict[tuple[tuple[str, str], ...], float]:
        """Return the samples of a metric whose labels include these."""
        families = text_string_to_metric_families((await self.get("/metrics")).text)
        return {
            tuple(sorted(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        }

    async def metric(self, name: str, **labels: str) -> float:
        """Return the sum of the samples of a metric whose labels include these."""
        return sum((await self.samples(name, **labels)).values())

    async def until_metric(self, value: float, name: str, **labels: str) -> None:
        """Wait until a metric has a value: of what is read it has none while a device is late, on a busy machine."""

        async def holds() -> bool:
            return await self.metric(name, **labels) == value

        await until(holds, f"{name} of {labels} is {value:g}")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()


@dataclass
class Site:
    """A namespace, and ways to act in it as a user and to start operators that look after it."""

    plane: Plane
    namespace: str
    client: lightkube.AsyncClient
    operators: list[Operator] = field(default_factory=list)

    async def apply(self, name: str, at: int, /, **spec: Any) -> None:
        """Create or change an IndustrialPLC on a loopback port."""
        given = {"deviceAddress": "127.0.0.1", "port": at, "targetRegister": 4001, "targetValue": 2500}
        body = {
            "apiVersion": "fabgitops.io/v1",
            "kind": "IndustrialPLC",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {**given, "pollIntervalSecs": 1, **spec},
        }
        await self.put(IndustrialPLC, body)

    @property
    def control(self) -> ControlPlane:
        """Return what only Kubernetes has."""
        return self.plane.control

    async def put(self, resource: Any, body: dict[str, Any]) -> Any:
        """Create an object, or make what is there of this spec; return it as it is stored."""
        name = body["metadata"]["name"]
        try:
            return await self.client.create(resource.from_dict(body))
        except ApiError as error:
            if error.status.reason != "AlreadyExists":
                raise
        found = await self.client.get(resource, name, namespace=self.namespace)
        patch = {"spec": merging(found["spec"], body["spec"])}
        return await self.client.patch(resource, name, patch, namespace=self.namespace, patch_type=PatchType.MERGE)

    async def get(self, name: str) -> Any:
        """Return an IndustrialPLC."""
        return await self.client.get(IndustrialPLC, name, namespace=self.namespace)

    async def status(self, name: str) -> dict[str, Any]:
        """Return its status, empty while there is none."""
        return dict((await self.get(name)).get("status") or {})

    async def condition(self, name: str, kind: str) -> tuple[str, str]:
        """Return status and reason of one of its conditions."""
        conditions = (await self.status(name)).get("conditions", [])
        return next(((each["status"], each["reason"]) for each in conditions if each["type"] == kind), ("", ""))

    async def until_status(self, name: str, **wanted: Any) -> dict[str, Any]:
        """Wait until its status has these fields, and return it."""

        async def there() -> dict[str, Any]:
            status = await self.status(name)
            return status if wanted.items() <= status.items() else {}

        try:
            return dict(await until(there, f"{name}: {wanted}"))
        except AssertionError:
            print(await self.status(name))
            raise

    async def until_ready(self, name: str, status: str, reason: str) -> None:
        """Wait until its Ready condition says this."""

        async def there() -> bool:
            return await self.condition(name, "Ready") == (status, reason)

        await until(there, f"{name}: Ready={status} {reason}")

    async def delete(self, name: str) -> None:
        """Delete an IndustrialPLC."""
        await self.client.delete(IndustrialPLC, name, namespace=self.namespace)

    async def sync(self, name: str, token: str, *, force: bool = False) -> None:
        """Ask for a pass now."""
        annotations = {REQUESTED_AT: token, **({FORCE_AT: token} if force else {})}
        patch = {"metadata": {"annotations": annotations}}
        await self.client.patch(IndustrialPLC, name, patch, namespace=self.namespace, patch_type=PatchType.MERGE)

    async def events(self, name: str) -> dict[str, int]:
        """Return how often each reason was announced for an object."""
        counts: dict[str, int] = {}
        async for event in self.client.list(Event, namespace=self.namespace):
            if event["regarding"]["name"] == name:
                times = (event.get("series") or {}).get("count", 1)
                counts[event["reason"]] = counts.get(event["reason"], 0) + times
        return counts

    @asynccontextmanager
    async def operator(
        self, *flags: str, kubeconfig: Path | None = None, wait: bool = True, also: Iterable[str] = ()
    ) -> AsyncIterator[Operator]:
        """Run the operator for this namespace until the block ends; it writes edits at once, unless flags say so.

        Args:
            flags: More than it takes to run.
            kubeconfig: How it finds the API server, where not as itself.
            wait: Whether to wait until it looks after what is there.
            also: Further namespaces.
        """
        log_file = Path(tempfile.mkstemp(prefix="fabgitops-operator-", suffix=".log")[1])
        command = [str(Path(sys.executable).parent / "fabgitops-operator"), *self.plane.command(self.namespace, *also)]
        command += ["--log-format", "json", *flags, *([] if "--settle-secs" in flags else ["--settle-secs", "0"])]
        way = {"KUBECONFIG": str(kubeconfig or self.plane.operators_kubeconfig)}
        await asyncio.to_thread(self.plane.make_way)
        with log_file.open("wb") as log:
            process = await asyncio.create_subprocess_exec(*command, stderr=log, env={**os.environ, **LEASE, **way})
        operator = Operator(process, log_file)
        self.plane.runs(lambda: process.returncode is None)
        try:
            if wait:
                await until(lambda: process.returncode is not None or "looking after" in operator.log, "a start")
                assert process.returncode is None, operator.log
                await operator.listens()
            yield operator
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            print(operator.log)
            log_file.unlink()


async def install(client: lightkube.AsyncClient) -> None:
    """Install what the operator needs, exactly as it is shipped, and wait until all kinds are served."""
    for body in yaml.safe_load_all(manifests()):
        await client.apply(codecs.from_dict(body), field_manager=FIELD_MANAGER, force=True)

    async def served() -> bool:
        try:
            for kind in EVERY_KIND:
                _ = [each async for each in client.list(kind, namespace="default")]
        except httpx2.HTTPStatusError:  # of which ApiError is one; a kind that is not served answers in plain text
            return False
        return True

    await until(served, "the kinds are served")


@pytest.fixture
async def site(plane: Plane) -> AsyncIterator[Site]:
    """Return a fresh namespace with everything installed."""
    config = lightkube.KubeConfig.from_file(plane.kubeconfig)
    patience = httpx2.Timeout(PATIENCE)
    client = lightkube.AsyncClient(
        config=config, timeout=patience, field_manager=FIELD_MANAGER, transport=plane.transport()
    )
    if plane.name == KUBERNETES:
        await install(client)
    namespace = f"site-{next(NUMBERS)}"
    await asyncio.to_thread(plane.add_namespace, namespace)
    yield Site(plane, namespace, client)
    async for each in client.list(IndustrialPLC, namespace=namespace):
        await client.delete(IndustrialPLC, each["metadata"]["name"], namespace=namespace)
    await client.close()
