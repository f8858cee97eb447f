"""What goes before and after a write: one step in one turn, of which nothing goes out unless all before it did."""

import asyncio
from dataclasses import replace

import pytest
from fabgitops_core.control.plc.requests import Change, Endpoint, Link, Table
from fabgitops_core.engine.device_errors import ConnectionLost, DeviceError, NoReply, Refused, Unfinished, Withdrawn
from fabgitops_core.engine.ports import Beside
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .asking import ADDRESS, ENOUGH_SECS, UNIT, always, begun, failing, read
from .peer import Answer, Exchange, Hold, Peer, properly, reframed, sending, silently

LOCK, SAVE, COIL = 24, 30, 17
SECRET = 41234
SHORT_SECS = 0.2
REFUSING = sending(lambda reply: reframed(reply, b"\x86\4"))
NO_COIL = sending(lambda reply: reframed(reply, b"\x85\2"))


def _side(peer: Peer, address: int, value: int, table: Table = Table.HOLDING) -> Change:
    return Change(peer.endpoint, UNIT, address, (value,), table)


def _beside(peer: Peer) -> Beside:
    """Return an unlock by a password and a coil before, and a save after."""
    before = (_side(peer, LOCK, SECRET), _side(peer, COIL, 1, Table.COIL))
    return Beside(before, (_side(peer, SAVE, 1),), always)


def _change(peer: Peer, mask: int | None = None) -> Change:
    return Change(peer.endpoint, UNIT, ADDRESS, (7,), mask=mask)


STEP = [(LOCK, (SECRET,)), (COIL, (1,)), (ADDRESS, (7,)), (SAVE, (1,))]


async def test_all_of_it_goes_out_in_order_and_nothing_of_ours_comes_between(
    devices: ModbusDevices, peer: Peer, results: list[tuple[str, str]]
) -> None:
    """However urgent others are on the connection, they wait until the last of the step is confirmed."""
    hold = Hold()
    peer.script.append(hold)
    first, second = devices.open(peer.endpoint), devices.open(peer.endpoint)
    writing = await begun(first.write(_change(peer), timeout=ENOUGH_SECS, wanted=always, beside=_beside(peer)))
    await hold.reached.wait()
    other = Change(peer.endpoint, UNIT, LOCK, (0,))
    waiting = [
        await begun(read(second, peer, 1, urgent=True)),
        await begun(second.write(other, timeout=ENOUGH_SECS, wanted=always)),
    ]
    hold.release.set()
    await asyncio.gather(writing, *waiting)
    assert peer.writes == [*STEP, (LOCK, (0,))]
    assert [body[1] for body in peer.bodies][:4] == [6, 5, 6, 6]
    assert (
        results[:4]
        == [(each, "ok") for each in ("write_single_register", "write_single_coil")]
        + [("write_single_register", "ok")] * 2
    )


async def test_two_steps_by_one_lock_take_turns_over_any_connections(devices: ModbusDevices, peer: Peer) -> None:
    """Who has a connection of his own to the device does not come between an unlock and its write either."""
    hold = Hold()
    peer.script.extend([properly, hold])
    there = Endpoint(f"::ffff:{peer.endpoint.host}", peer.endpoint.port)
    calm, other = devices.open(peer.endpoint), devices.open(there)
    one = await begun(calm.write(_change(peer), timeout=ENOUGH_SECS, wanted=always, beside=_beside(peer)))
    await hold.reached.wait()
    before = tuple(replace(each, endpoint=there) for each in _beside(peer).before)
    beside = Beside(before, (), always)
    two = await begun(other.write(replace(_change(peer), endpoint=there), timeout=1, wanted=always, beside=beside))
    await asyncio.sleep(0)
    hold.release.set()
    await asyncio.gather(one, two)
    assert peer.connections == 2
    assert peer.writes == [*STEP, *STEP[:3]]


@pytest.mark.parametrize(
    ("at", "answer", "kind"),
    [(0, REFUSING, Refused), (1, NO_COIL, Refused), (0, silently, NoReply), (1, silently, NoReply)],
)
async def test_what_fails_before_it_keeps_the_write_back(
    device: ModbusDevice, peer: Peer, at: int, answer: Answer, kind: type[DeviceError]
) -> None:
    """A refused or unanswered unlock is told by name, without its value, and the write was certainly not sent."""
    peer.script.extend([properly] * at + [answer])
    timeout = SHORT_SECS if answer is silently else ENOUGH_SECS
    error = await failing(device.write(_change(peer), timeout=timeout, wanted=always, beside=_beside(peer)))
    assert type(error) is kind
    assert not error.maybe_done
    assert f"write.before[{at}]" in str(error)
    assert str(SECRET) not in str(error)
    assert (ADDRESS, (7,)) not in peer.writes


