"""Rollouts in the engine: from an edit of all PLCs to what their devices were written, through a process that dies."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from .presses import ADDRESS, NEW, OLD, Presses

Begin = Callable[..., Presses]


@pytest.fixture
async def presses() -> AsyncIterator[Begin]:
    """Return a way to begin with some presses; their engine is stopped afterwards."""
    begun: list[Presses] = []

    def begin(count: int = 10, **spec: object) -> Presses:
        begun.append(Presses(count, **spec))
        return begun[-1]

    yield begin
    for each in begun:
        await each.engine.stop(1.0)


async def test_an_edit_goes_over_the_fleet_in_waves(presses: Begin) -> None:
    """An edit of all PLCs is written to the first, to half of them, and to all, once each, and is told of."""
    hall = presses()
    await hall.until("Watching")
    await asyncio.sleep(10)
    hall.git(NEW)
    await hall.until("Baking", 1)
    assert hall.holding(NEW) == ["press-01"]
    held = next(each for each in hall.plc("press-07").conditions if each.type == "Released")
    assert held.message == f"wants target {NEW}, holds {OLD}; SetpointRollout speed: wave 3 of 3"
    await hall.until("Baking", 2)
    assert hall.holding(NEW) == hall.names[:5]
    await hall.until("Done")
    assert hall.written() == {name: [NEW] for name in hall.names}
    told = hall.bus.types()
    assert (told[0], told[-1]) == ("dev.cdevents.pipelinerun.started.0.3.0", "dev.cdevents.pipelinerun.finished.0.3.0")
    assert hall.status.outbox == ()
    assert hall.observer.faults == []


@pytest.mark.parametrize(("phase", "wave"), [("Planning", 0), ("Releasing", 2), ("Baking", 2), ("Restoring", 2)])
async def test_a_process_that_is_killed_is_gone_on_from(presses: Begin, phase: str, wave: int) -> None:
    """Killed at any stage, another process ends what was begun: no device is written twice, none is forgotten."""
    hall = presses(maxParallel=1)
    await asyncio.sleep(20)
    hall.git(NEW)
    if phase == "Restoring":
        await hall.until("Baking", 2)
        hall.abort()
    await hall.until(phase, wave)
    await hall.kill()
    await hall.until("Aborted" if phase == "Restoring" else "Done")
    if phase == "Restoring":
        assert hall.written() == {name: [NEW, OLD] if name in hall.names[:5] else [] for name in hall.names}
    else:
        assert hall.written() == {name: [NEW] for name in hall.names}
    assert hall.observer.faults == []


async def test_what_drifts_in_a_wave_is_put_back_last_first(presses: Begin) -> None:
    """A device that does not keep what it is written takes the whole wave back, the last first."""
    hall = presses(maxParallel=1)
    await asyncio.sleep(20)
    hall.git(NEW)
    await hall.until("Baking", 2)
    hall.device("press-03").keeps = False
    hall.device("press-03")[ADDRESS] = OLD
    await hall.until("Restoring")
    hall.device("press-03").keeps = True
    await hall.until("Aborted")
    assert hall.holding(OLD) == hall.names
    back = [name for name in hall.names if hall.plc(name).release.restored]  # type: ignore[union-attr]
    assert back == hall.names[:5]
    assert hall.observer.faults == []
