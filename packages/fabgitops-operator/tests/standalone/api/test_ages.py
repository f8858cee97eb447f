"""Ages, as `kubectl get` shows them."""

from datetime import UTC, datetime, timedelta

import pytest
from fabgitops_operator.standalone.api.ages import age, moment

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-2, "<invalid>"), (-1.5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (599, "9m59s"), (600, "10m"),
        (3 * 3600 - 1, "179m"), (3 * 3600, "3h"), (3 * 3600 + 60, "3h1m"), (8 * 3600 - 1, "7h59m"), (8 * 3600, "8h"),
        (48 * 3600 - 1, "47h"), (48 * 3600, "2d"), (49 * 3600, "2d1h"), (8 * 86400 - 1, "7d23h"), (8 * 86400, "8d"),
        (730 * 86400 - 1, "729d"), (730 * 86400, "2y"), (731 * 86400, "2y1d"), (8 * 365 * 86400, "8y"),
        (9 * 365 * 86400 + 86400, "9y"),
    ],
)  # fmt: skip
def test_an_age_has_at_most_two_units(seconds: float, shown: str) -> None:
    """The limits between the units are those of apimachinery's HumanDuration."""
    assert age(NOW - timedelta(seconds=seconds), NOW) == shown


@pytest.mark.parametrize("text", ["2026-11-28T12:00:00Z", "2026-11-28T12:00:00.000000Z", "2026-11-28T13:00:00+01:00"])
def test_a_time_of_the_api_is_a_moment(text: str) -> None:
    """Seconds, microseconds and offsets are understood."""
    assert moment(text) == NOW


@pytest.mark.parametrize("text", ["", "soon", None, 7])
def test_what_is_no_time_is_no_moment(text: object) -> None:
    """Whatever stands where a time should is told apart from one."""
    assert moment(text) is None
