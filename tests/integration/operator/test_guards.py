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


SPEED = {"name": "speed", "address": 10}
SETPOINT = {"name": "setpoint", "address": 20, "value": 7}
MAP = {"targetRegister": None, "targetValue": None, "registers": [SPEED, SETPOINT]}
STANDS = {"register": "speed", "operator": "<", "value": 5}


def interlocks(*given: dict[str, Any]) -> dict[str, Any]:
    """Return the spec's fields of a map with interlocks."""
    return {**MAP, "correction": {"interlocks": list(given)}}


async def test_an_interlock_holds_a_correction_and_lets_it_go(site: Site) -> None:
    """While the spindle turns nothing is written; when it stands still it is, without anybody's doing."""
    plc = Device({10: 900, 20: 1})
    async with serving(plc) as port, site.operator():
        await site.apply("lathe", port, **interlocks(STANDS))
        await site.until_ready("lathe", "False", "Held")
        assert await site.condition("lathe", "Correcting") == ("False", "InterlockNotSatisfied")
        (held,) = (await site.status("lathe"))["held"]
        assert (held["guard"], held["message"]) == ("interlocks", "the interlock speed < 5 is not satisfied")
        assert plc[20] == 1
        plc[10] = 0
        await site.until_status("lathe", inSync=True, correctionsApplied=1)
        assert plc[20] == 7


async def test_an_interlock_of_another_plc(site: Site) -> None:
    """A PLC is written as another one of its namespace lets it; one that is suspended or away does not."""
    plc, press = Device({10: 900, 20: 1}), Device({10: 900, 20: 7})
    async with serving(plc) as port, serving(press) as other, site.operator():
        await site.apply("lathe", port, **interlocks({**STANDS, "plc": "press"}))
        await site.until_ready("lathe", "False", "Held")
        assert "there is no IndustrialPLC press in this namespace" in (await site.status("lathe"))["message"]
        await site.apply("press", other, **MAP)
        await until(lambda: says(site, "speed < 5 is not satisfied"), "press turns")
        assert plc[20] == 1
        press[10] = 0
        await site.until_status("lathe", inSync=True, correctionsApplied=1)
        await site.apply("press", other, **MAP, suspend=True)
        await site.until_ready("press", "Unknown", "Suspended")
        plc[20] = 1
        await until(lambda: says(site, "press is suspended"), "it is held")
        assert plc[20] == 1


async def says(site: Site, text: str) -> bool:
    """Return whether the lathe is held with such a message."""
    return any(text in each["message"] for each in (await site.status("lathe")).get("held", []))


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


@pytest.mark.parametrize(
    ("interlock", "told"),
    [
        ({"operator": "=", "value": 1}, "spec.correction.interlocks[0].operator"),
        ({"operator": "<"}, "spec.correction.interlocks: speed < goes with value, and not with values"),
        ({"operator": "in", "value": 1}, "speed in goes with values, a list without null, and not with value"),
        (
            {"operator": "in", "value": 1, "values": [1]},
            "speed in goes with values, a list without null, and not with value",
        ),
        ({"operator": "<", "value": 1, "values": [1]}, "speed < goes with value, and not with values"),
        ({"operator": "in", "values": [None]}, "speed in goes with values, a list without null"),
        ({"operator": "<", "value": 1, "maxAgeSecs": 5}, "drop maxAgeSecs, or name plc"),
        ({"operator": "<", "value": [1]}, "spec.correction.interlocks[0].value"),
        ({"operator": "<", "value": 1, "plc": "Press"}, "spec.correction.interlocks[0].plc"),
    ],
)
async def test_a_bad_interlock_is_refused(site: Site, interlock: dict[str, Any], told: str) -> None:
    """An interlock that says too little or too much is refused by the API server, with its field."""
    with pytest.raises(ApiError) as refused:
        await site.apply("mixer", 502, correction={"interlocks": [{"register": "speed", **interlock}]})
    assert told in str(refused.value.status.message)
