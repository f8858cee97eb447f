"""What a fault makes of an answer's frame: pure functions from the right bytes to the wrong ones."""

import random
from collections.abc import Callable
from dataclasses import replace

from mock_plc.faults.model import Kind
from mock_plc.wire.framing import Frame, Framing
from mock_plc.wire.pdu import EXCEPTION

_OTHER = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 15: 16, 16: 15, 22: 23, 23: 22}
"""A function that could be taken for each one."""
_READS = frozenset({1, 2, 3, 4, 23})
_WORD_READS = frozenset({3, 4, 23})


def spoiled(kind: Kind, answer: Frame, framing: Framing, dice: random.Random) -> bytes:
    """Return what is sent instead of an answer; for a kind that does not change it, what would be sent anyway."""
    if kind in (Kind.HALF, Kind.CLOSE):
        whole = framing.pack(answer)
        return whole[: len(whole) // 2]
    if kind is Kind.GARBAGE:
        return dice.randbytes(len(framing.pack(answer)))
    return framing.pack(_SPOILT[kind](answer) if kind in _SPOILT else answer)


def _wrong_transaction(answer: Frame) -> Frame:
    return replace(answer, transaction=(answer.transaction + 1) & 0xFFFF)


def _wrong_unit(answer: Frame) -> Frame:
    return replace(answer, unit=(answer.unit + 1) & 0xFF)


def _wrong_function(answer: Frame) -> Frame:
    function = answer.pdu[0] & ~EXCEPTION
    other = _OTHER.get(function, function % 127 + 1)
    return replace(answer, pdu=bytes((other | answer.pdu[0] & EXCEPTION,)) + answer.pdu[1:])


def _short(answer: Frame) -> Frame:
    """Leave out the end: of a read, its last register or eight bits, its count made to fit; of all else, two bytes."""
    function, rest = answer.pdu[0], answer.pdu[1:]
    if function in _READS:
        values = rest[1 : -2 if function in _WORD_READS else -1]
        return replace(answer, pdu=bytes((function, len(values))) + values)
    return replace(answer, pdu=bytes((function,)) + rest[:-2])


_SPOILT: dict[Kind, Callable[[Frame], Frame]] = {
    Kind.WRONG_TRANSACTION: _wrong_transaction,
    Kind.WRONG_UNIT: _wrong_unit,
    Kind.WRONG_FUNCTION: _wrong_function,
    Kind.SHORT_REPLY: _short,
}
