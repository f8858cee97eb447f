"""Devices that copy less into their answers than they should, and converters that send back what they are sent."""

import pytest
from fabgitops_core.control.plc.requests import Link, Transport, Uncopied
from fabgitops_core.engine.device_errors import BadReply, NoReply, Refused
from fabgitops_core.modbus.pool import ModbusDevices

from .asking import ENOUGH_SECS, KINDS, READS, WRITES, failing, read, write
from .peer import Answer, Exchange, Hold, Peer, checksum, sending, silently, until

SHORT_SECS = 0.3
NUMBER = Link(ignore=frozenset({Uncopied.TRANSACTION_ID}))
UNIT = Link(ignore=frozenset({Uncopied.UNIT_ID}))
WRITTEN = Link(ignore=frozenset({Uncopied.WRITE_ECHO}))
ECHO = Link(echo=True)
RTU = pytest.mark.parametrize("transport", [Transport.RTU_OVER_TCP])

NUMBERS: dict[str, Answer] = {
    "0": sending(lambda reply: b"\0\0" + reply[2:]),  # emelianov/modbus-esp8266#109, pymodbus-dev/pymodbus#2831
    "its bytes swapped": sending(lambda reply: reply[1::-1] + reply[2:]),  # pymodbus-dev/pymodbus#2709
    "one more": sending(lambda reply: reply[:1] + bytes([reply[1] ^ 1]) + reply[2:]),  # kellerza/sunsynk#680
}


def exception(reply: bytes) -> bytes:
    """Return exception 02 with transaction id 0 in a reply's place (dresende/node-modbus-tcp#21)."""
    return b"\0\0\0\0\0\3" + reply[6:7] + bytes([reply[7] | 0x80, 2])


def without_echo(reply: bytes) -> bytes:
    """Return a write's confirmation with zeros where address, value or count belong."""
    return reply[:8] + bytes(len(reply) - 8)


async def echoing(exchange: Exchange) -> None:
    """Send the request back before its answer, in one piece."""
    await exchange.send(exchange.request + exchange.proper)


async def busily(exchange: Exchange) -> None:
    """Answer between what another master asks another unit and what that says."""
    asked, said = b"\x08\x03\0\0\0\1", b"\x08\x03\2\0\7"
    await exchange.send(asked + checksum(asked))
    await exchange.send(said + checksum(said) + exchange.proper)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", ["read one", "read coils", "identify", "write one", "write many"])
async def test_a_transaction_id_that_is_not_copied_can_be_ignored(
    number: str, kind: str, devices: ModbusDevices, peer: Peer
) -> None:
    """A device that numbers its answers as it likes is believed where that was said, and by nobody else."""
    lenient, strict = devices.open(peer.endpoint, NUMBER), devices.open(peer.endpoint)
    expected = await KINDS[kind](strict, peer, ENOUGH_SECS)
    peer.script.extend([NUMBERS[number]] * 4)
    assert await KINDS[kind](lenient, peer, ENOUGH_SECS) == expected
    assert peer.connections == 1
    peer.script.clear()
    peer.script.append(NUMBERS[number])
    said = str(await failing(KINDS[kind](strict, peer, ENOUGH_SECS)))
    assert "the reply to another request: its transaction id differs" in said


async def test_an_exception_without_the_transaction_id_is_one(devices: ModbusDevices, peer: Peer) -> None:
    """A refusal is numbered no better than an answer."""
    peer.script.append(sending(exception))
    assert type(await failing(read(devices.open(peer.endpoint, NUMBER), peer))) is Refused


