"""Modbus over TLS: whom is trusted, with which certificates, and what is said when the handshake fails."""

import asyncio
import errno
import os
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trustme
from fabgitops_core.control.plc.requests import Change, Endpoint, Link, TlsRef, Transport
from fabgitops_core.engine.device_errors import ConnectionLost, Unreachable
from fabgitops_core.modbus.pool import ModbusDevices
from fabgitops_core.modbus.tls import system_tls, tls_context

from .asking import ADDRESS, ENOUGH_SECS, UNIT, always, begun, failing, read, write
from .peer import Exchange, Hold, Peer, until
from .serving import authority, bound, peer_on, server_tls


def _pem(blob: trustme.Blob) -> str:
    return blob.bytes().decode()


@pytest.fixture
def transport() -> Transport:
    """The device of these tests speaks TLS."""
    return Transport.TLS


@asynccontextmanager
async def _served(tls: ssl.SSLContext) -> AsyncIterator[Peer]:
    with bound() as listener:
        async with peer_on(listener, Transport.TLS, tls) as peer:
            yield peer


async def test_a_certificate_of_an_unknown_authority_is_not_accepted(devices: ModbusDevices) -> None:
    """A device whose certificate nobody vouches for is Unreachable for all requests, always in the same words."""
    async with _served(server_tls(ca=trustme.CA())) as peer:
        device = devices.open(peer.endpoint)
        reading, writing = await failing(read(device, peer)), await failing(write(device, peer, 9))
    assert type(reading) is type(writing) is Unreachable
    assert str(reading) == str(writing)
    assert str(reading).startswith(f"{peer.endpoint} has a TLS certificate that is not accepted: ")
    assert "self-signed certificate" in str(reading) or "unable to get local issuer" in str(reading)
    assert peer.requests == []


async def test_the_certificate_must_be_for_the_name(devices: ModbusDevices) -> None:
    """A certificate for another name is not accepted, unless that is the name that is expected."""
    async with _served(server_tls("plc.example")) as peer:
        error = await failing(read(devices.open(peer.endpoint), peer))
        assert "IP address mismatch, certificate is not valid for '127.0.0.1'" in str(error)
        device = devices.open(peer.endpoint, Link(tls=TlsRef(server_name="plc.example")))
        assert await read(device, peer) == peer.registers[4001]


async def test_verification_can_be_given_up(devices: ModbusDevices) -> None:
    """Without verification any certificate will do, for those who asked for that and nobody else."""
    async with _served(server_tls("plc.example", trustme.CA())) as peer:
        careless = devices.open(peer.endpoint, Link(tls=TlsRef(verify=False)))
        assert await read(careless, peer) == peer.registers[4001]
        assert type(await failing(read(devices.open(peer.endpoint), peer))) is Unreachable


async def test_shares_with_other_tls_settings_have_a_connection_of_their_own(
    devices: ModbusDevices, peer: Peer
) -> None:
    """Who verifies never rides on the connection of someone who does not."""
    links = [Link(tls=TlsRef()), Link(), Link(tls=TlsRef(verify=False)), Link(tls=TlsRef(secret="plc-tls"))]  # noqa: S106
    for link in links:
        await read(devices.open(peer.endpoint, link), peer)
    assert peer.connections == 3


def _demanding(ca: trustme.CA) -> ssl.SSLContext:
    context = server_tls()
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    return context


async def test_a_client_certificate_is_shown_and_a_rotated_one_counts_from_the_next_connect() -> None:
    """The certificates are asked for at each connect, so that new ones need no restart."""
    old, new = trustme.CA(), trustme.CA()
    signing, asked = [old], list[TlsRef]()

    async def provider(ref: TlsRef) -> ssl.SSLContext:
        asked.append(ref)
        mine = signing[0].issue_cert("operator.example")
        chain = "".join(_pem(each) for each in mine.cert_chain_pems)
        return tls_context(ca=_pem(authority().cert_pem), certificate=chain, key=_pem(mine.private_key_pem))

    devices, ref = ModbusDevices(tls=provider), TlsRef(secret="default/plc-tls")  # noqa: S106
    async with _served(_demanding(new)) as peer:
        device = devices.open(peer.endpoint, Link(tls=ref))
        error = await failing(read(device, peer))
        assert type(error) in (ConnectionLost, Unreachable)
        signing[0] = new
        assert await read(device, peer, urgent=True) == peer.registers[4001]
        assert asked == [ref, ref]
        await devices.close()


async def test_a_device_that_wants_a_client_certificate_says_so(devices: ModbusDevices) -> None:
    """Without the certificate that it wants the device breaks off, and the words are about TLS and not the network."""
    # Not asyncio's server, which breaks off without the alert that other servers send.
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection.dup() as raw:
                with pytest.raises(ssl.SSLError):
                    _demanding(trustme.CA()).wrap_socket(connection, server_side=True)
                while raw.recv(1024):  # what is left unread would turn the end into a reset, which overtakes the alert
                    pass

        serving = asyncio.create_task(asyncio.to_thread(serve))
        endpoint = Endpoint("127.0.0.1", listener.getsockname()[1], Transport.TLS)
        error = await failing(read(devices.open(endpoint), Peer(endpoint)))
        await serving
    assert type(error) in (ConnectionLost, Unreachable)
    assert str(error).endswith("(TLS: tlsv13 alert certificate required)")


