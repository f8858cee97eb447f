"""Serves a device in a test: the shortest way from registers to a port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mock_plc.device import Device
from mock_plc.net.listen import ListenError, endpoint, listening
from mock_plc.net.station import Station
from mock_plc.simple import SimplePlc

__all__ = ["ListenError", "endpoint", "serving"]


@asynccontextmanager
async def serving(device: Device, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve a device over Modbus TCP and yield the port it listens on; port 0 takes a free one.

    At the end all connections are closed. For faults, another transport or a whole PLC, use `mock_plc.net`.

    Raises:
        ListenError: The address cannot be listened on.
    """
    async with listening(Station(SimplePlc(device)), host, port) as bound:
        yield bound
