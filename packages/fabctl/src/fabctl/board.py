"""The dashboard of `fabctl watch`: what is known, what is looked at, and what each key does about it. Pure."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from fabctl.fields import Body
from fabctl.model import Status, View
from fabctl.picking import GRAVEST_FIRST, Order, in_order

KEPT = 60
"""Values of each PLC that are kept for its trend."""

FARTHEST = 1e300
"""Values beyond it are in no trend: between two of them no float can say how far it is."""

Key = tuple[str, str]

ORDERS = (Order.STATUS, Order.NAME, Order.DRIFTS, Order.CORRECTIONS, Order.DRIFTED_SINCE)
"""What `s` goes through; the first shows what needs attention first."""


class Press(StrEnum):
    """A key that means something; any other is the character that it types."""

    UP = "up"
    DOWN = "down"
    PAGE_UP = "page up"
    PAGE_DOWN = "page down"
    HOME = "home"
    END = "end"
    ENTER = "enter"
    BACK = "back"
    ESCAPE = "escape"


_LETTERS = {"k": Press.UP, "j": Press.DOWN, "g": Press.HOME, "G": Press.END}


@dataclass(frozen=True, slots=True)
class Board:
    """What is shown."""

    plcs: Mapping[Key, View] = field(default_factory=dict)
    trends: Mapping[Key, Sequence[float]] = field(default_factory=dict)
    """The values that were observed, the newest last."""
    events: tuple[Body, ...] = ()
    order: Order = Order.STATUS
    wanted: str = ""
    """What a name, status or endpoint has to contain."""
    typing: bool = False
    """Whether keys go into `wanted`."""
    at: Key | None = None
    """The PLC that the mark stands at; None: the first."""
    opened: Key | None = None
    """The PLC of which everything is shown."""
    scrolled: int = 0
    """How far down, where everything of one is shown."""
    over: bool = False

    @property
    def shown(self) -> list[View]:
        """Return the PLCs that are listed, in their order."""
        words = self.wanted.lower().split()
        found = (plc for plc in self.plcs.values() if all(word in _searched(plc) for word in words))
        return in_order(found, self.order)

    @property
    def open_plc(self) -> View | None:
        """Return the PLC that is opened, if it is there still."""
        return self.plcs.get(self.opened) if self.opened else None

    def counts(self) -> list[tuple[Status, int]]:
        """Return how many are how, those that need attention first."""
        counted = Counter(plc.status for plc in self.plcs.values())
        return [(status, counted[status]) for status in GRAVEST_FIRST if counted[status]]


def _searched(plc: View) -> str:
    return f"{plc.namespace}/{plc.name} {plc.status} {plc.endpoint} {plc.tags}".lower()


def seen(board: Board, plcs: Iterable[View]) -> Board:
    """Return the board with what was observed now."""
    known = {plc.key: plc for plc in plcs}
    trends = {key: _longer(board.trends.get(key, ()), value_of(plc)) for key, plc in known.items()}
    return replace(board, plcs=known, trends=trends)


def _longer(trend: Sequence[float], value: float | None) -> Sequence[float]:
    return trend if value is None else deque([*trend, value], maxlen=KEPT)


def value_of(plc: View) -> float | None:
    """Return the number of a PLC that is followed: its register, or the first numeric one of a map.

    None where it is not known, or is none that a line can be drawn to: no number at all, or an endless one.
    """
    if not plc.is_map:
        return None if plc.actual is None else _drawn(plc.actual)
    for each in (*plc.wanted, *plc.registers):
        try:
            found = float((each.actual or "").partition(" ")[0])
        except ValueError:
            continue
        return _drawn(found) if each.fresh else None
    return None


def _drawn(value: float) -> float | None:
    return value if abs(value) <= FARTHEST else None  # NaN is not, either


def pressed(board: Board, key: str, room: int) -> Board:
    """Return the board after a key.

    Args:
        board: As it is.
        key: A `Press`, or the character that was typed.
        room: How many rows there are to see.
    """
    if board.typing:
        return _typed(board, key)
    press = _LETTERS.get(key, key)
    if key == "q":
        return replace(board, over=True)
    if board.opened:
        return _in_opened(board, press, room)
    match press:
        case "s":
            return replace(board, order=ORDERS[(ORDERS.index(board.order) + 1) % len(ORDERS)], at=None)
        case "/":
            return replace(board, typing=True)
        case Press.ESCAPE:
            return replace(board, wanted="", at=None)
        case Press.ENTER:
            place = position(board, shown := board.shown)
            return replace(board, opened=shown[place].key, scrolled=0) if shown else board
    return _moved(board, press, room)


def _typed(board: Board, key: str) -> Board:
    match key:
        case Press.ENTER:
            return replace(board, typing=False)
        case Press.ESCAPE:
            return replace(board, typing=False, wanted="", at=None)
        case Press.BACK:
            return replace(board, wanted=board.wanted[:-1], at=None)
    return replace(board, wanted=board.wanted + key, at=None) if len(key) == 1 and key.isprintable() else board


def _step(press: str, room: int) -> int | None:
    """Return how far a key goes."""
    page, far = max(1, room - 1), 10**9
    steps: dict[str, int] = {Press.UP: -1, Press.DOWN: 1, Press.PAGE_UP: -page, Press.PAGE_DOWN: page}
    return {**steps, Press.HOME: -far, Press.END: far}.get(press)


def _moved(board: Board, press: str, room: int) -> Board:
    step, shown = _step(press, room), board.shown
    if step is None or not shown:
        return board
    place = min(max(position(board, shown) + step, 0), len(shown) - 1)
    return replace(board, at=shown[place].key)


def _in_opened(board: Board, press: str, room: int) -> Board:
    if press in {Press.ESCAPE, Press.BACK, Press.ENTER}:
        return replace(board, opened=None, at=board.opened)
    step = _step(press, room)
    return board if step is None else replace(board, scrolled=max(0, board.scrolled + step))


def position(board: Board, shown: Sequence[View]) -> int:
    """Return at which of the listed ones the mark stands; where its PLC is gone, at the first."""
    return next((place for place, plc in enumerate(shown) if plc.key == board.at), 0)


def window(place: int, count: int, room: int) -> tuple[int, int]:
    """Return which rows are seen, from and to, so that the one with the mark is among them."""
    first = min(max(0, place - room // 2), max(0, count - room))
    return first, min(count, first + room)


_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-=^"


def sparkline(values: Sequence[float], width: int, *, ascii_only: bool) -> str:
    """Return the last values as a line of bars; a value that stays is a flat line."""
    last = list(values)[-width:] if width > 0 else []
    if not last:
        return ""
    bars = _ASCII_BARS if ascii_only else _BARS
    least, most = min(last), max(last)
    if most == least:
        return bars[len(bars) // 2] * len(last)
    return "".join(bars[round((each - least) / (most - least) * (len(bars) - 1))] for each in last)
