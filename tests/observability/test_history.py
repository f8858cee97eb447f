"""`fabctl rollout analyze` over the history of a real Prometheus."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from .conftest import scraping

pytestmark = pytest.mark.observability

FABCTL = Path(sys.executable).with_name("fabctl")
HOUR = 3600
TEMPLATE = {
    "apiVersion": "fabgitops.io/v1",
    "kind": "AnalysisTemplate",
    "metadata": {"name": "reject-rate"},
    "spec": {
        "metrics": [
            {
                "name": "rejects",
                "interval": "5m",
                "count": 3,
                "successCondition": "result[0] < 0.05",
                "provider": {"prometheus": {"query": "max(rejects)"}},
            },
            {"name": "fleet", "interval": "5m", "successCondition": "true", "provider": {"fleet": {}}},
        ]
    },
}


async def test_history_is_judged_as_it_would_have_been(tools: Mapping[str, Path], tmp_path: Path) -> None:
    """A line that was bad for an hour would have stopped the changes that were begun in it, or shortly before."""
    now = int(time.time())
    start, bad = now - 12 * HOUR, now - 6 * HOUR
    samples = [f"rejects {'0.2' if bad <= at < bad + HOUR else '0.01'} {at}" for at in range(start, now, 60)]
    (tmp_path / "past.txt").write_text("\n".join(["# TYPE rejects gauge", *samples, "# EOF\n"]))
    fill: list[str | Path] = [
        tools["promtool"],
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        tmp_path / "past.txt",
        tmp_path / "data",
    ]
    subprocess.run(fill, check=True, capture_output=True)
    (tmp_path / "reject-rate.yaml").write_text(yaml.safe_dump(TEMPLATE))
    async with scraping(tools, tmp_path, []) as prometheus:
        url = str(prometheus._client.base_url)
        given: list[str | Path] = ["--from", "-10h", "--step", "30m", "--lasting", "30m", "--prometheus", url]
        command: list[str | Path] = [
            FABCTL,
            "rollout",
            "analyze",
            "-f",
            tmp_path / "reject-rate.yaml",
            *given,
            "-o",
            "json",
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    [said] = json.loads(ran.stdout)["items"]
    assert said["notTried"] == {"fleet": "only Prometheus knows what was"}
    assert said["verdicts"]["Failed"] in {2, 3}, said["verdicts"]
    assert said["verdicts"]["Successful"] >= 16
