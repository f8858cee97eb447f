"""Whatever a device does wrong: nothing wrong is believed, a write is sent once, and all is well when it is."""

import asyncio

import pytest
from fabgitops_core.control.plc.requests import Transport
from fabgitops_core.engine.device_errors import BadReply, ConnectionLost, NoReply, OutcomeUnknown
from fabgitops_core.modbus.pool import ModbusDevice

from .asking import ENOUGH_SECS, FUNCTIONS, KINDS, READS, WRITES, Ask, read
from .peer import Answer, Exchange, Hold, Peer, reframed, sending, silently

SHORT_SECS = 0.05
OVER_TLS = ("read one", "write one", "write many")
CASES = [(Transport.TCP, kind) for kind in KINDS] + [(Transport.TLS, kind) for kind in OVER_TLS]
"""Over TLS the frames are those of TCP. RTU and UDP have faults of their own: `test_rtu`, `test_udp`."""
EVERY = pytest.mark.parametrize(("transport", "kind"), CASES)
STREAMS = pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS])


async def _closing(exchange: Exchange) -> None:
    exchange.close()


async def _resetting(exchange: Exchange) -> None:
    exchange.reset()


async def _closing_halfway(exchange: Exchange) -> None:
    await exchange.send(exchange.proper[:9])
    exchange.close()


def _with(reply: bytes, at: int, byte: int) -> bytes:
    return reply[:at] + bytes([byte]) + reply[at + 1 :]


def _exception(reply: bytes, function: int, *rest: int) -> bytes:
    return reframed(reply, bytes([function | 0x80, *rest]))


