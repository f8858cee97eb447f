"""How the operator ends, as a process that is told to: at once, and without a word that sounds like a fault."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from aiohttp import web


class ApiServer:
    """An API server that has no objects, and that holds discovery back."""

    def __init__(self) -> None:
        self.discovering = asyncio.Event()
        self.over = asyncio.Event()

    async def empty(self, _request: web.Request) -> web.Response:
        """Return a list of nothing."""
        return web.json_response(
            {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "1"}, "items": []}
        )

    async def discovery(self, _request: web.Request) -> web.Response:
        """Say nothing of which kinds there are while the test lasts."""
        self.discovering.set()
        await self.over.wait()
        return web.Response(status=503)


@pytest.fixture
async def api_server() -> ApiServer:
    """Return the API server's behaviour."""
    return ApiServer()


@pytest.fixture
async def kubeconfig(api_server: ApiServer, tmp_path: Path) -> AsyncIterator[Path]:
    """Return the way to the API server, which is up."""
    app = web.Application()
    for path in ("/api", "/apis"):
        app.router.add_get(path, api_server.discovery)
    app.router.add_get("/apis/fabgitops.io/v1/{kind}", api_server.empty)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = f"http://127.0.0.1:{runner.addresses[0][1]}"
    body = {
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "it", "context": {"cluster": "here", "user": "me"}}],
        "current-context": "it",
    }
    written = tmp_path / "kubeconfig"
    written.write_text(yaml.safe_dump(body))
    yield written
    api_server.over.set()
    await runner.cleanup()


async def test_a_stop_during_discovery_is_prompt_and_quiet(api_server: ApiServer, kubeconfig: Path) -> None:
    """An operator that is told to stop, twice, while the API server says nothing yet ends at once and reports no error.

    The library beneath would wait 5 s for its requests, close their connections under them, and fail at the second.
    """
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "fabgitops-operator",
        *("run", "--metrics-bind", "127.0.0.1", "--metrics-port", "0", "--log-format", "json"),
        env={"KUBECONFIG": str(kubeconfig)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await api_server.discovering.wait()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(4):
            _, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [json.loads(line) for line in log.decode().splitlines()]
    assert process.returncode == 0
    assert {line["level"] for line in lines} == {"INFO"}, lines
    assert lines[-1]["message"] == "stopped"
