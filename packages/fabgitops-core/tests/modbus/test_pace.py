"""How a connection is treated: pauses before requests, and letting go of it while nothing is asked."""

import asyncio
from itertools import pairwise

import pytest
from fabgitops_core.control.plc.requests import Endpoint, Link, TlsRef
from fabgitops_core.engine.device_errors import Unreachable, Withdrawn
from fabgitops_core.modbus.pool import ModbusDevices

from .asking import begun, failing, read, write
from .peer import Exchange, Peer, properly, until

DELAY_SECS = 0.05
LONG_SECS = 3600.0


def _moments(peer: Peer, count: int) -> list[float]:
    """Have the next requests answered properly and the moment of each noted."""
    moments: list[float] = []

    async def answer(exchange: Exchange) -> None:
        moments.append(asyncio.get_running_loop().time())
        await properly(exchange)

    peer.script.extend([answer] * count)
    return moments


async def test_a_device_has_time_after_a_connect(devices: ModbusDevices, peer: Peer) -> None:
    """The first request comes no sooner than `connect_delay` after the connection, and later ones at once."""
    moments = _moments(peer, 2)
    device = devices.open(peer.endpoint, Link(connect_delay=DELAY_SECS))
    reading = await begun(read(device, peer))
    await until(lambda: peer.connections == 1)
    connected = asyncio.get_running_loop().time()
    await reading
    await read(device, peer)
    assert moments[0] - connected > 0.8 * DELAY_SECS
    assert peer.connections == 1


async def test_a_device_has_time_between_requests(devices: ModbusDevices, peer: Peer) -> None:
    """Two requests lie `request_delay` apart, also when they are of two who share the connection."""
    moments = _moments(peer, 3)
    careful, other = devices.open(peer.endpoint, Link(request_delay=DELAY_SECS)), devices.open(peer.endpoint)
    await asyncio.gather(read(careful, peer), read(other, peer), write(other, peer, 9))
    assert all(later - sooner > 0.8 * DELAY_SECS for sooner, later in pairwise(moments))
    careful.close()
    await read(other, peer)
    session = other._session
    assert session._line.pace is None, "who is gone has no wishes"


async def test_of_several_wishes_the_most_careful_counts(devices: ModbusDevices, peer: Peer) -> None:
    """The longest delay and the shortest idle time of all who share a connection hold for it."""
    links = [Link(0.1, 0.4, 9), Link(0.3, 0.2, 7), Link(0.2, 0.3, 0), Link()]
    shares = [devices.open(peer.endpoint, link) for link in links]
    pace = shares[0]._session._line.pace
    assert pace is not None
    assert (pace._connect_delay, pace._request_delay, pace._idle_close) == (0.3, 0.4, 7)
    shares[0].close()
    shares[1].close()
    assert (pace._connect_delay, pace._request_delay, pace._idle_close) == (0.2, 0.3, 0)


async def test_an_idle_connection_is_closed_and_made_again(
    devices: ModbusDevices, peer: Peer, results: list[tuple[str, str]]
) -> None:
    """After `idle_close` without a request the device has its connection back; the next request makes another."""
    device = devices.open(peer.endpoint, Link(idle_close=DELAY_SECS))
    for _ in range(2):
        await read(device, peer)
        await until(lambda: not peer.writers)
    await write(device, peer, 9)
    assert peer.connections == 3
    assert [result for _, result in results] == ["ok"] * 3


async def test_a_connection_in_use_is_not_closed(devices: ModbusDevices, peer: Peer) -> None:
    """Only time without any request counts, and one timer serves however many requests."""
    loop = asyncio.get_running_loop()
    device = devices.open(peer.endpoint, Link(idle_close=2 * DELAY_SECS))
    end = loop.time() + 6 * DELAY_SECS
    while loop.time() < end:
        await read(device, peer)
    assert peer.connections == 1


async def test_a_wish_made_while_the_connection_idles_is_heeded(devices: ModbusDevices, peer: Peer) -> None:
    """Who joins with a shorter idle time has it count from the last request, without one of its own."""
    patient = devices.open(peer.endpoint, Link(idle_close=LONG_SECS))
    await read(patient, peer)
    devices.open(peer.endpoint, Link(idle_close=DELAY_SECS))
    await until(lambda: not peer.writers)


@pytest.mark.parametrize("link", [Link(connect_delay=LONG_SECS), Link(request_delay=LONG_SECS)])
async def test_closing_everything_ends_a_pause(devices: ModbusDevices, peer: Peer, link: Link) -> None:
    """Whoever waits for a pause to be over when everything is closed has sent nothing, and is told at once."""
    device = devices.open(peer.endpoint, link)
    if link.request_delay:
        await read(device, peer)
    before = len(peer.requests)
    waiting = await begun(write(device, peer, 9))
    await until(lambda: peer.connections == 1)
    await asyncio.sleep(0)
    await devices.close()
    assert type(await failing(waiting)) is Unreachable
    assert len(peer.requests) == before


async def test_who_leaves_during_a_pause_holds_nobody_up(devices: ModbusDevices, peer: Peer) -> None:
    """A request that is cancelled in its pause is not sent, and the next takes its turn."""
    device = devices.open(peer.endpoint, Link(request_delay=DELAY_SECS))
    await read(device, peer)
    left = await begun(write(device, peer, 9))
    left.cancel()
    assert await read(device, peer, 1) == peer.registers[1]
    assert (peer.writes, peer.connections) == ([], 1)


async def test_a_share_that_is_given_up_in_its_pause_sends_nothing(devices: ModbusDevices, peer: Peer) -> None:
    """What its owner no longer wants is not sent after the pause, although others keep the connection."""
    other = devices.open(peer.endpoint, Link(request_delay=DELAY_SECS))
    device = devices.open(peer.endpoint)
    await read(other, peer)
    writing = await begun(write(device, peer, 9))
    device.close()
    assert type(await failing(writing)) is Withdrawn
    assert await read(other, peer) == peer.registers[4001]
    assert (peer.writes, peer.connections) == ([], 1)


@pytest.mark.parametrize("link", [Link(connect_delay=-1), Link(request_delay=-0.1), Link(idle_close=-5)])
def test_a_negative_delay_is_refused(link: Link) -> None:
    """No delay lies in the past."""
    with pytest.raises(ValueError, match="no delay is negative"):
        ModbusDevices().open(Endpoint("127.0.0.1", 502), link)


def test_certificates_for_a_transport_without_tls_are_refused() -> None:
    """TLS settings that would have no effect are an error, not a false sense of safety."""
    with pytest.raises(ValueError, match=r"is reached over tcp: TLS settings need the transport tls"):
        ModbusDevices().open(Endpoint("127.0.0.1", 502), Link(tls=TlsRef()))
