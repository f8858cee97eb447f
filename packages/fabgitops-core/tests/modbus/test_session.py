"""What a session does between its requests and at its end: notice, withdraw, give up, tell, close."""

import asyncio

import pytest
from fabgitops_core.control.plc.requests import Change, Endpoint, ReadPlan
from fabgitops_core.engine.device_errors import ConnectionLost, Unreachable, Withdrawn
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ENOUGH_SECS, UNIT, WRITES, always, begun, failing, read, write
from .peer import Exchange, Hold, Peer, properly, reframed, sending, silently, until

SHORT_SECS = 0.05


async def test_a_reply_is_put_together_from_single_bytes(device: ModbusDevice, peer: Peer) -> None:
    """A proper reply is believed however TCP cuts it up."""

    async def dribbling(exchange: Exchange) -> None:
        for byte in exchange.proper:
            await exchange.send(bytes([byte]))
            await asyncio.sleep(0)

    peer.script.extend([dribbling] * 2)
    assert await read(device, peer) == peer.registers[4001]
    await write(device, peer, 1, 2, 3)
    assert (peer.connections, len(peer.requests)) == (1, 2)


async def test_a_late_confirmation_never_confirms_the_next_write(device: ModbusDevice, peer: Peer) -> None:
    """The echo of a write that was given up does not confirm the same write when it is sent again."""
    late: list[bytes] = []

    async def keeping(exchange: Exchange) -> None:
        late.append(exchange.proper)

    async def sending_late(exchange: Exchange) -> None:
        await exchange.send(late[0])

    peer.script.extend([keeping, sending_late])
    await failing(write(device, peer, 9, timeout=SHORT_SECS))
    error = await failing(write(device, peer, 9))
    assert str(error).endswith("the reply to another request: its transaction id differs")


async def test_closing_the_last_share_closes_after_the_request_in_hand(devices: ModbusDevices, peer: Peer) -> None:
    """A share that is given up during a request still has its answer; then the connection is closed."""
    hold = Hold()
    peer.script.append(hold)
    first, second = devices.open(peer.endpoint), devices.open(peer.endpoint)
    reading = await begun(read(first, peer))
    await hold.reached.wait()
    waiting = await begun(read(first, peer))
    second.close()
    first.close()
    hold.release.set()
    assert await reading == peer.registers[4001]
    assert type(await failing(waiting)) is Withdrawn
    await until(lambda: not peer.writers)
    assert (peer.connections, len(peer.requests)) == (1, 1)


async def test_closing_one_of_two_shares_leaves_the_connection(devices: ModbusDevices, peer: Peer) -> None:
    """The connection lives as long as its last share, however often the other is closed."""
    first, second = devices.open(peer.endpoint), devices.open(peer.endpoint)
    await read(first, peer)
    for _ in range(3):
        first.close()
    assert await read(second, peer) == peer.registers[4001]
    assert peer.connections == 1


@pytest.mark.parametrize("others", [0, 1])
async def test_a_share_that_was_given_up_sends_nothing(devices: ModbusDevices, peer: Peer, others: int) -> None:
    """Requests on a closed share end with Withdrawn, whether others still hold the connection or not."""
    device = devices.open(peer.endpoint)
    held = [devices.open(peer.endpoint) for _ in range(others)]
    device.close()
    error = await failing(write(device, peer, 9))
    assert type(error) is Withdrawn
    assert (
        str(error) == f"the share of the connection to {peer.endpoint} was given up before the write of register 4001"
    )
    for each in held:
        assert await read(each, peer) == peer.registers[4001]
    assert peer.writes == []


async def test_an_old_share_does_not_part_those_who_share_anew(devices: ModbusDevices, peer: Peer) -> None:
    """Who opens an endpoint later shares one connection, whatever is still done with a share given up before."""
    old = devices.open(peer.endpoint)
    old.close()
    await read(devices.open(peer.endpoint), peer)
    await failing(read(old, peer))
    await read(devices.open(peer.endpoint), peer)
    assert peer.connections == 1


