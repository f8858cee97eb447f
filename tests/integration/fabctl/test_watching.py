"""`fabctl watch` on a real API server, in a pipe and on a real terminal."""

import signal
import subprocess
from typing import Any

import pytest

pytestmark = pytest.mark.integration

CURSOR_HIDDEN, CURSOR_SHOWN = "\x1b[?25l", "\x1b[?25h"


def row(process: subprocess.Popen[str]) -> list[str]:
    """Return the next row of a table in a pipe, without what stands above it."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() and not line.startswith("NAME"):
            return line.split()
    pytest.fail("it ended")


def test_a_pipe_gets_a_table_when_something_changed(plant: Any) -> None:
    """In a pipe there is one table for each change, and none while nothing changes."""
    plant.create("mixer")
    process = plant.start("watch", "--interval", "0.1", "-n", plant.namespace)
    assert row(process) == ["mixer", "2500", "-", "PENDING", "0"]
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    assert row(process) == ["mixer", "2500", "2500", "SYNCED", "0"]
    plant.report("mixer", "DriftDetected", "False", inSync=False, currentValue=9, driftEvents=1)
    assert row(process) == ["mixer", "2500", "9", "DRIFT", "1"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_pipe_that_nobody_reads_ends_it(plant: Any) -> None:
    """`fabctl watch | head -2` ends when head has, although nothing changes and the next look is far off."""
    plant.create("mixer")
    process = plant.start("watch", "--interval", "3600", "-n", plant.namespace)
    row(process)
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == ""


def test_an_outage_is_told_and_survived(plant: Any) -> None:
    """While the API server is away watch says so once, and goes on when it is back."""
    plant.create("mixer")
    process = plant.start("watch", "--interval", "0.1", "-n", plant.namespace)
    row(process)
    plant.plane.stop()
    try:
        assert "cannot be reached" in process.stderr.readline()
    finally:
        plant.plane.start()
    while "answers again" not in (line := process.stderr.readline()):
        assert line.startswith("fabctl: ")
    plant.report("mixer", "Suspended", "Unknown")
    assert row(process) == ["mixer", "2500", "-", "SUSPENDED", "0"]


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM"])
def test_the_terminal_is_left_as_it_was(plant: Any, terminal: Any, how: str) -> None:
    """On a terminal the table is redrawn in place; Ctrl-C (exit 130) and SIGTERM (143) bring back screen and cursor."""
    plant.create("mixer")
    screen = terminal("watch", "--interval", "0.1")
    screen.until("Git vs. Reality.*PENDING")
    assert CURSOR_HIDDEN in screen.seen
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    screen.until("\x1b\\[H.*SYNCED")
    if how == "Ctrl-C":
        screen.press(b"\x03")
    else:
        screen.process.terminate()
    assert screen.end() == (130 if how == "Ctrl-C" else 143)
    assert screen.seen.rindex(CURSOR_SHOWN) > screen.seen.rindex(CURSOR_HIDDEN)
    assert screen.seen.rindex("\x1b[?1049l") > screen.seen.rindex("\x1b[?1049h")
    assert "Traceback" not in screen.seen


def test_sync_gives_the_cursor_back(plant: Any, terminal: Any) -> None:
    """A sync that is ended by SIGTERM while its spinner turns leaves the cursor to be seen."""
    plant.create("mixer")
    screen = terminal("sync", "mixer")
    screen.until("waiting for the operator")
    screen.process.terminate()
    assert screen.end() == 143
    assert screen.seen.rindex(CURSOR_SHOWN) > screen.seen.rindex(CURSOR_HIDDEN)
    assert "Traceback" not in screen.seen


def test_no_color_means_none(plant: Any, terminal: Any) -> None:
    """With NO_COLOR the table on a terminal has no style at all."""
    plant.create("mixer")
    screen = terminal("get-status", colour=False)
    assert screen.end() == 0
    assert "PENDING" in screen.seen
    assert "\x1b[" not in screen.seen


def test_changes_are_followed_as_lines(plant: Any) -> None:
    """`get-status -w` prints a line for each change that is to be seen, under the same columns, until Ctrl-C."""
    plant.create("mixer", labels={"line": "3"})
    plant.create("oven", labels={"line": "4"})
    process = plant.start("get-status", "-w", "-l", "line=3", "-n", plant.namespace)
    assert row(process) == ["mixer", "2500", "-", "PENDING", "0", "-"]
    plant.report("oven", "InSync", "True", inSync=True, currentValue=2500)
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    assert row(process) == ["mixer", "2500", "2500", "SYNCED", "0", "-"]
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500, message="nothing that a row has")
    plant.create("press", labels={"line": "3"})
    assert row(process) == ["press", "2500", "-", "PENDING", "0", "-"]
    plant.delete("mixer")
    assert row(process) == ["mixer", "-", "-", "DELETED", "-", "-"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")


def test_what_becomes_ready_is_told_once_more(plant: Any) -> None:
    """With --not-ready one that is no such PLC any more has a last line, and none when it changes after that."""
    plant.create("mixer")
    process = plant.start("get-status", "mixer", "-w", "--not-ready", "-o", "csv", "-n", plant.namespace)
    assert process.stdout.readline() == "Name,Target,Actual,Status,Drifts,Held by\n"
    assert process.stdout.readline() == "mixer,2500,,PENDING,0,\n"
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    assert process.stdout.readline() == "mixer,2500,2500,SYNCED,0,\n"
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2499)
    plant.report("mixer", "DriftDetected", "False", inSync=False, currentValue=9, driftEvents=1)
    assert process.stdout.readline() == "mixer,2500,9,DRIFT,1,\n"
    code, _, err = plant.fabctl("get-status", "-w", "-o", "json")
    assert (code, "as -o table, wide or csv" in err) == (2, True)
