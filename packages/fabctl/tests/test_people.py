"""What people are told on a terminal and programs otherwise: times, colours, lines and bars."""

import io
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from fabctl.branching import Branch
from fabctl.render import drawing, show_sections, show_table
from fabctl.render.colouring import COLOR, coloured, without_style
from fabctl.render.shapes import Section, Table
from fabctl.render.tree import show_tree
from fabctl.times import for_people, in_full, since, spoken

NOW = datetime(2026, 1, 2, tzinfo=UTC)
THEN = datetime(2026, 1, 1, 23, 55, tzinfo=UTC)
STAMP = "2026-01-01T23:55:00Z"


class Output(io.TextIOWrapper):
    """Standard output that is a terminal, or is none."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        """Keep what is written."""
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        """Return which it is."""
        return self._terminal

    @property
    def said(self) -> str:
        """Return what was written."""
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (COLOR, "NO_COLOR", "FORCE_COLOR", "LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)


def shown(monkeypatch: pytest.MonkeyPatch, output: str = "table", *, terminal: bool, headers: bool = True) -> str:
    """Return what is printed of a table with a time, and of a part with one."""
    to = Output(terminal=terminal)
    monkeypatch.setattr(sys, "stdout", to)
    show_table(Table("", ("Name", "Created"), (("mixer", since(THEN, NOW)),)), output, headers=headers)
    show_sections([Section("", (("Created", since(THEN, NOW)), ("Held", spoken("since {}", since(THEN, NOW)))))])
    return to.said


def test_people_are_told_how_long_ago_and_programs_when(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a time is how long ago it was, in a pipe and in csv RFC 3339 alone; in full only of one object."""
    for headers in (True, False):
        lines = shown(monkeypatch, terminal=True, headers=headers).splitlines()
        assert sum("5m ago" in line for line in lines) == 3
        assert [line for line in lines if STAMP in line] == [f"Created:  5m ago ({STAMP})"]
    for output in ("table", "csv"):
        said = shown(monkeypatch, output, terminal=False)
        assert (said.count(STAMP), "ago" in said) == (3, False)


def test_what_is_no_time_is_told_alike() -> None:
    """A text, and a time that is not known."""
    assert (for_people("x"), in_full("x"), since(None, NOW)) == ("x", "x", "-")
    assert type(spoken("{} of {}", "{a}", "b")) is str


@pytest.mark.parametrize(
    ("terminal", "environment", "look", "style"),
    [
        (True, {}, True, True),
        (False, {}, False, True),
        (False, {"FORCE_COLOR": "1"}, True, True),
        (True, {"NO_COLOR": "1"}, True, False),
        (True, {COLOR: "never"}, True, False),
        (False, {COLOR: "never", "FORCE_COLOR": "1"}, False, False),
        (False, {COLOR: "always", "NO_COLOR": "1"}, True, True),
        (False, {COLOR: "auto", "FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_what_is_said_last_counts(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environment: Mapping[str, str], look: bool, style: bool
) -> None:
    """--color goes before NO_COLOR and FORCE_COLOR, and these before what standard output is."""
    monkeypatch.setattr(sys, "stdout", Output(terminal=terminal))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (coloured(), not without_style()) == (look, style)


@pytest.mark.parametrize(
    ("environment", "encoding", "plain"),
    [
        ({}, "utf-8", False),
        ({}, "latin-1", True),
        ({"LANG": "de_DE.UTF-8"}, "utf-8", False),
        ({"LANG": "de_DE.ISO-8859-1"}, "utf-8", True),
        ({"LANG": "C.UTF-8", "LC_ALL": "C"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({"LANG": "en_US.utf8", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "POSIX", "LC_ALL": "en_US.UTF-8"}, "utf-8", False),
    ],
)
def test_it_is_drawn_in_ascii_where_the_locale_is_not_utf_8(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], encoding: str, plain: bool
) -> None:
    """LC_ALL goes before LC_CTYPE and LANG, and what Python makes of the locale C before none of them."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    to = Output(terminal=True, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", to)
    assert drawing.ascii_only() is plain
    assert drawing.drawn("7 → 9") == ("7 -> 9" if plain else "7 → 9")
    show_table(Table("", ("Name",), (("mixer",),)))
    assert to.said.isascii() is plain


def test_a_tree_in_ascii_tells_people_how_long_ago_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put in the place of arrows takes no time back to what programs are told."""
    monkeypatch.setenv("LC_ALL", "C")
    to = Output(terminal=True)
    monkeypatch.setattr(sys, "stdout", to)
    show_tree(Branch("rollout", "recipe", (spoken("7 → 9 since {}", since(THEN, NOW)),)), wide=False)
    assert "7 -> 9 since 5m ago" in to.said
