"""How an operator gets through the doors of buses: TLS, credentials, streams and topics that are there or not."""

import asyncio
from pathlib import Path
from typing import Any

import nats
import pytest
import trustme
from aiokafka.helpers import create_ssl_context
from fabgitops_operator.bus.outbox import Outbox

from .buses import KafkaServer, NatsServer, running, until
from .nats_users import server_and_user
from .telling import KEY, happening
from .test_buses import empty, first_told, publishing

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("brisk")]


class Authority:
    """Who vouches for a bus, and what that one shows, as files."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca, self.shown = folder / "ca.pem", folder / "shown.pem"
        authority.cert_pem.write_to_path(self.ca)
        authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(self.shown)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Somebody who vouches for a bus."""
    return Authority(tmp_path)


def file_of(folder: Path, text: str) -> Path:
    """Write credentials down."""
    path = folder / "credentials"
    path.write_text(text)
    return path


async def told(url: str, **settings: Any) -> None:
    """Have two events taken."""
    async with publishing(url, **settings) as outbox:
        publish(outbox, 0, 1)
        await until(empty(outbox), "all is taken")


async def trouble(url: str, text: str, **settings: Any) -> None:
    """Have nothing taken, and be told why."""
    async with publishing(url, **settings) as outbox:
        publish(outbox, 0)
        await until(lambda: text in outbox.standing().remark(), text)
        assert outbox.standing().waiting == 1
        await outbox.close(0)


def publish(outbox: Outbox, *numbers: int) -> None:
    """Publish events of a rack."""
    for number in numbers:
        outbox.publish(KEY, happening(0, number), lambda: None)


async def test_nats_behind_tls_and_a_password(tmp_path: Path, authority: Authority) -> None:
    """NATS is told user and password over TLS alone, and only where its authority vouches for it."""
    config = (
        f'tls: {{ cert_file: "{authority.shown}", key_file: "{authority.shown}" }}\n'
        "authorization: { user: ann, password: secret }\n"
    )
    with running(NatsServer(tmp_path, config)) as bus:
        url, right = f"tls://{bus.host}", file_of(tmp_path, "ann:secret\n")
        await trouble(url, "certificate verify failed", bus_credentials=right)
        await trouble(url, "Authorization Violation", bus_ca=authority.ca)
        await told(url, bus_ca=authority.ca, bus_credentials=right)
        right.write_text("ann:wrong")
        await trouble(url, "Authorization Violation", bus_ca=authority.ca, bus_credentials=right)


async def test_nats_that_lost_its_tls_is_told_no_secret(tmp_path: Path) -> None:
    """Who is to speak TLS and offers none, as one in the middle would, learns nothing."""
    heard: list[bytes] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b'INFO {"server_id":"x","version":"2.15.0","headers":true,"max_payload":99,"auth_required":true}\r\n'
        )
        heard.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        url = f"tls://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await trouble(url, "it does not speak TLS", bus_credentials=file_of(tmp_path, "ann:secret"))
        await until(lambda: bool(heard), "it has hung up")
    assert set(heard) == {b""}


async def test_nats_with_a_creds_file(tmp_path: Path) -> None:
    """A user of NATS's decentralized accounts signs in by its .creds file, and nobody does without one."""
    config, creds = server_and_user()
    with running(NatsServer(tmp_path, config)) as bus:
        await trouble(bus.url, "Authorization Violation")
        path = file_of(tmp_path, creds)
        await told(bus.url, bus_credentials=path)
        assert first_told(await bus.heard(user_credentials=str(path)), 0) == [0, 1]


async def test_nats_with_a_token(tmp_path: Path) -> None:
    """One line without a colon is a token."""
    with running(NatsServer(tmp_path, "authorization: { token: secret }")) as bus:
        await told(bus.url, bus_credentials=file_of(tmp_path, "secret\n"))


async def test_nats_without_jetstream(tmp_path: Path) -> None:
    """A server that keeps nothing has taken nothing: events wait, and the text says how to mend it."""
    with running(NatsServer(tmp_path, jetstream=False)) as bus:
        await trouble(bus.url, "JetStream is not enabled there: start nats-server with -js")


async def test_nats_without_a_stream_and_without_the_right_to_make_one(tmp_path: Path) -> None:
    """Events that no stream takes wait, with the command that makes one, and go on as soon as there is one."""
    config = """
    authorization: { users: [
      { user: root, password: root }
      { user: ann, password: ann, permissions: { publish: ["io.fabrica.>"], subscribe: ["_INBOX.>"] } }
    ] }
    """
    root = dict.fromkeys(("user", "password"), "root")
    with running(NatsServer(tmp_path, config)) as bus:
        async with publishing(bus.url, bus_credentials=file_of(tmp_path, "ann:ann")) as outbox:
            publish(outbox, 0, 1)
            wanted = "no stream takes io.fabrica.racknode.created: nats stream add FABGITOPS --subjects 'io.fabrica.>'"
            await until(lambda: wanted in outbox.standing().remark(), wanted)
            client = await nats.connect(bus.url, **root)
            await client.jetstream().add_stream(name="MINE", subjects=["io.fabrica.>"])
            await client.close()
            await until(empty(outbox), "all is taken")
        assert first_told(await bus.heard(**root), 0) == [0, 1]


async def test_nats_may_not_publish(tmp_path: Path) -> None:
    """Who may not publish hears of it in the server's words."""
    config = 'authorization: { users: [{ user: ann, password: ann, permissions: { publish: ["$JS.>"] } }] }'
    with running(NatsServer(tmp_path, config)) as bus:
        text = 'permissions violation for publish to "io.fabrica.racknode.created"'
        await trouble(bus.url, text, bus_credentials=file_of(tmp_path, "ann:ann"))


async def test_nats_makes_the_stream_that_is_named_and_makes_it_anew(tmp_path: Path) -> None:
    """The stream has the name in the URL, keeps events for a week, and is made again when somebody deletes it."""
    with running(NatsServer(tmp_path)) as bus:
        async with publishing(f"{bus.url}/PLANT") as outbox:
            publish(outbox, 0)
            await until(empty(outbox), "it is taken")
            root = await nats.connect(bus.url)
            config = (await root.jetstream().stream_info("PLANT")).config
            assert (config.subjects, config.max_age, config.duplicate_window) == (["io.fabrica.>"], 604800, 600)
            await root.jetstream().delete_stream("PLANT")
            publish(outbox, 1)
            await until(empty(outbox), "it is taken by a new one")
            await root.close()
        assert first_told(await bus.heard(), 0) == [1]


@pytest.mark.usefixtures("kfake")
async def test_kafka_behind_tls(tmp_path: Path, authority: Authority) -> None:
    """Kafka is told of events over TLS where its authority vouches for it, and why it is not is told."""
    with running(KafkaServer(tmp_path, "-tls", str(authority.shown))) as bus:
        url = f"kafka+tls://{bus.host}"
        await told(url, bus_ca=authority.ca)
        await trouble(url, "certificate verify failed")
        access = {"security_protocol": "SSL", "ssl_context": create_ssl_context(cafile=str(authority.ca))}
        assert first_told(await bus.heard(**access), 0) == [0, 1]


@pytest.mark.usefixtures("kfake")
async def test_kafka_that_knows_no_user(tmp_path: Path) -> None:
    """A broker that does not ask who we are in the way that we would say it is told nothing, in the client's words."""
    with running(KafkaServer(tmp_path)) as bus:
        credentials = file_of(tmp_path, "ann:secret")
        await trouble(bus.url, "Kafka broker does not support SCRAM-SHA-512", bus_credentials=credentials)
