"""An interlock that somebody else changes between the decision to write and the write: seen on the wire."""

import asyncio
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.engine.ports import Stored
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver

from .test_mbpoll import serving

pytestmark = pytest.mark.interop

KEY = Key(INDUSTRIAL_PLC.name, "line", "lathe")
DEVICE = """
registers:
- {name: speed, table: holding, address: 10, type: uint16, value: 0}
- {name: setpoint, table: holding, address: 20, type: uint16, value: 1}
"""


class SlowHost(FakeHost):
    """A place for statuses that takes its time: what is decided by then is sent when it has stored the record."""

    def __init__(self) -> None:
        super().__init__()
        self.waits, self.goes_on = asyncio.Event(), asyncio.Event()

    async def stored(self, key: Key, limit: float) -> Stored:
        """Wait until the test lets it go on."""
        self.waits.set()
        await self.goes_on.wait()
        return await super().stored(key, limit)

    def held(self) -> str:
        """Return what holds corrections."""
        status: ApiModel | None = self.status(KEY)
        assert isinstance(status, IndustrialPLCStatus)
        return "; ".join(each.message for each in status.held)


async def mbpoll(port: int, address: int, *value: str) -> str:
    """Read a holding register as somebody else, or write it."""
    options = ["-m", "tcp", "-p", str(port), "-a", "1", "-0", "-t", "4", "-r", str(address), "-1", "-o", "5"]
    command = ["mbpoll", *options, "127.0.0.1", *(["--", *value] if value else [])]
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=True)
    return str(ended.stdout)


async def test_a_spindle_that_somebody_starts_before_the_write_keeps_it_back(tmp_path: Path) -> None:
    """Mbpoll starts the spindle after we have decided: nothing is written until it stands still again."""
    device = tmp_path / "device.yaml"
    device.write_text(DEVICE)
    host = SlowHost()
    with serving(device, "tcp") as port:
        engine = Engine(ModbusDevices(), host, FakeObserver())
        spec = {
            "deviceAddress": "127.0.0.1",
            "port": port,
            "pollIntervalSecs": 1,
            "registers": [{"name": "speed", "address": 10}, {"name": "setpoint", "address": 20, "value": 7}],
            "correction": {"interlocks": [{"register": "speed", "operator": "<", "value": 5}]},
        }
        event = declared(INDUSTRIAL_PLC, {"metadata": {"generation": 1}, "spec": spec}, datetime.now(UTC))
        try:
            engine.declare(KEY, PlcController(settle_secs=0), event)
            await asyncio.wait_for(host.waits.wait(), 20)
            await mbpoll(port, 10, "900")
            host.goes_on.set()
            while not host.held():
                await asyncio.sleep(0.05)
            assert host.held() == "the interlock speed < 5 is not satisfied"
            assert "\t1\n" in await mbpoll(port, 20)
            await mbpoll(port, 10, "0")
            while "\t7\n" not in await mbpoll(port, 20):
                await asyncio.sleep(0.2)
        finally:
            await engine.stop(1.0)
