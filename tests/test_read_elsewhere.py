"""Registers that are written in one place and read in another, over real sockets: a PLC of mock-plc, and an odd one."""

import struct
from typing import Any

from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from mock_plc.machine.machine import Machine
from mock_plc.memory import Table
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.spec.reading import parse

from .keeping import answering, kept, until

FAN: dict[str, Any] = {"name": "fan", "address": 3, "value": 1, "readFrom": {"table": "input", "address": 3}}
DEVICE = """
registers:
- {name: fan, address: 3, readFrom: {table: input, address: 3}}
- {name: door, table: coil, address: 7, readFrom: {reference: 10010}}
- name: room
  address: 10
  scale: 0.1
  value: 18.2
  readFrom: {table: input, address: 100, type: float32, byteOrder: CDAB}
- name: mode
  address: 20
  enum: {Stop: 0, Run: 1}
  value: Stop
  readFrom: {address: 21, enum: {Stop: 2, Run: 3, Fault: 9}}
"""
MAP: list[dict[str, Any]] = [
    FAN,
    {"name": "door", "table": "coil", "address": 7, "value": True, "readFrom": {"reference": 10010}},
    {
        "name": "room",
        "address": 10,
        "scale": 0.1,
        "value": 21.3,
        "readFrom": {"table": "input", "address": 100, "type": "float32", "byteOrder": "CDAB"},
    },
    {
        "name": "mode",
        "address": 20,
        "enum": {"Stop": 0, "Run": 1},
        "value": "Run",
        "readFrom": {"address": 21, "enum": {"Stop": 2, "Run": 3, "Fault": 9}},
    },
]


class Odd:
    """A server that takes writes of holding registers, always reads 0 there, and shows all by its input registers."""

    def __init__(self) -> None:
        self.words = {3: 0}
        self.writes: list[tuple[int, int, int]] = []

    def answer(self, pdu: bytes) -> bytes:
        """Answer FC03, FC04 and FC06 (Modbus Application Protocol V1.1b3, sections 6.3, 6.4 and 6.6)."""
        code, at, count = struct.unpack(">BHH", pdu)
        if code == 6:
            self.writes.append((code, at, count))
            self.words[at] = count
            return pdu
        words = [0] * count if code == 3 else [self.words[each] for each in range(at, at + count)]
        return struct.pack(f">BB{count}H", code, 2 * count, *words)


def actual(status: IndustrialPLCStatus) -> dict[str, str | None]:
    """Return what each register was read to hold."""
    return {each.name: each.actual for each in status.registers}


async def test_a_fan_that_always_reads_0_where_it_is_written_is_in_sync_by_its_input_register() -> None:
    """It is written once, proven by the input register, and written again when somebody has switched it off."""
    odd = Odd()
    async with answering(odd.answer) as port, kept(port, FAN) as status:
        await until(lambda: status().in_sync is True, status)
        assert (odd.writes, status().corrections_applied) == ([(6, 3, 1)], 1)
        odd.words[3] = 0
        await until(lambda: status().corrections_applied == 2, status)
        assert (odd.writes, status().drift_events) == ([(6, 3, 1)] * 2, 2)


async def test_each_form_is_written_here_and_proven_there() -> None:
    """A word, a coil, tenths shown as a float and a command shown as a state are put right once, and after a drift."""
    machine = Machine(parse(DEVICE, "device"))
    async with listening(Station(machine)) as port, kept(port, *MAP) as status:
        await until(lambda: status().in_sync is True, status)
        assert status().corrections_applied == len(MAP)
        assert actual(status()) == {"fan": "1", "door": "true", "room": "21.3", "mode": "Run"}
        assert machine.units[1].read(Table.HOLDING, 20, 2) == [0, 3]
        assert machine.units[1].read(Table.COIL, 7, 1) == [0]
        machine.points["mode"].set("Fault")
        machine.points["door"].set(False)
        await until(lambda: status().corrections_applied == len(MAP) + 2, status)
        await until(lambda: status().in_sync is True, status)
        assert [machine.points[each].get() for each in ("door", "mode")] == [True, 3]


async def test_a_device_that_does_not_follow_is_told_of() -> None:
    """A device that shows another value than was written is not believed: the write did not hold."""
    machine = Machine(
        parse(DEVICE.replace("{table: input, address: 3}}", "{table: input, address: 3}, " + STUCK), "odd")
    )
    async with listening(Station(machine)) as port, kept(port, FAN) as status:
        await until(lambda: "holds 0 after writing 1" in status().message, status)
        assert status().in_sync is False
        assert status().corrections_applied == 0


STUCK = "behaviours: {clamps: {max: 0}}}"
