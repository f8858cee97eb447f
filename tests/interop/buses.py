"""Buses that we did not write: a real nats-server with JetStream, and franz-go's server of Kafka's protocol.

Each keeps what it took in a folder, so that it can be killed and started again.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nats
from aiokafka import AIOKafkaConsumer
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from testbed import processes
from testbed.gotools import KFAKE, built

PATIENCE_SECS = 30.0
PREFIX = "io.fabrica"


async def until(true: Callable[[], Any], what: str) -> None:
    """Wait for something to be true."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not true():
        assert time.monotonic() < deadline, f"not within {PATIENCE_SECS:g} s: {what}"
        await asyncio.sleep(0.01)


class Bus(ABC):
    """A server in a process of its own, on a port that stays its own while it is down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = processes.ReservedPort()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """Return HOST:PORT."""
        return f"127.0.0.1:{self._port.number}"

    @property
    @abstractmethod
    def url(self) -> str:
        """Return what --bus is to say."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return what starts it."""

    @abstractmethod
    async def heard(self, **access: Any) -> list[BaseCloudEvent]:
        """Return all events that it has, in order, as the SDK of CloudEvents reads them."""

    def start(self) -> None:
        """Start it."""
        self._process = processes.start([*self.command()], self.folder / "log")

    def kill(self) -> None:
        """End it as a power cut would, but for the disk."""
        if self._process is not None:
            self.thaw()
            processes.stop(self._process, 0)
            self._process = None

    def freeze(self) -> None:
        """Let it be there and say nothing."""
        os.kill(self._pid(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._pid(), signal.SIGCONT)

    def _pid(self) -> int:
        assert self._process
        return self._process.pid

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self._port.release()


class NatsServer(Bus):
    """nats-server."""

    def __init__(self, folder: Path, config: str = "", jetstream: bool = True) -> None:
        super().__init__(folder)
        self._options = ["-js", "-sd", str(folder)] if jetstream else []
        if config:
            (folder / "conf").write_text(config)
            self._options += ["-c", str(folder / "conf")]

    @property
    def url(self) -> str:
        """Return what --bus is to say."""
        return f"nats://{self.host}"

    def command(self) -> Sequence[str]:
        """Return what starts it."""
        program = str(Path(sys.executable).with_name("nats-server"))
        return [program, "-a", "127.0.0.1", "-p", str(self._port.number), *self._options]

    async def heard(self, **access: Any) -> list[BaseCloudEvent]:
        """Return what the stream has."""
        client = await nats.connect(f"nats://{self.host}", **access)
        try:
            stream = client.jetstream()
            name = await stream.find_stream_name_by_subject(f"{PREFIX}.>")
            state = (await stream.stream_info(name)).state
            found = [await stream.get_msg(name, number) for number in range(state.first_seq, state.last_seq + 1)]
            return [_read(message.headers or {}, message.data or b"") for message in found]
        finally:
            await client.close()


class KafkaServer(Bus):
    """kfake."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder)
        self._options = options

    @property
    def url(self) -> str:
        """Return what --bus is to say."""
        return f"kafka://{self.host}"

    def command(self) -> Sequence[str]:
        """Return what starts it."""
        program = str(built(KFAKE)["kfake"])
        return [program, "-port", str(self._port.number), "-dir", str(self.folder / "kept"), *self._options]

    async def heard(self, **access: Any) -> list[BaseCloudEvent]:
        """Return what the topic has, one partition after the other."""
        consumer = AIOKafkaConsumer(PREFIX, bootstrap_servers=self.host, auto_offset_reset="earliest", **access)
        await consumer.start()
        try:
            parts = consumer.assignment()
            ends = await consumer.end_offsets(parts)
            events: list[BaseCloudEvent] = []
            while any([await consumer.position(part) < ends[part] for part in parts]):
                found = await consumer.getmany(timeout_ms=1000)
                events += [_from_kafka(record) for records in found.values() for record in records]
            return events
        finally:
            await consumer.stop()


def _read(headers: Mapping[str, str], body: bytes) -> BaseCloudEvent:
    """Read a message of NATS, whose binding the SDK lacks: what it says of headers is what that of HTTP says."""
    return from_http_event(HTTPMessage(dict(headers), body))


def _from_kafka(record: Any) -> BaseCloudEvent:
    return from_kafka_event(KafkaMessage(dict(record.headers), record.key, record.value))


@contextmanager
def running(bus: Bus) -> Iterator[Bus]:
    """Start a bus, and end it."""
    bus.start()
    try:
        yield bus
    finally:
        bus.close()
