"""What was corrected last: from objects to a table."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.corrections import corrections
from fabctl.render.corrections import history_table
from fabctl.render.shapes import plain_table

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOSTILE = "\x1b[2J\x07 \x7f \x9b2J \u202e \u2028\nforged"


def test_corrections_stand_with_the_newest_first(plc: Make) -> None:
    """Of several PLCs in one table; two of one moment in the order of their PLC, the last one first."""
    one = {"at": "2026-01-01T22:00:00Z", "register": "speed", "before": "19", "wanted": "21.5", "after": "21.5"}
    first = plc(history=[{**one, "result": "Proven"}, {**one, "register": "mode", "after": None, "result": "Unknown"}])
    second = plc(history=[{**one, "at": "2026-01-01T23:00:00Z", "result": "NotHeld"}])
    second["metadata"]["name"] = "oven"
    found = corrections([first, second])
    assert [(each.plc, each.register, each.result) for each in found] == [
        ("oven", "speed", "NotHeld"),
        ("mixer", "mode", "Unknown"),
        ("mixer", "speed", "Proven"),
    ]
    table = plain_table(history_table(found, names=True, namespaces=False, now=NOW))
    assert table.splitlines()[:2] == [
        "NAME    AT                     REGISTER   BEFORE   WANTED   AFTER   RESULT",
        "oven    2026-01-01T23:00:00Z   speed          19     21.5    21.5   NotHeld",
    ]


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}])
def test_whatever_it_holds_is_shown(junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, do not disturb the table."""
    record = dict.fromkeys(("at", "register", "before", "wanted", "after", "result"), junk)
    found = corrections([{"metadata": junk, "status": {"history": junk}}, {"status": {"history": [junk, record]}}])
    table = plain_table(history_table(found, names=True, namespaces=True, now=NOW))
    assert all(character.isprintable() or character == "\n" for character in table)
