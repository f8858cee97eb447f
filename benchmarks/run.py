"""Runs everything and prints one table: `python -m benchmarks.run [SECONDS] [COUNT ...]`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cyclopts import App
from cyclopts.types import PositiveFloat, PositiveInt
from rich.console import Console
from rich.table import Table

from benchmarks import telegraf
from benchmarks.devices import said

SECONDS = 20.0
COUNTS = (1000, 5000)

app = App(name="bench", help_format="plaintext")


def measure(who: str, count: int, seconds: float) -> dict[str, Any]:
    """Run one poller against a fresh farm of devices and return its cost."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with (
        subprocess.Popen([sys.executable, "-m", "benchmarks.devices", str(count)], **pipes) as farm,
        subprocess.Popen([sys.executable, "-m", "benchmarks.pollers", who, str(seconds)], **pipes) as poller,
    ):
        assert farm.stdin
        assert farm.stdout
        assert poller.stdin
        assert poller.stdout
        try:
            poller.stdin.write(said(farm.stdout, "the farm of devices"))
            line = said(poller.stdout, who)
            if line == "drift\n":
                farm.stdin.write("drift\n")
                poller.stdin.write(said(farm.stdout, "the farm of devices"))
                line = said(poller.stdout, who)
            cost: dict[str, Any] = json.loads(line)
            return cost
        finally:
            poller.kill()
            farm.kill()


def asked_of_the_api_server(count: int, seconds: float) -> str:
    """Measure the real operator against a real API server, and return a sentence."""
    command = [sys.executable, "-m", "benchmarks.cluster", str(seconds), str(count)]
    ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        sys.exit("bench: the operator on a real API server could not be measured, see above")
    done = json.loads(ended.stdout)
    return (
        f"{count} PLCs on a real API server: {done['polls']:.0f} polls without drift cost it {done['requests']:.0f} "
        f"requests; when all drift at once the last is proven after {done['corrected']:.1f} s"
    )


def milliseconds(pair: list[float]) -> str:
    """Return a median and a 99th percentile as milliseconds."""
    return f"{pair[0] * 1e3:.1f} / {pair[1] * 1e3:.1f} ms"


def row(count: int, seconds: float, rival: Path | None) -> tuple[str, ...]:
    """Measure everybody at one count, and return a row of the table."""
    bare, ours = measure("bare", count, seconds), measure("fabgitops", count, seconds)
    theirs = telegraf.measure(rival, count, seconds) if rival else None
    return (
        str(count),
        f"{bare['cpu_us']:.0f} µs",
        f"{theirs['cpu_us']:.0f} µs" if theirs else "not built",
        f"{ours['cpu_us']:.0f} µs",
        f"{ours['cpu_us'] / bare['cpu_us']:.2f} / " + (f"{ours['cpu_us'] / theirs['cpu_us']:.2f}" if theirs else "-"),
        f"{ours['polls']} of {ours['due']:.0f}",
        milliseconds(ours["lateness"]),
        milliseconds(ours["lateness_scraped"]),
        f"{bare['memory']:.0f} / {theirs['memory'] if theirs else 0:.0f} / {ours['memory']:.0f} MiB",
        f"{ours['corrected'][0]:.1f} / {ours['corrected'][1]:.1f} s of {ours['corrections']}",
    )


@app.default
def main(seconds: PositiveFloat = SECONDS, /, *count: PositiveInt) -> None:
    """Measure what a poll costs beside others in the same run, and print one table.

    Args:
        seconds: How long each is measured.
        count: How many PLCs; each number is a row of the table, 1000 and 5000 without any.
    """
    counts = count or COUNTS
    console = Console(width=180)
    table = Table(
        "PLCs",
        "bare loop, CPU a poll",
        "Telegraf",
        "FabGitOps",
        "ratio to bare / Telegraf",
        "polls done",
        "lateness p50 / p99",
        "the same, /metrics scraped each second",
        "memory, bare / Telegraf / FabGitOps",
        "drift → proven p50 / p99",
        title="Polls every 5 s on uvloop, one connection a PLC; user and system time",
    )
    with tempfile.TemporaryDirectory() as folder:
        rival = telegraf.build(Path(folder))
        for each in counts:
            table.add_row(*row(each, seconds, rival))
    console.print(table)
    console.print(asked_of_the_api_server(counts[0], seconds))


if __name__ == "__main__":
    app()