@pytest.mark.parametrize(("answer", "timeout"), [(REFUSING, ENOUGH_SECS), (silently, SHORT_SECS)])
async def test_what_fails_after_it_leaves_the_write_unproven(
    device: ModbusDevice, peer: Peer, answer: Answer, timeout: float
) -> None:
    """A save that is refused or not answered is told by name; the write itself was done."""
    peer.script.extend([properly, properly, properly, answer])
    error = await failing(device.write(_change(peer), timeout=timeout, wanted=always, beside=_beside(peer)))
    assert type(error) is Unfinished
    assert error.maybe_done
    assert "write.after[0]" in str(error)
    assert peer.registers[ADDRESS] == 7


async def test_a_write_that_is_refused_or_lost_is_not_saved(device: ModbusDevice, peer: Peer) -> None:
    """What goes after it goes out only when the device has confirmed the write, whose outcome is told as of any."""
    peer.script.extend([properly, properly, REFUSING])
    error = await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always, beside=_beside(peer)))
    assert (type(error), error.maybe_done) == (Refused, False)
    peer.script.extend([properly, properly, silently])
    error = await failing(device.write(_change(peer), timeout=SHORT_SECS, wanted=always, beside=_beside(peer)))
    assert (type(error), error.maybe_done) == (NoReply, True)
    assert SAVE not in [address for address, _ in peer.writes]


async def test_a_connection_that_ends_within_it_ends_it(devices: ModbusDevices, peer: Peer) -> None:
    """The write never goes over another connection than its unlock: who stands there was not unlocked."""

    async def leaving(exchange: Exchange) -> None:
        await properly(exchange)
        exchange.close()

    peer.script.extend([properly, leaving])
    device = devices.open(peer.endpoint, Link(request_delay=SHORT_SECS))
    error = await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always, beside=_beside(peer)))
    assert (type(error), error.maybe_done) == (ConnectionLost, False)
    assert "write.before[1]" in str(error)
    assert peer.connections == 1


@pytest.mark.parametrize("asked", [0, 1, 2])
async def test_it_is_asked_before_each_whether_it_is_wanted(device: ModbusDevice, peer: Peer, asked: int) -> None:
    """What is no longer wanted ends right there, whatever was unlocked by then."""

    def wanted() -> bool:
        return len(peer.writes) < asked

    error = await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=wanted, beside=_beside(peer)))
    assert type(error) is Withdrawn
    assert peer.writes == STEP[:asked]


async def test_what_goes_after_it_is_asked_for_by_itself(device: ModbusDevice, peer: Peer) -> None:
    """A save is sent though the write is no longer wanted by then, unless nothing at all may be written any more."""
    beside = _beside(peer)
    assert await device.write(_change(peer), timeout=ENOUGH_SECS, wanted=lambda: len(peer.writes) < 3, beside=beside)
    assert peer.writes == STEP
    beside = replace(beside, wanted=lambda: False)
    error = await failing(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always, beside=beside))
    assert type(error) is Unfinished


@pytest.mark.parametrize("moment", range(4))
async def test_cancelled_at_any_await_the_next_has_a_clean_turn(
    devices: ModbusDevices, peer: Peer, moment: int
) -> None:
    """Whoever goes in the middle leaves neither his turn nor his lock taken, and nothing of the step follows."""
    hold = Hold(silently)
    peer.script.extend([*[properly] * moment, hold])
    device = devices.open(peer.endpoint)
    writing = await begun(device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always, beside=_beside(peer)))
    await hold.reached.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    hold.release.set()
    assert await device.write(_change(peer), timeout=ENOUGH_SECS, wanted=always, beside=_beside(peer))
    assert peer.writes == [*STEP[: moment + 1], *STEP]


async def test_bits_are_looked_at_before_anything_is_unlocked(device: ModbusDevice, peer: Peer) -> None:
    """A word whose bits are right already is not unlocked; one that has to be saved is written all the same."""
    peer.registers[ADDRESS] = 7
    beside = replace(_beside(peer), after=())
    assert not await device.write(_change(peer, 0xFF), timeout=ENOUGH_SECS, wanted=always, beside=beside)
    assert peer.writes == []
    assert await device.write(_change(peer, 0xFF), timeout=ENOUGH_SECS, wanted=always, beside=_beside(peer))
    assert peer.writes == STEP
    assert [body[1] for body in peer.bodies] == [3, 3, 6, 5, 6, 6]


def test_it_shows_nothing_of_a_secret(peer: Peer) -> None:
    """What is made of a password stands in no text of it."""
    assert str(SECRET) not in repr(_beside(peer))
