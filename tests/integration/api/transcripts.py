"""Transcripts of kubectl: commands, what they print, and where that differs without a cluster.

A file is a sequence of commands in one namespace:

    $ kubectl get plc nobody
    ! Error from server (NotFound): industrialplcs.fabgitops.io "nobody" not found
    (exit 1)

Lines with `! ` are of standard error. What follows a line `~ standalone: REASON` is printed there instead. Times, ages,
uids, versions, the namespace and the server's address differ from run to run, and are masked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ELSEWHERE = "~ standalone: "

MASKS = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"(resourceVersion\"?: *|Resource Version: +)\"?\d+\"?", r"\1VERSION"),
    (r"(?m)(?<![\w./-])(?:(?:\d+[smhd]){1,2}|AGE)(?: +(?=\S)|(?![\w./-]))", "AGE  "),
    (r"https?://127\.0\.0\.1:\d+", "SERVER"),
    (r"(/tmp/\S*?|\S*?)(LIVE|MERGED)-\d+", r"\2"),
    (r"(?m)^((?:---|\+\+\+) \S+)\t.*$", r"\1"),
)


CUT_OFF = re.compile(r"[IWE]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ reflector\.go:\d+\] ")
"""What kubectl logs now and then of a watch that its own deadline cuts off: over HTTP/1.1 alone, and of any server."""


@dataclass
class Step:
    """A command, and what it says: on Kubernetes, and where that differs, without a cluster."""

    command: str
    lines: list[str] = field(default_factory=list)
    reason: str = ""
    elsewhere: list[str] = field(default_factory=list)

    def said(self, *, elsewhere: bool) -> list[str]:
        """Return what it says on Kubernetes, or elsewhere."""
        return self.elsewhere if elsewhere and self.reason else self.lines


def read(path: Path) -> list[Step]:
    """Return the steps of a file."""
    return list(_steps(path.read_text().splitlines()))


def _steps(lines: list[str]) -> Iterator[Step]:
    step: Step | None = None
    for line in lines:
        if line.startswith("$ "):
            if step is not None:
                yield step
            step = Step(line[2:])
        elif step is None:
            assert line.startswith("#"), line
        elif line.startswith(ELSEWHERE):
            step.reason = line.removeprefix(ELSEWHERE)
        else:
            (step.elsewhere if step.reason else step.lines).append(line)
    if step is not None:
        yield step


def said(out: str, err: str, code: int, namespace: str) -> list[str]:
    """Return what a command said as a transcript has it."""
    told = (line for line in masked(err, namespace) if not CUT_OFF.match(line))
    lines = [*masked(out, namespace), *(f"! {line}".rstrip() for line in told)]
    return [*lines, *([f"(exit {code})"] if code else [])]


def masked(text: str, namespace: str) -> list[str]:
    """Return the lines of a text without what differs from run to run."""
    text = re.sub(rf"\b{re.escape(namespace)}\b", "place", text)
    for pattern, instead in MASKS:
        text = re.sub(pattern, instead, text)
    return [line.rstrip() for line in text.splitlines()]
