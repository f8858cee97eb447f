"""Cron schedules in time zones: which mean something, and when they begin over the changes of daylight saving."""

import zoneinfo
from datetime import UTC, datetime
from itertools import islice

import pytest
from fabgitops_core.api.schedules import begins_after, check_schedule, zone_of
from fabgitops_core.api.windows import Window

BERLIN = "Europe/Berlin"


def moments(expression: str, after: str, count: int, zone: str = BERLIN) -> list[str]:
    """Return the next beginnings after a moment in UTC, written like it."""
    begins = islice(begins_after(expression, zone, datetime.fromisoformat(f"{after}+00:00")), count)
    return [f"{each:%Y-%m-%dT%H:%M}" for each in begins]


def test_a_schedule_goes_by_the_clock_on_its_wall() -> None:
    """What is due at 02:00 in Berlin begins an hour earlier in UTC in winter, and two in summer."""
    assert moments("0 2 * * *", "2026-01-10T12:00", 1) == ["2026-01-11T01:00"]
    assert moments("0 2 * * *", "2026-07-10T12:00", 1) == ["2026-07-11T00:00"]


def test_a_beginning_is_after_the_moment_that_is_asked_about() -> None:
    """The very moment in which a window opens is not the next one; a second before, it is."""
    assert moments("0 2 * * *", "2026-01-11T01:00:00", 1) == ["2026-01-12T01:00"]
    assert moments("0 2 * * *", "2026-01-11T00:59:59.5", 1) == ["2026-01-11T01:00"]


def test_what_begins_in_the_hour_that_does_not_exist_begins_after_it() -> None:
    """On 29 March 2026 the clocks in Berlin go from 02:00 to 03:00: 02:30 is at 03:00 then, once."""
    assert moments("30 2 * * *", "2026-03-28T12:00", 2) == ["2026-03-29T01:00", "2026-03-30T00:30"]


def test_what_begins_in_the_hour_that_is_there_twice_begins_in_the_first() -> None:
    """On 25 October 2026 the clocks in Berlin go from 03:00 to 02:00: 02:30 begins once, before the change."""
    assert moments("30 2 * * *", "2026-10-24T12:00", 2) == ["2026-10-25T00:30", "2026-10-26T01:30"]


@pytest.mark.parametrize("now", ["2026-10-25T00:45", "2026-10-25T01:10", "2026-10-25T01:45"])
def test_what_began_before_the_second_of_two_hours_does_not_begin_again(now: str) -> None:
    """Asked within the hour that is there twice, what began in the first of both comes tomorrow."""
    assert moments("30 2 * * *", now, 1) == ["2026-10-26T01:30"]


def test_what_begins_all_the_time_goes_by_real_time() -> None:
    """A schedule for every hour begins in both hours of one name, and leaves the gap out."""
    assert moments("0 * * * *", "2026-10-24T23:30", 3) == ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]
    assert moments("0 * * * *", "2026-03-29T00:30", 2) == ["2026-03-29T01:00", "2026-03-29T02:00"]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 2 * *", "five fields"),
        ("0 0 2 * * *", "five fields"),
        ("60 2 * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 2 0 * *", "day-of-month"),
        ("0 2 30 2 *", "day-of-month"),
        ("0 2 * 13 *", "month"),
        ("0 2 * * MOON", "day-of-week"),
        ("0 2 */5L * *", "day-of-month"),
        ("0 2 1-0 * *", "day-of-month"),
        ("*/0 2 * * *", "minute"),
    ],
)
def test_a_schedule_that_means_nothing_is_refused_with_its_field(expression: str, why: str) -> None:
    """Whoever writes a schedule that no cron takes, or that never comes, hears which field it is."""
    with pytest.raises(ValueError, match=why):
        check_schedule(expression)


@pytest.mark.parametrize("expression", ["0 2 29 2 *", "0 2 L * *", "0 2 * 2 MON#5", "*/5 6-22/2 1,15 JAN-MAR 7"])
def test_a_schedule_that_comes_seldom_is_one(expression: str) -> None:
    """What comes once in decades is a schedule, too."""
    check_schedule(expression)


@pytest.mark.parametrize("name", ["Europe/Berlinn", "Europe", "../etc/passwd", "Europe/", "berlin", ""])
def test_a_zone_that_there_is_none_of_is_refused(name: str) -> None:
    """A name that the database has no zone for is refused, also one that looks like a file."""
    with pytest.raises(ValueError, match="IANA database"):
        zone_of(name)


def test_every_zone_of_the_database_may_be_named() -> None:
    """The pattern that the API server checks lets every name of the database through."""
    names = {each for each in zoneinfo.available_timezones() if each[0].isupper()}
    assert len(names) > 400
    for each in names:
        Window(type="allow", schedule="0 2 * * *", duration="1h", time_zone=each)  # type: ignore[arg-type]


def test_zones_are_there_where_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without zone files, as a slim image, the zones of the package are taken."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        assert zone_of.__wrapped__("Europe/Berlin").utcoffset(datetime(2026, 7, 1, tzinfo=UTC)) is not None
    finally:
        zoneinfo.reset_tzpath(to=before)
