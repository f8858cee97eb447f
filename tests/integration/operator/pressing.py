"""Presses on the wire, a template that all of them share, and a rollout over them: what stories of them share."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from lightkube.types import PatchType
from mock_plc.device import Access, Device
from mock_plc.server import serving
from pymodbus.client import AsyncModbusTcpClient

from ..planes import KUBERNETES
from .conftest import IndustrialPLC, Site, until
from .test_maps import IndustrialPLCTemplate
from .test_rollouts import SetpointRollout, install

SPEED = 4001
OLD, NEW = "25", "27"
"""What Git wants of a press begins so, and ends in its number: each is to get its own, and its own back."""


class Write(NamedTuple):
    """A write that a press has taken."""

    name: str
    value: int


@dataclass
class Presses:
    """Presses, numbered from 1, the writes of all of them in the order in which they came, and their rollout."""

    site: Site
    devices: dict[str, Device]
    writes: list[Write] = field(default_factory=list)
    served: dict[str, AsyncExitStack] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Return their names, in the order of their places."""
        return list(self.devices)

    @property
    def flags(self) -> tuple[str, ...]:
        """Return what the operator is told."""
        return ("--setpoint-rollouts",) if self.site.plane.name == KUBERNETES else ()

    def before(self, *names: str) -> dict[str, int]:
        """Return what presses held at the beginning, all or these."""
        return {name: speed_of(OLD, name) for name in names or self.devices}

    def after(self, *names: str) -> dict[str, int]:
        """Return what presses are to hold when they have the change, all or these."""
        return {name: speed_of(NEW, name) for name in names or self.devices}

    @property
    def released(self) -> list[str]:
        """Return who was written the change, in the order of the first time."""
        return list(dict.fromkeys(each.name for each in self.writes if each.value == speed_of(NEW, each.name)))

    @property
    def given_back(self) -> list[str]:
        """Return who was written anything else, in that order."""
        return [each.name for each in self.writes if each.value != speed_of(NEW, each.name)]

    def note(self, name: str, access: Access) -> None:
        """Note a write."""
        self.writes.append(Write(name, access.values[0]))

    async def switch_on(self, name: str) -> None:
        """Let a press answer, at the port that it had."""
        stack = self.served[name] = AsyncExitStack()
        self.ports[name] = await stack.enter_async_context(serving(self.devices[name], port=self.ports.get(name, 0)))

    async def switch_off(self, name: str) -> None:
        """Let a press be away."""
        await self.served.pop(name).aclose()

    async def want(self, speeds: str) -> None:
        """Let the template want speeds of all of them that begin so."""
        register = {"name": "speed", "address": SPEED, "value": f"{speeds}${{number}}"}
        spec = {"pollIntervalSecs": 1, "parameters": [{"name": "number"}], "registers": [register]}
        await self._put(IndustrialPLCTemplate, "press", spec)

    async def declare(self) -> None:
        """Declare them."""
        for name in self.devices:
            number = name[-2:]
            template = {"name": "press", "parameters": {"number": number}}
            spec = {"deviceAddress": "127.0.0.1", "port": self.ports[name], "templateRef": template}
            await self._put(IndustrialPLC, name, spec, labels={"machine": "press", "place": number})

    async def roll(self, **spec: Any) -> None:
        """Declare their rollout, or change it."""
        selected = {"selector": {"matchLabels": {"machine": "press"}}, "orderBy": "place"}
        await self._put(SetpointRollout, "presses", {**selected, **spec})

    async def _put(self, resource: Any, name: str, spec: dict[str, Any], **metadata: Any) -> None:
        info = resource._api_info.resource
        about = {"name": name, "namespace": self.site.namespace, **metadata}
        body = {"apiVersion": f"{info.group}/{info.version}", "kind": info.kind, "metadata": about, "spec": spec}
        await self.site.put(resource, body)

    async def say(self, word: str, value: str) -> None:
        """Say a word to the rollout."""
        body = {"metadata": {"annotations": {f"rollout.fabgitops.io/{word}": value}}}
        await self.site.client.patch(
            SetpointRollout, "presses", body, namespace=self.site.namespace, patch_type=PatchType.MERGE
        )

    async def status(self) -> dict[str, Any]:
        """Return how the rollout stands."""
        found = await self.site.client.get(SetpointRollout, "presses", namespace=self.site.namespace)
        return dict(found.get("status") or {})

    async def until_phase(self, *phases: str, **also: Any) -> dict[str, Any]:
        """Wait until it stands so."""
        seen: dict[str, Any] = {}

        async def there() -> bool:
            nonlocal seen
            seen = await self.status()
            return seen.get("phase") in phases and also.items() <= seen.items()

        try:
            await until(there, f"{phases} {also}")
        except AssertionError:
            print(seen)
            raise
        return seen

    async def until_all_are_led(self) -> None:
        """Wait until each is known to hold what it may."""

        async def there() -> bool:
            return bool((await self.status()).get("members", {}).get("released") == len(self.devices))

        await until(there, "all are led")

    async def read(self, *names: str) -> dict[str, int]:
        """Return what presses hold, all or these, as a Modbus client reads it that is none of ours."""
        return {name: await self._read(self.ports[name]) for name in names or self.names}

    async def _read(self, port: int) -> int:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0)
        await client.connect()
        try:
            return int((await client.read_holding_registers(SPEED)).registers[0])
        finally:
            client.close()

    @asynccontextmanager
    async def meddling(self, name: str) -> AsyncIterator[None]:
        """Set a press back whenever the change has come to it, as somebody at its panel does."""

        async def meddle() -> None:
            while True:
                if self.devices[name][SPEED] == speed_of(NEW, name):
                    self.devices[name][SPEED] = self.before()[name]
                await asyncio.sleep(0.2)

        task = asyncio.create_task(meddle())
        try:
            yield
        finally:
            task.cancel()


def speed_of(speeds: str, name: str) -> int:
    """Return the speed of a press that begins so."""
    return int(speeds + name[-2:])


def numbered(count: int) -> Iterator[str]:
    """Yield names."""
    yield from (f"press-{number:02}" for number in range(1, count + 1))


@asynccontextmanager
async def pressing(site: Site, count: int) -> AsyncIterator[Presses]:
    """Yield presses that hold what Git wants of them, declared, with what rollouts need installed."""
    if site.plane.name == KUBERNETES:
        await install(site)
    presses = Presses(site, {name: Device({SPEED: speed_of(OLD, name)}) for name in numbered(count)})
    for name, device in presses.devices.items():
        device.on_write = partial(presses.note, name)
    try:
        for name in presses.names:
            await presses.switch_on(name)
        await presses.want(OLD)
        await presses.declare()
        yield presses
        async for each in site.client.list(SetpointRollout, namespace=site.namespace):
            await site.client.delete(SetpointRollout, each["metadata"]["name"], namespace=site.namespace)
    finally:
        for stack in presses.served.values():
            await stack.aclose()
