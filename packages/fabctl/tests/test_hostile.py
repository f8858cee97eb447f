"""What objects, servers and command lines hold comes to the terminal as data: no traceback, no control character."""

import json
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabctl.fields import shown
from fabctl.model import view
from fabctl.options import Format
from fabctl.render.description import description
from fabctl.render.maps import troubles
from fabctl.render.objects import show_objects
from fabctl.render.shapes import plain_sections, plain_table
from fabctl.render.tables import declared_table, status_table

Make = Callable[..., dict[str, Any]]
Fabctl = Callable[..., subprocess.CompletedProcess[str]]

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE = "\x1b[2J\x07 \x7f \x9b2J \x85 \u202e \u2028 \u00ad\nforged"
TIMES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-00-00T00:00:00Z", "2026-01-01T00:00:00"]


def harmless(shown: str) -> bool:
    """Return whether a terminal only shows a text, in lines."""
    return all(character.isprintable() or character == "\n" for character in shown)


@pytest.mark.parametrize("time", TIMES)
def test_a_time_that_utc_cannot_hold_is_one_cell(mapped: Make, time: str) -> None:
    """A stored time beyond the years 1 to 9999 disturbs neither the listing nor the description."""
    body = mapped(speed={"driftedSince": time})
    body["metadata"]["creationTimestamp"] = time
    body["status"] |= {"driftedSince": time, "lastUpdate": time}
    body["status"]["conditions"][0]["lastTransitionTime"] = time
    events = [{"eventTime": time, "series": {"lastObservedTime": time}}]
    views = [view(body)]
    assert plain_table(status_table(views, wide=True, namespaces=True)).count("\n") == 2
    assert plain_table(declared_table(views, wide=True, namespaces=True)).count("\n") == 2
    assert plain_sections(description(views[0], events, NOW) + troubles(views[0], NOW, wide=True))


@pytest.mark.parametrize("number", [10**5000, -(10**5000), 2**63], ids=["long", "negative", "64 bits"])
def test_a_number_of_any_length_is_one_cell(plc: Make, number: int) -> None:
    """A whole number that no API server keeps, up to thousands of digits, is shown as it can be."""
    body = plc("InSync", "True", inSync=True, currentValue=number, driftEvents=number, correctionsApplied=number)
    body["spec"] |= {"targetValue": number, "targetRegister": number, "port": number, "unitId": number}
    body["metadata"]["labels"] = {"a": number}
    views = [view(body)]
    assert plain_table(status_table(views, wide=True, namespaces=True)).count("\n") == 2
    assert plain_table(declared_table(views, wide=True, namespaces=True)).count("\n") == 2
    assert len(shown(number)) < 1000


@pytest.mark.parametrize(("output", "read"), [(Format.JSON, json.loads), (Format.YAML, yaml.safe_load)])
def test_objects_for_programs_do_not_command_a_terminal(
    plc: Make, capsys: pytest.CaptureFixture[str], output: Format, read: Callable[[str], Any]
) -> None:
    """Json and yaml hold control and format characters as escapes, and mean the same to who reads them."""
    body = plc(message=HOSTILE, lastError="größer: 5 µm\u3000", phase="\U0001f600")
    body["metadata"]["annotations"] = {HOSTILE: HOSTILE}
    show_objects([body], output, one=True)
    out = capsys.readouterr().out
    assert harmless(out.replace("\u3000", ""))
    assert "größer: 5 µm" in out
    assert read(out) == body


@pytest.mark.parametrize("output", [Format.JSON, Format.YAML])
def test_what_cannot_be_printed_is_told(plc: Make, output: Format) -> None:
    """An object that is nested too deeply, or holds a number of thousands of digits, is one line and no traceback."""
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]
    for value in (deep, 10**5000):
        with pytest.raises(Exception, match=f"cannot be shown as {output}"):
            show_objects([plc(message=value)], output, one=True)


