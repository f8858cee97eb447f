"""The API of a box by kubectl and lightkube: over TLS with tokens, and on a terminal that stays open."""

import asyncio
import json
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import lightkube
import pytest
import trustme
from fabgitops_operator.hosting.web import application, listening
from fabgitops_operator.standalone.api.access import Access, Caller, Role
from fabgitops_operator.standalone.api.server import Api
from fabgitops_operator.standalone.api.tokens import Tokens, issue, revoke
from fabgitops_operator.standalone.judging import ShippedRules
from fabgitops_operator.standalone.kubeconfig import kubeconfig
from fabgitops_operator.standalone.resources import RESOURCES
from fabgitops_operator.standalone.store import Objects, Store
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.meta_v1 import ObjectMeta
from testbed.plane import ControlPlane

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parent / "kubectl"
LOCAL = "127.0.0.1"
JUDGE = ShippedRules()
IndustrialPLC = create_namespaced_resource("fabgitops.io", "v1", "IndustrialPLC", "industrialplcs")


class Running:
    """A kubectl that runs; where it ends before its time, a test fails with what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def must_run(self) -> None:
        """Fail if it has ended."""
        if self._process.returncode is not None:
            await self._fail("")

    async def line(self) -> str:
        """Return the next line that it prints; fail if it ends before."""
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode()
        if not line.endswith("\n"):
            await self._fail(line)
        return line

    async def end(self) -> tuple[str, str]:
        """Wait for its end, and return what it has printed and complained of."""
        out, error = await self._process.communicate()
        return out.decode(), error.decode()

    async def stop(self) -> None:
        """Interrupt it."""
        self._process.terminate()
        await self._process.communicate()

    async def _fail(self, line: str) -> NoReturn:
        out, error = await self.end()
        pytest.fail(f"kubectl has ended [{self._process.returncode}]: {line}{out}{error}")


class Box:
    """A served API, and kubectl as one of its users."""

    def __init__(self, objects: Objects, server: str, ca: bytes, folder: Path, program: Path) -> None:
        self.objects, self.server, self.ca, self.folder, self.program = objects, server, ca, folder, program

    def configuration(self, token: str = "") -> Path:
        """Return a kubeconfig with a token; written once, for another kubectl may be reading it."""
        path = self.folder / f"kubeconfig-{token[:8]}"
        if not path.exists():
            path.write_text(kubeconfig(self.server, self.ca, token))
        return path

    async def start(self, *words: str, token: str = "") -> Running:
        """Start kubectl."""
        return Running(await self._started(*words, token=token))

    async def _started(self, *words: str, token: str) -> asyncio.subprocess.Process:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.configuration(token)),
        }
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            self.program, *words, cwd=FOLDER, env=environment, stdout=pipe, stderr=pipe
        )

    async def kubectl(self, *words: str, token: str = "") -> str:
        """Run kubectl, and return what it says and, where it is none of success, its exit code."""
        process = await self._started(*words, token=token)
        out, error = await asyncio.wait_for(process.communicate(), 60)
        said = (out + error).decode().strip()
        return said if process.returncode == 0 else f"{said} [{process.returncode}]"


@asynccontextmanager
async def served(
    folder: Path, program: Path, access: Access, tls: ssl.SSLContext | None = None, ca: bytes = b""
) -> AsyncIterator[Box]:
    """Serve an API with the namespace default."""
    store = await Store.open(folder / "state")
    objects = Objects(store, JUDGE)
    await objects.use("default")
    api = Api(store, objects, RESOURCES, access, time.monotonic)
    try:
        async with listening(application(api), LOCAL, 0, tls) as port:
            yield Box(objects, f"{'https' if tls else 'http'}://{LOCAL}:{port}", ca, folder, program)
    finally:
        await store.close()


@pytest.fixture
async def plain(tmp_path: Path, kubectl_program: Path) -> AsyncIterator[Box]:
    """A box on loopback, without users; whoever asks may write statuses, too."""
    async with served(tmp_path, kubectl_program, Access(anybody=Caller("tests", Role.CONTROLLER))) as box:
        yield box


@pytest.fixture
async def guarded(tmp_path: Path, kubectl_program: Path) -> AsyncIterator[Box]:
    """A box with TLS and tokens."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOCAL).configure_cert(tls)
    access = Access(Tokens(tmp_path / "tokens.json"))
    async with served(tmp_path, kubectl_program, access, tls, authority.cert_pem.bytes()) as box:
        yield box


