"""The certificate of the API: made, shown over a real connection, and refused where it cannot be right."""

import asyncio
import ssl
import stat
import sys
from pathlib import Path

import pytest
from fabgitops_operator.hosting import signing
from fabgitops_operator.hosting.showing import CertificateError, server_context
from fabgitops_operator.standalone import certificate
from fabgitops_operator.standalone.certificate import make

HOSTS = ["line-a.plant.example", "127.0.0.1", "::1"]


async def shake_hands(made: Path, key: Path, host: str, trusted: Path) -> None:
    """Connect to a server that shows a certificate, as a client that trusts one and asks for a host."""

    async def served(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    client = ssl.create_default_context(cafile=str(trusted))
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 asks by itself
    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=server_context(made, key))
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=host)
        await reader.read()
        writer.close()


@pytest.mark.parametrize("host", HOSTS)
async def test_who_has_it_trusts_it(tmp_path: Path, host: str) -> None:
    """A client that is given the certificate trusts each name and address that it was made for."""
    made, key = make(tmp_path / "state", HOSTS)
    await shake_hands(made, key, host, made)


async def test_another_host_is_not_trusted(tmp_path: Path) -> None:
    """A name that it was not made for is refused by the client."""
    made, key = make(tmp_path, HOSTS)
    with pytest.raises(ssl.SSLCertVerificationError):
        await shake_hands(made, key, "other.example", made)


async def test_another_certificate_is_not_trusted(tmp_path: Path) -> None:
    """One that somebody else made for the same names is refused by the client."""
    made, key = make(tmp_path / "a", HOSTS)
    other, _ = make(tmp_path / "b", HOSTS)
    with pytest.raises(ssl.SSLCertVerificationError):
        await shake_hands(made, key, HOSTS[0], other)


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Nobody else may read the key, or look into the folder that was made for it."""
    _, key = make(tmp_path / "state", HOSTS)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_none_is_overwritten(tmp_path: Path) -> None:
    """A certificate that is there is in somebody's kubeconfig: it stays, and the way out is told."""
    made, _ = make(tmp_path, HOSTS)
    before = made.read_bytes()
    with pytest.raises(CertificateError, match=r"tls\.crt and .*tls\.key is there already; move it away"):
        make(tmp_path, HOSTS)
    assert made.read_bytes() == before


def test_without_the_library_another_way_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `cryptography` is not installed, the extra and a command of openssl that does the same are named."""
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(CertificateError, match=r"fabgitops-operator\[certificate\].*openssl req -x509") as raised:
        make(tmp_path, HOSTS)
    assert "DNS:line-a.plant.example,IP:127.0.0.1,IP:::1" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_is_not_set_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that ended in 1980 would serve nobody: the clock is to be set first."""
    monkeypatch.setattr(certificate, "EPOCH", signing.EPOCH.replace(year=9999))
    with pytest.raises(CertificateError, match="the clock of this machine is not set"):
        make(tmp_path, HOSTS)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("missing", "No such file"),
        ("garbage", "not the PEM certificate and key that belong together"),
        ("other", "not the PEM certificate and key that belong together"),
    ],
)
def test_files_that_cannot_be_used_are_told(tmp_path: Path, what: str, says: str) -> None:
    """A file that is missing, no PEM, or of another key, is named with the reason."""
    made, key = make(tmp_path / "a", HOSTS)
    if what == "missing":
        key.unlink()
    elif what == "garbage":
        key.write_text("no key")
    else:
        key.write_bytes(make(tmp_path / "b", HOSTS)[1].read_bytes())
    with pytest.raises(CertificateError, match=says) as raised:
        server_context(made, key)
    assert str(key) in str(raised.value)
