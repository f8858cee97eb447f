"""The dashboard of `fabctl watch` on a real terminal, as a terminal shows it: by what is drawn, not by what is sent."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pyte
import pytest

pytestmark = pytest.mark.integration

DOWN = b"\x1b[B"


class Display:
    """What a terminal of some size shows of what a program has drawn."""

    def __init__(self, terminal: Any, columns: int, lines: int) -> None:
        """Give the terminal its size."""
        self._terminal, self._fed = terminal, 0
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        terminal.resize(columns, lines)

    @property
    def lines(self) -> list[str]:
        """Return the lines that are to be seen."""
        seen = self._terminal.read()
        self._stream.feed(seen[self._fed :])
        self._fed = len(seen)
        return [line.rstrip() for line in self._screen.display]

    def resize(self, columns: int, lines: int) -> None:
        """Give it another size."""
        self._screen.resize(lines, columns)
        self._terminal.resize(columns, lines)

    def until(self, plant: Any, is_so: Callable[[list[str]], bool], what: str) -> list[str]:
        """Wait until it shows something, and return the lines."""
        try:
            plant.until(lambda: is_so(self.lines), what)
        except AssertionError:
            print("\n".join(self.lines))
            raise
        return self.lines


@pytest.fixture
def three(plant: Any) -> Any:
    """Return a plant with a PLC in sync, one that drifts and one that cannot be reached."""
    for name in ("mixer", "oven", "press"):
        plant.create(name)
    plant.report("mixer", "InSync", "True", inSync=True, currentValue=2500)
    plant.report("oven", "DriftDetected", "False", inSync=False, currentValue=9, driftEvents=3)
    plant.report("press", "ConnectionFailed", "False", message="10.0.0.7:502 refused the connection")
    return plant


def names(lines: list[str]) -> list[str]:
    """Return the PLCs that are listed, in their order."""
    return [line[2:].split()[0] for line in lines if line[2:].startswith(("mixer", "oven", "press"))]


def test_what_is_seen_and_what_keys_do(three: Any, terminal: Any) -> None:
    """Totals, those that need attention first, a filter, another order, everything of one, and the end by q."""
    screen = terminal("watch", "--interval", "0.2")
    display = Display(screen, 80, 24)
    lines = display.until(three, lambda lines: names(lines) == ["press", "oven", "mixer"], "three PLCs")
    assert lines[0].startswith("Git vs. Reality  ")
    assert "3 PLCs" in lines[0]
    assert lines[1] == "1 FAILED  1 DRIFT  1 SYNCED  3 drifts, 0 corrections"
    assert lines[3].startswith("> press")
    assert "10.0.0.7:502 refused the" in lines[3]
    assert lines[23] == "up/down move  enter open  / filter  s sort: attention  q quit"
    screen.press(b"s")
    display.until(three, lambda lines: names(lines) == ["mixer", "oven", "press"], "another order")
    screen.press(b"/dri")
    display.until(three, lambda lines: names(lines) == ["oven"] and lines[23] == "filter: dri_", "a filter")
    screen.press(b"\r")
    display.until(three, lambda lines: lines[23].startswith("filter: dri  up/down"), "the filter stands")
    screen.press(b"\r")
    lines = display.until(three, lambda lines: any("Spec (Git):" in line for line in lines), "everything of it")
    assert any(line.startswith("Name:") and line.endswith("oven") for line in lines)
    assert any(line.startswith("Trend:") for line in lines)
    screen.press(b"\x1b")
    display.until(three, lambda lines: names(lines) == ["oven"], "the list again")
    screen.press(b"\x1b")
    display.until(three, lambda lines: len(names(lines)) == 3, "all of them")
    screen.press(b"q")
    assert screen.end() == 0
    assert screen.seen.rindex("\x1b[?25h") > screen.seen.rindex("\x1b[?25l")
    assert screen.seen.rindex("\x1b[?1049l") > screen.seen.rindex("\x1b[?1049h")
    assert "Traceback" not in screen.seen


def test_it_follows_what_happens(three: Any, terminal: Any) -> None:
    """A status that changes is drawn, with the trend of its value; the mark stays with its PLC."""
    screen = terminal("watch", "--interval", "0.2")
    display = Display(screen, 100, 30)
    display.until(three, lambda lines: names(lines) == ["press", "oven", "mixer"], "three PLCs")
    screen.press(DOWN + DOWN)
    display.until(three, lambda lines: any(line.startswith("> mixer") for line in lines), "the mark at the last")
    three.report("mixer", "DriftDetected", "False", inSync=False, currentValue=7, driftEvents=1)

    def drifts(lines: list[str]) -> bool:
        row = next((line for line in lines if line.startswith("> mixer")), "")
        return "DRIFT" in row and "█" in row and "▁" in row

    display.until(three, drifts, "the drift, and its trend")
    three.delete("press")
    lines = display.until(three, lambda lines: len(names(lines)) == 2, "one that is gone")
    assert lines[1].startswith("2 DRIFT  4 drifts")
    screen.press(b"q")
    assert screen.end() == 0


def is_whole(last: str, lines: list[str]) -> bool:
    """Return whether a screen is drawn whole: what is left of a larger one has no title at the top."""
    titles = [at for at, line in enumerate(lines) if "Git vs. Reality" in line]
    return lines[-1] == last and titles == [0] and names(lines)[:1] == ["press"]


def test_it_is_drawn_anew_in_another_size(three: Any, terminal: Any) -> None:
    """No line is wrapped or left over, however small it becomes, and keys stay at the bottom."""
    screen = terminal("watch", "--interval", "3600")
    display = Display(screen, 120, 40)
    display.until(three, lambda lines: lines[39].startswith("up/down"), "a large one")
    for columns, height in ((80, 24), (40, 8), (100, 30)):
        display.resize(columns, height)
        last = "up/down move  enter open  / filter  s sort: attention  q quit"[:columns].rstrip()
        display.until(three, partial(is_whole, last), f"{columns} by {height}")
    screen.press(b"\x03")
    assert screen.end() == 130


def test_an_outage_is_told_at_the_bottom(three: Any, terminal: Any) -> None:
    """And it goes on when the API server is back; keys work meanwhile."""
    screen = terminal("watch", "--interval", "0.2")
    display = Display(screen, 100, 24)
    display.until(three, lambda lines: len(names(lines)) == 3, "three PLCs")
    three.plane.stop()
    try:
        display.until(three, lambda lines: "cannot be reached" in lines[23], "the trouble")
        screen.press(b"s")
        display.until(three, lambda lines: names(lines)[0] == "mixer", "another order")
    finally:
        three.plane.start()
    display.until(three, lambda lines: lines[23].startswith("up/down"), "that it goes on")
    screen.press(b"q")
    assert screen.end() == 0
