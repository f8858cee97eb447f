"""Runs a mock PLC until it is told to end: serves, drifts, and says what happens."""

import asyncio
import logging
import random
import signal
from dataclasses import dataclass

from mock_plc.chaos import drifted
from mock_plc.device import Access, Device
from mock_plc.server import endpoint, serving

log = logging.getLogger("mock_plc")


@dataclass(frozen=True, slots=True)
class Chaos:
    """How it drifts: each `interval` seconds every register moves by 1 to `max_drift`; `seed` makes it repeatable."""

    interval: float
    max_drift: int
    seed: int


def run(device: Device, host: str, port: int, chaos: Chaos | None) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ListenError: The address cannot be listened on.
    """
    asyncio.run(_run(device, host, port, chaos))


async def _run(device: Device, host: str, port: int, chaos: Chaos | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    device.on_read, device.on_write = _note_read, _note_write
    drifts = 0
    async with serving(device, host, port) as bound:
        held = ", ".join(f"{address}={value}" for address, value in sorted(device.registers.items()))
        log.info("listening on %s, holding registers %s", endpoint(host, bound), held)
        if chaos is None:
            await ended.wait()
        else:
            drifts = await _drift(device, chaos, ended)
    log.info("ended after %d reads, %d writes, %d drifts", device.reads, len(device.writes), drifts)


async def _drift(device: Device, chaos: Chaos, ended: asyncio.Event) -> int:
    log.info("chaos every %g s by up to %d; to repeat it: --seed %d", chaos.interval, chaos.max_drift, chaos.seed)
    rng = random.Random(chaos.seed)  # noqa: S311 - chaos that can be repeated, not a secret
    drifts = 0
    while True:
        try:
            async with asyncio.timeout(chaos.interval):
                await ended.wait()
        except TimeoutError:
            drifts += len(device.registers)
            for address, before in sorted(device.registers.items()):
                device[address] = drifted(before, chaos.max_drift, rng)
                log.info("drift: register %d %d -> %d", address, before, device[address])
        else:
            return drifts


def _note_read(access: Access) -> None:
    log.debug("read: unit %d register %d -> %s", access.unit_id, access.address, _words(access.values))


def _note_write(access: Access) -> None:
    words = _words(access.values)
    log.debug("write: unit %d register %d %s -> %s", access.unit_id, access.address, _words(access.before), words)


def _words(values: tuple[int, ...]) -> str:
    return " ".join(str(value) for value in values)