async def test_kubectl_is_told_what_its_token_may(guarded: Box) -> None:
    """Who reads changes nothing, who operates writes no status; each is told which role it takes."""
    tokens = {role: issue(guarded.folder / "tokens.json", f"{role.value}-{role.rank}", role) for role in Role}
    read, operate, controller = tokens[Role.READ], tokens[Role.OPERATE], tokens[Role.CONTROLLER]
    assert await guarded.kubectl("create", "-f", "mixer.yaml", token=operate) == (
        "industrialplc.fabgitops.io/mixer created"
    )
    assert "mixer" in await guarded.kubectl("get", "plc", token=read)
    refused = await guarded.kubectl("annotate", "plc", "mixer", "note=a", token=read)
    assert refused == (
        'Error from server (Forbidden): industrialplcs.fabgitops.io "mixer" is forbidden: User "read-0" cannot patch '
        'resource "industrialplcs" in API group "fabgitops.io" in the namespace "default": it takes the role operate, '
        "and this one is read [1]"
    )
    status = ("patch", "plc", "mixer", "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Connected"}}')
    assert "it takes the role controller" in await guarded.kubectl(*status, token=operate)
    assert await guarded.kubectl(*status, token=controller) == "industrialplc.fabgitops.io/mixer patched"
    for token, name in ((read, "read-0"), (operate, "operate-1")):
        who = await guarded.kubectl("auth", "whoami", token=token)
        assert f"Username    {name}" in who
        assert f"[fabgitops:{name[:-2]} system:authenticated]" in who
    assert await guarded.kubectl("auth", "can-i", "delete", "plc", token=operate) == "yes"
    assert await guarded.kubectl("auth", "can-i", "delete", "plc", token=read) == (
        "no - it takes the role operate, and read-0 has read [1]"
    )
    assert "industrialplcs.fabgitops.io" in await guarded.kubectl("auth", "can-i", "--list", token=read)


async def test_a_token_that_is_taken_back_opens_nothing(guarded: Box) -> None:
    """At once; kubectl says that one must log in."""
    ann = issue(guarded.folder / "tokens.json", "ann", Role.READ)
    assert await guarded.kubectl("get", "plc", token=ann) == "No resources found in default namespace."
    revoke(guarded.folder / "tokens.json", "ann")
    assert "You must be logged in to the server" in await guarded.kubectl("get", "plc", token=ann)
    assert "You must be logged in to the server" in await guarded.kubectl(
        "get", "plc", token=issue(guarded.folder / "others.json", "ann", Role.READ)
    )
    assert (await guarded.kubectl("version", "-o", "json", token=ann)).count('"minor": "34"') == 1


def metadata(resource: Any) -> ObjectMeta:
    """Return what each object has."""
    found = resource.metadata
    assert isinstance(found, ObjectMeta)
    return found


def named(resource: Any) -> str:
    """Return the name of an object."""
    return str(metadata(resource).name)


async def test_lightkube_does_its_work_over_tls(guarded: Box) -> None:
    """Create, list in pages, patch, watch, delete; a refusal is an ApiError with its Status."""
    token = issue(guarded.folder / "tokens.json", "bob", Role.OPERATE)
    config = lightkube.KubeConfig.from_file(guarded.configuration(token))
    client = lightkube.AsyncClient(config=config, namespace="default")
    try:
        spec = {"deviceAddress": "10.0.0.5", "targetRegister": 1, "targetValue": 1}
        for name in ("a", "b", "c"):
            await client.create(IndustrialPLC(metadata=ObjectMeta(name=name, labels={"n": name}), spec=spec))
        listed = [each async for each in client.list(IndustrialPLC, chunk_size=2)]
        assert [named(each) for each in listed] == ["a", "b", "c"]
        version = metadata(listed[-1]).resourceVersion
        await client.patch(IndustrialPLC, "a", {"spec": {"targetValue": 2}}, patch_type=lightkube.types.PatchType.MERGE)
        await client.delete(IndustrialPLC, "b")
        found = []
        async for happened, each in client.watch(IndustrialPLC, resource_version=version, server_timeout=10):
            found.append((happened, named(each)))
            if len(found) == 2:
                break
        assert found == [("MODIFIED", "a"), ("DELETED", "b")]
        with pytest.raises(ApiError) as refused:
            await client.create(IndustrialPLC(metadata=ObjectMeta(name="d"), spec=spec | {"targetValue": -1}))
        assert (refused.value.status.code, refused.value.status.reason) == (422, "Invalid")
    finally:
        await client.close()


