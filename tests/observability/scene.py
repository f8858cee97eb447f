"""A small plant with one PLC in each situation, over real sockets, and an operator's engine and metrics around it."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.testing.host import FakeHost
from fabgitops_operator.audit.chain import Seal
from fabgitops_operator.audit.keeper import Keeper
from fabgitops_operator.audit.metrics import AuditMetrics
from fabgitops_operator.audit.stream import Stream
from fabgitops_operator.audit.writer import Writer
from fabgitops_operator.hosting.http import serving
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.standalone.source.metrics import SourceMetrics
from fabgitops_operator.standalone.source.standing import Standing
from testbed import processes

from . import fleet

NAMESPACE = "plant"
DRIFTS = ["--chaos", "--chaos-interval", "0.5"]
REFUSES_WRITES = ["--value", "1", "--fault", "exception:4,on=write"]


@asynccontextmanager
async def mock_plc(folder: Path, name: str, *arguments: str) -> AsyncIterator[int]:
    """Run a mock-plc, and yield its port."""
    log = folder / f"{name}.log"
    command = [str(Path(sys.executable).with_name("mock-plc")), "--bind", "127.0.0.1", "--port", "0", *arguments]
    process = processes.start(command, log)
    try:
        while (found := re.search(r"listening on [^ ]*:(\d+)", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            await asyncio.sleep(0.05)
        yield int(found[1])
    finally:
        processes.stop(process, 10)


def declare(engine: Engine, name: str, port: int, register: int, *, suspend: bool = False) -> None:
    """Declare an IndustrialPLC."""
    spec = {
        "deviceAddress": "127.0.0.1",
        "port": port,
        "targetRegister": register,
        "targetValue": 2500,
        "pollIntervalSecs": 1,
        "suspend": suspend,
    }
    metadata = {"name": name, "namespace": NAMESPACE, "uid": name, "generation": 1}
    event = declared(INDUSTRIAL_PLC, {"metadata": metadata, "spec": spec}, datetime.now(UTC))
    engine.declare(Key(INDUSTRIAL_PLC.name, NAMESPACE, name), PlcController(settle_secs=0), event)


@asynccontextmanager
async def operating(folder: Path) -> AsyncIterator[int]:
    """Look after a mixer that drifts, a press that refuses writes, a pump that is off, two rivals, a suspended spare.

    Rollouts are played beside them, one in each situation. Yields the port of /metrics. Of the API server, which is not
    there, only the count of a failed write is played.
    """
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        mixer = await stack.enter_async_context(mock_plc(folder, "mixer", *DRIFTS))
        press = await stack.enter_async_context(mock_plc(folder, "press", *REFUSES_WRITES))
        off = processes.ReservedPort()
        stack.callback(off.release)
        engine = Engine(ModbusDevices(metrics.request), FakeHost(), metrics)
        stack.push_async_callback(engine.stop, 1.0)
        metrics.watch_breakers(engine.circuits.troubled, asyncio.get_running_loop().time)
        metrics.watch_registers(engine.readings, engine.targets, engine.units)
        metrics.api_write("status", "forbidden")
        metrics.watch_lease("fabgitops-system/fabgitops", lambda: True)
        metrics.watch_hearing(lambda: {INDUSTRIAL_PLC.name: True})
        metrics.watch_brake(lambda: False)
        metrics.watch_given_up(lambda: {NAMESPACE: 0})
        metrics.registry.register(AuditMetrics(Keeper(Writer(Stream(), Seal()))))
        metrics.registry.register(SourceMetrics(lambda: Standing("./plant")))  # as without a cluster
        for name, port, register in (
            ("mixer", mixer, 4001),
            ("press", press, 4001),
            ("pump", off.number, 4001),
            ("left", press, 4002),
            ("right", press, 4002),
        ):
            declare(engine, name, port, register)
        await stack.enter_async_context(fleet.rolling(metrics))
        declare(engine, "spare", off.number, 4001, suspend=True)
        yield await stack.enter_async_context(serving(metrics.registry, "127.0.0.1", 0, str))
