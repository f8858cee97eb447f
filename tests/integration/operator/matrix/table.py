"""The fault matrix as a table: what was played, as docs/reliability.md has it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import api_server, device, process
from .row import Row

ROWS: tuple[Row, ...] = (*api_server.ROWS, *process.ROWS, *device.ROWS)
COLUMNS = ("no wrong write", "no lost drift", "no double count", "recovers", "says so")
PAGE = Path(__file__).parents[4] / "docs" / "reliability.md"
BEGIN, END = "<!-- ./dev faults --write -->\n", "<!-- end of the matrix -->\n"


@dataclass(frozen=True)
class Played:
    """What came of a row."""

    columns: Mapping[str, bool]
    said: list[str]
    recovered: float


SAID = pytest.StashKey[dict[str, Played]]()


def head() -> Iterator[str]:
    """Yield the head of the table."""
    yield f"| fault | {' | '.join(COLUMNS)} | where it says so |"
    yield "|---" * (2 + len(COLUMNS)) + "|"


def line(fault: str, played: Played) -> str:
    """Return a row of the table."""
    marks = " | ".join("yes" if played.columns[each] else "**NO**" for each in COLUMNS)
    return f"| {fault} | {marks} | {'; '.join(played.said)} |"


def lines(played: Mapping[str, Played]) -> Iterator[str]:
    """Yield the table of what was played, in the order of the rows."""
    yield from head()
    yield from (line(row.fault, played[row.fault]) for row in ROWS if row.fault in played)


def on_the_page() -> list[str]:
    """Return the table as it stands in the documentation."""
    return PAGE.read_text().split(BEGIN)[1].split(END)[0].strip().splitlines()


def write(played: Mapping[str, Played]) -> None:
    """Put the table of what was played into the documentation; rows that were not played stay as they are there."""
    text = PAGE.read_text()
    stands = {each.split(" | ")[0].removeprefix("| "): each for each in on_the_page()}
    made = [line(row.fault, played[row.fault]) if row.fault in played else stands.get(row.fault) for row in ROWS]
    table = "\n".join([*head(), *filter(None, made)])
    before, rest = text.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{rest.split(END)[1]}")
