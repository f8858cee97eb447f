"""What is printed where there is no terminal."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fabctl.model import view
from fabctl.render.description import description
from fabctl.render.events import sorted_events
from fabctl.render.shapes import plain_sections, plain_table
from fabctl.render.tables import status_table

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_columns_are_aligned_and_numbers_right(plc: Make) -> None:
    """The plain table has a line a PLC, aligned by spaces, without lines, boxes or colours."""
    views = [
        view(plc("InSync", "True", inSync=True, currentValue=2500, driftEvents=12)),
        view(plc("Suspended", currentValue=7)),
    ]
    assert plain_table(status_table(views, wide=False, namespaces=True, now=NOW)) == (
        "NAMESPACE   NAME    TARGET   ACTUAL   STATUS      DRIFTS\n"
        "line-3      mixer     2500     2500   SYNCED          12\n"
        "line-3      mixer     2500        -   SUSPENDED        0\n"
    )


def test_wide_tells_all_and_cuts_nothing_off(plc: Make) -> None:
    """The wide table has register, unit id, endpoint, corrections, since when it drifts, and the whole last error."""
    error = "10.0.0.7:502 unit 1 did not answer " + "again " * 60
    body = plc("ConnectionFailed", "False", currentValue=9, correctionsApplied=3, lastError=error.strip())
    body["status"]["driftedSince"] = "2026-01-01T11:00:00Z"
    table = plain_table(status_table([view(body)], wide=True, namespaces=False, now=NOW))
    for part in ("4001", "10.0.0.7:502", "9 (last read)", "2026-01-01T11:00:00Z", error.strip()):
        assert part in table.splitlines()[1]


def test_describe_shows_events_with_the_newest_last(plc: Make) -> None:
    """Events stand in the order in which they were last seen, with how often."""
    events: list[dict[str, Any]] = [
        {"reason": "B", "eventTime": "2026-01-01T10:00:00.5Z", "series": {"count": 4, "lastObservedTime": NOW_TEXT}},
        {"reason": "A", "eventTime": "2026-01-01T11:00:00.000000Z"},
        {"reason": "Old", "deprecatedLastTimestamp": "2026-01-01T09:00:00Z", "deprecatedCount": 2},
    ]
    assert [event["reason"] for event in sorted_events(events)] == ["Old", "A", "B"]
    told = plain_sections(description(view(plc("InSync", "True")), events, NOW)).splitlines()
    assert told[-1].split() == ["2026-01-01T12:00:00Z", "-", "B", "4", "-"]


NOW_TEXT = "2026-01-01T12:00:00.000000Z"


def test_describe_says_a_message_of_several_conditions_once(plc: Make) -> None:
    """A message that all conditions share stands beside the first of them."""
    body = plc("Conflict", "False")
    conditions = body["status"]["conditions"]
    conditions[0]["message"] = "speed is also wanted by line-3/press"
    conditions += [{**conditions[0], "type": "InSync"}, {**conditions[0], "type": "Stalled", "message": "another"}]
    told = plain_sections(description(view(body), [], NOW)).partition("Conditions:")[2].splitlines()[2:5]
    assert [line.split("   ")[-1].strip() for line in told] == [
        "speed is also wanted by line-3/press",
        "as above",
        "another",
    ]


def test_describe_says_why_events_are_missing(plc: Make) -> None:
    """Who may not see Events is told so, and sees everything else."""
    told = plain_sections(description(view(plc()), "bob may not list events", NOW))
    assert "bob may not list events" in told
    assert "Target value:     2500" in told
