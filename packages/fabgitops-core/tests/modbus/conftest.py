"""A device that does what a test says, and connections to it."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest
from fabgitops_core.modbus.pool import ModbusDevice, ModbusDevices

from .peer import Peer, bound, peer_on


@pytest.fixture(autouse=True)
async def nothing_unheard() -> AsyncIterator[None]:
    """Nothing goes wrong that nobody is told of, such as an error in a future that is never looked at."""
    unheard: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(str(context)))
    yield
    gc.collect()
    assert unheard == []


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A scripted device on loopback."""
    with bound() as listener:
        async with peer_on(listener) as peer:
            yield peer


@pytest.fixture
def results() -> list[tuple[str, str]]:
    """The function and the result of each request, as metrics hear of them."""
    return []


@pytest.fixture
async def devices(results: list[tuple[str, str]]) -> AsyncIterator[ModbusDevices]:
    """The pool under test."""
    devices = ModbusDevices(lambda function, result: results.append((function, result)))
    yield devices
    await devices.close()


@pytest.fixture
def device(devices: ModbusDevices, peer: Peer) -> ModbusDevice:
    """A share of the connection to the scripted device."""
    return devices.open(peer.endpoint)
