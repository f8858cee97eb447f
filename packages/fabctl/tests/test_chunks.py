"""Lists that are printed as they come: to the letter what a whole list says, and seen before more is asked for."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit
from weakref import WeakSet

import pytest
from fabctl.commands.chunking import shown_in_chunks
from fabctl.jsonpath import Template as JsonPath
from fabctl.model import view
from fabctl.names import PLC
from fabctl.options import HERE_ALL, PRINTING, Format, Template
from fabctl.render.chunks import chunks_of
from fabctl.render.objects import show_objects
from fabctl.render.shapes import Table
from fabctl.render.tables import status_table

COMMAND = Path(sys.executable).with_name("fabctl")
ESCAPE, WIDE = "\x1b[2J\u009b\u202e", "a line that is longer than eighty columns, which YAML folds where it can " * 2
TEMPLATES = (
    "{.items[*].metadata.name}",
    "names: {$.items[*].metadata.name}{'\\n'}",
    '{range .items[*]}{.metadata.name}{"\\n"}{end}',
    "{range .items[?(@.spec.note)]}{range .status.conditions[*]}{.type} {end}{end}behind",
    "{items[*].spec.note}",
)
WHOLE = (
    "{.kind}",
    "{.items[0].metadata.name}",
    "{.items[*].metadata.name}{.items[*].spec.note}",
    "{range .items[*]}{$.kind}{end}",
    "{..name}",
    "{range .items[*]}{.metadata.name}{end}{.kind}",
    "text alone",
)


def plc(name: str, **spec: Any) -> dict[str, Any]:
    """Return a PLC."""
    metadata = {"name": name, "namespace": "default", "managedFields": [{"manager": "x"}]}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": [{"type": "Ready"}, {"type": ESCAPE}]}}


BODIES = [plc("a", note=WIDE), plc("b"), plc("c", note=ESCAPE, list=[1, {"x": None}], empty={}), plc("d", note="")]


def table(bodies: list[Any]) -> Table:
    """Return what CSV is made of."""
    return status_table(map(view, bodies), wide=True, namespaces=True, steady=True)


@pytest.mark.parametrize(
    "output", [Format.JSON, Format.YAML, Format.NAME, *(Template(f"jsonpath={t}") for t in TEMPLATES)]
)
@pytest.mark.parametrize("sizes", [(), (0,), (4,), (1, 3), (2, 0, 2)])
def test_they_say_what_a_whole_list_says(capsys: Any, output: Any, sizes: tuple[int, ...]) -> None:
    """To the letter, wherever one chunk ends and the next begins."""
    shower = chunks_of(output, table, kind=PLC, managed_fields=False, headers=True)
    assert shower is not None
    for at, size in enumerate(sizes):
        begins = sum(sizes[:at])
        shower.more(BODIES[begins : begins + size])
    shower.end()
    said = capsys.readouterr().out
    show_objects(BODIES[: sum(sizes)], output, one=False)
    assert said == capsys.readouterr().out
    assert "\x1b" not in said


@pytest.mark.parametrize("template", WHOLE)
def test_what_needs_the_whole_list_waits_for_it(template: str) -> None:
    """A template that looks at more than each item once, and chosen columns, which need their widths."""
    assert JsonPath(template).over_items() is None
    for output in (Template(f"jsonpath={template}"), Template("custom-columns=N:.kind"), Format.TABLE, Format.WIDE):
        assert chunks_of(output, table, kind=PLC, managed_fields=False, headers=True) is None


@pytest.mark.parametrize("wide", [False, True])
def test_columns_are_the_same_whatever_is_in_them(wide: bool) -> None:
    """Of what is told line by line, and of CSV: one that is held, or repeats, comes in a later chunk."""
    rare = plc("a") | {"status": {"repeatedWrites": 4, "rollout": {"name": "x"}}, "metadata": {"name": "a"}}
    tables = [status_table(map(view, each), wide=wide, namespaces=True, steady=True) for each in ([], BODIES, [rare])]
    assert len({made.headers for made in tables}) == 1
    assert ("Held by" in tables[0].headers, "Repeats" in tables[0].headers) == (True, wide)


class Kept(dict[str, Any]):
    """An object of which it is seen whether somebody keeps it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@pytest.mark.parametrize(
    "output", [Format.JSON, Format.YAML, Format.NAME, Format.CSV, Template(f"jsonpath={TEMPLATES[0]}")]
)
async def test_nothing_is_kept(capsys: Any, output: Any) -> None:
    """When a chunk is asked for, none of those before is there any more, and all of it is printed."""
    alive: WeakSet[Kept] = WeakSet()

    async def chunks(*_: Any) -> AsyncGenerator[list[Any], None]:
        for number in range(4):
            assert len(alive) == 0
            made = [Kept(plc(f"plc-{number}-{at}")) for at in range(5)]
            alive.update(made)
            yield made
            assert f"plc-{number}-4" in capsys.readouterr().out
            made.clear()

    cluster = Mock(namespace="default", chunks=chunks)
    await shown_in_chunks(cluster, HERE_ALL, (PLC,), output, table, managed_fields=True, printing=PRINTING)  # type: ignore[arg-type]


