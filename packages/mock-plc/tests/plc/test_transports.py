"""Each transport carries the same PLC, and refuses what cannot be on it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mock_plc.net import tls
from mock_plc.net.listen import listening
from mock_plc.net.station import Station
from mock_plc.net.transport import Transport
from mock_plc.wire.framing import Frame, Rtu

from .bank import BankPlc
from .raw import READ, READ_ANSWER, WRITE, WRITE_ANSWER, Raw, connected, mbap, parsed

RTU = Rtu()


@asynccontextmanager
async def station(transport: Transport, *faults: str, context: ssl.SSLContext | None = None) -> AsyncIterator[Station]:
    """Serve a PLC by a transport."""
    made = Station(BankPlc(), parsed(faults), transport=transport)
    async with listening(made, tls=context):
        yield made


async def test_rtu_over_tcp() -> None:
    """RTU frames are answered by RTU frames, in any pieces, pipelined, and without a transaction."""
    async with station(Transport.RTU_OVER_TCP) as served, connected(served.port) as client:
        asked = RTU.pack(Frame(1, READ)) + RTU.pack(Frame(1, WRITE))
        for byte in asked:
            client.writer.write(bytes([byte]))
            await client.writer.drain()
        right = RTU.pack(Frame(1, READ_ANSWER)) + RTU.pack(Frame(1, WRITE_ANSWER))
        assert await client.taken(len(right)) == right


async def test_rtu_over_tcp_is_silent_where_a_serial_line_is() -> None:
    """A frame with a wrong CRC and one for a unit that is not there are not answered; the next good one is."""
    right = RTU.pack(Frame(1, READ_ANSWER))
    bad = bytearray(RTU.pack(Frame(1, READ)))
    bad[-1] ^= 1
    async with station(Transport.RTU_OVER_TCP) as served, connected(served.port) as client:
        client.writer.write(RTU.pack(Frame(9, READ)) + bad)
        answer = asyncio.create_task(client.taken(len(right)))
        while not answer.done():  # a frame that arrives together with the bad one is dropped with it, so ask again
            client.writer.write(RTU.pack(Frame(1, READ)))
            await asyncio.wait([answer], timeout=0.1)
        assert answer.result() == right
        assert served.counters[3, "no unit"] == 1


async def test_udp() -> None:
    """Each datagram is a frame and is answered by one; what is no frame is dropped."""
    async with station(Transport.UDP) as served:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(30)
            client.connect(("127.0.0.1", served.port))

            def talk() -> list[bytes]:
                for sent in (b"", b"hello", mbap(READ)[:-1], mbap(READ) + b"\0", mbap(READ, 7), mbap(WRITE, 8)):
                    client.send(sent)
                return [client.recv(300) for _ in range(2)]

            answers = await asyncio.to_thread(talk)
        assert answers == [mbap(READ_ANSWER, 7), mbap(WRITE_ANSWER, 8)]


async def test_a_fault_on_udp_is_of_one_datagram() -> None:
    """Half a datagram comes as such, a late one in a datagram of its own, and the next one is right."""
    async with station(Transport.UDP, "half,first=1", "late,first=1") as served:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(30)
            client.connect(("127.0.0.1", served.port))

            def talk() -> list[bytes]:
                for transaction in (1, 2, 3):
                    client.send(mbap(READ, transaction))
                return [client.recv(300) for _ in range(3)]

            answers = await asyncio.to_thread(talk)
        assert answers == [mbap(READ_ANSWER, 1)[:6], mbap(READ_ANSWER, 2), mbap(READ_ANSWER, 3)]


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Make throw-away certificates and return their directory."""
    assert tls.make(tmp_path / "tls", ["plc.example", ""]) == [tmp_path / "tls" / name for name in tls.FILES]
    return tmp_path / "tls"


async def asked(port: int, context: ssl.SSLContext, name: str = "127.0.0.1") -> bytes:
    """Read over TLS, from a server of some name."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    try:
        return await Raw(reader, writer).ask(READ)
    finally:
        writer.transport.abort()


async def test_tls_is_verified_with_the_throw_away_ca(certificates: Path) -> None:
    """A client that trusts the CA reads, by each name that the server has; another client or name does not."""
    context = tls.context(certificates / tls.CERTIFICATE, certificates / tls.KEY)
    async with station(Transport.TLS, context=context) as served:
        trusting = ssl.create_default_context(cafile=str(certificates / tls.CA))
        for name in ("127.0.0.1", "localhost", "plc.example"):
            assert await asked(served.port, trusting, name) == mbap(READ_ANSWER)
        for distrusting, name in ((trusting, "other.example"), (ssl.create_default_context(), "127.0.0.1")):
            with pytest.raises(ssl.SSLCertVerificationError):
                await asked(served.port, distrusting, name)
        async with connected(served.port) as plain:
            plain.send(READ)
            assert mbap(READ_ANSWER) not in await plain.rest()


async def test_tls_can_ask_for_a_certificate_of_the_client(certificates: Path) -> None:
    """With a CA for clients, one without a certificate of it gets nothing, and one with it reads."""
    context = tls.context(certificates / tls.CERTIFICATE, certificates / tls.KEY, certificates / tls.CA)
    client = ssl.create_default_context(cafile=str(certificates / tls.CA))
    async with station(Transport.TLS, context=context) as served:
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await asked(served.port, client)
        client.load_cert_chain(certificates / tls.CLIENT_CERTIFICATE, certificates / tls.CLIENT_KEY)
        assert await asked(served.port, client) == mbap(READ_ANSWER)


def test_keys_are_for_nobody_else(certificates: Path) -> None:
    """The private keys can be read by their owner alone, and nothing that is there is overwritten."""
    modes = {name: (certificates / name).stat().st_mode & 0o777 for name in (tls.KEY, tls.CLIENT_KEY)}
    assert set(modes.values()) == {0o600}
    with pytest.raises(tls.TlsError, match=r"has ca\.crt, .* already"):
        tls.make(certificates, [])


@pytest.mark.parametrize("kind", ["missing", "empty", "stranger's"])
def test_tls_files_that_are_none_are_told(certificates: Path, kind: str) -> None:
    """A file that is not there, holds no key or the key of something else is an error that names it."""
    key = certificates / (tls.CLIENT_KEY if kind == "stranger's" else f"{kind}.key")
    if kind == "empty":
        key.touch()
    with pytest.raises(tls.TlsError, match=str(key)):
        tls.context(certificates / tls.CERTIFICATE, key)


@pytest.mark.parametrize(
    ("transport", "fault"), [(Transport.RTU_OVER_TCP, "wrong-transaction"), (Transport.UDP, "connection-limit:1")]
)
def test_faults_without_effect_are_refused(transport: Transport, fault: str) -> None:
    """A fault that a transport has no place for is refused by a sentence that says so."""
    with pytest.raises(ValueError, match=rf"{fault.partition(':')[0]} has no effect: .*{transport}"):
        Station(BankPlc(), parsed([fault]), transport=transport)
