"""PLCs in a namespace that an operator looks after no more: they say so, unless another operator has taken over."""

import pytest
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import Reason, only_kubernetes
from .conftest import Site, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.NAMESPACES)]

NAMED = ("--lease-name", "giving-up", "--resync-secs", "2")


async def test_plcs_that_nobody_looks_after_any_more_say_so(site: Site) -> None:
    """Started again for fewer namespaces, the operator says so of PLCs in the others, until somebody looks."""
    plc, elsewhere = Device({4001: 2500}), f"{site.namespace}-b"
    site.plane.add_namespace(elsewhere)
    other = Site(site.plane, elsewhere, site.client)
    async with serving(plc) as port:
        async with site.operator(*NAMED, also=[elsewhere]) as first:
            await other.apply("mixer", port)
            plc[4001] = 2311
            await other.until_status("mixer", inSync=True, correctionsApplied=1)
            await first.stop()
        reads = plc.reads
        async with site.operator(*NAMED) as second:
            await other.until_ready("mixer", "False", "NotLookedAfter")
            left = await other.status("mixer")
            assert (left["correctionsApplied"], "inSync" in left, plc.reads) == (1, False, reads)
            assert elsewhere in second.log

            async def counted() -> bool:
                return await second.metric("fabgitops_given_up_plcs", namespace=elsewhere) == 1

            await until(counted, "it is counted")
            await second.stop()
        async with site.operator(*NAMED) as third:
            await until(lambda: "not any more" in third.log, "it is known over restarts")
            async with other.operator("--lease-name", "taking-over"):
                await other.until_status("mixer", inSync=True, correctionsApplied=1)

                async def settled() -> bool:
                    return not await third.metric("fabgitops_given_up_plcs", namespace=elsewhere)

                await until(settled, "somebody looks after it")
                assert (await other.condition("mixer", "Ready")) == ("True", "InSync")
        await other.delete("mixer")
