"""Interlocks in the engine: read in the turn of the write, or by another resource lately."""

import asyncio
from datetime import timedelta
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.testing.devices import FakePlc

from .conftest import MIXER, PRESS, Bench

SPEED = {"name": "speed", "address": 10}
SETPOINT = {"name": "setpoint", "address": 20, "value": 7}
STANDS = {"register": "speed", "operator": "<", "value": 5}
GUARD = {"register": "guard", "plc": "press", "operator": "==", "value": 1}


def declare(bench: Bench, key: Key, *interlocks: dict[str, Any], address: str = "10.0.0.5", **changes: Any) -> None:
    """Declare a PLC with a speed that is only observed, a set-point, and interlocks."""
    given = {"deviceAddress": address, "pollIntervalSecs": 1, "timeoutSecs": 1, "registers": [SPEED, SETPOINT]}
    bench.declare_spec(key, {**given, "correction": {"interlocks": interlocks}, **changes})


def declare_press(bench: Bench, key: Key = PRESS, **changes: Any) -> FakePlc:
    """Declare the press, whose guard is only observed, and return its device."""
    given = {"deviceAddress": "10.0.0.6", "pollIntervalSecs": 1, "timeoutSecs": 1}
    bench.declare_spec(key, {**given, "registers": [{"name": "guard", "address": 30}], **changes})
    return bench.devices[Endpoint("10.0.0.6", 502)]


def held(bench: Bench, key: Key = MIXER) -> str:
    """Return what the status says of interlocks that hold, or nothing."""
    if bench.host.status(key) is None:
        return ""
    return next((each.message for each in bench.status(key).held if each.guard == "interlocks"), "")


async def polls(bench: Bench, count: int, plc: FakePlc | None = None) -> None:
    """Wait for so many readings."""
    plc = plc or bench.plc
    wanted = plc.reads + count
    await bench.until(lambda: plc.reads >= wanted)


async def test_an_interlock_of_the_same_device_holds_and_lets_go(bench: Bench) -> None:
    """While the spindle turns nothing is written; at the next poll at which it stands still it is."""
    bench.plc[10] = 900
    declare(bench, MIXER, STANDS)
    await bench.until(lambda: held(bench) == "the interlock speed < 5 is not satisfied")
    await polls(bench, 3)
    assert bench.plc.writes == []
    bench.plc[10] = 0
    await bench.until(lambda: bench.plc[20] == 7)
    await bench.until(lambda: bench.status(MIXER).in_sync is True)
    assert bench.status(MIXER).held == ()
    assert bench.status(MIXER).corrections_applied == 1


async def test_a_spindle_that_starts_while_the_write_waits_keeps_it_back(bench: Bench) -> None:
    """What was decided while the spindle stood still is not sent when it turns by the time that it is its turn."""
    bench.plc.hold_writes = asyncio.Event()
    declare(bench, MIXER, STANDS)
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.plc[10] = 900
    bench.plc.hold_writes.set()
    await bench.until(lambda: held(bench) != "")
    assert bench.plc.writes == []
    assert [each.unverified_write for each in bench.status(MIXER).registers] == [None, None]
    assert bench.plc.plans[-1].address == 10
    bench.plc[10] = 0
    await bench.until(lambda: bench.plc[20] == 7)


async def test_a_check_that_is_refused_holds_and_is_told(bench: Bench) -> None:
    """When the register of an interlock cannot be read any more in the turn of the write, that is said."""
    bench.plc.hold_writes = asyncio.Event()
    declare(bench, MIXER, STANDS)
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.plc.exceptions[1, Table.HOLDING, 10] = 4
    bench.plc.hold_writes.set()
    await bench.until(lambda: "could not be read right before the write: unit 1 answered" in held(bench))
    assert bench.plc.writes == []


async def test_another_resource_lets_corrections_go(bench: Bench) -> None:
    """A guard that opens at another PLC holds corrections from its next poll on, and lets them go when it is closed."""
    press = declare_press(bench)
    press[30] = 0
    declare(bench, MIXER, GUARD)
    await bench.until(lambda: held(bench) == "the interlock plc/press guard == 1 is not satisfied")
    await polls(bench, 3)
    assert bench.plc.writes == []
    press[30] = 1
    await bench.until(lambda: bench.plc[20] == 7)


async def test_a_guard_that_opens_while_the_write_waits_keeps_it_back(bench: Bench) -> None:
    """What another PLC has read by the time that the write has its turn counts, not what was known before."""
    press = declare_press(bench)
    press[30] = 1
    declare(bench, MIXER, GUARD)
    bench.plc.hold_writes = asyncio.Event()
    await bench.until(lambda: bench.plc.waiting == 1)
    press[30] = 0
    await polls(bench, 2, press)
    bench.plc.hold_writes.set()
    await bench.until(lambda: held(bench) != "")
    assert bench.plc.writes == []


