"""Tells of each request in one line of the log: an Observer of stations."""

import logging
import struct

from mock_plc.exceptions import ModbusException
from mock_plc.faults.box import Strike
from mock_plc.memory import Table
from mock_plc.wire import pdu
from mock_plc.wire.framing import Frame

log = logging.getLogger("mock_plc")

_PLACES = {
    Table.HOLDING: "register",
    Table.INPUT: "input register",
    Table.COIL: "coil",
    Table.DISCRETE: "discrete input",
}


def struck(request: Frame, strike: Strike) -> None:
    """Log what the faults do to a request."""
    wrong = [f"delay of {strike.delay:.3g} s"] if strike.delay else []
    wrong += [str(strike.entry.fault)] if strike.entry else []
    function, place = request.pdu[0], _place(pdu.subject(request.pdu))
    log.debug("fault: unit %d function %d%s, %s", request.unit, function, place, " and ".join(wrong))


def served(request: Frame, answer: Frame, before: tuple[int, ...]) -> None:
    """Log a request and what came of it."""
    about = pdu.subject(request.pdu)
    place = _place(about)
    if answer.pdu[0] & pdu.EXCEPTION:
        refusal = ModbusException(answer.pdu[1])
        log.debug("refused: unit %d function %d%s, %s", request.unit, about.function, place, refusal)
    elif about.writes:
        log.debug("write: unit %d%s %s -> %s", request.unit, place, _text(before), _text(_written(request.pdu, before)))
    elif about.table:
        log.debug("read: unit %d%s -> %s", request.unit, place, _text(_read(answer.pdu, about)))
    else:
        log.debug("identified: unit %d", request.unit)


def _place(about: pdu.Subject) -> str:
    return f" {_PLACES[about.table]} {about.address}" if about.table else ""


def _read(answer: bytes, about: pdu.Subject) -> tuple[int, ...]:
    if about.table and about.table.bits:
        return tuple(pdu.unpack_bits(answer[2:], about.count))
    return _words(answer[2:])


def _written(request: bytes, before: tuple[int, ...]) -> tuple[int, ...]:
    """Return what a request asked to write; the PLC may have made something else of it."""
    function = request[0]
    if function == pdu.WRITE_COIL:
        return (int(request[3] > 0),)
    if function == pdu.WRITE_COILS:
        return tuple(pdu.unpack_bits(request[6:], int.from_bytes(request[3:5])))
    if function == pdu.MASK_WRITE:
        keep, put = struct.unpack_from(">HH", request, 3)
        return tuple((held & keep) | (put & ~keep & 0xFFFF) for held in before)
    return _words(request[{pdu.WRITE_REGISTER: 3, pdu.READ_WRITE: 10}.get(function, 6) :])


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)


def _text(values: tuple[int, ...]) -> str:
    return " ".join(map(str, values))
