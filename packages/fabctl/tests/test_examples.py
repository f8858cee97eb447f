"""The examples that end the help of each command; tests/docs runs them."""

import subprocess
from collections.abc import Callable, Iterator

import pytest
from cyclopts import App
from fabctl.app import app
from fabctl.errors import EXIT_CODES, FabctlError
from fabctl.examples import EXAMPLES, WIDTH

Fabctl = Callable[..., subprocess.CompletedProcess[str]]


def commands(of: App, before: str = "") -> Iterator[str]:
    """Yield each command, and each group of them, by the name that it is called by first."""
    for name in of:
        if not name.startswith(("-", "_")) and name == of[name].name[0]:
            yield f"{before}{name}"
            yield from commands(of[name], f"{before}{name} ")


def test_each_command_has_two_or_three() -> None:
    """No command is without, and none of a command that is no more is left."""
    assert EXAMPLES.keys() == {"", *commands(app)}
    assert {len(each) for each in EXAMPLES.values()} <= {2, 3}


def test_an_example_is_of_its_command_and_fits_80_columns() -> None:
    """Each line has room, and shows the command whose help it ends; one of a group shows one of its commands."""
    for command, examples in EXAMPLES.items():
        for what, line in examples:
            assert f"fabctl {command}" in line
            assert max(map(len, [what, *line.splitlines()])) <= WIDTH, line


@pytest.mark.parametrize(
    "arguments",
    [["get-status", "--help"], ["status", "-h"], ["rack", "locate", "--help"], ["rack", "--help"], ["--help"]],
)
def test_help_ends_with_examples(fabctl: Fabctl, arguments: list[str]) -> None:
    """Also by another name of the command, each line whole, and then what holds for all of them."""
    shown = fabctl(*arguments)
    command = " ".join("get-status" if each == "status" else each for each in arguments[:-1])
    wanted = [f"  {each}" for what, line in EXAMPLES[command] for each in (f"# {what}", *line.splitlines())]
    assert (shown.returncode, shown.stderr) == (0, "")
    told = shown.stdout.split("\nExamples:\n")[1]
    assert told.startswith("\n".join(wanted) + "\n\nData goes to standard output")


def test_every_error_ends_with_a_code_that_is_told() -> None:
    """The table of exit codes, which documentation and manual page show, has that of each error."""

    def codes(of: type[FabctlError]) -> set[str]:
        return {str(of.code)}.union(*map(codes, of.__subclasses__()))

    assert codes(FabctlError) <= EXIT_CODES.keys()
