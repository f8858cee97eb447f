"""Who is slow, drifts and fails, out of metrics, and by a server that plays API server and operator."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest
from fabctl.loads import Load, Most, loads, meant, worst_first

Fabctl = Callable[..., subprocess.CompletedProcess[str]]
Serving = Callable[..., AbstractContextManager[Path]]

METRICS = """\
# HELP drift_events_total Episodes of drift seen.
# TYPE drift_events_total counter
drift_events_total{namespace="plant",plc_name="mixer"} 3.0
drift_events_total{namespace="plant",plc_name="oven"} 3.0
drift_events_total{namespace="yard",plc_name="crane"} 1.0
corrections_total{namespace="plant",plc_name="mixer"} 2.0
fabgitops_plc_failures_total{namespace="plant",plc_name="mixer"} 0.0
fabgitops_plc_failures_total{plc_name="crane",namespace="yard"} 9.0
fabgitops_plc_last_pass_seconds{namespace="plant",plc_name="mixer"} 0.25
fabgitops_plc_last_pass_seconds{namespace="plant",plc_name="oven"} 1.5
plc_connection_status{namespace="plant",plc_name="mixer"} 1.0
plc_connection_status{namespace="yard",plc_name="crane"} 0.0
register_value{namespace="plant",plc_name="mixer",register="4001"} 7.0
"""


def test_metrics_say_what_each_plc_gives_to_do() -> None:
    """By namespace and name, whatever the order of labels; what is not told is not known."""
    assert loads(METRICS) == [
        Load("plant", "mixer", 0.25, 3, 2, 0, answers=True),
        Load("plant", "oven", 1.5, 3),
        Load("yard", "crane", None, 1, 0, 9, answers=False),
    ]


@pytest.mark.parametrize(
    "said", ["NaN", "+Inf", "-5", "1e308", "1e999", "9" * 5000, "1_0", "\u0663", "0x10", "9007199254740992", "nothing"]
)
def test_what_counts_nothing_is_not_shown(said: str) -> None:
    """A counter never goes below 0, nor beyond what a number of JSON holds; only digits of ASCII are numbers."""
    line = f'drift_events_total{{namespace="plant",plc_name="mixer"}} {said}\n'
    assert loads(line + line.replace("drift_events_total", "fabgitops_plc_last_pass_seconds")) == []
    assert loads(line.replace(said, "9.007199254740991e+15"))[0].drifts == 2**53 - 1


def test_who_has_most_stands_first() -> None:
    """Of as many failures or drifts the one that has more of the rest; of the same the first by name."""
    found = loads(METRICS)
    assert [each.name for each in worst_first(found, Most.FAILURES)] == ["crane", "oven", "mixer"]
    assert [each.name for each in worst_first(found, Most.DRIFTS)] == ["oven", "mixer", "crane"]
    assert [each.name for each in worst_first(found, Most.SECONDS)] == ["oven", "mixer", "crane"]


def test_those_that_are_meant() -> None:
    """By namespace, by name, or as a selector has found them."""
    found = loads(METRICS)
    assert [each.name for each in meant(found, "plant")] == ["mixer", "oven"]
    assert [each.name for each in meant(found, None, ("crane", "oven"))] == ["oven", "crane"]
    assert [each.name for each in meant(found, None, keys={("plant", "oven"), ("plant", "crane")})] == ["oven"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "drift_events_total 3",
        "drift_events_total{} 3",
        'drift_events_total{plc_name="a"} 3',
        'drift_events_total{namespace="b",plc_name="a"} NaN',
        'drift_events_total{namespace="b",plc_name="a"} +Inf',
        'drift_events_total{namespace="b",plc_name="a"} many',
        'drift_events_total{namespace="b",plc_name="a" 3',
        'other_drift_events_total{namespace="b",plc_name="a"} 3',
        'drift_events_total{namespace="b,plc_name=' + '"x' * 5000,
    ],
)
def test_what_makes_no_sense_says_nothing(line: str) -> None:
    """And fails nothing, and takes no time."""
    assert loads(line) == []


def test_a_name_commands_no_terminal() -> None:
    """A label may hold anything."""
    (found,) = loads('drift_events_total{namespace="b",plc_name="\x1b[2J\\"}"} 3')
    assert found.name.isprintable()


class Box(BaseHTTPRequestHandler):
    """An API server that is the operator itself."""

    answer: ClassVar[tuple[int, str]] = (200, METRICS)

    def do_GET(self) -> None:
        """Answer."""
        status, said = self.answer
        if self.path != "/metrics":
            status, said = 200, json.dumps({"gitVersion": "v1.34.0+fabgitops.0.1.0"})
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def box(serving: Serving, tmp_path: Path) -> Iterator[str]:
    """Return a kubeconfig of one."""
    with serving(Box, tmp_path, "plant") as file:
        yield str(file)


def test_a_box_is_asked_itself(fabctl: Fabctl, box: str) -> None:
    """Without a cluster its own page has the metrics; in all formats, and with what is not known told."""
    shown = fabctl("top", "--sort-by", "seconds", KUBECONFIG=box)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        "NAME    LAST PASS S   DRIFTS   CORRECTIONS   FAILURES   ANSWERS\n"
        "oven          1.500        3             0          0   -\n"
        "mixer         0.250        3             2          0   yes\n"
    )
    asked = fabctl("top", "-A", "--limit", "1", "-o", "json", KUBECONFIG=box)
    (crane,) = json.loads(asked.stdout)["items"]
    assert (crane["kind"], crane["metadata"], crane["failures"]) == ("Load", {"name": "crane", "namespace": "yard"}, 9)
    named = fabctl("top", "oven", "press", "-o", "name", KUBECONFIG=box)
    assert (named.returncode, named.stdout) == (1, "industrialplc.fabgitops.io/oven\n")
    assert named.stderr == "fabctl: the operator's metrics do not know press in namespace plant\n"


def test_who_may_not_ask_is_told(fabctl: Fabctl, box: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the right that it takes, and exit code 4."""
    monkeypatch.setattr(Box, "answer", (403, "Forbidden"))
    told = fabctl("top", KUBECONFIG=box)
    assert (told.returncode, told.stdout) == (4, "")
    assert "get on pods/proxy" in told.stderr
