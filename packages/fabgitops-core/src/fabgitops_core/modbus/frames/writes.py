"""Requests that write (Modbus Application Protocol V1.1b3, sections 6.5, 6.6, 6.11, 6.12 and 6.16)."""

from collections.abc import Sequence
from dataclasses import replace

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import (
    WriteMultipleCoilsRequest,
    WriteMultipleCoilsResponse,
    WriteSingleCoilRequest,
    WriteSingleCoilResponse,
)
from pymodbus.pdu.register_message import (
    MaskWriteRegisterRequest,
    MaskWriteRegisterResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)

from fabgitops_core.control.plc.requests import Change, ReadPlan, Table, WriteFunction
from fabgitops_core.modbus.frames.reads import Words, read_request
from fabgitops_core.modbus.frames.request import Expected, Request, body_of, check, request

_FunctionPdus = tuple[str, ModbusPDU, ModbusPDU]
"""What a function is called in metrics, the request, and the confirmation that it believes."""


def write_request(change: Change) -> Request[tuple[()]]:
    """Return the one request of a change; with a mask, that of FC22.

    Raises:
        ValueError: The unit id, the address, a value, their number, the mask or the function cannot be.
    """
    _check(change)
    if change.mask is not None:
        name, sent, confirmed = _masked(change, change.mask)
    elif change.table is Table.COIL:
        name, sent, confirmed = _coils(change)
    else:
        name, sent, confirmed = _words(change)
    return request(change, name, sent, Expected(body_of(confirmed), 0, _nothing))


def read_before(change: Change) -> Request[Words]:
    """Return the reading of the word of which a change with a mask changes bits.

    Raises:
        ValueError: As for `write_request`.
    """
    _check(change)
    return read_request(ReadPlan(change.endpoint, change.unit_id, change.address, table=change.table))


def write_merged(change: Change, held: Words, *, spare: bool = True) -> Request[tuple[()]] | None:
    """Return the write that gives the bits of a change's mask to the word that is held.

    None is returned when it has them, but not for a repetition.

    Args:
        change: The change.
        held: The word that is held.
        spare: Whether a word that is right already need not be written.
    """
    mask = change.mask or 0
    word = held[0] & ~mask | change.values[0] & mask
    if word == held[0] and spare and not change.repeat:
        return None
    return write_request(replace(change, values=(word,), mask=None))


def _masked(change: Change, mask: int) -> _FunctionPdus:
    # The result is (held AND and_mask) OR (or_mask AND NOT and_mask).
    unit, address, keep, put = change.unit_id, change.address, ~mask & 0xFFFF, change.values[0] & mask
    sent = MaskWriteRegisterRequest(dev_id=unit, address=address, and_mask=keep, or_mask=put)
    confirmed = MaskWriteRegisterResponse(dev_id=unit, address=address, and_mask=keep, or_mask=put)
    return "mask_write_register", sent, confirmed


def _words(change: Change) -> _FunctionPdus:
    unit, address, words = change.unit_id, change.address, list(change.values)
    if _single(change):
        single = WriteSingleRegisterRequest(dev_id=unit, address=address, registers=words)
        echo = WriteSingleRegisterResponse(dev_id=unit, address=address, registers=words)
        return "write_single_register", single, echo
    multiple = WriteMultipleRegistersRequest(dev_id=unit, address=address, registers=words)
    counted = WriteMultipleRegistersResponse(dev_id=unit, address=address, count=len(words))
    return "write_multiple_registers", multiple, counted


def _coils(change: Change) -> _FunctionPdus:
    unit, address, bits = change.unit_id, change.address, [bool(each) for each in change.values]
    if _single(change):
        single = WriteSingleCoilRequest(dev_id=unit, address=address, bits=bits)
        echo = WriteSingleCoilResponse(dev_id=unit, address=address, bits=bits)
        return "write_single_coil", single, echo
    multiple = WriteMultipleCoilsRequest(dev_id=unit, address=address, bits=bits)
    counted = WriteMultipleCoilsResponse(dev_id=unit, address=address, count=len(bits))
    return "write_multiple_coils", multiple, counted


def _single(change: Change) -> bool:
    if change.function is WriteFunction.AUTO:
        return len(change.values) == 1
    return change.function is WriteFunction.SINGLE


def _check(change: Change) -> None:
    address, values, bits = change.address, change.values, change.table.bits
    check("unit id", change.unit_id, 0, 255)
    check("address", address, 0, 65535)
    most = min(change.table.most_written, 65536 - address)
    check(f"number of values from address {address}", len(values), 1, most)
    for value in values:
        check("value", value, 0, 1 if bits else 65535)
    if not change.table.writable:
        raise ValueError(f"no {change.table.noun} can be written: only holding registers and coils can")
    if change.function is WriteFunction.SINGLE and len(values) > 1:
        raise ValueError(f"the function single writes one value at a time, not {len(values)}: use multiple")
    _check_mask(change, change.mask, values)


def _check_mask(change: Change, mask: int | None, values: Sequence[int]) -> None:
    if mask is None:
        if change.function is WriteFunction.MASK:
            raise ValueError("the function mask changes bits of a word: it needs a mask")
        return
    check("mask", mask, 1, 65535)
    if change.table.bits or len(values) != 1:
        raise ValueError("a mask changes bits of one holding register")


def _nothing(_reply: bytes, _at: int) -> tuple[()]:
    return ()
