"""Many on one connection: one request at a time, in order, and nobody left behind who is cancelled."""

import asyncio

import pytest
from fabgitops_core.engine.device_errors import NoReply
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import begun, failing, read, write
from .peer import Hold, Peer, silently, until

SHORT_SECS = 0.05


@pytest.fixture
async def hold(peer: Peer) -> Hold:
    """An answer that the first request waits for, while a test lines up others behind it."""
    hold = Hold()
    peer.script.append(hold)
    return hold


async def test_shares_of_one_endpoint_take_turns_on_one_connection(devices: ModbusDevices, peer: Peer) -> None:
    """However many share an endpoint and ask at once, it sees one connection and one request at a time."""
    shares = [devices.open(peer.endpoint) for _ in range(20)]
    reads = [read(share, peer, address) for address, share in enumerate(shares)]
    writes = [write(share, peer, address, address=100 + address) for address, share in enumerate(shares)]
    expected = peer.registers[:20]
    words = (await asyncio.gather(*reads, *writes))[:20]
    assert words == expected
    assert peer.registers[100:120] == list(range(20))
    assert (peer.connections, len(peer.requests), peer.most_under_way) == (1, 40, 1)


async def test_the_urgent_go_first_and_otherwise_who_came_first(device: ModbusDevice, peer: Peer, hold: Hold) -> None:
    """Writes and urgent reads go before the reads that wait, and within a class it is first come, first served."""
    tasks = [await begun(read(device, peer, 0))]
    await hold.reached.wait()
    tasks.append(await begun(read(device, peer, 1)))
    tasks.append(await begun(read(device, peer, 2)))
    tasks.append(await begun(write(device, peer, 9, address=3)))
    tasks.append(await begun(read(device, peer, 4, urgent=True)))
    tasks.append(await begun(read(device, peer, 5)))
    tasks.append(await begun(write(device, peer, 9, address=6)))
    hold.release.set()
    await asyncio.gather(*tasks)
    assert [int.from_bytes(request[8:10], "big") for request in peer.requests] == [0, 3, 4, 6, 1, 2, 5]


async def test_waiting_for_a_turn_uses_up_no_time_for_the_reply(device: ModbusDevice, peer: Peer, hold: Hold) -> None:
    """A request that waited for its turn longer than its timeout still has all of it for the reply."""
    first = await begun(read(device, peer, 0))
    await hold.reached.wait()
    peer.script.append(silently)
    vain = await begun(read(device, peer, 1, timeout=4 * SHORT_SECS))
    last = await begun(read(device, peer, 2, timeout=2 * SHORT_SECS))
    hold.release.set()
    await first
    assert type(await failing(vain)) is NoReply
    assert await last == peer.registers[2]


async def test_who_is_cancelled_while_waiting_leaves_the_queue(
    device: ModbusDevice, peer: Peer, hold: Hold, results: list[tuple[str, str]]
) -> None:
    """A request that is cancelled before its turn is never sent, and those behind it are not held up."""
    first = await begun(read(device, peer, 0))
    await hold.reached.wait()
    left = await begun(write(device, peer, 9, address=1))
    last = await begun(read(device, peer, 2))
    left.cancel()
    hold.release.set()
    assert (await first, await last) == (peer.registers[0], peer.registers[2])
    assert left.cancelled()
    assert peer.writes == []
    assert results == [("read_holding_registers", "ok")] * 2


async def test_who_is_cancelled_as_the_turn_comes_passes_it_on(peer: Peer, hold: Hold) -> None:
    """A request cancelled after it was given its turn, but before it woke up, is not sent and holds nobody up."""
    tasks: list[asyncio.Task[object]] = []

    def cancel_second(_function: str, _result: str) -> None:
        tasks[1].cancel()

    # The end of a request is told after its turn was passed on, and before the next in turn can wake up.
    devices = ModbusDevices(cancel_second)
    device = devices.open(peer.endpoint)
    tasks.append(await begun(read(device, peer, 0)))
    await hold.reached.wait()
    tasks.append(await begun(write(device, peer, 9, address=1)))
    tasks.append(await begun(read(device, peer, 2)))
    hold.release.set()
    assert await tasks[2] == peer.registers[2]
    assert tasks[1].cancelled()
    assert peer.writes == []
    await devices.close()


async def test_the_late_reply_to_a_cancelled_request_meets_nobody(
    device: ModbusDevice, peer: Peer, hold: Hold, results: list[tuple[str, str]]
) -> None:
    """A request cancelled in flight takes its connection with it: its reply cannot be taken for another's."""
    left = await begun(read(device, peer, 0))
    await hold.reached.wait()
    last = await begun(read(device, peer, 1))
    left.cancel()
    hold.release.set()
    assert await last == peer.registers[1]
    assert left.cancelled()
    assert peer.connections == 2
    await until(lambda: len(peer.writers) == 1)
    assert results == [("read_holding_registers", "ok")]


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_cancelling_at_any_moment_harms_nobody(devices: ModbusDevices, peer: Peer, kind: str) -> None:
    """At whichever turn of the loop a request is cancelled, the next has its own value and no connection is left."""
    for turns in range(30):
        device = devices.open(peer.endpoint)
        left = await begun(read(device, peer, 0) if kind == "read" else write(device, peer, 9, address=0))
        for _ in range(turns):
            await asyncio.sleep(0)
        left.cancel()
        await asyncio.wait([left])
        assert await read(device, peer, 1) == peer.registers[1]
        device.close()
        await until(lambda: not peer.writers)


async def test_a_connection_that_nobody_shares_is_closed_when_the_last_one_leaves(
    devices: ModbusDevices, peer: Peer, hold: Hold
) -> None:
    """When all shares were given up, a waiter that is cancelled as it is granted its turn leaves no connection."""
    device = devices.open(peer.endpoint)

    async def first() -> None:
        await read(device, peer, 0)
        second.cancel()  # in the same step in which the turn was passed on to it

    going = await begun(first())
    await hold.reached.wait()
    second = await begun(read(device, peer, 1))
    device.close()
    hold.release.set()
    await asyncio.gather(going, second, return_exceptions=True)
    assert second.cancelled()
    await until(lambda: not peer.writers)
    assert not devices._sessions
