"""How the operator starts and ends, as a process: quietly, at once, and without a write that may be wrong."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from mock_plc.device import Device
from mock_plc.server import serving

PLCS = "/apis/fabgitops.io/v1/industrialplcs"


def is_not_there(request: web.Request) -> web.Response | None:
    """Return what is said of the ConfigMap of a fleet brake that was never on; None for anything else."""
    name = request.path.split("/")[-1]
    if "/configmaps/" not in request.path:
        return None
    details = {"name": name, "kind": "configmaps"}
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "reason": "NotFound", "details": details}
    return web.json_response({**status, "status": "Failure", "message": f"{name} not found", "code": 404}, status=404)


class ApiServer:
    """An API server with the PLCs of a test, that says nothing to what the test wants held."""

    def __init__(self) -> None:
        self.plcs: list[dict[str, object]] = []
        self.held = {"/api", "/apis"}
        self.holding = asyncio.Event()
        self.over = asyncio.Event()
        self.statuses: list[dict[str, object]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a patch or the page of a listing, or hold it while the test lasts."""
        if absent := is_not_there(request):
            return absent
        if request.path in self.held or "continue" in request.query:
            self.holding.set()
            await self.over.wait()
            return web.Response(status=503)
        if "/leases" in request.path and request.can_read_body:
            given = await request.json()
            return web.json_response({**given, "metadata": {**given["metadata"], "resourceVersion": "9"}})
        if request.method == "PATCH" and request.path.endswith("/status"):
            test, add = await request.json()
            self.statuses.append(add["value"])
            shown = {"name": request.path.split("/")[-2], "uid": test["value"], "resourceVersion": "9"}
            return web.json_response({"metadata": shown, "status": add["value"]})
        metadata = {"resourceVersion": "9", "name": request.path.split("/")[-1]}
        if request.path == PLCS and self.plcs:
            return web.json_response({"metadata": {**metadata, "continue": "more"}, "items": self.plcs})
        return web.json_response({"metadata": metadata, "items": []})


def way_to(server: str) -> dict[str, object]:
    """Return a kubeconfig for a server."""
    return {
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "it", "context": {"cluster": "here", "user": "me"}}],
        "current-context": "it",
    }


@pytest.fixture
async def api_server() -> ApiServer:
    """Return the API server's behaviour."""
    return ApiServer()


@pytest.fixture
async def kubeconfig(api_server: ApiServer, tmp_path: Path) -> AsyncIterator[Path]:
    """Return the way to the API server, which is up."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", api_server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = f"http://127.0.0.1:{runner.addresses[0][1]}"
    written = tmp_path / "kubeconfig"
    written.write_text(yaml.safe_dump(way_to(server)))
    yield written
    api_server.over.set()
    await runner.cleanup()


@asynccontextmanager
async def running(kubeconfig: Path, *flags: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the operator; it is killed at the end unless it has ended by itself."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "fabgitops-operator",
        *("run", "--metrics-bind", "127.0.0.1", "--metrics-port", "0", "--log-format", "json", *flags),
        env={"KUBECONFIG": str(kubeconfig)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def promptly(began: float) -> asyncio.Timeout:
    """Return how long an end may take: less than the 5 s of the library, or as long as the start on a slow machine."""
    return asyncio.timeout(max(4.0, asyncio.get_running_loop().time() - began))


async def test_a_stop_during_discovery_is_prompt_and_quiet(api_server: ApiServer, kubeconfig: Path) -> None:
    """An operator that is told to stop, twice, while the API server says nothing yet ends at once and reports no error.

    The library beneath would wait 5 s for its requests, close their connections under them, and fail at the second.
    """
    began = asyncio.get_running_loop().time()
    async with running(kubeconfig) as process:
        await api_server.holding.wait()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        async with promptly(began):
            _, log = await process.communicate()
    lines = [json.loads(line) for line in log.decode().splitlines()]
    assert process.returncode == 0
    assert {line["level"] for line in lines} == {"INFO"}, lines
    assert lines[-1]["message"] == "stopped"


async def test_nothing_is_written_before_everything_is_listed(api_server: ApiServer, kubeconfig: Path) -> None:
    """While the first listing lasts what drifts is told and not written, nor when the listing is stopped halfway."""
    plc = Device({4001: 2311})
    async with serving(plc) as port:
        metadata = {"name": "mixer", "namespace": "plant", "uid": "u1", "resourceVersion": "5", "generation": 1}
        spec = {"deviceAddress": "127.0.0.1", "port": port, "targetRegister": 4001, "targetValue": 2500}
        api_server.plcs = [{"metadata": metadata, "spec": {**spec, "pollIntervalSecs": 1}}]
        async with running(kubeconfig) as process:
            while not any("whether the fleet brake is on" in str(status) for status in api_server.statuses):
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    assert process.returncode == 0
    assert plc.writes == []
    assert "unverifiedWrite" not in api_server.statuses[-1]


async def test_a_stop_while_the_api_server_is_away_begins_nothing(unused_tcp_port: int, tmp_path: Path) -> None:
    """An operator that is told to stop before it ever saw the cluster ends, and never says that it looks after it."""
    written = tmp_path / "kubeconfig"
    written.write_text(yaml.safe_dump(way_to(f"http://127.0.0.1:{unused_tcp_port}")))
    began = asyncio.get_running_loop().time()
    async with running(written) as process:
        assert process.stderr
        told = b""
        while b"trying again" not in told:
            told += await process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        async with promptly(began):
            _, rest = await process.communicate()
    messages = [json.loads(line)["message"] for line in rest.decode().splitlines()]
    assert process.returncode == 0
    assert messages[-1] == "stopped before everything was listed"
    assert not any("looking after" in message for message in messages)
