"""Certificates and words out of Secrets: what comes of them, and what is said where nothing does."""

import asyncio
import base64
import ssl
from collections.abc import Mapping

import pytest
import trustme
from fabgitops_core.control.plc.requests import SecretKey, TlsRef
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.engine.ports import SecretError
from fabgitops_operator.hosting.errors import ApiError, Forbidden, Gone, Unavailable
from fabgitops_operator.hosting.secrets import SecretTls, SecretWords

REF = TlsRef("plant/plc-tls")


class Stored:
    """Secrets in memory; an error is raised in the place of data."""

    def __init__(self) -> None:
        self.data: Mapping[str, str] | ApiError = {}
        self.asked: list[tuple[str, str]] = []
        self.hold: asyncio.Event | None = None
        self.reached = asyncio.Event()
        self.reading = 0

    async def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """Return what is stored."""
        self.asked.append((namespace, name))
        self.reached.set()
        self.reading += 1
        try:
            await (self.hold or self.reached).wait()
        finally:
            self.reading -= 1
        if isinstance(self.data, ApiError):
            raise self.data
        return self.data


def encoded(**pems: bytes) -> dict[str, str]:
    """Return the data of a Secret; `tls_crt` becomes `tls.crt`."""
    return {name.replace("_", "."): base64.b64encode(pem).decode() for name, pem in pems.items()}


@pytest.fixture
def stored() -> Stored:
    """Return Secrets."""
    return Stored()


async def test_a_secret_becomes_a_context(stored: Stored) -> None:
    """CA and client certificate of the Secret are in the context, which looks at the server's name."""
    ca = trustme.CA()
    client = ca.issue_cert("operator")
    chain, key = client.cert_chain_pems[0].bytes(), client.private_key_pem.bytes()
    stored.data = encoded(ca_crt=ca.cert_pem.bytes(), tls_crt=chain, tls_key=key)
    context = await SecretTls(stored)(REF)
    assert stored.asked == [("plant", "plc-tls")]
    assert len(context.get_ca_certs()) == 1
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


async def test_what_was_rotated_counts(stored: Stored) -> None:
    """A Secret is read again for a connection that is made later, so that a rotated certificate needs no restart."""
    provider = SecretTls(stored, share=0.0)
    stored.data = encoded(ca_crt=trustme.CA().cert_pem.bytes())
    (before,) = (await provider(REF)).get_ca_certs()
    stored.data = encoded(ca_crt=trustme.CA().cert_pem.bytes())
    while (await provider(REF)).get_ca_certs() == [before]:
        await asyncio.sleep(0)


async def test_those_that_connect_together_share_one_reading(stored: Stored) -> None:
    """A hundred PLCs that name one Secret and come back at once have it read once, and nothing of it is kept."""
    stored.data = encoded(ca_crt=trustme.CA().cert_pem.bytes())
    provider = SecretTls(stored, share=0.05)
    contexts = await asyncio.gather(*(provider(REF) for _ in range(100)))
    assert (len(set(contexts)), stored.asked) == (1, [("plant", "plc-tls")])
    assert not (await provider(TlsRef("plant/plc-tls", verify=False))).check_hostname
    while provider.shared:
        await asyncio.sleep(0.01)
    assert await provider(REF) not in contexts


async def test_who_gives_up_takes_the_reading_from_nobody(stored: Stored) -> None:
    """A connect that runs out of time leaves the reading to the others who wait for it; the last one ends it."""
    stored.data = encoded(ca_crt=trustme.CA().cert_pem.bytes())
    stored.hold = asyncio.Event()
    provider = SecretTls(stored)
    first, second = (asyncio.create_task(provider(REF)) for _ in range(2))
    await stored.reached.wait()
    first.cancel()
    await asyncio.wait([first])
    stored.hold.set()
    assert isinstance(await second, ssl.SSLContext)
    assert len(stored.asked) == 1
    stored.hold, stored.reached = asyncio.Event(), asyncio.Event()
    last = asyncio.create_task(SecretTls(stored)(REF))
    await stored.reached.wait()
    last.cancel()
    await asyncio.wait([last])
    while stored.reading:
        await asyncio.sleep(0)


