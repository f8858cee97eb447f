"""The door to the bus: from what is set to what events are told to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fabgitops_operator.bus.address import Address, BusKind, address_of
from fabgitops_operator.bus.carrying import Carrier
from fabgitops_operator.bus.envelope import Envelope
from fabgitops_operator.bus.errors import BusError
from fabgitops_operator.bus.memory import Memory
from fabgitops_operator.bus.outbox import Outbox
from fabgitops_operator.bus.settings import BusSettings
from fabgitops_operator.bus.web import Web

FLUSH_SECS = 5.0
"""How long a stop waits for events on their way."""


@asynccontextmanager
async def bus_of(settings: BusSettings) -> AsyncIterator[Memory | Outbox]:
    """Yield the bus that is set: the engine's port `Bus`. At the end it has some seconds to be rid of the rest.

    Give it to the engine (`Engine(..., bus=bus)`), register `bus.metrics.BusMetrics(bus.standing)` with the operator's
    metrics, and add `bus.standing().remark()` to what /readyz says: a bus that is away makes nobody unready. Leave it
    after the engine has stopped, so that the last word is told as well. What its start finds wrong is for the exit code
    that wrong settings have; a bus that cannot be reached is no reason not to start, and is told in the log.

    Raises:
        BusError: It cannot be used as it is set: no client for it, or a file that is none.
    """
    address = address_of(settings.bus)
    envelope = Envelope(settings.bus_source, settings.bus_prefix, settings.bus_mode)
    bus = Memory(envelope) if address.kind is BusKind.MEMORY else Outbox(address, _carrier(settings, address), envelope)
    try:
        yield bus
    finally:
        await bus.close(FLUSH_SECS)


def _carrier(settings: BusSettings, address: Address) -> Carrier:
    """Make what carries messages, of a client that is imported only now.

    Raises:
        BusError: It is not installed, or a file of the settings cannot be used.
    """
    try:
        if address.kind is BusKind.NATS:
            from fabgitops_operator.bus.nats import Nats  # noqa: PLC0415

            return Nats(settings, address)
        if address.kind is BusKind.KAFKA:
            from fabgitops_operator.bus.kafka import Kafka  # noqa: PLC0415

            return Kafka(settings, address)
    except ImportError as error:
        raise BusError(
            f"--bus is {address.shown}, and its client is not installed ({error}): "
            f"pip install 'fabgitops-operator[{address.kind}]'"
        ) from error
    return Web(settings)
