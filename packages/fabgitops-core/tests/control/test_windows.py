"""Windows: when drift is corrected, when not, and what people are told of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fabgitops_core.api.windows import Window
from fabgitops_core.control.events import SyncRequest
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.writing import still_wanted
from pydantic import ValidationError

from .conftest import Story, change_of, spec

NIGHT = {"type": "allow", "schedule": "0 2 * * 1-5", "duration": "2h", "timeZone": "Europe/Berlin"}


def at(moment: str, *windows: dict[str, Any], **changes: Any) -> Story:
    """Return the story of a resource that was made at a moment, in UTC."""
    story = Story(at=datetime.fromisoformat(f"{moment}+00:00"))
    return story.declare(spec(correction={"windows": windows}, **changes))


def corrected(moment: str, *windows: dict[str, Any]) -> bool:
    """Return whether drift that is found at a moment is written."""
    return isinstance(at(moment, *windows).due().reads(2311).request, Write)


def said(story: Story) -> list[tuple[str, str]]:
    """Return reason and message of what holds the correction."""
    return [(each.reason, each.message) for each in story.status.held]


def test_drift_waits_for_its_window() -> None:
    """Outside its window drift is reported with the moment in which it opens, and corrected from then on."""
    story = at("2026-11-29T12:00", NIGHT).passes(2311)
    opens = "outside the window 0 2 * * 1-5 (2h, Europe/Berlin), which opens Mon 2026-11-30 02:00 CET"
    assert said(story) == [("OutsideWindow", opens)]
    assert story.condition("Correcting") == ("False", "OutsideWindow")
    assert story.status.message.endswith(f"not written: {opens}")
    published = len(story.published)
    story.passes(2311)
    assert len(story.published) == published
    story.at = datetime.fromisoformat("2026-11-30T01:00+00:00")
    story.passes(2311, 2500)
    assert story.status.held == ()
    assert story.status.corrections_applied == 1


def test_it_is_looked_at_when_the_window_opens() -> None:
    """A resource that is polled seldom is looked at in the moment in which its window opens."""
    story = at("2026-11-30T00:59:00", NIGHT, poll_interval_secs=3600).passes(2311)
    assert story.wake is not None
    assert story.wake.after == pytest.approx(58)
    often = at("2026-11-29T12:00", NIGHT, poll_interval_secs=60).passes(2311)
    assert often.wake is not None
    assert often.wake.after == 60


@pytest.mark.parametrize(
    ("moment", "writes"),
    [
        ("2026-11-30T00:59:50", False),
        ("2026-11-30T01:00:00", True),
        ("2026-11-30T02:59:50", True),
        ("2026-11-30T03:00:00", False),
        ("2026-11-29T01:30:00", False),
    ],
)
def test_a_window_is_open_from_its_beginning_to_before_its_end(moment: str, writes: bool) -> None:
    """A window of two hours from 02:00 in Berlin, on working days, is open for just those."""
    assert corrected(moment, NIGHT) is writes


DENIED = {"type": "deny", "schedule": "30 2 * * *", "duration": "1h", "timeZone": "Europe/Berlin"}


def test_deny_wins() -> None:
    """While a deny window is open nothing is corrected though an allow window is, and its end is told."""
    story = at("2026-11-30T01:45", NIGHT, DENIED).passes(2311)
    ends = "inside the deny window 30 2 * * * (1h, Europe/Berlin), which ends Mon 2026-11-30 03:30 CET"
    assert said(story) == [("DenyWindow", ends)]
    assert corrected("2026-11-30T02:30:10", NIGHT, DENIED)


def test_deny_alone_leaves_all_other_time() -> None:
    """Where there are only deny windows drift is corrected outside of them."""
    assert corrected("2026-11-29T12:00", DENIED)
    assert not corrected("2026-11-29T02:00", DENIED)


def test_any_of_several_allow_windows_will_do() -> None:
    """Of several allow windows one that is open is enough; outside of all people hear which opens next."""
    noon = {"type": "allow", "schedule": "0 12 * * *", "duration": "30m"}
    assert corrected("2026-11-29T12:10", NIGHT, noon)
    assert corrected("2026-11-30T01:10", NIGHT, noon)
    ((_, message),) = said(at("2026-11-29T11:00", NIGHT, noon).passes(2311))
    assert message == (
        "outside all 2 allow windows; the next is 0 12 * * * (30m, UTC), which opens Sun 2026-11-29 12:00 UTC"
    )


def test_windows_that_overlap_are_one() -> None:
    """Deny windows that follow on one another are told with the end of the last of them."""
    hourly = {"type": "deny", "schedule": "0 8-11 * * *", "duration": "1h"}
    ((_, message),) = said(at("2026-11-29T08:10", hourly).passes(2311))
    assert message.endswith("which ends Sun 2026-11-29 12:00 UTC")
    always = {"type": "deny", "schedule": "* * * * *", "duration": "2m"}
    assert not corrected("2026-11-29T08:10", always)


def test_a_forced_sync_does_not_go_past_a_window() -> None:
    """Whoever forces a sync outside of the windows writes nothing either."""
    story = at("2026-11-29T12:00", NIGHT)
    story.declare(story.spec, request=SyncRequest("now", force=True), same=True).passes(2311)
    assert not [each for each in story.all if isinstance(each, Write)]


def test_a_window_that_closes_takes_back_a_write_that_waits() -> None:
    """A write that has its turn after the window has closed is not sent."""
    story = at("2026-11-30T02:59:00", NIGHT).due().reads(2311)
    assert story.state.stage is Stage.WRITING
    assert still_wanted(story.state, change_of(story.spec), story.at)
    assert not still_wanted(story.state, change_of(story.spec), story.at + timedelta(minutes=1))


# --- daylight saving, and clocks that are set -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "writes"),
    [
        ("2026-03-29T00:59:57", False),
        ("2026-03-29T01:00:00", True),
        ("2026-03-29T01:59:50", True),
        ("2026-03-29T02:00:00", False),
    ],
)
def test_a_window_that_begins_in_the_hour_that_does_not_exist(moment: str, writes: bool) -> None:
    """On the night on which 02:30 does not exist the window opens at 03:00, for its whole length."""
    assert corrected(moment, {**DENIED, "type": "allow"}) is writes


@pytest.mark.parametrize(
    ("moment", "writes"),
    [
        ("2026-10-25T00:29:50", False),
        ("2026-10-25T00:30:00", True),
        ("2026-10-25T01:29:50", True),
        ("2026-10-25T01:30:00", False),
        ("2026-10-25T02:10:00", False),
    ],
)
def test_a_window_that_begins_in_the_hour_that_is_there_twice(moment: str, writes: bool) -> None:
    """On the night on which 02:30 is there twice the window opens at the first, once."""
    assert corrected(moment, {**DENIED, "type": "allow"}) is writes


@pytest.mark.parametrize(
    ("day", "closes", "shown"),
    [
        ("2026-03-29", "2026-03-29T02:00", "04:00 CEST"),
        ("2026-10-25", "2026-10-25T01:00", "02:00 CET"),
        ("2026-11-10", "2026-11-10T02:00", "03:00 CET"),
    ],
)
def test_a_window_that_spans_the_change_lasts_in_real_time(day: str, closes: str, shown: str) -> None:
    """A window of two hours from 01:00 closes two hours later, whatever the clock shows by then."""
    over = {"type": "deny", "schedule": "0 1 * * *", "duration": "2h", "timeZone": "Europe/Berlin"}
    end = datetime.fromisoformat(f"{closes}+00:00")
    story = at((end - timedelta(minutes=10)).replace(tzinfo=None).isoformat(), over).passes(2311)
    assert said(story)[0][1].endswith(f"which ends {end:%a} {day} {shown}")
    assert corrected(end.replace(tzinfo=None).isoformat(), over)


def test_a_clock_that_is_set_decides_anew() -> None:
    """A clock that steps into the window, out of it or back is believed as it stands."""
    story = at("2026-11-30T01:10", NIGHT).passes(2311, 2500)
    for moment, reason in (
        ("2026-11-30T12:00", ["OutsideWindow"]),
        ("2026-11-30T01:00", []),
        ("2020-01-01T00:00", ["OutsideWindow"]),
        ("2026-11-30T02:30", []),
    ):
        story.at = datetime.fromisoformat(f"{moment}+00:00")
        story.due().reads(2311)
        assert [each.reason for each in story.status.held] == reason
        if not reason:
            story.writes().reads(2500)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("schedule", "0 25 * * *", "hour"),
        ("schedule", "0 0 30 2 *", "day-of-month"),
        ("schedule", "@daily", "pattern"),
        ("duration", "0h0m", "longer than nothing"),
        ("duration", "2 hours", "pattern"),
        ("duration", "", "at least 2"),
        ("timeZone", "Europe/Berlinn", "IANA"),
        ("timeZone", "../../etc/passwd", "pattern"),
        ("type", "maybe", "allow"),
    ],
)
def test_a_window_that_means_nothing_is_refused_at_its_field(field: str, value: str, why: str) -> None:
    """Whoever writes a window wrongly hears which field it is, and why."""
    with pytest.raises(ValidationError) as refused:
        spec(correction={"windows": [NIGHT, {**NIGHT, field: value}]})
    ((where, message),) = [(each["loc"], each["msg"]) for each in refused.value.errors()]
    assert where[:4] == ("correction", "windows", 1, field)
    assert why in message


def test_a_duration_is_read_as_go_writes_it() -> None:
    """Hours, minutes and seconds add up."""
    given = Window.model_validate({**NIGHT, "duration": "2h30m15s"})
    assert given.length == timedelta(hours=2, minutes=30, seconds=15)
    assert Window.model_validate({**NIGHT, "duration": "90m"}).length == timedelta(minutes=90)