async def test_a_share_opened_during_the_last_request_joins_it(devices: ModbusDevices, peer: Peer) -> None:
    """An endpoint that is given up and taken up again under a request in hand keeps its one connection."""
    hold = Hold()
    peer.script.append(hold)
    old = devices.open(peer.endpoint)
    reading = await begun(read(old, peer))
    await hold.reached.wait()
    old.close()
    new = devices.open(peer.endpoint)
    hold.release.set()
    await reading
    await read(new, peer)
    assert peer.connections == 1


async def test_closing_everything_ends_what_is_under_way(devices: ModbusDevices, peer: Peer) -> None:
    """Closing ends what was sent with ConnectionLost and what waits with Unreachable, and leaves nothing open."""
    hold = Hold(silently)
    peer.script.append(hold)
    device = devices.open(peer.endpoint)
    writing = await begun(write(device, peer, 9))
    await hold.reached.wait()
    waiting = await begun(read(device, peer))
    await devices.close()
    assert writing.done()
    assert waiting.done()
    hold.release.set()
    lost, unsent = await failing(writing), await failing(waiting)
    assert type(lost) is ConnectionLost
    assert str(lost) == f"the connection to {peer.endpoint} was given up during the write of register 4001"
    assert type(unsent) is Unreachable
    await until(lambda: not peer.writers)
    assert len(peer.requests) == 1


async def test_closing_at_any_moment_leaves_nothing_open(peer: Peer) -> None:
    """However far a first request has come when everything is closed, it has ended by then, and nothing stays open."""
    for turns in range(30):
        devices = ModbusDevices()
        peer.script.append(silently)
        reading = await begun(read(devices.open(peer.endpoint), peer))
        for _ in range(turns):
            await asyncio.sleep(0)
        await devices.close()
        assert reading.done()
        assert type(await failing(reading)) in (Unreachable, ConnectionLost)
        await until(lambda: not peer.writers)
        peer.script.clear()


async def test_after_closing_everything_devices_can_be_opened_again(devices: ModbusDevices, peer: Peer) -> None:
    """Who opens a share after closing everything has a new connection; an old share stays given up."""
    old = devices.open(peer.endpoint)
    await read(old, peer)
    await devices.close()
    assert await read(devices.open(peer.endpoint), peer) == peer.registers[4001]
    assert type(await failing(read(old, peer))) is Unreachable
    old.close()
    await read(devices.open(peer.endpoint), peer)
    assert peer.connections == 2


async def test_a_write_is_withdrawn_at_the_last_moment(device: ModbusDevice, peer: Peer) -> None:
    """A write that is wanted while it waits, and no longer when its turn comes, is not sent."""
    hold = Hold()
    peer.script.append(hold)
    reading = await begun(read(device, peer))
    await hold.reached.wait()
    wanted = [True]
    writing = await begun(write(device, peer, 9, wanted=lambda: wanted[0]))
    wanted[0] = False
    hold.release.set()
    await reading
    error = await failing(writing)
    assert type(error) is Withdrawn
    assert not error.maybe_done
    assert str(error) == f"the write of register 4001 on {peer.endpoint} unit 7 is no longer wanted"
    assert peer.writes == []


async def test_wanted_is_asked_again_after_the_connect(device: ModbusDevice, peer: Peer) -> None:
    """A write that stops being wanted while its connection is made is not sent."""
    answers = iter([True, False])
    assert type(await failing(write(device, peer, 9, wanted=lambda: next(answers)))) is Withdrawn
    assert await read(device, peer) == peer.registers[4001]
    assert peer.writes == []


async def test_a_write_that_is_not_wanted_does_not_even_connect(device: ModbusDevice, peer: Peer) -> None:
    """A write that is not wanted any more does no I/O at all."""
    assert type(await failing(write(device, peer, 9, wanted=lambda: False))) is Withdrawn
    await read(device, peer)
    assert (peer.connections, peer.writes) == (1, [])


async def test_an_error_of_who_asks_leaves_the_turn_to_the_next(device: ModbusDevice, peer: Peer) -> None:
    """A `wanted` that fails ends its own request only."""

    def failing_itself() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write(device, peer, 9, wanted=failing_itself)
    assert await read(device, peer) == peer.registers[4001]
    assert peer.writes == []