async def test_without_transaction_ids_a_timeout_ends_the_connection(devices: ModbusDevices, peer: Peer) -> None:
    """The late answer to one request, which nothing tells from that to the next, comes over a connection that is gone.

    So it is for all who share it, also where other units answer, which otherwise keeps a connection.
    """
    late = Hold(sending(lambda reply: b"\0\0" + reply[2:]))
    lenient, strict = devices.open(peer.endpoint, NUMBER), devices.open(peer.endpoint)
    await read(strict, peer)
    peer.script.append(late)
    assert type(await failing(read(lenient, peer, 1, timeout=SHORT_SECS))) is NoReply

    async def after_the_late_one(exchange: Exchange) -> None:
        late.release.set()
        await until(lambda: peer.under_way == 1)
        await exchange.send(b"\0\0" + exchange.proper[2:])

    peer.script.append(after_the_late_one)
    assert await read(lenient, peer, 2) == peer.registers[2] != peer.registers[1]
    assert peer.connections == 2


async def test_what_was_forgone_before_the_ids_are_ignored_meets_nobody(devices: ModbusDevices, peer: Peer) -> None:
    """A reply that the connection still waits for is not the answer to one who then comes and ignores the number."""
    from fabgitops_core.control.plc.requests import ReadPlan  # noqa: PLC0415 - of another unit than `read`'s

    strict = devices.open(peer.endpoint)
    await read(strict, peer)
    peer.script.append(silently)
    assert type(await failing(strict.read(ReadPlan(peer.endpoint, 9, 1), timeout=SHORT_SECS))) is NoReply
    assert peer.connections == 1
    await read(devices.open(peer.endpoint, NUMBER), peer)
    assert peer.connections == 2


async def test_when_nobody_ignores_transaction_ids_any_more_they_count_again(
    devices: ModbusDevices, peer: Peer
) -> None:
    """With the last share that ignores them its care goes as well: a silent unit costs others no connection."""
    from fabgitops_core.control.plc.requests import ReadPlan  # noqa: PLC0415 - of another unit than `read`'s

    strict, lenient = devices.open(peer.endpoint), devices.open(peer.endpoint, NUMBER)
    lenient.close()
    await read(strict, peer)
    peer.script.append(silently)
    assert type(await failing(strict.read(ReadPlan(peer.endpoint, 9, 1), timeout=SHORT_SECS))) is NoReply
    await read(strict, peer)
    assert peer.connections == 1


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize("unit", [0, 1, 255])
async def test_a_unit_id_that_is_not_copied_can_be_ignored(
    unit: int, devices: ModbusDevices, peer: Peer, transport: Transport
) -> None:
    """A device that answers as unit 0, 1 or 255 whatever it was called is believed where that was said."""
    other = sending(lambda reply: reply[:6] + bytes([unit]) + reply[7:])
    peer.script.extend([other] * 3)
    lenient = devices.open(peer.endpoint, UNIT)
    assert await read(lenient, peer) == peer.registers[4001]
    await write(lenient, peer, 5)
    assert f"a reply of unit {unit}" in str(await failing(read(devices.open(peer.endpoint), peer)))


@pytest.mark.parametrize("kind", WRITES)
async def test_a_write_that_is_not_repeated_can_be_believed(kind: str, devices: ModbusDevices, peer: Peer) -> None:
    """A confirmation of zeros, of the same function and length, is one where that was said."""
    peer.script.extend([sending(without_echo)] * 2)
    await KINDS[kind](devices.open(peer.endpoint, WRITTEN), peer, ENOUGH_SECS)
    said = str(await failing(KINDS[kind](devices.open(peer.endpoint), peer, ENOUGH_SECS)))
    assert "the confirmation of another write" in said


@pytest.mark.parametrize("link", [NUMBER, UNIT, WRITTEN])
@pytest.mark.parametrize("kind", ["read one", "write one"])
async def test_what_is_ignored_lets_nothing_else_through(
    link: Link, kind: str, devices: ModbusDevices, peer: Peer
) -> None:
    """One thing is ignored, and each other thing that is wrong is as wrong as ever."""
    wrong = {
        Uncopied.TRANSACTION_ID: sending(lambda reply: reply[:1] + bytes([reply[1] ^ 1]) + reply[2:]),
        Uncopied.UNIT_ID: sending(lambda reply: reply[:6] + bytes([reply[6] ^ 1]) + reply[7:]),
        Uncopied.WRITE_ECHO: sending(without_echo),
        "function": sending(lambda reply: reply[:7] + bytes([reply[7] ^ 8]) + reply[8:]),
        "shape": sending(lambda reply: reply[:5] + bytes([reply[5] - 1]) + reply[6:-1]),
        "protocol": sending(lambda reply: reply[:3] + b"\1" + reply[4:]),
    }
    device = devices.open(peer.endpoint, link)
    for what, answer in wrong.items():
        if what in link.ignore or (what is Uncopied.WRITE_ECHO and kind in READS):
            continue
        peer.script.append(answer)
        assert type(await failing(KINDS[kind](device, peer, ENOUGH_SECS))) is BadReply, what


