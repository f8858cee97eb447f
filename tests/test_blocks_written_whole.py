"""Groups over real sockets: devices that take a block of registers in one request only, and nothing of it alone."""

import struct
from dataclasses import dataclass, field
from typing import Any

import pytest

from .keeping import answering, kept, until

TIMES: tuple[dict[str, Any], ...] = (
    {"name": "start", "address": 100, "value": 480, "group": "charging"},
    {"name": "end", "address": 101, "value": 1020, "group": "charging"},
    {"name": "enable", "address": 102, "value": 1, "group": "charging"},
)
OUTPUTS: tuple[dict[str, Any], ...] = (
    {"name": "pump", "table": "coil", "address": 7, "value": True, "group": "outputs"},
    {"name": "valve", "table": "coil", "address": 8, "value": True, "group": "outputs"},
)
AMOUNT: tuple[dict[str, Any], ...] = (
    {"name": "amount", "address": 20, "type": "float32", "byteOrder": "CDAB", "value": 7.5, "group": "batch"},
    {"name": "recipe", "address": 22, "type": "string", "length": 4, "value": "Rye", "group": "batch"},
)


@dataclass
class Block:
    """A server that takes only a write of just these words, or bits, by FC16 or FC15; else it answers exception 02."""

    address: int
    cells: list[int]
    bits: bool = False
    taken: list[list[int]] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    def answer(self, pdu: bytes) -> bytes:
        """Answer FC01, FC03, FC15 and FC16 (Modbus Application Protocol V1.1b3, sections 6.1, 6.3, 6.11 and 6.12)."""
        code, at, count = struct.unpack(">BHH", pdu[:5])
        if code in {1, 3} and self.address <= at and at + count <= self.address + len(self.cells):
            return self._read(code, self.cells[at - self.address : at - self.address + count])
        if (code, at, count) != (15 if self.bits else 16, self.address, len(self.cells)):
            self.refused.append(pdu)
            return bytes((code | 0x80, 2))
        packed = int.from_bytes(pdu[6:], "little")
        self.cells = (
            [packed >> bit & 1 for bit in range(count)] if self.bits else [*struct.unpack(f">{count}H", pdu[6:])]
        )
        self.taken.append(self.cells)
        return pdu[:5]

    def _read(self, code: int, cells: list[int]) -> bytes:
        if code == 1:
            return bytes((1, 1, sum(bit << at for at, bit in enumerate(cells))))
        return struct.pack(f">BB{len(cells)}H", code, 2 * len(cells), *cells)


@pytest.mark.parametrize(
    ("block", "registers", "wanted"),
    [
        (Block(100, [1, 2, 3]), TIMES, [480, 1020, 1]),
        (Block(7, [1, 0], bits=True), OUTPUTS, [1, 1]),
        (Block(20, [0, 0, 0, 0]), AMOUNT, [0x0000, 0x40F0, 0x5279, 0x6500]),
    ],
    ids=["times", "outputs", "amount"],
)
async def test_a_block_goes_out_whole(block: Block, registers: tuple[dict[str, Any], ...], wanted: list[int]) -> None:
    """It is put right by one request, once more when any one of it drifts, and never asked for a part."""
    async with answering(block.answer) as port, kept(port, *registers) as status:
        await until(lambda: status().in_sync is True, status)
        assert (block.taken, block.refused) == ([wanted], [])
        before = status().corrections_applied
        block.cells = [*wanted[:-1], wanted[-1] ^ 1]
        await until(lambda: status().corrections_applied == before + 1, status)
        assert (block.taken, block.refused) == ([wanted] * 2, [])
        assert [each.in_sync for each in status().registers] == [True] * len(registers)
