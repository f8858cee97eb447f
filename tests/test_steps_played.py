"""What is written before and after a register, played by mock-plc on a real socket: locks, and what has to be saved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.requests import SecretKey
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_core.testing.secrets import FakeSecrets
from mock_plc.machine.machine import Machine
from mock_plc.memory import Table
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.spec.reading import parse

PATIENCE = 30.0
PASSWORD = {"valueFrom": {"secretKeyRef": {"name": "drive", "key": "password"}}}
SECRETS = {SecretKey("default", "drive", "password"): "1000"}

# Field case C7: a write of register 0 counts only for a while after one of register 24, a password that stays readable.
DRIVE = """
registers:
- {name: pulse-width, address: 0, value: 5, behaviours: {locked: {by: password, value: 1000, within: 300ms}}}
- {name: password, address: 24}
"""
WIDTH: dict[str, Any] = {"name": "pulse-width", "address": 0, "write": {"before": [{"address": 24, **PASSWORD}]}}

# Two set-points behind one coil that is true for the next moment only, for two who share the connection.
OVEN = """
registers:
- {name: top, address: 0, value: 1, behaviours: {locked: {by: unlock, value: true, within: 200ms, code: 2}}}
- {name: bottom, address: 1, value: 1, behaviours: {locked: {by: unlock, value: true, within: 200ms, code: 2}}}
- {name: unlock, table: coil, address: 3}
"""

# What is not saved is gone with the next power cycle.
LAMP = """
registers:
- {name: brightness, address: 0, value: 50, behaviours: {saved: {by: save, value: 1}}}
- {name: mode, address: 1, value: 1}
- {name: save, address: 30}
"""


class Plant:
    """An engine and a device that mock-plc plays, with all that was written to it in order."""

    def __init__(self, machine: Machine, port: int, engine: Engine, host: FakeHost) -> None:
        self.machine, self.port, self.engine, self.host = machine, port, engine, host
        self.generation = 0
        self.writes: list[tuple[Table, int, list[int]]] = []
        unit, write = machine.units[1], machine.units[1].write

        def noted(table: Table, address: int, values: Any) -> None:
            self.writes.append((table, address, list(values)))
            write(table, address, values)

        unit.write = noted  # type: ignore[method-assign]

    def declare(self, name: str, *registers: dict[str, Any]) -> None:
        """Declare a resource that wants these registers."""
        self.generation += 1
        given = {"deviceAddress": "127.0.0.1", "port": self.port, "pollIntervalSecs": 1, "registers": registers}
        spec = IndustrialPLCSpec.model_validate(given)
        event: Declared[Any, Any] = Declared(datetime.now(UTC), self.generation, spec)
        self.engine.declare(Key(INDUSTRIAL_PLC.name, "default", name), PlcController(settle_secs=0), event)

    async def until(self, **values: Any) -> None:
        """Wait until registers hold values, by name, with an underscore for a dash."""
        wanted = {name.replace("_", "-"): value for name, value in values.items()}
        async with asyncio.timeout(PATIENCE):
            while {name: self.machine.points[name].get() for name in wanted} != wanted:
                await asyncio.sleep(0.01)

    async def until_in_sync(self, name: str) -> None:
        """Wait until a resource says that all is as Git wants."""
        key = Key(INDUSTRIAL_PLC.name, "default", name)
        async with asyncio.timeout(PATIENCE):
            while not getattr(self.host.status(key), "in_sync", False):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def plant(device: str) -> AsyncIterator[Plant]:
    """Play a device, and run an engine beside it."""
    machine = Machine(parse(device, "device"))
    async with listening(Station(machine)) as port:
        host = FakeHost()
        engine = Engine(ModbusDevices(), host, FakeObserver(), secrets=FakeSecrets(SECRETS))
        try:
            yield Plant(machine, port, engine, host)
        finally:
            await engine.stop(1)


async def test_a_locked_register_is_unlocked_each_time() -> None:
    """The first change goes out, and so does each later one, though the password still stands where it was written."""
    async with plant(DRIVE) as drive:
        for value in (60, 80, 70):
            drive.declare("drive", {**WIDTH, "value": value})
            await drive.until(pulse_width=value, password=1000)
            await drive.until_in_sync("drive")
        drive.machine.points["pulse-width"].set(5)
        await drive.until(pulse_width=70)
        assert [(address, *values) for _, address, values in drive.writes] == [
            each for value in (60, 80, 70, 70) for each in ((24, 1000), (0, value))
        ]


async def test_nothing_of_another_resource_comes_between_unlock_and_write() -> None:
    """Two who share a connection and unlock by the same coil write right after their own unlock, all the time."""
    before, after = {"table": "coil", "address": 3, "value": True}, {"reference": 4, "value": False}
    unlock = {"write": {"before": [before], "after": [after]}}
    async with plant(OVEN) as oven:
        for value in range(2, 8):
            oven.declare("top", {"name": "top", "address": 0, "value": value, **unlock})
            oven.declare("bottom", {"name": "bottom", "address": 1, "value": value, **unlock})
            oven.declare("eyes", {"name": "seen", "address": 0}, {"name": "too", "address": 1})
            await oven.until(top=value, bottom=value, unlock=False)
        steps = [oven.writes[at : at + 3] for at in range(0, len(oven.writes), 3)]
        for first, write, last in steps:
            assert (first, last) == ((Table.COIL, 3, [1]), (Table.COIL, 3, [0]))
            assert write[0] is Table.HOLDING
        assert len(steps) == 12


async def test_what_was_saved_outlives_a_power_cycle() -> None:
    """After a restart of the device what is saved each time holds, and only what is not has to be written again."""
    save = {"write": {"after": [{"address": 30, "value": 1}]}}
    async with plant(LAMP) as lamp:
        kept = {"name": "brightness", "address": 0, "value": 80, **save}
        lamp.declare("lamp", kept, {"name": "mode", "address": 1, "value": 4})
        await lamp.until(brightness=80, mode=4)
        await lamp.until_in_sync("lamp")
        before = len(lamp.writes)
        lamp.machine.restart()
        assert lamp.machine.points["brightness"].get() == 80
        await lamp.until(mode=4)
        assert [(address, values) for _, address, values in lamp.writes[before:]] == [(1, [4])]
