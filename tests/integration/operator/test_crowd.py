"""A thousand PLCs at once: a start that finds them all drifted, and a take-over."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from mock_plc.device import Access, Device
from mock_plc.server import serving

from ..planes import Reason, only_kubernetes
from .conftest import Operator, Site, until

pytestmark = [pytest.mark.integration, only_kubernetes(Reason.LEASE), pytest.mark.timeout(600)]

MANY = 1000
WANTED, DRIFTED = 2500, 2311
FLAGS = (
    *("--lease-duration-secs", "60", "--lease-deadline-secs", "40", "--settle-secs", "5"),
    *("--brake-percent", "0"),  # by default the fleet brake would ask somebody first
)


class Crowd:
    """Many PLCs, all drifted, who remember when each was asked first, and what."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.operator: Operator | None = None
        self.first: dict[int, tuple[str, float]] = {}
        self.early: list[str] = []
        self._written = False
        self.plcs = [self._plc(number) for number in range(MANY)]

    def _plc(self, number: int) -> Device:
        def read(_access: Access) -> None:
            self.first.setdefault(number, ("read", asyncio.get_running_loop().time()))

        def write(_access: Access) -> None:
            self.first.setdefault(number, ("write", 0.0))
            if not self._written:
                self._written = True
                assert self.operator is not None
                self.early += [] if f"looking after {MANY}" in self.operator.log else [self.operator.log]

        return Device({4001: DRIFTED}, on_read=read, on_write=write)

    def corrected(self) -> bool:
        """Return whether all hold what they must."""
        return all(plc[4001] == WANTED for plc in self.plcs)

    @asynccontextmanager
    async def declared(self) -> AsyncIterator[None]:
        """Serve and declare them."""
        async with AsyncExitStack() as stack:
            ports = [await stack.enter_async_context(serving(plc)) for plc in self.plcs]
            at_once = asyncio.Semaphore(16)

            async def apply(number: int, port: int) -> None:
                async with at_once:
                    await self.site.apply(f"plc-{number}", port, pollIntervalSecs=10)

            await asyncio.gather(*(apply(*each) for each in enumerate(ports)))
            yield


async def test_a_start_with_a_thousand_drifted_plcs_and_a_take_over(site: Site) -> None:
    """Nothing is written before all is listed and the PLC was read; starts are spread; each is corrected once."""
    crowd = Crowd(site)
    async with crowd.declared(), site.operator(*FLAGS, wait=False) as first:
        crowd.operator = first
        await until(crowd.corrected, "all corrected", 240)
        assert {what for what, _when in crowd.first.values()} == {"read"}
        assert not crowd.early, "written before everything was listed"
        times = sorted(when for _what, when in crowd.first.values())
        assert times[-1] - times[0] > 1.0
        assert max(Counter(int(each * 5) for each in times).values()) < MANY / 2, "they do not begin at once"
        await first.listens()

        async def counted() -> bool:
            return await first.metric("corrections_total") == MANY

        await until(counted, "each is counted", 120)
        assert all(len(plc.writes) == 1 for plc in crowd.plcs)
        async with site.operator(*FLAGS, wait=False) as second:
            await until(lambda: f"standing by: {MANY} " in second.log, "it stands by")
            await second.listens()
            spare, busy = [await each.metric("process_resident_memory_bytes") for each in (second, first)]
            crowd.plcs[7][4001] = DRIFTED
            clock = asyncio.get_running_loop().time
            assert await first.stop() == 0
            ended = clock()
            await until(lambda: f"looking after {MANY}" in second.log, "it takes over")
            took = clock() - ended
            await until(crowd.corrected, "a correction")
            print(f"took over after {took:.1f} s, {re.findall('took over within .* s', second.log)[0]}")
            print(f"corrected after {clock() - ended:.1f} s")
            print(f"{spare / 2**20:.0f} MiB standing by, {busy / 2**20:.0f} at work")
            assert took < 10
