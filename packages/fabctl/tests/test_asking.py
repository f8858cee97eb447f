"""Whether what was shown is done: by a yes, by --yes, and not otherwise."""

import io
from typing import Any

import pytest
from fabctl.asking import Asking, Deed
from fabctl.errors import UsageError

DEED = Deed("Suspend mixer in line-3", "mixer: nothing was suspended", "fabctl suspend mixer")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> Terminal:
    """Have a person answer, and return what they are asked on."""
    seen = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stderr", seen)
    return seen


@pytest.mark.parametrize("answer", ["y\n", "Yes\n", " y \n"])
def test_a_yes_is_one(monkeypatch: pytest.MonkeyPatch, capsys: Any, answer: str) -> None:
    """In either case of letters; nothing is printed where it is done."""
    seen = on_a_terminal(monkeypatch, answer)
    assert Asking().declined(DEED) is None
    assert seen.getvalue() == "Suspend mixer in line-3? [y/N] "
    assert not capsys.readouterr().out


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "yess\n", "\u202ey\n"])
def test_anything_else_is_none(monkeypatch: pytest.MonkeyPatch, capsys: Any, answer: str) -> None:
    """An end of the input, a bare return, and what only looks like a yes: it says that nothing was done, and fails."""
    on_a_terminal(monkeypatch, answer)
    assert Asking().declined(DEED) == 1
    assert capsys.readouterr().out == "mixer: nothing was suspended\n"


def test_without_a_terminal_only_the_option_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that says yes is no person: the command line that would do it is told."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="no terminal to ask on: fabctl suspend mixer --yes does what is shown"):
        Asking().declined(DEED)
    assert Asking(yes=True).declined(DEED) is None


def test_a_dry_run_is_stronger_than_a_yes(capsys: Any) -> None:
    """With both nothing is done, and that is no failure."""
    assert Asking(yes=True, dry_run=True).declined(DEED) == 0
    assert capsys.readouterr().out == "mixer: nothing was suspended (--dry-run)\n"


def test_what_others_wrote_does_not_command_the_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Neither in the question nor in the line after it."""
    seen = on_a_terminal(monkeypatch, "n\n")
    Asking().declined(Deed("Suspend \x1b[2J", "\x9b2J: no", "fabctl suspend"))
    assert seen.getvalue().isprintable()
    assert capsys.readouterr().out.rstrip("\n").isprintable()