async def test_what_another_has_read_gets_old(bench: Bench) -> None:
    """While another PLC does not answer, or is too slow, corrections that look at it are held, and people are told."""
    press = declare_press(bench)
    press[30] = 1
    declare(bench, MIXER, GUARD)
    await bench.until(lambda: bench.plc[20] == 7)
    press.hold_answers = asyncio.Event()
    await bench.until(lambda: press.waiting == 1)
    since = bench.time()
    await bench.until(lambda: bench.time() > since + 4)
    bench.plc[20] = 1
    await bench.until(lambda: "press was not read within the last 3 s" in held(bench))
    assert len(bench.plc.writes) == 1
    press.hold_answers.set()
    press.hold_answers = None
    await bench.until(lambda: bench.plc[20] == 7)


async def test_a_clock_that_is_set_makes_nothing_fresh(bench: Bench) -> None:
    """The age of what another PLC has read goes by a clock that nobody sets: a time of day set back changes nothing."""
    press = declare_press(bench)
    press[30] = 1
    declare(bench, MIXER, GUARD)
    await bench.until(lambda: bench.plc[20] == 7)
    press.hold_answers = asyncio.Event()
    await bench.until(lambda: press.waiting == 1)
    since = bench.time()
    await bench.until(lambda: bench.time() > since + 4)
    before = bench.now
    bench.now = lambda: before() - timedelta(hours=1)  # type: ignore[method-assign]
    bench.engine._now = bench.now
    bench.plc[20] = 1
    await bench.until(lambda: "was not read within the last 3 s" in held(bench))
    assert len(bench.plc.writes) == 1
    press.hold_answers.set()


async def test_another_that_is_away_holds(bench: Bench) -> None:
    """A PLC that is out of contact shows nothing, whatever it showed before."""
    press = declare_press(bench)
    press[30] = 1
    declare(bench, MIXER, GUARD)
    await bench.until(lambda: bench.plc[20] == 7)
    press.read_errors = [Unreachable("10.0.0.6:502 refused the connection")] * 100
    await bench.until(lambda: bench.status(PRESS).phase.value == "Failed")
    bench.plc[20] = 1
    await bench.until(lambda: "press was not read within" in held(bench))
    assert len(bench.plc.writes) == 1


async def test_another_that_is_deleted_suspended_or_invalid_holds(bench: Bench) -> None:
    """A PLC that is not looked after any more shows nothing, and the status says what is the matter with it."""
    press = declare_press(bench)
    press[30] = 1
    declare(bench, MIXER, GUARD)
    await bench.until(lambda: bench.plc[20] == 7)
    declare_press(bench, suspend=True)
    bench.plc[20] = 1
    await bench.until(lambda: "press is suspended, so nobody reads it" in held(bench))
    bench.declare_spec(PRESS, None)
    await bench.until(lambda: "the spec of press is not valid" in held(bench))
    bench.engine.remove(PRESS)
    await bench.until(lambda: "there is no IndustrialPLC press in this namespace" in held(bench))
    assert len(bench.plc.writes) == 1
    declare_press(bench)
    await bench.until(lambda: bench.plc[20] == 7)


async def test_a_neighbour_is_looked_for_in_the_same_namespace(bench: Bench) -> None:
    """A PLC of the same name in another namespace is none of its neighbours."""
    press = declare_press(bench, Key(INDUSTRIAL_PLC.name, "elsewhere", "press"))
    press[30] = 1
    declare(bench, MIXER, GUARD)
    await bench.until(lambda: "there is no IndustrialPLC press in this namespace" in held(bench))
    assert bench.plc.writes == []


async def test_two_that_look_at_each_other_do_not_wait_for_each_other(bench: Bench) -> None:
    """Two PLCs whose interlocks name each other are polled as ever, and each is written as the other lets it."""
    other = bench.devices[Endpoint("10.0.0.6", 502)]
    bench.plc[10], other[10] = 900, 900
    declare(bench, MIXER, {**STANDS, "plc": "press"})
    declare(bench, PRESS, {**STANDS, "plc": "mixer"}, address="10.0.0.6")
    await bench.until(lambda: bool(held(bench, MIXER) and held(bench, PRESS)))
    await polls(bench, 5)
    await polls(bench, 5, other)
    assert (bench.plc.writes, other.writes) == ([], [])
    other[10] = 0
    await bench.until(lambda: bench.plc[20] == 7)
    assert other.writes == []
    bench.plc[10] = 0
    await bench.until(lambda: other[20] == 7)


async def test_one_may_look_at_itself_by_its_name(bench: Bench) -> None:
    """A PLC whose interlock names itself is written by what its poll before has read."""
    bench.plc[10] = 0
    declare(bench, MIXER, {**STANDS, "plc": "mixer"})
    await bench.until(lambda: bench.plc[20] == 7)


async def test_a_resource_without_interlocks_reads_nothing_more(bench: Bench) -> None:
    """A write of a resource without interlocks costs the readings that it always did."""
    declare(bench, MIXER)
    await bench.until(lambda: bench.plc[20] == 7)
    await bench.until(lambda: bench.status(MIXER).in_sync is True)
    assert [each.address for each in bench.plc.plans[:3]] == [10, 20, 20]