async def test_kubectl_follows_what_happens(plain: Box) -> None:
    """`get -w` prints the table, then a line a change, aligned with it; `wait` ends when it comes true."""
    await plain.kubectl("create", "-f", "mixer.yaml")
    watching = await plain.start("get", "plc", "-w", "-o", "custom-columns=N:.metadata.name,V:.spec.targetValue")
    table = await plain.start("get", "plc", "mixer", "-w")
    waiting = await plain.start("wait", "plc/mixer", "--for=jsonpath={.spec.targetValue}=7", "--timeout=30s")
    async with asyncio.timeout(30):
        assert [(await watching.line()).split() for _ in range(2)] == [["N", "V"], ["mixer", "2500"]]
        head, first = [await table.line() for _ in range(2)]
        await plain.kubectl("patch", "plc", "mixer", "--type=merge", "-p", '{"spec":{"targetValue":7}}')
        assert (await watching.line()).split() == ["mixer", "7"]
        second = await table.line()
        assert head.startswith("NAME")
        assert (first.split()[1], second.split()[1]) == ("2500", "7")
        assert await waiting.end() == ("industrialplc.fabgitops.io/mixer condition met\n", "")
    for each in (watching, table):
        await each.stop()


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
async def test_kubectl_waits_until_what_it_deletes_is_gone(cascade: str, plain: Box) -> None:
    """Also when a finalizer holds it for a while."""
    await plain.kubectl("create", "-f", "mixer.yaml")
    hold = '{"metadata":{"finalizers":["plant.example/hold"]}}'
    await plain.kubectl("patch", "plc", "mixer", "--type=merge", "-p", hold)
    deleting = await plain.start("delete", "plc", "mixer", f"--cascade={cascade}")
    async with asyncio.timeout(60):
        while "deletionTimestamp" not in await plain.kubectl("get", "plc", "mixer", "-o", "json"):
            await deleting.must_run()
        release = '[{"op":"remove","path":"/metadata/finalizers"}]'
        await plain.kubectl("patch", "plc", "mixer", "--type=json", "-p", release)
        assert await deleting.end() == ('industrialplc.fabgitops.io "mixer" deleted from default namespace\n', "")
    assert "NotFound" in await plain.kubectl("get", "plc", "mixer")


async def test_kubectl_shows_events_as_they_come(plain: Box) -> None:
    """`events --watch` and `describe` find those of an object."""
    await plain.kubectl("create", "-f", "mixer.yaml")
    mixer = json.loads(await plain.kubectl("get", "plc", "mixer", "-o", "json"))
    watching = await plain.start("events", "--for", "industrialplc/mixer", "--watch")
    event: dict[str, Any] = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "mixer.1", "namespace": "default"},
        "eventTime": "2026-11-28T10:00:00.000000Z",
        "type": "Warning",
        "reason": "DriftDetected",
        "action": "Poll",
        "note": "register 4001 holds 7",
        "reportingController": "fabgitops.io/operator",
        "reportingInstance": "box",
        "regarding": {
            "apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "name": "mixer", "namespace": "default",
            "uid": mixer["metadata"]["uid"],
        },
    }  # fmt: skip
    async with httpx2.AsyncClient(base_url=plain.server) as client:
        made = await client.post("/apis/events.k8s.io/v1/namespaces/default/events", json=event)
        made.raise_for_status()
    async with asyncio.timeout(30):
        while "register 4001 holds 7" not in await watching.line():
            pass
    await watching.stop()
    assert "DriftDetected" in await plain.kubectl("describe", "plc", "mixer")
    assert "industrialplc/mixer" in await plain.kubectl("get", "events", "--field-selector", "reason=DriftDetected")


def test_what_is_explained_of_metadata_is_what_kubernetes_says(control_plane: ControlPlane) -> None:
    """The schemas that are not ours are those of the API server, word for word."""
    kept = json.loads((files("fabgitops_operator.standalone.api") / "kubernetes.json").read_text())
    found: dict[str, Any] = {}
    with control_plane.client() as client:
        for document in ("api/v1", "apis/events.k8s.io/v1"):
            found |= client.get(f"/openapi/v3/{document}").json()["components"]["schemas"]
    assert kept == {name: found[name] for name in kept}