async def test_a_device_without_tls_is_told_from_one_with_a_bad_certificate(devices: ModbusDevices) -> None:
    """What answers the handshake with something else does not speak TLS, and that is what is said."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        endpoint = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1], Transport.TLS)
        error = await failing(read(devices.open(endpoint), Peer(endpoint)))
    assert type(error) is Unreachable
    assert str(error).startswith(f"{endpoint} does not speak TLS (TLS: ")


async def test_a_handshake_that_nobody_answers_ends_when_its_time_is_over(devices: ModbusDevices) -> None:
    """A device that takes a connection and says nothing is Unreachable once the time allowed is over."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = Endpoint("127.0.0.1", listener.getsockname()[1], Transport.TLS)
        error = await failing(read(devices.open(endpoint), Peer(endpoint), timeout=0.1))
    assert str(error) == f"{endpoint} took no connection within 0.1 s"


async def test_a_reply_is_put_together_from_many_records(devices: ModbusDevices, peer: Peer) -> None:
    """A reply is believed however many TLS records carry it."""

    async def dribbling(exchange: Exchange) -> None:
        for byte in exchange.proper:
            await exchange.send(bytes([byte]))
            await asyncio.sleep(0)

    peer.script.extend([dribbling] * 2)
    device = devices.open(peer.endpoint)
    assert await read(device, peer) == peer.registers[4001]
    await write(device, peer, 1, 2, 3)
    assert (peer.connections, len(peer.requests)) == (1, 2)


async def test_certificates_that_cannot_be_had_are_told_of(peer: Peer) -> None:
    """Why there are no certificates is what the user reads; nothing is connected."""
    devices = ModbusDevices(tls=system_tls)
    device = devices.open(peer.endpoint, Link(tls=TlsRef(secret="default/plc-tls")))  # noqa: S106
    error = await failing(read(device, peer))
    assert type(error) is Unreachable
    assert str(error) == "the TLS certificates 'default/plc-tls' cannot be had: nothing here provides them"
    assert peer.connections == 0
    await devices.close()


async def test_certificates_that_cannot_be_used_are_told_of(peer: Peer) -> None:
    """A Secret that holds something else is named by what is wrong with it, and not a fault of ours."""

    async def provider(_ref: TlsRef) -> ssl.SSLContext:
        return tls_context(ca="no PEM")

    devices = ModbusDevices(tls=provider)
    error = await failing(read(devices.open(peer.endpoint), peer))
    assert type(error) is Unreachable
    assert str(error).startswith(f"{peer.endpoint} cannot be reached over TLS: the CA is no certificate in PEM")
    await devices.close()


async def test_without_certificates_of_its_own_the_system_s_authorities_count(peer: Peer) -> None:
    """By default a certificate must be signed by an authority that the system trusts."""
    devices = ModbusDevices()
    error = await failing(read(devices.open(peer.endpoint), peer))
    assert "TLS certificate that is not accepted" in str(error)
    await devices.close()


async def test_an_idle_tls_connection_is_closed(devices: ModbusDevices, peer: Peer) -> None:
    """Letting go of an idle connection works over TLS as well."""
    device = devices.open(peer.endpoint, Link(idle_close=0.05))
    await read(device, peer)
    await until(lambda: not peer.writers)
    assert await read(device, peer, 1) == peer.registers[1]


CERTIFICATE = trustme.CA().issue_cert("a.example")
PEM, KEY = _pem(CERTIFICATE.cert_chain_pems[0]), _pem(CERTIFICATE.private_key_pem)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tls_context(ca="no PEM"), "the CA is no certificate in PEM"),
        (
            lambda: tls_context(certificate=PEM),
            "a client certificate and its key come together",
        ),
        (lambda: tls_context(key=KEY), "a client certificate and its key come together"),
        (lambda: tls_context(certificate="no PEM", key=KEY), "the client certificate and its key cannot be used"),
        (
            lambda: tls_context(certificate=PEM, key=_pem(trustme.CA().issue_cert("b.example").private_key_pem)),
            "the client certificate and its key cannot be used .*mismatch",
        ),
    ],
)
def test_a_text_that_is_no_certificate_is_named(make: Callable[[], ssl.SSLContext], text: str) -> None:
    """What is wrong with certificates is said in one line that tells which of them it is."""
    with pytest.raises(ValueError, match=text):
        make()


