"""Commits of several objects on a real API server, which takes one object after the other."""

import asyncio

import pytest

from .conftest import IndustrialPLC, Site
from .test_maps import IndustrialPLCTemplate
from .wire_plc import WirePlc, serving

pytestmark = pytest.mark.integration

SPEED = 1
"""Address of the one register."""


async def apply_template(site: Site, scale: float) -> None:
    """Apply a template whose register has this scale."""
    register = {"name": "speed", "address": SPEED, "scale": scale, "value": "${speed}"}
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLCTemplate",
        "metadata": {"name": "drive", "namespace": site.namespace},
        "spec": {"parameters": [{"name": "speed"}], "registers": [register]},
    }
    await site.put(IndustrialPLCTemplate, body)


async def apply_plc(site: Site, port: int, speed: int) -> int:
    """Apply a PLC that wants this speed, and return its generation."""
    reference = {"name": "drive", "parameters": {"speed": speed}}
    body = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "IndustrialPLC",
        "metadata": {"name": "fan", "namespace": site.namespace},
        "spec": {"deviceAddress": "127.0.0.1", "port": port, "pollIntervalSecs": 1, "templateRef": reference},
    }
    applied = await site.put(IndustrialPLC, body)
    return int(applied["metadata"]["generation"])


async def test_a_commit_of_two_objects_is_not_torn(site: Site) -> None:
    """Scale and speed that change together want the same word as before: whatever stands between is never written."""
    plc = WirePlc({SPEED: 500})
    async with serving(plc) as port, site.operator("--settle-secs", "6"):
        for pause in (0.0, 0.05, 0.2, 1.2):
            for scale, speed in ((0.1, 50), (1, 500)):
                await apply_template(site, scale)
                await asyncio.sleep(pause)  # what lies between the objects of a commit is what is tried here
                await apply_plc(site, port, speed)
                await asyncio.sleep(pause)
        await apply_template(site, 0.1)
        generation = await apply_plc(site, port, 60)
        await site.until_status("fan", inSync=True, observedGeneration=generation)
        assert plc.writes == [(SPEED, 600)]


async def test_an_edit_says_what_it_waits_for_and_a_sync_ends_that(site: Site) -> None:
    """An edit is shown with the reason why it is not written yet, and a sync writes it at once."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port, site.operator("--settle-secs", "3600"):
        await site.apply("mixer", port)
        await site.until_ready("mixer", "False", "Held")
        status = await site.status("mixer")
        assert status["message"] == (
            "register 4001 holds 2311, Git wants 2500; "
            "not written: what Git wants has not stood unchanged for 3600 s yet"
        )
        assert plc.writes == []
        await site.sync("mixer", "t1")
        await site.until_status("mixer", inSync=True, lastHandledReconcileAt="t1")
        assert plc.writes == [(4001, 2500)]


async def test_the_controller_wakes_itself(site: Site) -> None:
    """A PLC that is polled once an hour is written when its edit has settled, and not an hour later."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port, site.operator("--settle-secs", "1"):
        await site.apply("mixer", port, pollIntervalSecs=3600)
        await site.until_status("mixer", inSync=True, correctionsApplied=1)