async def test_a_failure_is_shared_and_not_kept(stored: Stored) -> None:
    """Those who wait for a Secret that is missing are all told so; once it is there the next connect finds it."""
    stored.data = Gone("no", "gone")
    provider = SecretTls(stored, share=0.0)
    told = await asyncio.gather(*(provider(REF) for _ in range(3)), return_exceptions=True)
    assert [str(each) for each in told] == ["the Secret plant/plc-tls that tlsSecretRef names is not there"] * 3
    assert len(stored.asked) == 1
    stored.data = encoded(ca_crt=trustme.CA().cert_pem.bytes())
    while provider.shared:
        await asyncio.sleep(0)
    assert isinstance(await provider(REF), ssl.SSLContext)


async def test_without_a_secret_the_system_is_trusted(stored: Stored) -> None:
    """A connection that names no Secret trusts the system's CAs, and no Secret is read."""
    assert (await SecretTls(stored)(TlsRef())).verify_mode is ssl.CERT_REQUIRED
    assert stored.asked == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Gone("no", "gone"), "the Secret plant/plc-tls that tlsSecretRef names is not there"),
        (Forbidden("no", "forbidden"), "manifests --with-secrets"),
        (Unavailable("the API server is away", "unreachable"), "cannot be read now: the API server is away"),
    ],
)
async def test_a_secret_that_cannot_be_had(stored: Stored, error: ApiError, said: str) -> None:
    """A Secret that is missing, forbidden or out of reach leaves the device unreachable, with the way out."""
    stored.data = error
    with pytest.raises(Unreachable, match=said):
        await SecretTls(stored)(REF)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"ca.crt": "!"}, "ca.crt is not PEM"),
        (encoded(ca_crt=b"nothing"), "the CA is no certificate in PEM"),
        (encoded(tls_crt=b"alone"), "come together"),
    ],
)
async def test_a_secret_that_cannot_be_used(stored: Stored, data: Mapping[str, str], said: str) -> None:
    """A Secret whose content is no certificate is named, with what is wrong in it."""
    stored.data = data
    with pytest.raises(Unreachable, match=f"plant/plc-tls cannot be used: .*{said}"):
        await SecretTls(stored)(REF)


WORD = SecretKey("plant", "drive", "password")


async def test_a_word_is_read_for_each_write(stored: Stored) -> None:
    """Nothing is kept from one write to the next, so what was rotated counts at once."""
    words = SecretWords(stored)
    for value in (b"1000\n", b"0x7D0"):
        stored.data = encoded(password=value)
        assert await words.text(WORD) == value.decode()
    assert stored.asked == [("plant", "drive")] * 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (Gone("gone", "gone"), "the Secret plant/drive that it names is not there"),
        (Forbidden("no", "forbidden"), "the operator may not read the Secret plant/drive: give it that right with"),
        (Unavailable("away", "away"), "the Secret plant/drive cannot be read now: away"),
        (encoded(other=b"4711"), "the Secret plant/drive has no key password: add it, or name another"),
        (encoded(password=b"\xff\xfe47"), "the key password of the Secret plant/drive is no text"),
        ({"password": "4711!"}, "the key password of the Secret plant/drive is no text"),
    ],
)
async def test_a_word_that_cannot_be_had_is_told_without_it(
    stored: Stored, data: Mapping[str, str] | ApiError, says: str
) -> None:
    """The reason names Secret and key, and nothing of what is in there."""
    stored.data = data
    with pytest.raises(SecretError) as raised:
        await SecretWords(stored).text(WORD)
    assert str(raised.value).startswith(says)
    assert "47" not in str(raised.value)