async def test_each_request_is_told_of_once(device: ModbusDevice, peer: Peer, results: list[tuple[str, str]]) -> None:
    """Who listens hears function and result of each request once, in the order in which they end."""
    refusal = sending(lambda reply: reframed(reply, bytes([reply[7] | 0x80, 6])))
    peer.script.extend([properly, properly, properly, refusal, silently, sending(lambda _: b"nonsense")])
    await read(device, peer)
    await write(device, peer, 9)
    await write(device, peer, 9, 9)
    for _ in range(3):
        await failing(read(device, peer, timeout=SHORT_SECS))
    await failing(write(device, peer, 9, wanted=lambda: False))
    reading = "read_holding_registers"
    assert results == [
        (reading, "ok"),
        ("write_single_register", "ok"),
        ("write_multiple_registers", "ok"),
        (reading, "refused"),
        (reading, "no_reply"),
        (reading, "bad_reply"),
        ("write_single_register", "withdrawn"),
    ]


async def test_each_request_has_a_transaction_id_of_its_own(device: ModbusDevice, peer: Peer) -> None:
    """The transaction id is another one at each request, also on a new connection."""
    peer.script.append(silently)
    await failing(read(device, peer, timeout=SHORT_SECS))
    for ask in WRITES.values():
        await ask(device, peer, ENOUGH_SECS)
    first, *rest = [int.from_bytes(request[:2], "big") for request in peer.requests]
    assert rest == [(first + each) & 0xFFFF for each in range(1, len(WRITES) + 1)]


@pytest.mark.parametrize(
    ("unit", "address", "count", "text"),
    [
        (-1, 0, 1, "the unit id is -1: it must be 0 to 255"),
        (256, 0, 1, "the unit id is 256: it must be 0 to 255"),
        (1, -1, 1, "the address is -1: it must be 0 to 65535"),
        (1, 65536, 1, "the address is 65536: it must be 0 to 65535"),
        (1, 0, 0, "the count from address 0 is 0: it must be 1 to 125"),
        (1, 0, 126, "the count from address 0 is 126: it must be 1 to 125"),
        (1, 65535, 2, "the count from address 65535 is 2: it must be 1 to 1"),
    ],
)
async def test_a_reading_out_of_range_does_no_io(
    device: ModbusDevice, peer: Peer, unit: int, address: int, count: int, text: str
) -> None:
    """A reading that Modbus cannot express is refused by name, value and range before anything is sent."""
    with pytest.raises(ValueError, match=f"^{text}$"):
        await device.read(ReadPlan(peer.endpoint, unit, address, count), timeout=ENOUGH_SECS)
    assert peer.connections == 0


@pytest.mark.parametrize(
    ("address", "values", "text"),
    [
        (0, (), "the number of values from address 0 is 0: it must be 1 to 123"),
        (0, (0,) * 124, "the number of values from address 0 is 124: it must be 1 to 123"),
        (65535, (0, 0), "the number of values from address 65535 is 2: it must be 1 to 1"),
        (0, (-1,), "the value is -1: it must be 0 to 65535"),
        (0, (1, 65536), "the value is 65536: it must be 0 to 65535"),
        (65536, (1,), "the address is 65536: it must be 0 to 65535"),
    ],
)
async def test_a_write_out_of_range_does_no_io(
    device: ModbusDevice, peer: Peer, address: int, values: tuple[int, ...], text: str
) -> None:
    """A write that Modbus cannot express is refused by name, value and range before anything is sent."""
    with pytest.raises(ValueError, match=f"^{text}$"):
        await write(device, peer, *values, address=address)
    assert peer.connections == 0


async def test_a_request_for_another_endpoint_is_refused(device: ModbusDevice, peer: Peer) -> None:
    """A request that names another device than its share's is never sent to the wrong one."""
    other = Endpoint("127.0.0.1", 1)
    with pytest.raises(ValueError, match="this is a share of the connection to"):
        await device.read(ReadPlan(other, UNIT, 0), timeout=ENOUGH_SECS)
    with pytest.raises(ValueError, match="this is a share of the connection to"):
        await device.write(Change(other, UNIT, 0, (1,)), timeout=ENOUGH_SECS, wanted=always)
    assert peer.connections == 0


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    """A port that TCP does not have is refused by name, value and range."""
    with pytest.raises(ValueError, match=f"^the port is {port}: it must be 1 to 65535$"):
        ModbusDevices().open(Endpoint("127.0.0.1", port))
