"""A trial of an AnalysisTemplate over history, by a server that answers as Prometheus does."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from fabctl.errors import FabctlError, UsageError
from fabctl.fetching import getting
from fabctl.render.shapes import plain_sections
from fabctl.render.trials import trial_sections
from fabctl.spans import duration, time
from fabctl.trials import Begun, Trial

Fabctl = Callable[..., subprocess.CompletedProcess[str]]

NOW = datetime(2026, 1, 8, tzinfo=UTC)
TEMPLATE = {
    "apiVersion": "fabgitops.io/v1",
    "kind": "AnalysisTemplate",
    "metadata": {"name": "reject-rate"},
    "spec": {
        "args": [{"name": "line"}],
        "metrics": [
            {
                "name": "rejects",
                "interval": "10m",
                "count": 2,
                "successCondition": "result[0] < 0.05",
                "provider": {"prometheus": {"query": 'rejects{line="{{args.line}}"}'}},
            }
        ],
    },
}


class Past(BaseHTTPRequestHandler):
    """Knows of a line with rejects that was bad for six hours a week ago less a day, and wants a token."""

    def do_GET(self) -> None:
        """Answer as the HTTP API of Prometheus does."""
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/moved"):
            self._answer(302, b"", Location="/api/v1/query")
        elif self.headers.get("Authorization") != "Bearer secret":
            self._answer(401, b"who are you?")
        elif given["query"] != 'rejects{line="3"}':
            self._answer(400, json.dumps({"status": "error", "error": f"no {given['query']}"}).encode())
        elif parts.path == "/api/v1/query":
            self._say("vector", [{"metric": {}, "value": [float(given["time"]), "0.01"]}])
        else:
            start, end, step = (float(given[name]) for name in ("start", "end", "step"))
            times = [start + step * at for at in range(int((end - start) / step + 1e-6) + 1)]
            bad = (start + 86400, start + 86400 + 6 * 3600)
            values = [[at, "0.2" if bad[0] <= at < bad[1] else "0.01"] for at in times]
            self._say("matrix", [{"metric": {}, "values": values}])

    def _say(self, kind: str, result: object) -> None:
        self._answer(200, json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def prometheus() -> Iterator[str]:
    """Return the URL of what answers as Prometheus does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Past)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return a file with a template, and one with the token."""
    template, token = tmp_path / "reject-rate.yaml", tmp_path / "token"
    template.write_text(yaml.safe_dump(TEMPLATE))
    token.write_text("secret\n")
    return template, token


def test_it_says_how_often_changes_would_have_failed(fabctl: Fabctl, prometheus: str, files: tuple[Path, Path]) -> None:
    """A change that was begun in a bad hour would have failed, by the metric and the reason that are named."""
    given = ["--prometheus", prometheus, "--token-file", files[1], "--arg", "line=3", "--step", "1h"]
    ran = fabctl("rollout", "analyze", "-f", files[0], *given, "-o", "json")
    assert (ran.returncode, ran.stderr) == (0, "")
    (said,) = json.loads(ran.stdout)["items"]
    assert said["verdicts"] == {"Successful": 162, "Failed": 6}
    assert {(each["verdict"], each["metric"]) for each in said["stopped"]} == {("Failed", "rejects")}
    assert said["stopped"][0]["why"].endswith("successCondition does not hold: result[0] < 0.05")
    shown = fabctl("rollout", "analyze", "-f", files[0], *given, "--from", "-7d").stdout
    assert "Judged:    162 of 168 would have passed, 6 Failed\n" in shown
    assert "rejects        6          163\n" in shown


def test_what_prometheus_refuses_is_told(fabctl: Fabctl, prometheus: str, files: tuple[Path, Path]) -> None:
    """A query that it does not take is not tried, and said why; without the token, nothing is."""
    given = ["rollout", "analyze", "-f", files[0], "--prometheus", prometheus, "--arg", "line=4"]
    ran = fabctl(*given, "--token-file", files[1])
    assert "rejects:  Prometheus says: no rejects" in ran.stdout
    assert "Judged:    none: nothing could be tried in that time\n" in ran.stdout
    ran = fabctl(*given)
    assert (ran.returncode, ran.stdout) == (5, "")
    assert f"{prometheus}/api/v1/query answers with 401" in ran.stderr


def test_without_the_extra_it_says_how_to_install_it(prometheus: str, files: tuple[Path, Path]) -> None:
    """One line, and no traceback."""
    code = "import sys; sys.modules['fabgitops_core'] = None; from fabctl.app import run; sys.exit(run())"
    command = [sys.executable, "-c", code, "rollout", "analyze", "-f", str(files[0]), "--prometheus", prometheus]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ}, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert 'it is not installed: pip install "fabctl[offline]"' in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "either the NAME of an AnalysisTemplate or a file of one"),
        (["-f", "FILE", "--from", "yesterday"], 2, '--from is "yesterday": give -7d, now, or a time'),
        (["-f", "FILE", "--step", "5"], 2, '--step is "5": give weeks, days'),
        (["-f", "FILE", "--from", "-9999999w"], 2, "nothing is known of that time"),
        (["-f", "FILE", "--arg", "line"], 2, "give NAME=VALUE"),
        (["-f", "FILE", "--token-file", "/nowhere"], 2, "--token-file /nowhere cannot be read"),
        (["-f", "/nowhere"], 2, "no file or folder /nowhere"),
        (["-f", "FILE"], 1, "the argument line has no value"),
        (["-f", "FILE", "--from", "now"], 1, "there is no time between start and end"),
        (["plc/x"], 2, "is not the name of an analysis template: give NAME, fat/NAME"),
    ],
)
def test_what_cannot_be_tried_is_one_line(
    fabctl: Fabctl, prometheus: str, files: tuple[Path, Path], arguments: list[str], code: int, words: str
) -> None:
    """A command line that makes no sense, or a template that is not whole."""
    given = ["--prometheus", prometheus, *(str(files[0]) if each == "FILE" else each for each in arguments)]
    ran = fabctl("rollout", "analyze", *given)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (code, "", 1), ran
    assert words in ran.stderr


def test_a_file_without_a_template_is_told(fabctl: Fabctl, prometheus: str, tmp_path: Path) -> None:
    """And so is one that is no YAML."""
    file = tmp_path / "x.yaml"
    file.write_text("apiVersion: v1\nkind: List\nitems: []\n")
    ran = fabctl("rollout", "analyze", "-f", file, "--prometheus", prometheus)
    assert (ran.returncode, "has 0 AnalysisTemplates" in ran.stderr) == (2, True)
    file.write_text("a: [")
    ran = fabctl("rollout", "analyze", "-f", file, "--prometheus", prometheus)
    assert (ran.returncode, str(file) in ran.stderr) == (2, True)


@pytest.mark.parametrize(
    "url",
    [
        *("nonsense", "ftp://x", "http://a b", "http://ä"),
        *("http://", "http://[", "http://a..b", "http://x:abc", "http://x:99999"),
    ],
)
def test_what_is_no_url_is_refused(fabctl: Fabctl, files: tuple[Path, Path], url: str) -> None:
    """Before anything is asked."""
    ran = fabctl("rollout", "analyze", "-f", files[0], "--prometheus", url)
    assert (ran.returncode, f'--prometheus is "{url}": give a URL' in ran.stderr) == (2, True)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("now", NOW),
        ("-7d", NOW - timedelta(days=7)),
        ("-1w2d3h4m5s", NOW - timedelta(days=9, hours=3, minutes=4, seconds=5)),
        ("2026-01-01T01:00:00+01:00", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read(typed: str, wanted: datetime) -> None:
    """So long ago, now, or a time of the calendar."""
    assert time(typed, NOW, "--from") == wanted


@pytest.mark.parametrize("typed", ["", "0s", "5", "m", "-5m", "1h 2m", "1.5h", "999999999999d"])
def test_what_is_no_duration_is_refused(typed: str) -> None:
    """A duration is longer than nothing."""
    with pytest.raises(UsageError):
        duration(typed, "--step")


def test_a_redirect_is_not_followed(prometheus: str, files: tuple[Path, Path]) -> None:
    """The token would go with it."""
    with pytest.raises(OSError, match="/moved answers with 302"):
        getting(files[1], prometheus)(f"{prometheus}/moved?query=x", 5.0)


def test_nobody_there_is_told() -> None:
    """In words for people."""
    with pytest.raises(OSError, match="cannot be reached"):
        getting(None, "http://127.0.0.1:9")("http://127.0.0.1:9/api/v1/query?query=x", 5.0)


def test_a_token_file_that_holds_none_is_refused(tmp_path: Path) -> None:
    """Two words are no token."""
    (tmp_path / "token").write_text("a b")
    with pytest.raises(FabctlError, match="does not hold one token"):
        getting(tmp_path / "token", "http://127.0.0.1:9090")


def test_a_server_that_a_template_names_is_sent_no_token(prometheus: str, files: tuple[Path, Path]) -> None:
    """Somebody else may have written the template; the token is for the server that the command line names."""
    with pytest.raises(OSError, match="/api/v1/query answers with 401"):
        getting(files[1], "http://127.0.0.1:9090")(f"{prometheus}/api/v1/query?query=x", 5.0)


@pytest.mark.parametrize("url", ["http://[", "http://a..b/x", "http://x:99999"])
def test_what_a_template_names_may_be_no_server(url: str) -> None:
    """It is told as one that cannot be reached."""
    with pytest.raises(OSError, match="is no URL of a server"):
        getting(None, "http://127.0.0.1:9090")(url, 5.0)


def test_many_that_would_have_failed_are_counted() -> None:
    """The first are shown, all where it is wide; what others wrote commands no terminal."""
    begun = tuple(Begun(NOW, "Failed", "m", "\x1b[2J") for _ in range(25))
    for wide, more in ((False, True), (True, False)):
        times = (NOW, NOW, timedelta(minutes=5))
        shown = plain_sections(trial_sections("x", times, timedelta(hours=1), Trial(begun, (), {}), wide=wide))
        assert ("and more:  5: -o wide shows all" in shown) is more
        assert "\x1b" not in shown
