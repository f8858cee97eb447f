"""RTU frames over TCP: no transaction id, so every doubt ends the connection."""

import pytest
from fabgitops_core.control.plc.requests import Transport
from fabgitops_core.engine.device_errors import BadReply, ConnectionLost, NoReply, Refused, UnitUnreachable
from fabgitops_core.modbus.pool import ModbusDevice

from .asking import ENOUGH_SECS, FUNCTIONS, KINDS, failing, read
from .peer import Answer, Exchange, Hold, Peer, checksum, sending, silently, until

SHORT_SECS = 0.05


@pytest.fixture
def transport() -> Transport:
    """The device of these tests speaks RTU."""
    return Transport.RTU_OVER_TCP


def _summed(body: bytes) -> bytes:
    return body + checksum(body)


def _body(reply: bytes, at: int, byte: int) -> bytes:
    """Return a reply with another byte and a checksum to match."""
    return _summed(reply[:at] + bytes([byte]) + reply[at + 1 : -2])


async def _closing_halfway(exchange: Exchange) -> None:
    await exchange.send(exchange.proper[:4])
    exchange.close()


async def _closing(exchange: Exchange) -> None:
    exchange.close()


FAULTS: dict[type[Exception], dict[str, Answer]] = {
    NoReply: {
        "silence": silently,
        "half a frame": sending(lambda reply: reply[:4]),
        "all but the last byte": sending(lambda reply: reply[:-1]),
        "another unit id": sending(lambda reply: _body(reply, 0, reply[0] ^ 1)),
        "another function": sending(lambda reply: _summed(bytes([reply[0], 7]) + reply[2:-2])),
        "an exception of another function": sending(lambda reply: _summed(bytes([reply[0], reply[1] ^ 0x88, 2]))),
        "an exception of another unit": sending(lambda reply: _summed(bytes([reply[0] ^ 1, reply[1] | 0x80, 2]))),
    },
    ConnectionLost: {"a close": _closing, "half a frame and a close": _closing_halfway},
    BadReply: {
        "a changed byte": sending(lambda reply: reply[:-3] + bytes([reply[-3] ^ 1]) + reply[-2:]),
        "a wrong checksum": sending(lambda reply: reply[:-1] + bytes([reply[-1] ^ 1])),
        "a checksum with its bytes swapped": sending(lambda reply: reply[:-2] + reply[:-3:-1]),
        "the reply twice": sending(lambda reply: reply + reply),
        "a byte more": sending(lambda reply: reply + b"\0"),
        "a byte before": sending(lambda reply: b"\0" + reply),
        "no Modbus": sending(lambda _reply: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "Modbus TCP": sending(lambda reply: b"\0\1\0\0\0" + bytes([len(reply) - 2]) + reply[:-2]),
        "an exception with code 0": sending(lambda reply: _summed(bytes([reply[0], reply[1] | 0x80, 0]))),
        "an exception with a wrong checksum": sending(lambda reply: bytes([reply[0], reply[1] | 0x80, 2, 0, 0])),
    },
}
AT_THE_END = {"a changed byte", "no Modbus", "Modbus TCP", "an exception with code 0", "a byte before"}
"""What is told when the time is over: until then it may become a frame, or be followed by the answer."""
CASES = [(error, fault) for error, faults in FAULTS.items() for fault in faults]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("error", "fault"), CASES, ids=[fault for _, fault in CASES])
async def test_whatever_goes_wrong_ends_the_connection(
    error: type[Exception], fault: str, kind: str, device: ModbusDevice, peer: Peer, results: list[tuple[str, str]]
) -> None:
    """Each fault ends its request with its error, in the same words each time; nothing is repeated."""
    timeout = SHORT_SECS if error is NoReply or fault in AT_THE_END else ENOUGH_SECS
    peer.script.extend([FAULTS[error][fault]] * 2)
    first = await failing(KINDS[kind](device, peer, timeout))
    second = await failing(KINDS[kind](device, peer, timeout))
    assert type(first) is type(second) is error
    assert str(first) == str(second)
    assert (len(peer.requests), peer.connections, results[0][0]) == (2, 2, FUNCTIONS[kind])
    assert await read(device, peer) == peer.registers[4001]
    assert peer.connections == 3


@pytest.mark.parametrize(("code", "error"), [(2, Refused), (6, Refused), (10, UnitUnreachable), (11, UnitUnreachable)])
async def test_an_exception_keeps_the_connection(
    device: ModbusDevice, peer: Peer, code: int, error: type[Refused]
) -> None:
    """An exception whose checksum is right is an answer."""
    peer.script.append(sending(lambda reply: _summed(bytes([reply[0], reply[1] | 0x80, code]))))
    refused = await failing(read(device, peer))
    assert type(refused) is error
    assert refused.code == code
    await read(device, peer)
    assert peer.connections == 1


async def test_a_reply_that_is_already_here_is_not_the_next_one_s(device: ModbusDevice, peer: Peer) -> None:
    """A second copy of a reply that lies in the socket when the next request is made is not taken for its answer."""
    replies: list[bytes] = []

    async def keeping(exchange: Exchange) -> None:
        replies.append(exchange.proper)
        await exchange.send(exchange.proper)

    peer.script.append(keeping)
    assert await read(device, peer, 1) == peer.registers[1]
    (writer,) = peer.writers
    writer.write(replies[0])  # leaves at once; our own loop has had no time to see it
    assert await read(device, peer, 2) == peer.registers[2] != peer.registers[1]
    assert peer.connections == 2


async def test_a_late_reply_meets_nobody(device: ModbusDevice, peer: Peer) -> None:
    """After a timeout there is another connection, so that the late reply, which looks like the next, cannot be it."""
    late = Hold()
    peer.script.append(late)
    assert type(await failing(read(device, peer, 1, timeout=SHORT_SECS))) is NoReply

    async def after_the_late_one(exchange: Exchange) -> None:
        late.release.set()
        await until(lambda: peer.under_way == 1)
        await exchange.send(exchange.proper)

    peer.script.append(after_the_late_one)
    assert await read(device, peer, 2) == peer.registers[2] != peer.registers[1]
