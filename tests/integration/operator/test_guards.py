"""Guards on the real API server, with a real PLC: what holds a correction, what people see of it, what is refused."""

from typing import Any

import pytest
from lightkube.core.exceptions import ApiError
from mock_plc.device import Device
from mock_plc.server import serving

from .conftest import Site, until

pytestmark = pytest.mark.integration

ALWAYS = {"type": "deny", "schedule": "* * * * *", "duration": "1h"}


def windows(*given: dict[str, Any]) -> dict[str, Any]:
    """Return the spec's field of windows."""
    return {"correction": {"windows": list(given)}}


async def test_a_window_holds_a_correction_and_lets_it_go(site: Site) -> None:
    """While a deny window is open drift is reported and not written; without the window it is."""
    plc = Device({4001: 2311})
    async with serving(plc) as port, site.operator() as operator:
        await site.apply("mixer", port, **windows(ALWAYS))
        await site.until_ready("mixer", "False", "Held")
        assert await site.condition("mixer", "Correcting") == ("False", "DenyWindow")
        (held,) = (await site.status("mixer"))["held"]
        assert (held["guard"], held["registers"]) == ("windows", 1)
        assert "inside the deny window * * * * * (1h, UTC)" in held["message"]
        await until(
            lambda: operator.metric("fabgitops_held_corrections", reason="DenyWindow"), "the metric counts what is held"
        )
        assert plc[4001] == 2311
        await site.apply("mixer", port, correction=None)
        await site.until_status("mixer", inSync=True, correctionsApplied=1)
        assert not (await site.status("mixer")).get("held")


async def test_a_schedule_that_never_comes_is_told_in_the_status(site: Site) -> None:
    """What the API server cannot know of a window, the status says with its field, and nothing is in force."""
    async with site.operator():
        await site.apply("mixer", 502, **windows({**ALWAYS, "schedule": "0 0 30 2 *", "timeZone": "Europe/Berlinn"}))
        await site.until_ready("mixer", "False", "InvalidSpec")
        message = (await site.status("mixer"))["message"]
        assert "spec.correction.windows[0].schedule is '0 0 30 2 *': its day-of-month" in message
        assert "spec.correction.windows[0].timeZone is 'Europe/Berlinn': it is no time zone" in message


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ({"schedule": "@daily"}, "spec.correction.windows[0].schedule"),
        ({"schedule": "0 2 * *"}, "spec.correction.windows[0].schedule"),
        ({"duration": "2 hours"}, "spec.correction.windows[0].duration"),
        ({"duration": "0h"}, "it must be longer than nothing: 2h30m"),
        ({"timeZone": "../Berlin"}, "spec.correction.windows[0].timeZone"),
        ({"type": "maybe"}, "spec.correction.windows[0].type"),
    ],
)
async def test_a_bad_window_is_refused(site: Site, window: dict[str, Any], told: str) -> None:
    """What can be seen to be no window is refused by the API server, with its field."""
    with pytest.raises(ApiError) as refused:
        await site.apply("mixer", 502, **windows({**ALWAYS, **window}))
    assert told in str(refused.value.status.message)
