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
_CONFIRMED = frozenset({5, 6, 15, 16, 22})
"""Functions whose answer repeats what they wrote, or where and how much."""


def spoiled(kind: Kind, request: Frame, answer: Frame, framing: Framing, dice: random.Random) -> bytes:
    """Return what is sent instead of an answer; for a kind that does not change it, what would be sent anyway."""
    if kind is Kind.ECHO:
        return framing.pack(request) + framing.pack(answer)
    if kind is Kind.FOREIGN:
        other = (request.unit + 1) & 0xFF
        return framing.pack(Frame(other, _ASKED)) + framing.pack(Frame(other, _ANSWERED)) + framing.pack(answer)
    if kind in (Kind.HALF, Kind.CLOSE):
        whole = framing.pack(answer)
        return whole[: len(whole) // 2]
    if kind is Kind.GARBAGE:
        return dice.randbytes(len(framing.pack(answer)))
    return framing.pack(_SPOILT[kind](answer) if kind in _SPOILT else answer)


_ASKED, _ANSWERED = bytes((3, 0, 0, 0, 1)), bytes((3, 2, 0, 7))
"""What another master asks another unit, and what that answers."""


def _wrong_transaction(answer: Frame) -> Frame:
    return replace(answer, transaction=(answer.transaction + 1) & 0xFFFF)


def _no_transaction(answer: Frame) -> Frame:
    return replace(answer, transaction=0)


def _wrong_echo(answer: Frame) -> Frame:
    """Say zeros of a write where its address, and its value or count, belong; leave what is no write's answer."""
    if answer.pdu[0] not in _CONFIRMED:
        return answer
    return replace(answer, pdu=answer.pdu[:1] + bytes(len(answer.pdu) - 1))


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
    Kind.NO_TRANSACTION: _no_transaction,
    Kind.WRONG_ECHO: _wrong_echo,
    Kind.WRONG_UNIT: _wrong_unit,
    Kind.WRONG_FUNCTION: _wrong_function,
    Kind.SHORT_REPLY: _short,
}
