"""The dashboard as lines of a screen, each as wide as the screen at most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from fabctl.board import Board, position, sparkline, window
from fabctl.fields import NOTHING, mapping, shown
from fabctl.model import View
from fabctl.render.description import description
from fabctl.render.drawing import ascii_only
from fabctl.render.events import last_seen
from fabctl.render.shapes import plain_sections, section_for_people
from fabctl.render.tables import TITLE
from fabctl.render.terminal import STYLES
from fabctl.times import for_people, since

EVENTS = 4
"""Events at the bottom of a screen that has room for them."""
ROOMY = 18
"""Lines of a screen that has room for Events."""
FRAME = 4
"""Lines that are no rows: the title, totals, headers, keys."""
TREND = 12
Column = tuple[str, Callable[[View], str]]

_KEYS = "up/down move  enter open  / filter  s sort: {}  q quit"
_OPEN_KEYS = "up/down scroll  esc back  q quit"
_WIDEST = {"Namespace": 16, "Name": 32, "Target": 16, "Actual": 16}


@dataclass(frozen=True, slots=True)
class Place:
    """What is told beside the board."""

    where: str
    """The context and namespace."""
    at: datetime
    """When it was looked last."""
    trouble: str = ""
    wide: bool = False
    namespaces: bool = False


def rows_of(board: Board, height: int) -> int:
    """Return how many rows a screen has room for."""
    return max(1, height - FRAME - (EVENTS + 1 if height >= ROOMY and not board.opened else 0))


def screen(board: Board, place: Place, width: int, height: int) -> list[Text]:
    """Return the lines."""
    plc = board.open_plc
    body = _opened(board, plc, place, height) if plc else _listed(board, place, height)
    lines = [_title(board, place), _totals(board), *body]
    lines = [*lines[: height - 1], *([Text("")] * (height - 1 - len(lines))), _foot(board, place)]
    return [_cut(line, width) for line in lines]


def _title(board: Board, place: Place) -> Text:
    count = len(board.plcs)
    said = f"  {place.where}  {count:,} PLC{'' if count == 1 else 's'}  as of {place.at:%H:%M:%S}"
    return Text().append(TITLE, style="bold").append(said)


def _totals(board: Board) -> Text:
    line = Text()
    for status, count in board.counts():
        line.append(f"{count:,} {status}  ", style=STYLES[status])
    drifts, corrections = (sum(getattr(plc, name) for plc in board.plcs.values()) for name in ("drifts", "corrections"))
    return line.append(f"{drifts:,} drifts, {corrections:,} corrections", style="dim")


def _listed(board: Board, place: Place, height: int) -> list[Text]:
    plcs = board.shown
    mark = position(board, plcs)
    first, last = window(mark, len(plcs), rows_of(board, height))
    columns = _columns(board, place)
    rows = [tuple(value(plc) for _, value in columns) for plc in plcs[first:last]]
    headers = tuple(header for header, _ in columns)
    widths = [
        min(max(map(cell_len, column)), _WIDEST.get(header, 200))
        for header, column in zip(headers, zip(headers, *rows, strict=True), strict=True)
    ]
    lines = [Text("  ").append(_row(headers, widths).plain, style="bold")]
    for at, (plc, row) in enumerate(zip(plcs[first:last], rows, strict=True), first):
        line = Text("> " if at == mark else "  ").append_text(_row(row, widths, headers, plc))
        if at == mark:
            line.stylize("reverse")
        lines.append(line)
    if not plcs:
        lines.append(Text(f"  nothing contains {board.wanted}" if board.wanted else "  no PLC"))
    return [*lines, *_events(board, place.at, height, len(lines))]


def _columns(board: Board, place: Place) -> list[Column]:
    plain = ascii_only()
    return [
        *([("Namespace", lambda plc: plc.namespace)] if place.namespaces else []),
        ("Name", lambda plc: plc.name),
        ("Target", lambda plc: plc.target),
        ("Actual", lambda plc: plc.actual_shown),
        ("Status", lambda plc: str(plc.status)),
        ("Drifts", lambda plc: str(plc.drifts)),
        ("Trend", lambda plc: sparkline(board.trends.get(plc.key, ()), TREND, ascii_only=plain) or NOTHING),
        *([("Endpoint", lambda plc: plc.endpoint)] if place.wide else []),
        ("Message", lambda plc: (plc.message or plc.last_error) if plc.status.needs_a_person or plc.held else ""),
    ]


def _row(cells: Sequence[str], widths: Sequence[int], headers: Sequence[str] = (), plc: View | None = None) -> Text:
    line = Text()
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        style = STYLES[plc.status] if plc is not None and headers[at] == "Status" else ""
        line.append(set_cell_size(cell, width), style=style).append("  ")
    return line


def _events(board: Board, at: datetime, height: int, used: int) -> list[Text]:
    if height < ROOMY or not board.events:
        return []
    blank = [Text("")] * max(0, height - FRAME + 1 - used - EVENTS)
    return [*blank, *(_event(each, at) for each in board.events[-EVENTS:])]


def _event(event: object, now: datetime) -> Text:
    body = mapping(event)
    when = for_people(since(last_seen(body), now))
    said = "  ".join(shown(each) for each in (mapping(body.get("regarding")).get("name"), body.get("reason")))
    style = "yellow" if body.get("type") == "Warning" else "dim"
    warning = "! " if body.get("type") == "Warning" else "  "
    return Text(f"{warning}{when}  {said}  {shown(body.get('note'))}", style=style)


def _opened(board: Board, plc: View, place: Place, height: int) -> list[Text]:
    """Return all that is known of one, from where it is scrolled to."""
    events = [each for each in board.events if mapping(mapping(each).get("regarding")).get("uid") == plc.uid]
    found = description(plc, events, place.at, wide=place.wide)
    lines = plain_sections([section_for_people(each) for each in found]).splitlines()
    if trend := sparkline(board.trends.get(plc.key, ()), 60, ascii_only=ascii_only()):
        lines = [f"Trend:         {trend}", *lines]
    room = max(1, height - FRAME + 1)
    first = min(board.scrolled, max(0, len(lines) - room))
    return [Text(each) for each in lines[first : first + room]]


def _foot(board: Board, place: Place) -> Text:
    if place.trouble:
        return Text(place.trouble, style="bold red")
    if board.typing:
        return Text(f"filter: {board.wanted}_", style="bold")
    keys = _OPEN_KEYS if board.opened else _KEYS.format("attention" if board.order == "status" else board.order)
    filtered = f"filter: {board.wanted}  " if board.wanted else ""
    return Text(f"{filtered}{keys}", style="dim")


def _cut(line: Text, width: int) -> Text:
    cut = line.copy()
    cut.truncate(width, overflow="crop")
    return cut
