"""Runs a mock PLC until it is told to end: serves, drifts, and says what happens."""

import asyncio
import logging
import signal

from mock_plc.device import Device
from mock_plc.net.listen import endpoint, listening
from mock_plc.net.station import OK, Station
from mock_plc.net.tell import told
from mock_plc.simple import Chaos, SimplePlc
from mock_plc.wire.pdu import WRITES

log = logging.getLogger("mock_plc")


def run(device: Device, host: str, port: int, chaos: Chaos | None, *, verbose: bool = False) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ListenError: The address cannot be listened on.
    """
    asyncio.run(_run(device, host, port, chaos, verbose))


async def _run(device: Device, host: str, port: int, chaos: Chaos | None, verbose: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    plc = SimplePlc(device, chaos)
    station = Station(plc, observe=told if verbose else None)
    async with listening(station, host, port) as bound:
        held = ", ".join(f"{address}={value}" for address, value in sorted(device.registers.items()))
        log.info("listening on %s, holding registers %s", endpoint(host, bound), held)
        if chaos:
            log.info(
                "chaos every %g s by up to %d; to repeat it: --seed %d", chaos.interval, chaos.max_drift, chaos.seed
            )
        await ended.wait()
    served = [(function in WRITES, number) for (function, result), number in station.counters.items() if result == OK]
    writes, reads = (sum(number for writes, number in served if writes is kind) for kind in (True, False))
    log.info("ended after %d reads, %d writes, %d drifts", reads, writes, plc.drifts)
