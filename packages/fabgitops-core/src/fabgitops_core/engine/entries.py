"""What the engine keeps of each resource: its controller's state, and its share of a connection."""

from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.points import DeviceMap
from fabgitops_core.control.requests import DeviceId, Endpoint, Link
from fabgitops_core.engine.ports import Device


class Entry:
    """One resource."""

    __slots__ = ("controller", "device", "devices", "endpoint", "gone", "key", "link", "state", "writing")

    def __init__(self, key: Key, controller: Controller[Any]) -> None:
        self.key = key
        self.controller = controller
        self.state: Any = controller.start(key)
        self.endpoint: Endpoint | None = None
        self.link: Link | None = None
        self.devices: tuple[DeviceId, ...] = ()
        self.device: Device | None = None
        self.writing = False
        self.gone = False

    def wants(self, wanted: DeviceMap | None) -> bool:
        """Return whether its share of a connection must be exchanged for what it is about now."""
        return (self.endpoint, self.link) != ((wanted.endpoint, wanted.link) if wanted else (None, None))
