"""An etcd that is restored from a backup: everything in the API is older than what the operator has seen."""

import asyncio
from collections.abc import Iterator

import pytest
from mock_plc.device import Device
from mock_plc.server import serving
from testbed.plane import ControlPlane
from testbed.plane import control_plane as running_control_plane

from ..planes import Reason, only_kubernetes
from .conftest import Site, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.WATCH)]


@pytest.fixture
def control_plane() -> Iterator[ControlPlane]:
    """Return a control plane of this test alone: others would be set back as well."""
    with running_control_plane() as running:
        yield running


async def test_the_store_set_back_is_followed(site: Site) -> None:
    """After a restore of etcd the target of then is written and told of, and what is edited after it is followed."""
    plc = Device({4001: 2500, 4002: 1})
    async with serving(plc) as port:
        await site.apply("mixer", port)
        await asyncio.to_thread(site.control.back_up)
        async with site.operator("--resync-secs", "1") as operator:
            for target in (3000, 3100, 3200):
                await site.apply("mixer", port, targetValue=target)
                await site.until_status("mixer", inSync=True, currentValue=target)
            newest = int((await site.get("mixer")).metadata.resourceVersion)
            await site.apply("gone", port, targetRegister=4002, targetValue=1)
            await site.until_status("gone", inSync=True)
            await asyncio.to_thread(site.control.restore)
            assert int((await site.get("mixer")).metadata.resourceVersion) < newest
            await site.until_status("mixer", inSync=True, currentValue=2500)
            assert plc[4001] == 2500
            assert "taken for restored" in operator.log

            async def one() -> bool:
                return await operator.metric("managed_plcs") == 1

            await until(one, "what was made after the backup is forgotten")
            await site.apply("mixer", port, targetValue=2600)
            await site.until_status("mixer", inSync=True, currentValue=2600)
            assert plc[4001] == 2600
