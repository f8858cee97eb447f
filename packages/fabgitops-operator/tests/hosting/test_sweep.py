"""When everything is listed again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_operator.hosting.errors import Gone
from fabgitops_operator.hosting.hearing import Hearing, Scope
from fabgitops_operator.hosting.inventory import Inventory
from fabgitops_operator.hosting.sweep import FIRST_PAUSE_SECS, MAX_PAUSE_SECS, Sweep

from .test_inventory import body


class Listings:
    """Listings of one object, each of the next version; the watch is down all the time."""

    def __init__(self, targets: list[int]) -> None:
        self.targets = targets
        self.listed = 0

    async def list_all(self, *_: object) -> AsyncIterator[dict[str, Any]]:
        """Yield the object."""
        self.listed += 1
        yield body(self.listed, target=self.targets[self.listed - 1])


class Impatient(Sweep):
    """A sweep that does not wait, and remembers how long it would have."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.pauses: list[float] = []

    async def _until_deaf(self, secs: float) -> None:
        self.pauses.append(secs)
        await asyncio.sleep(0)


async def test_while_a_watch_is_down_news_is_listed_again_soon() -> None:
    """Listings come at growing pauses, and soon after one that showed something new, which may be half of a commit."""
    engine = Engine(FakeDevices(), FakeHost(), FakeObserver())
    hearing = Hearing([Scope(INDUSTRIAL_PLC)], 60.0)
    listings = Listings([2500, 2500, 2500, 2500, 2600, 2600, 2600])
    sweep = Impatient(listings, Inventory(engine, lambda _uid: None), hearing, (PlcController(),))
    over = asyncio.Event()
    sweeping = asyncio.create_task(sweep.forever(300.0, lambda _errors: over.set() if listings.listed == 7 else None))
    await over.wait()
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    longest = min(8 * FIRST_PAUSE_SECS, MAX_PAUSE_SECS)
    assert [pause / FIRST_PAUSE_SECS for pause in sweep.pauses[:4]] == [2, 1, 2, 4]
    assert sweep.pauses[4:7] == [longest, FIRST_PAUSE_SECS, 2 * FIRST_PAUSE_SECS]
    await engine.stop(0)


class Missing(Listings):
    """The same, of a kind that is not there for a while."""

    gone = True

    async def list_all(self, *_: object) -> AsyncIterator[dict[str, Any]]:
        """Yield the object, or raise that there is no such kind."""
        if self.gone:
            raise Gone("listing industrialplcs: the API server does not serve this kind", "gone")
        async for each in super().list_all():
            yield each


class Loose(PlcController):
    """Looks after PLCs where there are any."""

    kind = replace(INDUSTRIAL_PLC, optional=True)


async def test_an_optional_kind_that_is_not_there_is_nothing_wrong() -> None:
    """It is found by a later listing, and keeps nobody from being ready until then; gone again, so are its objects."""
    engine = Engine(FakeDevices(), FakeHost(), FakeObserver())
    hearing = Hearing([Scope(Loose.kind)], 60.0)
    listings = Missing([2500, 2500])
    sweep = Sweep(listings, Inventory(engine, lambda _uid: None), hearing, (Loose(),))
    assert await sweep.once() == {}
    assert (hearing.not_ready(), hearing.overlooked(), len(engine)) == ("", [], 0)
    listings.gone = False
    await sweep.once()
    assert (hearing.overlooked(), len(engine)) == ([Scope(Loose.kind)], 1)
    listings.gone = True
    assert await sweep.once() == {}
    assert (hearing.not_ready(), len(engine)) == ("", 0)
    await engine.stop(0)