class Server(BaseHTTPRequestHandler):
    """Answers everything with `answer`."""

    answer = b""
    status = 200

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def asked(fabctl: Fabctl, folder: Path, answer: bytes, status: int, *arguments: str) -> tuple[int, str, str]:
    """Run fabctl against a server that answers so; return exit code, output and errors."""
    handler = type("Handler", (Server,), {"answer": answer, "status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        file = folder / "config"
        named = [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}]
        contexts = [{"name": "x", "context": {"cluster": "x", "user": "x"}}]
        users = [{"name": "x", "user": {"token": "t"}}]
        document = {"clusters": named, "contexts": contexts, "users": users, "current-context": "x"}
        file.write_text(yaml.safe_dump(document))
        ran = fabctl(*arguments, "--kubeconfig", file)
        return ran.returncode, ran.stdout, ran.stderr
    finally:
        server.shutdown()
        server.server_close()


DEEP = b'{"metadata": {}, "items": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}"
REFUSED = json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "message": HOSTILE, "code": 422}).encode()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"[1, 2]", 200),
        (b'"x"', 200),
        (b'{"metadata": 5, "items": 5}', 200),
        (b'{"items": [' + b"9" * 5000 + b"]}", 200),
        (b"\xff\xfe", 200),
        (REFUSED, 422),
        (b'{"message": 5, "code": "x"}', 500),
    ],
    ids=["list", "text", "numbers", "digits", "bytes", "refusal", "odd refusal"],
)
def test_no_answer_of_a_server_is_a_traceback(fabctl: Fabctl, tmp_path: Path, answer: bytes, status: int) -> None:
    """Whatever answers in the place of the API server, it is told in one line without control characters."""
    told_in_one_line(*asked(fabctl, tmp_path, answer, status, "get-status"))


@pytest.mark.parametrize("command", [["get-status", "mixer"], ["sync", "--all"], ["watch"], ["describe", "mixer"]])
def test_no_command_fails_otherwise_for_what_is_nested_too_deeply(
    fabctl: Fabctl, tmp_path: Path, command: list[str]
) -> None:
    """An answer that no parser takes is one line in every command."""
    told_in_one_line(*asked(fabctl, tmp_path, DEEP, 200, *command))


def told_in_one_line(code: int, out: str, err: str) -> None:
    """Check that a run failed with one harmless line."""
    assert (code in {1, 5}, out) == (True, "")
    assert harmless(err)
    assert err.startswith("fabctl: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["describe", HOSTILE],
        ["list", HOSTILE],
        [HOSTILE],
        ["list", "--kubeconfig", HOSTILE],
        ["list", "--context", HOSTILE],
        ["list", f"--{HOSTILE}"],
        ["sync", "-l", HOSTILE],
        ["list", "-o", HOSTILE],
        ["watch", "--interval", HOSTILE],
    ],
)
def test_a_command_line_is_quoted_harmlessly(fabctl: Fabctl, arguments: list[str]) -> None:
    """What somebody typed, or a script took from elsewhere, is told in one line without control characters."""
    ran = fabctl(*arguments)
    assert (ran.stdout, ran.stderr.count("\n")) == ("", 1)
    assert harmless(ran.stderr)


@pytest.mark.parametrize("name", ["../secrets/x", "A", "mixer/status"])
def test_a_status_leads_to_nothing_but_plcs(fabctl: Fabctl, tmp_path: Path, name: str) -> None:
    """What a rollout says of its PLCs becomes part of a URL: of what can be no name, nothing is asked."""
    plan = {"hash": "a", "size": 200, "waves": [{"wave": 1, "members": 1, "names": [name]}]}
    status = {"phase": "Releasing", "wave": 1, "waves": 1, "members": {"total": 200}, "plan": plan}
    answer = {"metadata": {"name": name, "namespace": "default"}, "status": {**status, "observedGeneration": 1}}
    code, out, err = asked(fabctl, tmp_path, json.dumps(answer).encode(), 200, "rollout", "get", "spr/recipe")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].endswith(f"PLC {name}  not there")
