"""What resources that share a connection do to each other: over real sockets, from the manifest to the wire."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.breaker import Breaker
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.requests import DeviceId, Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver

from .conftest import MIXER, PRESS, Bench

GOOD = 1
SILENT = range(2, 6)


def declare(engine: Engine, name: str, **spec: Any) -> None:
    """Declare a PLC on loopback."""
    key, now = Key(INDUSTRIAL_PLC.name, "line", name), datetime.now(UTC)
    body = {"metadata": {"generation": 1}, "spec": {"deviceAddress": "127.0.0.1", "pollIntervalSecs": 1, **spec}}
    event = declared(INDUSTRIAL_PLC, body, now)
    assert not event.problem
    engine.declare(key, PlcController(), event)


class Gateway:
    """A gateway of which one unit answers; the others do not, or 0B is answered for them."""

    def __init__(self, answers: bool) -> None:
        self.answers = answers
        self.asked: list[int] = []
        self.connections = 0
        self.serving: list[asyncio.Task[None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self.serving.append(task)
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await reader.readexactly(12)
                self.asked.append(request[6])
                if request[6] == GOOD:
                    writer.write(request[:4] + b"\0\5" + request[6:7] + b"\3\2\0\7")
                elif self.answers:
                    await asyncio.sleep(0.05)  # a gateway looks for its unit before it says that there is none
                    writer.write(request[:4] + b"\0\3" + request[6:7] + b"\x83\x0b")


@asynccontextmanager
async def running() -> AsyncIterator[Engine]:
    """Yield an engine with real connections."""
    engine = Engine(ModbusDevices(), FakeHost(), FakeObserver())
    try:
        yield engine
    finally:
        await engine.stop(0)


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    while not true():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("answers", [False, True], ids=["silence", "slow 0B"])
async def test_silent_units_of_one_resource_do_not_slow_the_one_that_is_well(answers: bool) -> None:
    """Between two readings of a unit that answers at most one that does not is tried, and each of them in its turn."""
    gateway = Gateway(answers)
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    registers = [{"name": f"u{unit}", "address": 0, "unitId": unit} for unit in (GOOD, *SILENT)]
    async with running() as engine:
        port = server.sockets[0].getsockname()[1]
        declare(engine, "map", port=port, timeoutSecs=0.2, registers=registers)
        await until(lambda: set(SILENT) <= set(gateway.asked))
    server.close()
    await asyncio.gather(*gateway.serving)
    rounds = "".join("." if unit == GOOD else "x" for unit in gateway.asked)
    assert "xx" not in rounds, rounds
    assert gateway.connections == 1


async def test_one_refused_connection_is_one_failure_however_many_are_told() -> None:
    """Resources that share a connect that fails are all told, and the circuit counts the attempts."""
    with closing(socket.socket()) as refusing:
        refusing.bind(("127.0.0.1", 0))
        port = refusing.getsockname()[1]
        async with running() as engine:
            host = engine._host
            assert isinstance(host, FakeHost)
            for at in range(8):
                declare(engine, f"r{at}", port=port, pollIntervalSecs=60, targetRegister=at, targetValue=7)
            await until(lambda: sum(notice.reason == "ConnectionFailed" for _, notice in host.notices) == 8)
            (breaker,) = engine.circuits.troubled().values()
    assert breaker.failures < 3


async def test_while_one_probes_the_others_wait(bench: Bench) -> None:
    """Of a half-open circuit one request passes; who comes meanwhile is told why it is open, and asks nothing."""
    device = DeviceId(Endpoint("10.0.0.5", 502), 1)
    bench.engine.circuits._troubled[device] = Breaker(3, 0.0, "10.0.0.5:502 refused the connection")
    bench.plc.hold_answers = asyncio.Event()
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.waiting == 1)
    bench.declare(PRESS, target_register=4002)
    await bench.until(lambda: bench.host.status(PRESS) is not None and "refused" in bench.status(PRESS).message)
    assert bench.plc.reads == 1
    bench.plc.hold_answers.set()
    await bench.until(lambda: bool(bench.status(MIXER).in_sync))


async def test_who_waits_for_a_turn_asks_no_device_that_was_found_silent_meanwhile(bench: Bench) -> None:
    """A reading whose circuit opens while it waits for its turn is not sent."""
    bench.plc.hold_reads = asyncio.Event()
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.waiting == 1)
    for _ in range(3):
        bench.engine.circuits.failed(DeviceId(Endpoint("10.0.0.5", 502), 1), "unit 1 did not answer")
    bench.plc.hold_reads.set()
    await bench.until(lambda: bench.status(MIXER).message == "unit 1 did not answer")
    assert bench.engine.circuits.troubled()[DeviceId(Endpoint("10.0.0.5", 502), 1)].failures == 3


async def test_the_wait_for_a_turn_is_lateness(bench: Bench) -> None:
    """How late a poll is is known when its first request has its turn, and once for each poll."""
    bench.plc.hold_reads = asyncio.Event()
    bench.declare_spec(
        MIXER,
        {
            "deviceAddress": "10.0.0.5",
            "pollIntervalSecs": 60,
            "registers": [{"name": "a", "address": 1}, {"name": "b", "address": 900}],
        },
    )
    await bench.until(lambda: bench.plc.waiting == 1)
    assert bench.observer.lateness == []
    bench.plc.hold_reads.set()
    await bench.until(lambda: bool(bench.observer.passes))
    assert len(bench.observer.lateness) == 1
