"""Requests that read: FC01 to FC04 (Modbus Application Protocol V1.1b3, sections 6.1 to 6.4)."""

from collections.abc import Callable
from functools import cache
from struct import Struct

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from fabgitops_core.control.plc.requests import ReadPlan, Table
from fabgitops_core.modbus.frames.request import Expected, Request, check, request

Words = tuple[int, ...]

MAX_READ_WORDS = 125
"""Words in one FC03 or FC04."""
MAX_READ_BITS = 2000
"""Bits in one FC01 or FC02."""

_FUNCTIONS: dict[Table, tuple[str, type[ModbusPDU]]] = {
    Table.COIL: ("read_coils", ReadCoilsRequest),
    Table.DISCRETE: ("read_discrete_inputs", ReadDiscreteInputsRequest),
    Table.HOLDING: ("read_holding_registers", ReadHoldingRegistersRequest),
    Table.INPUT: ("read_input_registers", ReadInputRegistersRequest),
}


def read_request(plan: ReadPlan) -> Request[Words]:
    """Return the request of a plan.

    Raises:
        ValueError: The unit id, the address or the count is out of range.
    """
    unit, address, count = plan.unit_id, plan.address, plan.count
    check("unit id", unit, 0, 255)
    check("address", address, 0, 65535)
    most = MAX_READ_BITS if plan.table.bits else MAX_READ_WORDS
    check(f"count from address {address}", count, 1, min(most, 65536 - address))
    function, pdu = _FUNCTIONS[plan.table]
    size = (count + 7) // 8 if plan.table.bits else 2 * count
    take = _bits(count) if plan.table.bits else _words(count)
    expected = Expected(bytes([unit, pdu.function_code, size]), size, take)
    return request(plan, function, pdu(dev_id=unit, address=address, count=count), expected)


@cache
def _words(count: int) -> Callable[[bytes, int], Words]:
    return Struct(f">{count}H").unpack_from


@cache
def _bits(count: int) -> Callable[[bytes, int], Words]:
    """Return what takes so many bits, the lowest of the first byte first; what fills up the last byte says nothing."""

    def take(reply: bytes, at: int) -> Words:
        bits = int.from_bytes(reply[at : at + (count + 7) // 8], "little")
        return tuple(bits >> each & 1 for each in range(count))

    return take
