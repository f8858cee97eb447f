"""Events over Kafka: all into one topic, by the key of their partition, so that what is of one Rack stays in order.

The producer is idempotent and waits for all replicas (acks=all). After a failure it is made anew: what it may have sent
is then sent again, with the same id.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
)

from fabgitops_operator.bus.address import Address
from fabgitops_operator.bus.carrying import REPLY_SECS, Taken
from fabgitops_operator.bus.envelope import Message
from fabgitops_operator.bus.errors import Away, BusError, Refused
from fabgitops_operator.bus.secrets import context_of, login_of
from fabgitops_operator.bus.settings import BusSettings, Sasl

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError)
_ITS_DEFAULT = -1
"""Asks for as many partitions and replicas as the brokers make by themselves (since Kafka 2.4)."""

log = logging.getLogger(__name__)


class Kafka:
    """A `carrying.Carrier` to Kafka."""

    def __init__(self, settings: BusSettings, address: Address) -> None:
        """Read what is needed; does no I/O over the network.

        Raises:
            BusError: A file of the settings cannot be used.
        """
        self._settings, self._address = settings, address
        self._topic = address.name or settings.bus_prefix
        self._options()
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._reason = _Reason()

    async def reach(self) -> None:
        """Connect, and see that the topic is there."""
        await self._connected()

    async def deliver(self, message: Message) -> Taken:
        """Send a message, and return when all replicas have it."""
        producer = await self._connected()
        headers = [(f"ce_{name}", value.encode()) for name, value in message.headers.items()]
        headers.append(("content-type", message.content_type.encode()))
        key = message.partition.encode()
        try:
            async with asyncio.timeout(REPLY_SECS):
                await producer.send_and_wait(self._topic, message.body, key, headers=headers)
        except _TOO_LARGE as error:
            raise Refused(f"{len(message.body)} bytes are more than the brokers take in a message") from error
        except (KafkaError, OSError, TimeoutError) as error:
            self._give_up(producer)
            raise Away(self._reason.of(error)) from error
        return Taken.NOW

    async def close(self) -> None:
        """Close the connections."""
        if self._producer is not None:
            self._give_up(self._producer)
        await asyncio.gather(*self._closing, return_exceptions=True)
        self._reason.close()

    def _give_up(self, producer: AIOKafkaProducer) -> None:
        """Have the next message make a producer of its own, and end this one."""
        if producer is self._producer:
            self._producer = None
            task = asyncio.get_running_loop().create_task(_ended(producer))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _connected(self) -> AIOKafkaProducer:
        """Return a producer that stands.

        Raises:
            Away: There is none, or no topic.
        """
        async with self._connecting:
            if self._producer is None:
                self._reason.words = ""
                try:
                    options = self._options()
                    async with asyncio.timeout(REPLY_SECS):
                        await self._see_to_topic(options)
                    self._producer = await _started(options)
                except (BusError, KafkaError, OSError, TimeoutError) as error:
                    raise Away(self._reason.of(error)) from error
            return self._producer

    async def _see_to_topic(self, options: dict[str, Any]) -> None:
        """Make the topic where there is none, as the brokers make one by themselves."""
        admin = AIOKafkaAdminClient(**options)
        try:
            await admin.start()
            (told,) = await admin.describe_topics([self._topic])
            if told["error_code"] != UnknownTopicOrPartitionError.errno:
                return
            await self._make_topic(admin)
        finally:
            with suppress(KafkaError, OSError):
                await admin.close()

    async def _make_topic(self, admin: AIOKafkaAdminClient) -> None:
        way_out = f"kafka-topics.sh --create --topic {self._topic}"
        try:
            answer = await admin.create_topics([NewTopic(self._topic, _ITS_DEFAULT, _ITS_DEFAULT, {})])
        except KafkaError as error:
            raise Away(f"there is no topic {self._topic}, and none can be made ({_said(error)}): {way_out}") from error
        code, said = answer.topic_errors[0][1:3]
        if code not in (0, TopicAlreadyExistsError.errno):
            raise Away(f"there is no topic {self._topic}, and none can be made ({said or code}): {way_out}")
        log.info("%s: topic %s made", self._address.shown, self._topic)

    def _options(self) -> dict[str, Any]:
        """Return what the client is to be told, from the files as they are now.

        Raises:
            BusError: A file cannot be used.
        """
        login = login_of(self._settings.bus_credentials)
        if login is not None and not login.user:
            path = self._settings.bus_credentials
            raise BusError(f"--bus-credentials {path}: Kafka asks for a user and a password: USER:PASSWORD in one line")
        options: dict[str, Any] = {
            "bootstrap_servers": list(self._address.hosts),
            "client_id": "fabgitops-operator",
            "request_timeout_ms": round(REPLY_SECS * 1000),
            "security_protocol": f"{'SASL_' if login else ''}{'SSL' if self._address.tls else 'PLAINTEXT'}",
        }
        if self._address.tls:
            options["ssl_context"] = context_of(self._settings.bus_ca)
        if login is not None:
            options["sasl_mechanism"] = (self._settings.bus_sasl or Sasl.SCRAM_SHA_512).value
            options |= {"sasl_plain_username": login.user, "sasl_plain_password": login.secret}
        return options


async def _started(options: dict[str, Any]) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(**options, enable_idempotence=True, acks="all")
    try:
        async with asyncio.timeout(REPLY_SECS):
            await producer.start()
    except BaseException:
        await _ended(producer)
        raise
    return producer


async def _ended(producer: AIOKafkaProducer) -> None:
    """End a producer, without what it could not send: the next one sends it."""
    with suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(2 * REPLY_SECS):
            await producer._sender.close()  # noqa: SLF001 - stop() alone would first try to send what is left
            await producer.stop()


class _Reason(logging.Handler):
    """Keeps what the client logs of an attempt to itself, and its last words: its errors lack the reason.

    It logs a line for each attempt and broker; that the bus is away, and why, the outbox says once.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words = ""
        self._its_log = logging.getLogger("aiokafka")
        self._its_log.addHandler(self)
        self._its_log.propagate = log.isEnabledFor(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        """Note what it says."""
        self.words = record.getMessage()

    def close(self) -> None:
        """Let it speak for itself again."""
        self._its_log.removeHandler(self)
        self._its_log.propagate = True
        super().close()

    def of(self, error: Exception) -> str:
        """Return why something failed."""
        why = f"no answer within {REPLY_SECS:.0f} s" if isinstance(error, TimeoutError) else _said(error)
        return f"{why} ({self.words})" if self.words and isinstance(error, KafkaConnectionError | TimeoutError) else why


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
