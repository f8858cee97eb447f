"""What whoever runs the operator rules out: places that it never goes to, and writing at all."""

import pytest

from .conftest import Site, until
from .wire_plc import WirePlc, serving

pytestmark = pytest.mark.integration


async def test_a_device_outside_of_the_ranges_is_never_connected_to(site: Site) -> None:
    """Named by its address, in the guise of IPv6, or by a name: its status says why, and it hears nothing."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port, site.operator("--allow-cidr", "192.0.2.0/24", "--allow-cidr", "127.0.0.2"):
        hosts = {"plain": "127.0.0.1", "disguised": "::ffff:127.0.0.1", "named": "localhost"}
        for register, (name, host) in enumerate(hosts.items()):
            await site.apply(name, port, deviceAddress=host, targetRegister=register)
            await site.until_ready(name, "False", "AddressNotAllowed")
        ranges = "outside of --allow-cidr 192.0.2.0/24, 127.0.0.2/32"
        told = f"[::ffff:127.0.0.1]:{port} is not connected to: its address ::ffff:127.0.0.1 is {ranges}"
        assert (await site.status("disguised"))["message"] == told
        assert plc.connections == 0
        assert await site.events("plain") == {"AddressNotAllowed": 1}


async def test_a_device_within_is_looked_after(site: Site) -> None:
    """A range that holds the device changes nothing for it."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port, site.operator("--allow-cidr", "127.0.0.0/8"):
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True, correctionsApplied=1)


async def test_a_read_only_operator_never_writes(site: Site) -> None:
    """Drift is told with the reason why nothing is written, and a forced sync writes nothing either."""
    plc = WirePlc({4001: 2311})
    async with serving(plc) as port, site.operator("--read-only"):
        await site.apply("mixer", port)
        await site.until_ready("mixer", "False", "Held")
        told = "register 4001 holds 2311, Git wants 2500; not written: the operator runs with --read-only"
        assert (await site.status("mixer"))["message"] == told
        reads = plc.reads
        await site.sync("mixer", "t1", force=True)
        await until(lambda: plc.reads > reads + 2, "it was looked at for the sync")
        assert plc.writes == []
        assert (await site.status("mixer"))["correctionsApplied"] == 0


async def test_writes_wait_for_their_turn(site: Site) -> None:
    """At one write in two seconds a second PLC says what it waits for, and is written when there is room."""
    plc = WirePlc({4001: 2311, 4002: 2311, 4003: 2311})
    async with serving(plc) as port, site.operator("--writes-per-second", "0.5"):
        for number in (1, 2, 3):
            await site.apply(f"plc-{number}", port, targetRegister=4000 + number, pollIntervalSecs=60)
        seen: set[str] = set()

        async def corrected() -> bool:
            for number in (1, 2, 3):
                seen.add((await site.condition(f"plc-{number}", "Correcting"))[1])
            return len(plc.writes) == 3

        await until(corrected, "all are written")
        assert "RateLimited" in seen
        for number in (1, 2, 3):
            await site.until_status(f"plc-{number}", inSync=True, correctionsApplied=1)
