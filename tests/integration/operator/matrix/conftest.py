"""Prints the fault matrix that was played, and writes it into the documentation where that is asked for."""

import pytest

from .table import SAID, lines, write


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the matrix be written; to be given together with this folder."""
    parser.addoption("--write", action="store_true", help="write the fault matrix into docs/reliability.md")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table when rows of it were played."""
    played = config.stash.get(SAID, {})
    if not played:
        return
    terminalreporter.section("fault matrix")
    for line in lines(played):
        terminalreporter.line(line)
    for fault, each in played.items():
        terminalreporter.line(f"in sync {each.recovered:4.1f} s after its end: {fault}")
    if config.getoption("--write", default=False):
        write(played)
