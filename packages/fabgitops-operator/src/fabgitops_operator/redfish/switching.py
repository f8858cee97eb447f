"""Switches what a BMC is asked to switch: the power of a machine, once, and lights."""

from fabgitops_core.control.rack.bmc.facts import Lamp, Light

from fabgitops_operator.redfish import models
from fabgitops_operator.redfish.client import Json, RedfishClient
from fabgitops_operator.redfish.errors import Refused

PRECONDITION_FAILED = 412


async def reset(client: RedfishClient, target: str, kind: str) -> None:
    """Post a ResetType, once.

    Raises:
        RedfishError: It was not taken; where `maybe_done` is true it may have been carried out all the same.
    """
    await client.post(target, {"ResetType": kind})


async def switch(client: RedfishClient, lamp: Lamp, *, on: bool) -> None:
    """Switch a light, of the version that was just read where the BMC tells versions apart.

    Raises:
        RedfishError: It was not switched, as far as is known.
    """
    try:
        await _switched(client, lamp, on=on)
    except Refused as error:
        if error.status != PRECONDITION_FAILED:
            raise
        await _switched(client, lamp, on=on)  # somebody has changed something in between


async def _switched(client: RedfishClient, lamp: Lamp, *, on: bool) -> None:
    answer = await client.get(lamp.link)
    await client.patch(lamp.link, _wanted(answer.body, lamp, on=on), answer.etag)


def _wanted(body: Json, lamp: Lamp, *, on: bool) -> Json:
    """Return the change: a light to be found by blinks, where it can."""
    if lamp.light is Light.ACTIVE:
        return {Light.ACTIVE.value: on}
    allowed = models.Lit.model_validate(body).led_allowed
    lit = "Lit" if allowed is not None and "Blinking" not in allowed else "Blinking"
    return {Light.LED.value: lit if on else "Off"}
