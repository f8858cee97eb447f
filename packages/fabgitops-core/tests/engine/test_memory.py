"""How much of the machine's memory a PLC takes: a plant of 5,000 shares a small box with its other programs."""

import gc
import tracemalloc

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.control.plc.requests import Endpoint

from .conftest import MIXER, Bench

COUNT = 200
MOST = 11_500
"""Bytes that a PLC of one register may take in the engine, with the fake device on the bench and what that was told."""


def in_sync(status: ApiModel) -> bool:
    """Return whether a status says so."""
    return isinstance(status, IndustrialPLCStatus) and bool(status.in_sync)


async def test_a_plc_takes_little_memory(bench: Bench) -> None:
    """PLCs that differ by their address alone take a few KB each: what they have in common is there once."""
    bench.declare(MIXER)
    await bench.until(lambda: bool(bench.status(MIXER).in_sync))
    keys = {Key(MIXER.kind, MIXER.namespace, f"plc-{number}"): f"10.0.1.{number}" for number in range(COUNT)}
    gc.collect()
    tracemalloc.start()
    for number, (key, address) in enumerate(keys.items()):
        bench.devices[Endpoint(address, 502)][number] = 2500
        bench.declare(key, device_address=address, target_register=number, poll_interval_secs=60)
    await bench.until(lambda: keys.keys() <= {key for key, status in bench.host.published if in_sync(status)})
    bench.host.published.clear()
    bench.observer.events.clear()
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / COUNT < MOST
