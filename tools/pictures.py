"""Writes docs/images/*.svg: what fabctl draws on a terminal, of a plant that runs for this: operator, PLCs, faults.

Each is what a terminal shows at that moment, so two runs differ, as two moments do. No picture loads anything.
"""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

import pyte
import yaml
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text
from stages import BIN, ROOT, Standalone, StoryError, until

IMAGES = ROOT / "docs/images"
MACHINES = ("mixer-1", "mixer-2", "mixer-3", "oven", "filler", "labeler", "conveyor", "press")
DRIFTING = ("--chaos", "--chaos-interval", "4", "--seed", "11", "--max-drift", "400")
COLOURS = {"brown": "yellow"}
"""What pyte calls otherwise than rich."""
LIVELY_SECS = 40
"""How long the dashboard looks on before its picture is taken: long enough for trends."""


def furnish(stage: Standalone) -> None:
    """Start PLCs that drift, and the drive of examples/devices; declare them, and one that is away."""
    registers = [word for at in range(len(MACHINES)) for word in ("--register", f"{4001 + at}=2500")]
    chaotic = stage.start_plc("chaotic", *DRIFTING, *registers)
    drive = stage.start_plc("drive", "--device", str(ROOT / "examples/devices/mock/danfoss-fc101.yaml"))
    for at, name in enumerate(MACHINES):
        spec = {"deviceAddress": "127.0.0.1", "port": chaotic, "targetRegister": 4001 + at, "targetValue": 2500}
        declare(stage, "IndustrialPLC", name, {**spec, "pollIntervalSecs": 1, **OTHERWISE.get(name, {})})
    for body in yaml.safe_load_all((ROOT / "examples/devices/danfoss-fc101.yaml").read_text()):
        where = {"port": drive} if body["kind"] == "IndustrialPLC" else {}
        declare(stage, body["kind"], body["metadata"]["name"], body["spec"] | where)


OTHERWISE: dict[str, dict[str, Any]] = {
    "oven": {"autoCorrect": False},
    "press": {"port": 9},
    "conveyor": {"suspend": True},
    "labeler": {"correction": {"mode": "Warn"}},
}
"""What some machines have of their own."""


def declare(stage: Standalone, kind: str, name: str, spec: dict[str, Any]) -> None:
    """Write a manifest into the operator's folder."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    stage.declare(f"{kind}-{name}".lower(), body)


def drawn(
    stage: Standalone, arguments: Sequence[str], size: tuple[int, int], keys: bytes = b"", secs: float = 0
) -> Any:
    """Return the screen of a terminal of so many columns and lines on which fabctl runs.

    Args:
        stage: Where.
        arguments: Of fabctl.
        size: Columns and lines.
        keys: What ends it; without it ends by itself.
        secs: How long it is looked at before.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environment = {**os.environ, "KUBECONFIG": str(stage.kubeconfig), "TERM": "xterm-256color", "NO_COLOR": ""}
    streams: dict[str, Any] = {"stdin": slave, "stdout": slave, "stderr": slave}
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    with subprocess.Popen([BIN / "fabctl", *arguments], env=environment, start_new_session=True, **streams) as process:
        os.close(slave)
        try:
            deadline = time.monotonic() + secs
            while time.monotonic() < deadline or (not keys and process.poll() is None):
                _feed(stream, master)
            _feed(stream, master)
            if keys:
                os.write(master, keys)
            code = process.wait(timeout=30)
        finally:
            process.kill()  # which is in a session of its own, where Ctrl-C does not reach it
    os.close(master)
    if code:
        raise StoryError(f"fabctl {' '.join(arguments)} ended with {code}: {' '.join(screen.display).strip()}")
    return screen


def _feed(stream: Any, master: int) -> None:
    while select.select([master], [], [], 0.2)[0]:
        try:
            stream.feed(os.read(master, 65536))
        except OSError:  # the last that wrote has gone
            return


def lines_of(screen: Any) -> list[Text]:
    """Return what a screen shows, with its colours, without the empty lines at its end."""
    lines = []
    for y in range(screen.lines):
        row = [screen.buffer[y][x] for x in range(screen.columns)]
        alike = ((kind, "".join(cell.data for cell in cells)) for kind, cells in groupby(row, style))
        lines.append(Text.assemble(*((data, kind) for kind, data in alike)))
    while lines and not lines[-1].plain.strip():
        lines.pop()
    return lines


def style(cell: Any) -> str:
    """Return the style of a cell, in rich's words."""
    colour = "" if cell.fg == "default" else COLOURS.get(cell.fg, cell.fg)
    return " ".join(filter(None, ["bold" if cell.bold else "", "reverse" if cell.reverse else "", colour]))


def svg(lines: Sequence[Text], columns: int, title: str) -> str:
    """Return lines as an SVG that loads no font from elsewhere."""
    console = Console(record=True, width=columns, file=io.StringIO(), color_system="truecolor", highlight=False)
    for line in lines:
        console.print(line, no_wrap=True, crop=True)
    template = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title=title, code_format=template, unique_id=title.replace(" ", "-")) + "\n"


def main() -> int:
    """Write the pictures and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="fabgitops-pictures-") as folder, ExitStack() as stack:
        stage = Standalone(stack, Path(folder))
        try:
            furnish(stage)
            stage.start_operator()
            until(lambda: stage.status("supply-fan").get("registersInSync"), "the drive is read")
            until(lambda: stage.status("press").get("lastError"), "the press cannot be reached")
            pictures = taken(stage)
        except StoryError as error:
            sys.stderr.write(f"pictures: {error}\n")
            return 1
    for name, text in pictures.items():
        (IMAGES / f"{name}.svg").write_text(text, encoding="utf-8")
        sys.stderr.write(f"wrote docs/images/{name}.svg\n")
    return 0


def taken(stage: Standalone) -> dict[str, str]:
    """Return the pictures by the names of their files."""
    watched = drawn(stage, ["watch", "--interval", "1"], (110, 24), b"q", LIVELY_SECS)
    shots: dict[str, tuple[str, int, Callable[[], Any]]] = {
        "watch": ("fabctl watch", 110, lambda: watched),
        "get-status": ("fabctl get-status", 64, lambda: drawn(stage, ["get-status"], (64, 24))),
    }
    return {name: svg(lines_of(shoot()), columns, title) for name, (title, columns, shoot) in shots.items()}


if __name__ == "__main__":
    sys.exit(main())