UNANSWERED: dict[str, Answer] = {
    "silence": silently,
    "two bytes": sending(lambda reply: reply[:2]),
    "half a frame": sending(lambda reply: reply[:9]),
    "all but the last byte": sending(lambda reply: reply[:-1]),
    "a length of one byte more": sending(lambda reply: _with(reply, 5, reply[5] + 1)),
}
LOST: dict[str, Answer] = {
    "a close": _closing,
    "a reset": _resetting,
    "half a frame and a close": _closing_halfway,
}
BAD: dict[str, Answer] = {
    "another transaction id": sending(lambda reply: _with(reply, 1, reply[1] ^ 1)),
    "transaction id 0": sending(lambda reply: b"\xff\xff" + reply[2:] if reply[:2] == b"\0\0" else b"\0\0" + reply[2:]),
    "another unit id": sending(lambda reply: _with(reply, 6, reply[6] ^ 1)),
    "another protocol id": sending(lambda reply: _with(reply, 3, 1)),
    "another function": sending(lambda reply: _with(reply, 7, reply[7] ^ 8)),
    "a word less": sending(lambda reply: reframed(reply, bytes([reply[7], (reply[8] - 2) & 0xFF]) + reply[9:-2])),
    "a word more": sending(lambda reply: reframed(reply, bytes([reply[7], reply[8] + 2]) + reply[9:] + b"\0\0")),
    "a byte less": sending(lambda reply: reframed(reply, reply[7:-1])),
    "a byte more": sending(lambda reply: reframed(reply, reply[7:] + b"\0")),
    "another byte count or address": sending(lambda reply: _with(reply, 8, reply[8] ^ 2)),
    "a function code alone": sending(lambda reply: reframed(reply, reply[7:8])),
    "a length of 0": sending(lambda reply: _with(reply, 5, 0)),
    "a length of 255": sending(lambda reply: _with(reply, 5, 255)),
    "a length of 65535": sending(lambda reply: reply[:4] + b"\xff\xff" + reply[6:]),
    "a length of one byte less": sending(lambda reply: _with(reply, 5, reply[5] - 1)),
    "the reply twice": sending(lambda reply: reply + reply),
    "no Modbus": sending(lambda _reply: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "an exception of another function": sending(lambda reply: _exception(reply, reply[7] ^ 8, 2)),
    "an exception of another unit": sending(lambda reply: _exception(_with(reply, 6, reply[6] ^ 1), reply[7], 2)),
    "an exception without a code": sending(lambda reply: _exception(reply, reply[7])),
    "an exception with code 0": sending(lambda reply: _exception(reply, reply[7], 0)),
    "an exception with more than a code": sending(lambda reply: _exception(reply, reply[7], 2, 0)),
}
BAD_ECHOES: dict[str, Answer] = {
    "another address": sending(lambda reply: _with(reply, 9, reply[9] ^ 1)),
    "another value or count": sending(lambda reply: _with(reply, 11, reply[11] ^ 1)),
    "the value or count in the other byte": sending(lambda reply: reply[:10] + reply[:9:-1]),
}


async def _check(
    error: type[OutcomeUnknown],
    answer: Answer,
    ask: Ask,
    device: ModbusDevice,
    peer: Peer,
    timeout: float,
    sent: int = 1,
) -> str:
    """Meet a fault on a connection twice, the request being sent so many times each, and go on; return what it said."""
    texts = []
    for _ in range(2):
        await read(device, peer)
        peer.script.extend([answer] * sent)
        with pytest.raises(error) as raised:
            await ask(device, peer, timeout)
        texts.append(str(raised.value))
    assert texts[0] == texts[1], "a text that changes costs a status update each time"
    assert f"{peer.endpoint} unit 7" in texts[0]
    assert len(peer.requests) == 2 * (1 + sent), "nothing is sent again"
    before = list(peer.registers)
    assert await read(device, peer) == before[4001]
    assert peer.connections == 1 + 2 * sent, "a connection on which something went wrong is not used again"
    return texts[0]


@EVERY
@pytest.mark.parametrize("fault", UNANSWERED)
async def test_what_never_becomes_a_reply_is_no_reply(
    fault: str, kind: str, device: ModbusDevice, peer: Peer, results: list[tuple[str, str]]
) -> None:
    """Silence, and a frame that stays incomplete, end with NoReply after the time allowed."""
    said = await _check(NoReply, UNANSWERED[fault], KINDS[kind], device, peer, SHORT_SECS)
    assert results[1] == (FUNCTIONS[kind], "no_reply")
    assert ("did not answer" if fault == "silence" else "began an answer to") in said
    assert ("by FC" in said) == (kind in WRITES), "of a write the function is told: perhaps the device knows another"


@EVERY
@pytest.mark.parametrize("fault", LOST)
async def test_a_peer_that_closes_is_noticed_at_once(
    fault: str, kind: str, device: ModbusDevice, peer: Peer, results: list[tuple[str, str]]
) -> None:
    """A connection that closes under a request ends it with ConnectionLost, long before its timeout.

    A reading is asked once more where the connection may have been gone before (`test_stale.py`).
    """
    sent = 2 if kind in READS and LOST[fault] in (_closing, _resetting) else 1
    said = await _check(ConnectionLost, LOST[fault], KINDS[kind], device, peer, ENOUGH_SECS, sent)
    assert ("in the middle of its answer to" in said) == (fault == "half a frame and a close")
    assert results[1] == (FUNCTIONS[kind], "connection_lost")


@EVERY
@pytest.mark.parametrize("fault", BAD)
async def test_what_is_not_the_answer_is_not_believed(
    fault: str, kind: str, device: ModbusDevice, peer: Peer, results: list[tuple[str, str]]
) -> None:
    """A reply that is not the answer to what was asked ends the request with BadReply at once."""
    await _check(BadReply, BAD[fault], KINDS[kind], device, peer, ENOUGH_SECS)
    assert results[1] == (FUNCTIONS[kind], "bad_reply")


@pytest.mark.parametrize("kind", WRITES)
@pytest.mark.parametrize("fault", BAD_ECHOES)
async def test_a_write_is_done_only_when_its_own_echo_says_so(
    fault: str, kind: str, device: ModbusDevice, peer: Peer
) -> None:
    """A confirmation of another address, value or count is not this write's."""
    await _check(BadReply, BAD_ECHOES[fault], WRITES[kind], device, peer, ENOUGH_SECS)


@STREAMS
async def test_a_late_reply_meets_nobody(device: ModbusDevice, peer: Peer) -> None:
    """A reply that comes after the timeout, just before the next one's, is not taken for the next one's."""
    late = Hold()
    peer.script.append(late)
    with pytest.raises(NoReply):
        await read(device, peer, 1, timeout=SHORT_SECS)

    async def after_the_late_one(exchange: Exchange) -> None:
        late.release.set()
        await asyncio.sleep(0)
        await exchange.send(exchange.proper)

    peer.script.append(after_the_late_one)
    assert await read(device, peer, 2) == peer.registers[2] != peer.registers[1]


@STREAMS
async def test_a_reply_that_nobody_asked_for_ends_the_connection(device: ModbusDevice, peer: Peer) -> None:
    """A second reply, sent when the first was already taken, does not stay in the line for the next request."""
    again = Hold()

    async def twice(exchange: Exchange) -> None:
        await exchange.send(exchange.proper)
        await again(exchange)

    peer.script.append(twice)
    assert await read(device, peer, 1) == peer.registers[1]
    again.release.set()
    while peer.writers:
        await asyncio.sleep(0.001)
    assert await read(device, peer, 2) == peer.registers[2]
    assert peer.connections == 2