def test_verification_is_on_unless_given_up() -> None:
    """A context verifies certificate and name, and speaks nothing older than TLS 1.2."""
    context = tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_bits_of_a_word_are_safe_from_who_has_other_settings(devices: ModbusDevices, peer: Peer) -> None:
    """Two who change bits of one word over a connection each do it one after the other, and undo nothing."""
    hold = Hold()
    peer.registers[ADDRESS] = 0
    peer.script.append(hold)
    first, second = devices.open(peer.endpoint), devices.open(peer.endpoint, Link(tls=TlsRef(verify=False)))
    low, high = (Change(peer.endpoint, UNIT, ADDRESS, (bit,), mask=bit) for bit in (1, 0x8000))
    writing = await begun(first.write(low, timeout=ENOUGH_SECS, wanted=always))
    await hold.reached.wait()
    waiting = await begun(second.write(high, timeout=ENOUGH_SECS, wanted=always))
    await read(second, peer, 1)  # which the write would have overtaken
    assert peer.writes == []
    hold.release.set()
    await asyncio.gather(writing, waiting)
    assert peer.registers[ADDRESS] == 0x8001


async def test_certificates_that_do_not_come_are_not_the_devices_fault(peer: Peer) -> None:
    """When the certificates take too long it is said that they do, and not that the device took no connection."""

    async def never(_ref: TlsRef) -> ssl.SSLContext:
        await asyncio.Event().wait()
        raise AssertionError

    devices = ModbusDevices(tls=never)
    error = await failing(read(devices.open(peer.endpoint), peer, timeout=0.05))
    await devices.close()
    assert type(error) is Unreachable
    assert str(error) == f"{peer.endpoint} was not asked: its TLS certificates could not be had within 0.05 s"
    assert peer.connections == 0


async def test_the_systems_authorities_are_read_once() -> None:
    """However many devices connect, the system's CAs are read for the first, and apart for who verifies nothing."""
    first, second, trusting = [await system_tls(TlsRef(verify=verify)) for verify in (True, True, False)]
    assert first is second
    assert (first.verify_mode, trusting.verify_mode) == (ssl.CERT_REQUIRED, ssl.CERT_NONE)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be no place for temporary files, as on a root file system that is mounted read-only."""

    def no_place(*_args: object, **_more: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", no_place)
    monkeypatch.setattr(tempfile, "mkstemp", no_place)


def _certified() -> ssl.SSLContext:
    issued = authority().issue_cert("client.example")
    chain = "".join(_pem(blob) for blob in issued.cert_chain_pems)
    return tls_context(ca=_pem(authority().cert_pem), certificate=chain, key=_pem(issued.private_key_pem))


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")
@pytest.mark.usefixtures("nowhere")
async def test_client_certificates_need_no_place_for_files() -> None:
    """Where no file can be written, as in a container with a read-only root, a client certificate is shown."""

    async def certified(_ref: TlsRef) -> ssl.SSLContext:
        return _certified()

    devices = ModbusDevices(tls=certified)
    async with _served(_demanding(authority())) as peer:
        assert await read(devices.open(peer.endpoint), peer) == peer.registers[ADDRESS]
        await devices.close()


@pytest.mark.parametrize("sandbox", [False, True], ids=["no such call", "not allowed"])
async def test_without_files_in_memory_a_temporary_directory_is_used(
    monkeypatch: pytest.MonkeyPatch, sandbox: bool
) -> None:
    """Where a system has no files in memory, or does not allow them, a directory takes their place for a moment."""
    _without_memory(monkeypatch, sandbox=sandbox)
    with tempfile.TemporaryDirectory() as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        assert _certified().get_ca_certs()
        assert os.listdir(directory) == []


@pytest.mark.usefixtures("nowhere")
async def test_no_place_for_a_client_certificate_is_told_as_that(monkeypatch: pytest.MonkeyPatch, peer: Peer) -> None:
    """A certificate that cannot be put anywhere is our end's trouble, and says so instead of blaming the device."""
    _without_memory(monkeypatch, sandbox=False)

    async def certified(_ref: TlsRef) -> ssl.SSLContext:
        return _certified()

    devices = ModbusDevices(tls=certified)
    error = await failing(read(devices.open(peer.endpoint), peer))
    assert type(error) is Unreachable
    why = "there is no place for the client certificate (Read-only file system): "
    assert str(error).startswith(f"{peer.endpoint} cannot be reached over TLS: {why}")
    assert peer.connections == 0
    await devices.close()


async def test_an_error_of_the_system_while_certificates_are_fetched_is_told_as_that(peer: Peer) -> None:
    """Too many open files where the certificates come from is not what the device did."""

    async def failed(_ref: TlsRef) -> ssl.SSLContext:
        raise OSError(errno.EMFILE, "Too many open files")

    devices = ModbusDevices(tls=failed)
    error = await failing(read(devices.open(peer.endpoint), peer))
    assert str(error) == f"{peer.endpoint} was not asked: its TLS certificates could not be had: too many open files"
    await devices.close()


def _without_memory(monkeypatch: pytest.MonkeyPatch, *, sandbox: bool) -> None:
    if not sandbox:
        monkeypatch.delattr(os, "memfd_create", raising=False)
        return

    def refused(*_args: object) -> int:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "memfd_create", refused, raising=False)
