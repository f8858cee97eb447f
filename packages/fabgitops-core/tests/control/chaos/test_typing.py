"""A wrong transition does not get past mypy."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[5]
SNIPPET = """
from datetime import datetime

from fabgitops_core.control.chaos import injecting, recovering, running, starting
from fabgitops_core.control.chaos.events import Acted, Looked
from fabgitops_core.control.chaos.states import Completed, Pending, Running
from fabgitops_core.control.chaos.table import on


def right(pending: Pending, looked: Looked) -> None:
    starting.looked(pending, looked)


def wrong(over: Completed, pending: Pending, looked: Looked, acted: Acted) -> None:
    starting.looked(over, looked)
    injecting.injected(pending, acted)
    running.renewed(pending, acted)


ROW = on(Running, Looked, recovering.looked)
"""
TOLD = {
    15: 'Argument 1 to "looked" has incompatible type "Completed"; expected "Pending"',
    16: 'Argument 1 to "injected" has incompatible type "Pending"; expected "Injecting"',
    17: 'Argument 1 to "renewed" has incompatible type "Pending"; expected "Renewing"',
    20: 'Argument 3 to "on" has incompatible type',
}


def test_a_wrong_transition_is_told_by_mypy(tmp_path: Path) -> None:
    """Who starts what is over, or writes a row with the handler of another state, is stopped before any test."""
    file = tmp_path / "snippet.py"
    file.write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--follow-imports=silent", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = {int(line.split(":")[1]): line for line in done.stdout.splitlines() if ": error: " in line}
    assert told.keys() == TOLD.keys(), done.stdout + done.stderr
    for number, text in TOLD.items():
        assert text in told[number]
