"""The dashboard without a terminal: what keys do, and what fits on a screen."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.board import Board, Press, pressed, seen, sparkline, window
from fabctl.model import View, view
from fabctl.picking import Order
from fabctl.render.dashboard import Place, rows_of, screen
from fabctl.render.keys import split
from rich.cells import cell_len

Make = Callable[..., dict[str, Any]]
PLACE = Place("plant, namespace line-3", datetime(2026, 1, 1, 12, tzinfo=UTC))


def fleet(plc: Make, count: int) -> list[View]:
    """Return PLCs of which the third drifts and the fifth cannot be reached."""
    found = []
    for number in range(1, count + 1):
        reason, ready = {3: ("DriftDetected", "False"), 5: ("ConnectionFailed", "False")}.get(
            number, ("InSync", "True")
        )
        body = plc(reason, ready, inSync=ready == "True", currentValue=number, message=f"said of {number}")
        body["metadata"] = {**body["metadata"], "name": f"plc-{number:04}", "uid": f"u-{number}"}
        found.append(view(body))
    return found


def typed(board: Board, *keys: str, room: int = 10) -> Board:
    """Return the board after keys."""
    for key in keys:
        board = pressed(board, key, room)
    return board


def at(board: Board) -> str:
    """Return the name that the mark stands at."""
    return next(line.plain.split()[1] for line in screen(board, PLACE, 120, 30) if line.plain.startswith("> "))


def test_what_needs_attention_stands_first(plc: Make) -> None:
    """And s goes through the other orders, back to that."""
    board = seen(Board(), fleet(plc, 9))
    assert [each.name for each in board.shown[:3]] == ["plc-0005", "plc-0003", "plc-0001"]
    assert typed(board, "s").shown[0].name == "plc-0001"
    assert typed(board, *"sssss").order is Order.STATUS


def test_the_mark_moves_and_stays_with_its_plc(plc: Make) -> None:
    """By arrows, pages and letters, never beyond the ends; where its PLC is gone it goes to the first."""
    board = typed(seen(Board(), fleet(plc, 50)), "s")
    assert at(board) == "plc-0001"
    assert at(typed(board, Press.DOWN, "j", Press.UP)) == "plc-0002"
    assert at(typed(board, Press.PAGE_DOWN)) == "plc-0010"
    assert at(typed(board, "G", Press.DOWN)) == "plc-0050"
    assert at(typed(board, Press.END, "g", "k")) == "plc-0001"
    marked = typed(board, *[Press.DOWN] * 6)
    assert at(seen(marked, fleet(plc, 20))) == "plc-0007"
    assert at(seen(marked, fleet(plc, 5))) == "plc-0001"


def test_a_filter_is_typed(plc: Make) -> None:
    """Each word must be in name, status, endpoint or tags; what is typed is no key meanwhile, not even q."""
    board = typed(seen(Board(), fleet(plc, 30)), "/", *"q")
    assert (board.over, board.shown) == (False, [])
    board = typed(board, Press.BACK, *"drift", Press.ENTER)
    assert [each.name for each in board.shown] == ["plc-0003"]
    assert screen(board, PLACE, 80, 24)[-1].plain.startswith("filter: drift  ")
    assert len(typed(board, Press.ESCAPE).shown) == 30
    assert typed(board, "q").over


def test_one_is_opened_and_closed(plc: Make) -> None:
    """Everything that is known of it, which scrolls; back in the list the mark is at it."""
    board = typed(seen(Board(), fleet(plc, 9)), Press.DOWN, Press.ENTER)
    lines = [line.plain for line in screen(board, PLACE, 80, 24)]
    assert any("plc-0003" in line for line in lines)
    assert any("Spec (Git):" in line for line in lines)
    further = [line.plain for line in screen(typed(board, Press.DOWN), PLACE, 80, 12)]
    assert further[2] == [line.plain for line in screen(board, PLACE, 80, 12)][3]
    assert at(typed(board, Press.ESCAPE)) == "plc-0003"
    gone = seen(board, fleet(plc, 2))
    assert at(gone) == "plc-0001"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 10), (200, 60), (20, 5), (1, 1), (81, 18)])
def test_it_fits_on_any_screen(plc: Make, width: int, height: int) -> None:
    """Each line, whatever names and values are long or wide; also with thousands of PLCs, and whatever is pressed."""
    dice = random.Random(18)  # noqa: S311
    bodies = fleet(plc, 40)
    odd = plc("ConnectionFailed", "False", message="\u6f22" * 90, lastError="\x1b[2J" * 9)
    odd["metadata"] = {"name": "\u6f22\u5b57" * 30, "namespace": "line-3"}
    event = {"reason": "DriftDetected", "type": "Warning", "note": "n" * 300, "regarding": {"name": "x", "uid": "u-1"}}
    board = seen(Board(events=(event,) * 9), [view(odd), *bodies])
    keys = [*Press, *"sjkgG/abq"]
    for _ in range(60):
        board = typed(board, dice.choice(keys), room=rows_of(board, height))
        lines = screen(board, PLACE, width, height)
        assert len(lines) == height or height < 3
        assert all(cell_len(line.plain) <= width and line.plain.isprintable() for line in lines)


def test_five_thousand_are_counted_and_a_few_drawn(plc: Make) -> None:
    """The totals are of all, and the screen has those that need attention."""
    board = seen(Board(), fleet(plc, 5000))
    lines = [line.plain for line in screen(board, PLACE, 80, 24)]
    assert "5,000 PLCs" in lines[0]
    assert lines[1].startswith("1 FAILED  1 DRIFT  4,998 SYNCED")
    assert lines[3].split()[1] == "plc-0005"
    assert lines[-1] == "up/down move  enter open  / filter  s sort: attention  q quit"


def test_values_become_a_trend(plc: Make) -> None:
    """What was observed is drawn, the newest last; in a locale without bars by other characters."""
    board = Board()
    for value in (0, 50, 100):
        board = seen(board, [view(plc("InSync", "True", inSync=True, currentValue=value))])
    trend = board.trends["line-3", "mixer"]
    assert sparkline(trend, 10, ascii_only=False) == "▁▅█"
    assert sparkline(trend, 2, ascii_only=True) == "_^"
    assert sparkline([7.0, 7.0], 5, ascii_only=False) == "▅▅"
    assert sparkline([], 5, ascii_only=False) == ""


@pytest.mark.parametrize("said", ["nan", "inf", "-inf", "1.7e308", "1e400"])
def test_what_no_line_can_be_drawn_to_is_in_no_trend(mapped: Make, said: str) -> None:
    """A device may hold NaN; what is known besides is drawn all the same."""
    board = Board()
    for each in ("1.5", said, "-1.7e308", "2.5"):
        board = seen(board, [view(mapped(speed={"actual": each}))])
    (trend,) = board.trends.values()
    assert list(trend) == [1.5, 2.5]
    assert len(screen(board, PLACE, 120, 30)) == 30


def test_the_mark_is_always_in_the_window() -> None:
    """Wherever it stands, and however many there are."""
    for count in (0, 1, 5, 100):
        for place in range(count):
            first, last = window(place, count, 10)
            assert first <= place < last
            assert last - first == min(10, count)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"q", ["q"]),
        (b"\x1b[A\x1b[B", [Press.UP, Press.DOWN]),
        (b"\x1b", [Press.ESCAPE]),
        (b"\x1b[38;5x", []),
        (b"\x1bx", ["x"]),
        (b"a\xc3\xa9\r", ["a", "\u00e9", Press.ENTER]),
        (b"\xff\x7f", ["\N{REPLACEMENT CHARACTER}", Press.BACK]),
        (b"\x1b[5~/", [Press.PAGE_UP, "/"]),
    ],
)
def test_keys_are_told_apart(data: bytes, found: list[str]) -> None:
    """Sequences, characters of several bytes, and what means nothing."""
    assert list(split(data)) == found
