"""What dashboards count, played to promtool: around restarts and gaps, where increase() alone misleads."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from .conftest import DASHBOARDS
from .queries import of_dashboard

pytestmark = pytest.mark.observability

QUERIES = {query.where: query.expr for path in DASHBOARDS for query in of_dashboard(path)}


def drifts(instance: str, values: str) -> Mapping[str, str]:
    """Return the drift events that an operator has counted of the mixer."""
    return {f'drift_events_total{{plc_name="mixer",namespace="plant",job="o",instance="{instance}"}}': values}


def began(instance: str, seconds: int, after: int = 0) -> Mapping[str, str]:
    """Return when an operator's process began, from a minute on."""
    return {
        f'process_start_time_seconds{{job="o",instance="{instance}"}}': f"_x{after} {seconds}x60"
        if after
        else f"{seconds}x60"
    }


def asked(tool: Path, tmp_path: Path, expr: str, series: Mapping[str, str], expected: list[float]) -> None:
    """Fail unless an expression has these values ten minutes into a play of scrapes once a minute."""
    test = {"expr": expr, "eval_time": "10m", "exp_samples": [{"labels": "{}", "value": value} for value in expected]}
    played = [{"series": name, "values": values} for name, values in series.items()]
    group = {"interval": "1m", "input_series": played, "promql_expr_test": [test]}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump({"tests": [group]}))
    command = [str(tool), "test", "rules", str(tmp_path / "tests.yaml")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ({**drifts("a", "4x30"), **began("a", 0)}, 0),
        ({**drifts("a", "4x5 stale"), **began("a", 0), **drifts("b", "_x7 1x30"), **began("b", 430, 7)}, 1),
        ({**drifts("a", "4 4 4 4 stale stale 4x30"), **began("a", 0)}, 0),
        ({}, None),
    ],
    ids=["nothing-new", "a-new-pod-found-drift", "a-gap-in-the-scrapes", "no-operator"],
)
def test_a_count_is_what_happened(
    tools: Mapping[str, Path], tmp_path: Path, series: Mapping[str, str], expected: float | None
) -> None:
    """Drift that a new pod finds before its first scrape counts, and what was counted before a gap does not."""
    asked(
        tools["promtool"],
        tmp_path,
        QUERIES["fabgitops-plc: Drift events"],
        series,
        [] if expected is None else [expected],
    )


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ({"fabgitops_build_info": "1x30"}, [0]),
        (
            {
                "fabgitops_build_info": "1x30",
                'fabgitops_plc_ready{plc_name="mixer",namespace="plant",reason="Conflict"}': "0x30",
            },
            [1],
        ),
        (
            {
                "fabgitops_build_info": "1x30",
                'fabgitops_plc_ready{plc_name="mixer",namespace="plant",reason="Suspended"}': "0x30",
            },
            [0],
        ),
        ({}, []),
    ],
    ids=["all-ready", "one-not", "one-suspended", "no-operator"],
)
def test_no_number_is_no_zero(
    tools: Mapping[str, Path], tmp_path: Path, series: Mapping[str, str], expected: list[float]
) -> None:
    """That nothing is wrong is said only while an operator is there to know."""
    asked(tools["promtool"], tmp_path, QUERIES["fabgitops-fleet: Not ready"], series, expected)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({"no_reply": "0+3x30"}, [1]),
        ({"ok": "0+3x30"}, [0]),
        ({"ok": "0+3x30", "refused": "0+1x30", "withdrawn": "0x30"}, [0.25]),
        ({"ok": "7x30"}, []),
        ({}, []),
    ],
    ids=["none-answered", "all-answered", "a-quarter-refused", "none-sent", "no-operator"],
)
def test_a_share_of_failures(
    tools: Mapping[str, Path], tmp_path: Path, results: Mapping[str, str], expected: list[float]
) -> None:
    """The share of requests that failed is all when none was answered, and nothing when none was sent."""
    metric = "fabgitops_modbus_requests_total"
    series = {f'{metric}{{job="o",function="read",result="{result}"}}': values for result, values in results.items()}
    asked(tools["promtool"], tmp_path, QUERIES["fabgitops-internals: Requests failed"], series, expected)