@RTU
@pytest.mark.parametrize("kind", KINDS)
async def test_behind_a_converter_that_echoes(kind: str, devices: ModbusDevices, peer: Peer) -> None:
    """With an echo declared each request comes back, exactly, and then its answer is the answer."""
    expected = await KINDS[kind](devices.open(peer.endpoint), peer, ENOUGH_SECS)
    peer.script.extend([echoing] * 9)
    assert await KINDS[kind](devices.open(peer.endpoint, ECHO), peer, ENOUGH_SECS) == expected
    assert peer.connections == 1


@RTU
async def test_the_echo_of_a_write_that_was_lost_confirms_nothing(devices: ModbusDevices, peer: Peer) -> None:
    """A confirmation looks like its request: behind a converter that echoes, the echo alone is silence."""
    peer.script.append(sending(lambda reply: reply))  # which FC06 repeats: the echo
    assert type(await failing(write(devices.open(peer.endpoint, ECHO), peer, 5, timeout=SHORT_SECS))) is NoReply


@RTU
async def test_an_echo_that_was_not_declared_is_told(devices: ModbusDevices, peer: Peer) -> None:
    """Who has such a converter and does not know it is told what to write down."""
    peer.script.append(echoing)
    said = await failing(read(devices.open(peer.endpoint), peer))
    assert type(said) is BadReply
    assert "set spec.connection.echo to true" in str(said)


@RTU
@pytest.mark.parametrize("kind", KINDS)
async def test_others_on_the_line_are_passed_over(kind: str, devices: ModbusDevices, peer: Peer) -> None:
    """What another master asks another unit, and what that answers, is nothing to us."""
    device = devices.open(peer.endpoint)
    expected = await KINDS[kind](device, peer, ENOUGH_SECS)
    peer.script.extend([busily] * 9)
    assert await KINDS[kind](device, peer, ENOUGH_SECS) == expected
    assert peer.connections == 1


@RTU
async def test_others_may_speak_while_nothing_is_asked(devices: ModbusDevices, peer: Peer) -> None:
    """Their frames end no connection; a second answer to what was asked last does."""
    device = devices.open(peer.endpoint)
    await read(device, peer)
    (writer,) = peer.writers
    asked = b"\x08\x03\0\0\0\1"
    writer.write(asked + checksum(asked))
    assert await read(device, peer) == peer.registers[4001]
    assert peer.connections == 1


@RTU
async def test_nothing_but_others_is_told_as_silence(devices: ModbusDevices, peer: Peer) -> None:
    """The unit did not answer, and the line is alive: both are said."""
    asked = b"\x08\x03\0\0\0\1"
    peer.script.append(sending(lambda _reply: asked + checksum(asked)))
    said = await failing(read(devices.open(peer.endpoint), peer, timeout=SHORT_SECS))
    assert type(said) is NoReply
    assert str(said).endswith(f"within {SHORT_SECS:g} s; what came were frames of others")


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.RTU_OVER_TCP])
def test_transaction_ids_are_ignored_only_where_a_connection_can_stand_for_them(
    transport: Transport, peer: Peer, devices: ModbusDevices
) -> None:
    """Over UDP a datagram may come twice, and a serial line has no transaction ids."""
    with pytest.raises(ValueError, match="its transaction ids cannot be ignored"):
        devices.open(peer.endpoint, NUMBER)
    assert transport is peer.endpoint.transport
