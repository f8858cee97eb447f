"""Programs that read what we make, and a running Prometheus that scrapes one target."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from testbed import processes
from testbed.beforehand import Beforehand, asked
from testbed.gotools import ALERTMANAGER, COMPOSE, PROMETHEUS, built

FIXTURE = "tools"
NEEDED = (PROMETHEUS, ALERTMANAGER, COMPOSE)
TOOLS = Beforehand()
PATIENCE = 60.0
ROOT = Path(__file__).parents[2]
RULES = ROOT / "charts/fabgitops/files/rules.yaml"
DASHBOARDS = sorted((ROOT / "charts/fabgitops/files/dashboards").glob("*.json"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the tools before the first test: that takes longer than a test may, and is to be seen."""
    if FIXTURE in asked(session):
        TOOLS.do(session, lambda: [built(each) for each in NEEDED])


@pytest.fixture(scope="session")
def tools(request: pytest.FixtureRequest) -> Mapping[str, Path]:
    """Return where prometheus, promtool, amtool and compose-config are."""
    TOOLS.must_be_done(request.config)
    return {name: path for each in NEEDED for name, path in built(each).items()}


async def until(true: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := await true()):
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        await asyncio.sleep(0.1)
    return found


class Prometheus:
    """The HTTP API of a running Prometheus."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @property
    def url(self) -> str:
        """Return where it is."""
        return str(self._client.base_url)

    async def ask(self, path: str, **parameters: str | list[str]) -> Any:
        """Return the data of an answer; a refusal fails the test with what it says."""
        answer = (await self._client.get(f"/api/v1/{path}", params=parameters)).json()
        assert answer["status"] == "success", f"{parameters}: {answer.get('error')}"
        return answer["data"]

    async def query(self, expr: str) -> list[Mapping[str, Any]]:
        """Return the series of an instant query."""
        result: list[Mapping[str, Any]] = (await self.ask("query", query=expr))["result"]
        return result

    async def ready(self) -> bool:
        """Return whether it can be asked."""
        try:
            return (await self._client.get("/-/ready")).status_code == 200
        except httpx.TransportError:
            return False


@asynccontextmanager
async def scraping(
    tools: Mapping[str, Path], folder: Path, ports: Sequence[int], rules: Sequence[Path] = ()
) -> AsyncIterator[Prometheus]:
    """Run a Prometheus that scrapes loopback ports every second."""
    targets = [f"127.0.0.1:{port}" for port in ports]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [{"job_name": "fabgitops", "static_configs": [{"targets": targets}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    own, log = processes.ReservedPort(), folder / "prometheus.log"
    flags = {
        "config.file": folder / "prometheus.yml",
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{own.number}",
    }
    process = processes.start([str(tools["prometheus"]), *(f"--{flag}={value}" for flag, value in flags.items())], log)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{own.number}", trust_env=False) as client:
            prometheus = Prometheus(client)
            try:
                await until(prometheus.ready, "Prometheus answers")
            except AssertionError as error:
                raise AssertionError(f"{error}\n{processes.last_lines(log.read_text())}") from None
            yield prometheus
    finally:
        processes.stop(process, 10)
        own.release()
