"""Slots for writes to the API server, of which a slow namespace keeps none from the others."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.engine.ports import Stored
from fabgitops_operator.hosting import slots
from fabgitops_operator.hosting.announce import Announcer
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.report import AT_ONCE, Reporter
from fabgitops_operator.hosting.slots import AT_ONCE_SLOW, Slots

from .conftest import FakeKube, until
from .test_report import Objects


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call a namespace slow sooner than a test takes."""
    monkeypatch.setattr(slots, "SLOW_SECS", 0.05)


class Site:
    """Requests of namespaces: those of `held` take until it is let go."""

    def __init__(self) -> None:
        self.slots = Slots(2)
        self.go = asyncio.Event()
        self.under_way = 0

    async def slow(self) -> None:
        """Make a request of a namespace that is slow until it is let go."""
        async with self.slots.of("slow"):
            self.under_way += 1
            await self.go.wait()
            self.under_way -= 1

    async def quick(self, namespace: str = "quick") -> None:
        """Make a request that is answered at once."""
        async with self.slots.of(namespace):
            await asyncio.sleep(0)


async def test_a_slow_namespace_keeps_no_other_waiting() -> None:
    """With many requests of one that answers to none under way and waiting, those of another go at once."""
    site = Site()
    tasks = [asyncio.create_task(site.slow()) for _ in range(50)]
    async with asyncio.timeout(30):
        await site.quick()
        await until(lambda: site.under_way == 2 + AT_ONCE_SLOW)
        await site.quick()
        site.go.set()
        await asyncio.gather(*tasks)


async def test_who_is_quick_again_shares_again_and_nothing_is_kept() -> None:
    """A namespace that was slow is as the others once it is quick, and what is known of it goes with its requests."""
    site = Site()
    tasks = [asyncio.create_task(site.slow()) for _ in range(20)]
    await until(lambda: site.under_way == 2 + AT_ONCE_SLOW)
    site.go.set()
    await asyncio.gather(*tasks)
    await asyncio.gather(*(site.quick("slow") for _ in range(20)))
    assert (site.slots._slow, site.slots._asking) == ({}, {})
    assert not site.slots._shared.locked()


async def test_who_gives_up_waiting_keeps_no_slot() -> None:
    """Requests that are cancelled, under way or while they wait, in either lane, leave all slots to the others."""
    site = Site()
    tasks = [asyncio.create_task(site.slow()) for _ in range(20)]
    await until(lambda: site.under_way == 2 + AT_ONCE_SLOW)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(site.quick("slow") for _ in range(20)))
    assert (site.slots._slow, site.slots._asking, site.slots._shared._value) == ({}, {}, 2)


async def test_a_webhook_that_is_away_holds_up_no_record_of_another_namespace(metrics: Metrics) -> None:
    """Where the statuses of one namespace take as long as a webhook is waited for, those of others are stored."""

    class Slow(FakeKube):
        async def patch_status(self, key: Key, uid: str, status: Mapping[str, Any]) -> Mapping[str, Any]:
            if key.namespace == "slow":
                await asyncio.Event().wait()
            return {"metadata": {"resourceVersion": "7"}, "status": status}

    kube = Slow()
    reporter = Reporter(kube, Announcer(kube, metrics), metrics, Objects())
    for number in range(3 * AT_ONCE):
        reporter.publish(Key("IndustrialPLC", "slow", f"plc-{number}"), IndustrialPLCStatus())
    other = Key("IndustrialPLC", "other", "mixer")
    reporter.publish(other, IndustrialPLCStatus())
    assert await reporter.stored(other, 2) is Stored.YES
    await reporter.close(0)
