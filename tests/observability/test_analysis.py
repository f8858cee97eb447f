"""What changes are judged by, asked of a running Prometheus: the answers, what is no data, and the past."""

import asyncio
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.control.analysis.judging import judged
from fabgitops_core.control.analysis.replaying import dry_run
from fabgitops_core.engine.ports import MetricError
from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.analysis.source import HttpMetrics, metrics_of

from .conftest import scraping, until

pytestmark = pytest.mark.observability

AS_A_LIST = "result[0] < 0.5"


class Line:
    """A line of a plant that says of itself how much scrap it makes."""

    def __init__(self) -> None:
        self.scrap = 0.25
        self.port = 0

    async def metrics(self, _request: web.Request) -> web.Response:
        """Say it."""
        return web.Response(text=f"scrap_ratio {self.scrap}\nidle_ratio 0\n")


def metric(query: str, condition: str | None = AS_A_LIST) -> Metric:
    """Return a metric of Prometheus."""
    return Metric.model_validate(
        {"name": "scrap", "successCondition": condition, "provider": {"prometheus": {"query": query}}}
    )


def ask(url: str, timeout: float) -> bytes:
    """Get a URL."""
    return httpx.get(url, timeout=timeout, trust_env=False).content


async def says(metrics: HttpMetrics, query: str, condition: str | None = AS_A_LIST) -> tuple[Any, str]:
    """Return what Prometheus answers, and the verdict."""
    asked = metric(query, condition)
    answer = await metrics.ask(asked.provider)
    return answer.value, judged(asked, answer).verdict


async def test_a_running_prometheus_judges(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """Vectors, scalars, what is missing and what is no number are judged as they come, now and at past times."""
    line, app = Line(), web.Application()
    app.add_routes([web.get("/metrics", line.metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with (
            scraping(tools, tmp_path, [port]) as prometheus,
            metrics_of(AnalysisSettings(prometheus=prometheus.url)) as metrics,
        ):
            assert metrics is not None
            begun = datetime.now(UTC)
            await until(lambda: prometheus.query("scrap_ratio == 0.25"), "the line was scraped")
            assert await says(metrics, "scrap_ratio") == ([0.25], "Successful")
            assert await says(metrics, "scrap_ratio + 1") == ([1.25], "Failed")
            assert await says(metrics, "scalar(scrap_ratio)", "result < 0.5") == (0.25, "Successful")
            assert await says(metrics, "nobody_makes_this") == ([], "NoData")
            assert await says(metrics, "nobody_makes_this", "len(result) == 0") == ([], "Successful")
            value, verdict = await says(metrics, "idle_ratio / idle_ratio")
            assert math.isnan(value[0])
            assert verdict == "NoData"
            assert await says(metrics, "scrap_ratio / idle_ratio", "isInf(result[0])") == ([math.inf], "Successful")
            with pytest.raises(MetricError, match="parse error"):
                await says(metrics, "scrap_ratio{")
            line.scrap = 0.75
            await until(lambda: prometheus.query("scrap_ratio == 0.75"), "the change was scraped")
            await asyncio.to_thread(_tried, prometheus.url, begun)
    finally:
        await runner.cleanup()


def _tried(url: str, begun: datetime) -> None:
    """Look at the past: it was good, and then it was not."""
    given = {"name": "scrap", "successCondition": AS_A_LIST, "provider": {"prometheus": {"query": "scrap_ratio"}}}
    body = {"apiVersion": "fabgitops.io/v1", "kind": "AnalysisTemplate", "spec": {"metrics": [given]}}
    second = timedelta(seconds=1)
    end = datetime.now(UTC) + 3 * second  # what was scraped last is what is there for a while
    run = dry_run(body, {}, begun, end, second, ask, prometheus=url, lasting=second)
    assert {"Successful", "Failed"} <= {each.verdict for each in run.rows}
    assert {"Successful", "Failed"} <= run.verdicts().keys()
    unfit = {**given, "provider": {"prometheus": {"query": "scrap_ratio["}}}
    run = dry_run({**body, "spec": {"metrics": [unfit]}}, {}, begun, end, second, ask, prometheus=url)
    assert "parse error" in run.passed_over["scrap"]
