"""The fault matrix: each fault is played on a real API server, and what it may not do to a PLC is looked for."""

from pathlib import Path

import pytest

from ...planes import Reason, only_kubernetes
from ..conftest import Site
from .floor import floor_of
from .row import Row
from .table import COLUMNS, ROWS, SAID, Played, line, on_the_page


@pytest.mark.integration
@only_kubernetes(Reason.AWAY)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.play.__name__)
async def test_row(site: Site, row: Row, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """No wrong write, no lost drift, no double count; it recovers, and says what is wrong where the page says it."""
    async with floor_of(site, tmp_path) as floor:
        await row.play(floor)
        verdict = await floor.verdict()
    played = Played(verdict.columns, verdict.said, verdict.recovered)
    request.config.stash.setdefault(SAID, {})[row.fault] = played
    assert verdict.columns == dict.fromkeys(COLUMNS, True), verdict
    if not request.config.getoption("--write", default=False):
        assert line(row.fault, played) in on_the_page(), "./dev faults --write"


def test_the_page_has_every_row() -> None:
    """The table in the documentation has each row of the matrix, in its order, and no other."""
    assert [each.split(" | ")[0].removeprefix("| ") for each in on_the_page()[2:]] == [row.fault for row in ROWS]
