"""A route: a device is reached somewhere else than its resource says, and stays who it is."""

from collections.abc import AsyncIterator

import pytest
from fabgitops_core.control.plc.requests import Endpoint, Transport
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_core.modbus.pool import ModbusDevices

from .asking import failing, read
from .conftest import trusting
from .peer import Peer, until
from .serving import bound, peer_on, server_tls

NAMED = "plc.example"
"""The host that resources name: it has no address, so nothing reaches it but by a route."""


class Routes:
    """Where endpoints are, by the port that a resource names; there is no way to others."""

    def __init__(self) -> None:
        self.places: dict[int, Endpoint] = {}

    def __call__(self, endpoint: Endpoint) -> Endpoint:
        """Return where an endpoint is."""
        if endpoint.port not in self.places:
            raise Unreachable(f"{endpoint} is on no map", tried=False)
        return self.places[endpoint.port]


@pytest.fixture
def routes() -> Routes:
    """The map."""
    return Routes()


@pytest.fixture
async def devices(routes: Routes) -> AsyncIterator[ModbusDevices]:
    """A pool that goes by the map."""
    devices = ModbusDevices(tls=trusting, route=routes)
    yield devices
    await devices.close()


def _named(peer: Peer, port: int = 502) -> Peer:
    """Return a peer that is asked by the name in the resource."""
    place = peer.endpoint
    peer.endpoint = Endpoint(NAMED, port, place.transport)
    return peer


@pytest.mark.parametrize("transport", [each for each in Transport if each is not Transport.TLS])
async def test_a_device_is_reached_where_its_route_leads(devices: ModbusDevices, routes: Routes, peer: Peer) -> None:
    """Over every transport the connection goes to the route's place, of which the requests know nothing."""
    routes.places[502] = peer.endpoint
    assert await read(devices.open(_named(peer).endpoint), peer) == peer.registers[4001]


async def test_a_certificate_is_for_the_name_that_the_resource_says(devices: ModbusDevices, routes: Routes) -> None:
    """Over TLS the one at the other place must prove to be the device that was meant, not the one that is there."""
    with bound() as first, bound() as second:
        async with (
            peer_on(first, Transport.TLS, server_tls(NAMED)) as meant,
            peer_on(second, Transport.TLS, server_tls("127.0.0.1")) as other,
        ):
            routes.places = {802: meant.endpoint, 803: other.endpoint}
            assert await read(devices.open(_named(meant, 802).endpoint), meant) == meant.registers[4001]
            error = await failing(read(devices.open(_named(other, 803).endpoint), other))
    assert "certificate is not valid for 'plc.example'" in str(error)
    assert other.requests == []


async def test_without_a_way_nothing_is_connected_to(devices: ModbusDevices, peer: Peer) -> None:
    """A device to which there is no way is Unreachable with the route's words, even if somebody listens there."""
    error = await failing(read(devices.open(peer.endpoint), peer))
    assert type(error) is Unreachable
    assert str(error) == f"{peer.endpoint} is on no map"
    assert peer.connections == 0


async def test_a_failure_names_both(devices: ModbusDevices, routes: Routes) -> None:
    """What cannot be reached is called by its own name, with the place where it was sought."""
    with bound() as silent:
        place = Endpoint(*silent.getsockname())
        peer = Peer(Endpoint(NAMED, 502))
        routes.places[502] = place
        error = await failing(read(devices.open(peer.endpoint), peer))
    assert str(error) == f"{NAMED}:502 refused the connection (it was sought at {place})"


async def test_a_route_is_asked_at_each_connect(devices: ModbusDevices, routes: Routes, peer: Peer) -> None:
    """A device that has moved is found at its new place by the next connection."""
    with bound() as listener:
        async with peer_on(listener) as moved:
            routes.places[502] = peer.endpoint
            device = devices.open(_named(peer).endpoint)
            await read(device, peer)
            routes.places[502] = moved.endpoint
            moved.registers[4001] = 7
            assert await read(device, peer) == peer.registers[4001], "a connection that is there is kept"
            for writer in list(peer.writers):
                writer.close()
            await until(lambda: not peer.writers)
            assert await read(device, _named(moved)) == 7
