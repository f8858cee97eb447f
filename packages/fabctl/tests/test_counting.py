"""A register that the device refuses is named in both ways of counting."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.counting import hint
from fabctl.model import view
from fabctl.render.description import description
from fabctl.render.maps import troubles
from fabctl.render.shapes import plain_sections

Make = Callable[..., dict[str, Any]]
REFUSED = "10.0.0.7:502 unit 1 answered the read of it with exception 02 (illegal data address)"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "counted", "reference"),
    [
        ("holding 0 uint16 unit 1", "holding 0", "40001"),
        ("bit 3 of holding 9998 uint16 unit 1", "holding 9998", "49999"),
        ("holding 9999 uint16 unit 1", "holding 9999", "410000"),
        ("input 65535 uint16 unit 1", "input 65535", "365536"),
        ("coil 4 bool unit 1", "coil 4", "00005"),
        ("discrete 100 bool unit 2", "discrete 100", "10101"),
    ],
)
def test_a_refused_register_of_a_map(mapped: Make, place: str, counted: str, reference: str) -> None:
    """Its address, which counts from 0, stands beside its reference, which counts from 1."""
    body = mapped("DeviceException", "False", speed={"place": place, "inSync": None, "error": REFUSED})
    told = hint(view(body))
    assert f"{counted}, counted from 0, which is reference {reference}, counted from 1" in told
    for sections in (troubles(view(body), NOW, wide=False), description(view(body), [], NOW)):
        assert told in plain_sections(sections)


def test_the_short_form(plc: Make) -> None:
    """The register of the short form is counted likewise."""
    told = hint(view(plc("DeviceException", "False", lastError=REFUSED)))
    assert told.startswith("the device has no holding 4001, counted from 0, which is reference 44002")


@pytest.mark.parametrize("error", ["", "10.0.0.7:502 did not answer"])
def test_nothing_is_said_where_none_is_refused(plc: Make, mapped: Make, error: str) -> None:
    """Any other failure has nothing to do with counting."""
    assert hint(view(plc("ConnectionFailed", "False", lastError=error))) == ""
    assert hint(view(mapped("ConnectionFailed", "False"))) == ""
