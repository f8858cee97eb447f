"""How the operator begins, as a process: with what it may list, and without a write of what is outdated."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from mock_plc.device import Device
from mock_plc.server import serving

from .test_stopping import is_not_there, running, way_to

GROUP = "/apis/fabgitops.io"
VERSIONS = {"versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}}
RESOURCES = [
    {"name": f"{kind.lower()}s", "kind": kind, "singularName": kind.lower(), "namespaced": True}
    | {"verbs": ["list", "watch", "patch"]}
    for kind in ("IndustrialPLC", "IndustrialPLCTemplate")
]
NAMESPACES = {"name": "namespaces", "kind": "Namespace", "singularName": "namespace", "namespaced": False, "verbs": []}
FORBIDDEN = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "message": "you may not"}


class ApiServer:
    """An API server with one PLC in the namespace plant; `refuses` says which requests are forbidden."""

    def __init__(self) -> None:
        self.spec: dict[str, object] = {}
        self.version = 1
        self.refuses: Callable[[web.Request], bool] = lambda _request: False
        self.discoverable = asyncio.Event()
        self.statuses: list[dict[str, Any]] = []

    def declare(self, port: int, target: int) -> None:
        """Commit a target."""
        self.version += 1
        self.spec = {"deviceAddress": "127.0.0.1", "port": port, "targetRegister": 4001, "targetValue": target}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer as an API server does."""
        if absent := is_not_there(request):
            return absent
        if self.refuses(request):
            return web.json_response(FORBIDDEN, status=403)
        if "watch" in request.query:
            return await self._watch(request)
        if request.path == "/apis":
            await self.discoverable.wait()
            return web.json_response({"groups": [{"name": "fabgitops.io", **VERSIONS}]})
        if request.method == "PATCH" and request.path.endswith("/status"):
            self.statuses.append((await request.json())[1]["value"])
            return web.json_response(self._plc())
        return web.json_response(await self._found(request))

    async def _found(self, request: web.Request) -> dict[str, Any]:
        given = await request.json() if request.can_read_body else {}
        found: dict[str, dict[str, Any]] = {
            "/api": {"versions": ["v1"]},
            "/api/v1": {"resources": [NAMESPACES]},
            f"{GROUP}/v1": {"resources": RESOURCES},
        }
        if request.path in found:
            return found[request.path]
        shown = {"name": request.path.split("/")[-1], **given.get("metadata", {}), "resourceVersion": str(self.version)}
        here = request.path in {f"{GROUP}/v1/industrialplcs", f"{GROUP}/v1/namespaces/plant/industrialplcs"}
        return {**given, "metadata": shown, "items": [self._plc()] if here and self.spec else []}

    def _plc(self) -> dict[str, Any]:
        version = {"resourceVersion": str(self.version), "generation": self.version}
        metadata = {"name": "mixer", "namespace": "plant", "uid": "u1", **version}
        return {"metadata": metadata, "spec": {**self.spec, "pollIntervalSecs": 1}}

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self.version)}}}
        await response.write(json.dumps(bookmark).encode() + b"\n")  # the head goes out with the first of the body
        await asyncio.Event().wait()
        return response


@pytest.fixture
async def api_server() -> ApiServer:
    """Return the API server's behaviour."""
    return ApiServer()


@pytest.fixture
async def kubeconfig(api_server: ApiServer, tmp_path: Path) -> AsyncIterator[Path]:
    """Return the way to the API server, which is up."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", api_server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    written = tmp_path / "kubeconfig"
    written.write_text(yaml.safe_dump(way_to(f"http://127.0.0.1:{runner.addresses[0][1]}")))
    yield written
    await runner.cleanup()


@asynccontextmanager
async def starting(kubeconfig: Path, *flags: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the operator, which writes at once what is declared."""
    async with running(kubeconfig, "--settle-secs", "0", *flags) as process:
        yield process


async def until(true: Callable[[], Any]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


async def test_what_changes_during_the_first_listing_is_known_before_anything_is_written(
    api_server: ApiServer, kubeconfig: Path
) -> None:
    """A target that was edited after it was listed, and before the watch began, is never written as it was."""
    plc = Device({4001: 2000})
    async with serving(plc) as port:
        api_server.declare(port, 1000)
        async with starting(kubeconfig):
            await until(lambda: "not everything is listed yet" in str(api_server.statuses))
            reads = plc.reads
            api_server.declare(port, 2500)
            await until(lambda: plc.reads > reads + 1)
            api_server.discoverable.set()
            await until(lambda: plc.writes)
    assert [write.values for write in plc.writes] == [(2500,)]


async def test_a_watch_that_is_refused_is_waited_for_only_so_long(api_server: ApiServer, kubeconfig: Path) -> None:
    """Where the API server lists, and does not let us watch, corrections begin all the same."""
    plc = Device({4001: 2000})
    api_server.discoverable.set()
    api_server.refuses = lambda request: "watch" in request.query
    async with serving(plc) as port:
        api_server.declare(port, 2500)
        async with starting(kubeconfig):
            await until(lambda: plc.writes)
    assert plc[4001] == 2500


async def test_a_namespace_that_refuses_to_list_holds_up_no_other(api_server: ApiServer, kubeconfig: Path) -> None:
    """A namespace that is gone with its role, or whose role is, keeps nobody from looking after the others."""
    plc = Device({4001: 2000})
    api_server.discoverable.set()
    api_server.refuses = lambda request: "/namespaces/gone/industrial" in request.path
    async with serving(plc) as port:
        api_server.declare(port, 2500)
        async with starting(kubeconfig, "--namespace", "gone", "--namespace", "plant"):
            await until(lambda: plc.writes)
    assert plc[4001] == 2500


async def test_a_kind_that_may_be_listed_nowhere_ends_the_start(api_server: ApiServer, kubeconfig: Path) -> None:
    """Without a role the operator ends with a line that says what it may not, and an exit code of 1."""
    api_server.refuses = lambda request: request.path.endswith("/industrialplctemplates")
    async with starting(kubeconfig, "--namespace", "gone", "--namespace", "plant") as process:
        _, log = await process.communicate()
    assert process.returncode == 1
    assert log.decode().splitlines()[-1] == "fabgitops-operator: listing industrialplctemplates: you may not"
