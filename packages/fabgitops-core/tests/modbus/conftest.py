"""A device that does what a test says, and connections to it."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator

import pytest
from fabgitops_core.control.plc.requests import TlsRef, Transport
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices
from fabgitops_core.modbus.tls import tls_context

from .peer import Peer
from .serving import authority, served


@pytest.fixture(autouse=True)
async def nothing_unheard() -> AsyncIterator[None]:
    """Nothing goes wrong that nobody is told of, such as an error in a future that is never looked at."""
    unheard: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(str(context)))
    gc.freeze()  # so that collecting looks at what the test made, and not at everything
    yield
    gc.collect()
    gc.unfreeze()
    assert unheard == []


@pytest.fixture
def transport() -> Transport:
    """How the device is reached; a test may ask for another."""
    return Transport.TCP


@pytest.fixture
async def peer(transport: Transport) -> AsyncIterator[Peer]:
    """A scripted device on loopback."""
    async with served(transport) as peer:
        yield peer


async def trusting(ref: TlsRef) -> ssl.SSLContext:
    """Return a context that trusts the tests' CA."""
    return tls_context(ca=authority().cert_pem.bytes().decode(), verify=ref.verify)


@pytest.fixture
def results() -> list[tuple[str, str]]:
    """The function and the result of each request, as metrics hear of them."""
    return []


@pytest.fixture
async def devices(results: list[tuple[str, str]]) -> AsyncIterator[ModbusDevices]:
    """The pool under test."""
    devices = ModbusDevices(lambda function, result: results.append((function, result)), trusting)
    yield devices
    await devices.close()


@pytest.fixture
def device(devices: ModbusDevices, peer: Peer) -> ModbusDevice:
    """A share of the connection to the scripted device."""
    return devices.open(peer.endpoint)
