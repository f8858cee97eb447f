"""Modbus in datagrams: late, doubled and foreign ones are ignored, and nothing is sent again."""

import asyncio

import pytest
from fabgitops_core.control.plc.requests import Endpoint, Transport
from fabgitops_core.engine.device_errors import BadReply, ConnectionLost, NoReply, Refused
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ENOUGH_SECS, FUNCTIONS, KINDS, failing, read, write
from .peer import Answer, Exchange, Hold, Peer, properly, reframed, sending, silently, until
from .serving import bound

SHORT_SECS = 0.05


@pytest.fixture
def transport() -> Transport:
    """The device of these tests speaks in datagrams."""
    return Transport.UDP


FAULTS: dict[type[Exception], dict[str, Answer]] = {
    NoReply: {
        "silence": silently,
        "another transaction id": sending(lambda reply: bytes([reply[0], reply[1] ^ 1]) + reply[2:]),
        "no Modbus": sending(lambda reply: bytes([reply[0] ^ 0xFF]) + b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "an empty datagram": sending(lambda _reply: b""),
    },
    BadReply: {
        "half a frame": sending(lambda reply: reply[:9]),
        "a transaction id alone": sending(lambda reply: reply[:2]),
        "a byte more": sending(lambda reply: reply + b"\0"),
        "the reply twice": sending(lambda reply: reply + reply),
        "another protocol id": sending(lambda reply: reply[:3] + b"\1" + reply[4:]),
        "another unit id": sending(lambda reply: reply[:6] + bytes([reply[6] ^ 1]) + reply[7:]),
        "another function": sending(lambda reply: reply[:7] + bytes([reply[7] ^ 8]) + reply[8:]),
        "an exception of another function": sending(lambda reply: reframed(reply, bytes([reply[7] ^ 0x88, 2]))),
    },
}
CASES = [(error, fault) for error, faults in FAULTS.items() for fault in faults]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("error", "fault"), CASES, ids=[fault for _, fault in CASES])
async def test_whatever_goes_wrong_is_sent_once(
    error: type[Exception], fault: str, kind: str, device: ModbusDevice, peer: Peer, results: list[tuple[str, str]]
) -> None:
    """Each fault ends its request with its error, in the same words each time; nothing is repeated."""
    timeout = SHORT_SECS if error is NoReply else ENOUGH_SECS
    peer.script.extend([FAULTS[error][fault]] * 2)
    first = await failing(KINDS[kind](device, peer, timeout))
    second = await failing(KINDS[kind](device, peer, timeout))
    assert type(first) is type(second) is error
    assert str(first) == str(second)
    assert (len(peer.requests), results[0][0]) == (2, FUNCTIONS[kind])
    assert await read(device, peer) == peer.registers[4001]


async def test_a_late_and_a_doubled_datagram_are_ignored(device: ModbusDevice, peer: Peer) -> None:
    """The proper reply is waited for, whatever older replies come before it, and the socket is kept."""
    old: list[bytes] = []

    async def doubled(exchange: Exchange) -> None:
        old.append(exchange.proper)
        await exchange.send(exchange.proper)
        await exchange.send(exchange.proper)

    async def after_the_old_one(exchange: Exchange) -> None:
        await exchange.send(old[0])
        await exchange.send(exchange.proper)

    peer.script.extend([doubled, after_the_old_one])
    assert await read(device, peer, 1) == peer.registers[1]
    assert await read(device, peer, 2) == peer.registers[2] != peer.registers[1]
    await read(device, peer, 3)
    assert peer.connections == 1


async def test_the_late_reply_to_a_write_confirms_no_other(device: ModbusDevice, peer: Peer) -> None:
    """A write that was not answered in time is not confirmed by its own late echo when it is made again."""
    hold = Hold()
    peer.script.append(hold)
    error = await failing(write(device, peer, 9, timeout=SHORT_SECS))
    assert error.maybe_done

    async def only_the_late_one(_exchange: Exchange) -> None:
        hold.release.set()

    peer.script.append(only_the_late_one)
    assert type(await failing(write(device, peer, 9, timeout=SHORT_SECS))) is NoReply
    await until(lambda: not peer.under_way)


async def test_an_exception_keeps_the_socket(device: ModbusDevice, peer: Peer) -> None:
    """An exception is an answer."""
    peer.script.extend([sending(lambda reply: reframed(reply, b"\x83\6")), properly])
    error = await failing(read(device, peer))
    assert isinstance(error, Refused)
    await read(device, peer)
    assert peer.connections == 1


async def test_nobody_there_is_noticed_at_once(devices: ModbusDevices) -> None:
    """Where the system is told that nothing listens, a request ends with that, long before its time is over."""
    with bound() as tcp_only:
        endpoint = Endpoint("127.0.0.1", tcp_only.getsockname()[1], Transport.UDP)
        error = await failing(read(devices.open(endpoint), Peer(endpoint)))
    assert type(error) is ConnectionLost
    assert str(error) == f"{endpoint} unit 7 is not there to answer the read of register 4001 (connection refused)"


async def test_one_datagram_at_a_time(devices: ModbusDevices, peer: Peer) -> None:
    """However many share an endpoint and ask at once, it sees one request at a time."""
    shares = [devices.open(peer.endpoint) for _ in range(10)]
    words = await asyncio.gather(*(read(share, peer, address) for address, share in enumerate(shares)))
    assert words == peer.registers[:10]
    assert (peer.most_under_way, peer.connections) == (1, 1)
