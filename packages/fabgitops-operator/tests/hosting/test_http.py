"""The one port, on a real socket."""

import asyncio

import aiohttp
import pytest
from fabgitops_core.api.meta import Key
from fabgitops_operator.hosting.families import PART
from fabgitops_operator.hosting.http import ListenError, exposition, serving
from fabgitops_operator.hosting.metrics import Metrics
from prometheus_client.parser import text_string_to_metric_families


async def get(port: int, path: str) -> tuple[int, str, str]:
    """Return status, content type and text of an answer."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def test_metrics(metrics: Metrics) -> None:
    """/metrics serves the text format under the content type that says so."""
    async with serving(metrics.registry, "127.0.0.1", 0, lambda: "") as port:
        status, content_type, text = await get(port, "/metrics")
    assert (status, content_type.split(";")[0]) == (200, "text/plain")
    assert "version=" in content_type
    assert "managed_plcs 0.0" in text


async def test_readiness(metrics: Metrics) -> None:
    """/readyz answers 503 with the reason until there is none; /healthz answers 200 all the time."""
    reasons = ["starting"]
    async with serving(metrics.registry, "127.0.0.1", 0, lambda: "".join(reasons)) as port:
        status, _type, text = await get(port, "/readyz")
        assert (status, text) == (503, "starting\n")
        assert (await get(port, "/healthz"))[0] == 200
        reasons.clear()
        status, _type, text = await get(port, "/readyz")
        assert (status, text) == (200, "ok\n")


async def test_a_port_in_use(metrics: Metrics) -> None:
    """A port that is taken is told with the address, the reason and the way out."""
    async with serving(metrics.registry, "127.0.0.1", 0, lambda: "") as port:
        with pytest.raises(ListenError, match=rf"127\.0\.0\.1 port {port}: Address already in use; choose another"):
            async with serving(metrics.registry, "127.0.0.1", port, lambda: ""):
                pass


async def test_a_large_scrape_lets_polls_go_in_between(metrics: Metrics) -> None:
    """However many registers there are, what is due is never kept waiting for more than a part of the text."""
    numbers = {f"register-{at}": float(at) for at in range(1000)}
    metrics.watch_registers(lambda: ((Key("IndustrialPLC", "plant", f"plc-{at}"), numbers) for at in range(20)))
    turns = 0

    async def poll() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    polls = asyncio.create_task(poll())
    text = (await exposition(metrics.registry)).decode()
    polls.cancel()
    assert turns >= 20_000 / PART
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    assert sum(len(family.samples) for family in families if family.name == "register_value") == 20_000
