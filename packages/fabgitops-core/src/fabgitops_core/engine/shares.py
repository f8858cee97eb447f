"""Which share of a connection each resource has: given, exchanged and taken back as what it is about changes."""

from collections import Counter
from functools import partial

from fabgitops_core.control.plc.requests import DeviceId
from fabgitops_core.engine.circuits import Circuits
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.isolation import Isolation
from fabgitops_core.engine.ports import Device, Devices


class Shares:
    """Gives out shares of connections.

    `users` counts the resources that are about a device; of one about which there is none the circuit is forgotten.

    Args:
        devices: Where connections come from.
        isolation: Asks controllers.
        circuits: How each device answered last.
    """

    def __init__(self, devices: Devices, isolation: Isolation, circuits: Circuits) -> None:
        self._devices = devices
        self._isolation = isolation
        self._circuits = circuits
        self.users: Counter[DeviceId] = Counter()

    def settle(self, entry: Entry) -> None:
        """Give a resource the share that it wants now, and take back the one that it had."""
        wanted = None
        if not entry.gone:
            wanted = self._isolation.ask_of(entry, "device", entry.at_device, lambda it: it.device(entry.state), None)
        before = entry.devices
        entry.devices = wanted.devices if wanted else ()
        self.users.update(entry.devices)
        if entry.wants(wanted):
            old, entry.device = entry.device, None
            entry.endpoint, entry.link = (wanted.endpoint, wanted.link) if wanted else (None, None)
            entry.heard = frozenset()
            if wanted is not None:
                opened = partial(self._devices.open, wanted.endpoint, wanted.link)
                entry.device = self._isolation.ask(entry, "device", opened, None)
            if old is not None:
                self._close(entry, old)
        for device_id in before:
            self._drop(device_id)

    def _close(self, entry: Entry, device: Device) -> None:
        try:
            device.close()
        except Exception as error:  # noqa: BLE001 - logged there
            self._isolation.strike(entry, "device", error)

    def _drop(self, device_id: DeviceId) -> None:
        self.users[device_id] -= 1
        if not self.users[device_id]:
            del self.users[device_id]
            self._circuits.forget(device_id)