class Paging(BaseHTTPRequestHandler):
    """An API server that gives a page when it may."""

    asked: ClassVar[list[str]] = []
    may: ClassVar[threading.Semaphore]

    def do_GET(self) -> None:
        """Answer with a page of a list of five."""
        page = parse_qs(urlsplit(self.path).query).get("continue", ["0"])[0]
        self.asked.append(page)
        self.may.acquire()
        items = [plc(f"plc-{page}-{at}") for at in range(500)]
        more = {"continue": str(int(page) + 1)} if page != "4" else {}
        content = json.dumps({"metadata": {"resourceVersion": "1", **more}, "items": items}).encode()
        with suppress(OSError):  # who asks may have gone
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Start = Callable[..., subprocess.Popen[str]]
Serving = Callable[..., AbstractContextManager[Path]]


@pytest.fixture
def start(serving: Serving, tmp_path: Path) -> Iterator[Start]:
    """Return what starts fabctl with a server that gives a single page."""
    Paging.asked, Paging.may = [], threading.Semaphore(1)
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [str(COMMAND), *arguments, "--kubeconfig", str(file), "--request-timeout", "50"]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return running[-1]

    with serving(Paging, tmp_path) as file:
        yield begin
        Paging.may.release(100)
        for process in running:
            process.kill()
            process.communicate()


FOLLOWED = ("get-status", "-w"), ("get-status", "-w", "-o", "csv")


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize(
    "words",
    [
        ("get-status", "-o", "name"),
        ("get-status", "-o", "json"),
        ("list", "-o", "yaml"),
        ("get-status", "--not-ready", "-o", "csv"),
        ("rollout", "list", "-o", "name"),
        ("templates", "-o", "csv"),
        ("history", "-o", "name"),
        ("list", "-o", "jsonpath={.items[*].metadata.name}"),
        *FOLLOWED,
    ],
    ids=" ".join,
)
def test_it_is_seen_before_more_is_asked_for(start: Start, words: tuple[str, ...]) -> None:
    """While the second page is waited for the first is to be read; Ctrl-C ends it there and then, with 130."""
    process = start(*words)
    assert process.stdout is not None
    seen = ""
    while "plc-0-499" not in seen:
        read = process.stdout.read(1)
        assert read, process.communicate()
        seen += read
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=60)
    assert (process.returncode, err, "plc-1" in rest) == (130, "", False)
    assert Paging.asked in (["0"], ["0", "1"])


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes of POSIX")
@pytest.mark.parametrize("words", [("get-status", "-o", "name"), ("list", "-o", "json"), *FOLLOWED], ids=" ".join)
def test_who_has_seen_enough_ends_it(start: Start, words: tuple[str, ...]) -> None:
    """`| head` ends it at the next page, without a word; the pages behind are never asked for."""
    process = start(*words)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    Paging.may.release()
    assert process.wait(60) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert Paging.asked in (["0"], ["0", "1"])
