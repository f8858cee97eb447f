"""One PLC of the soak, and what may be written to it at each moment."""

import asyncio
from contextlib import AsyncExitStack

from mock_plc.device import Access, Device
from mock_plc.server import serving

REGISTER = 4001
CALM_SECS = 12.0
"""How long after it was disturbed, and is as it must be, a PLC is left alone: until all is read back and told."""


class Machine:
    """Holds one register; everything that is not as it must be is kept in `wrong`."""

    def __init__(self, name: str, target: int) -> None:
        self.name, self.target = name, target
        self.may_be_written = {target}
        self.episodes = 0
        self.wrong: list[str] = []
        self.device = Device({REGISTER: target}, on_write=self._written)
        self.port = 0
        self._power = AsyncExitStack()
        self._off = False
        self._calm_from = 0.0

    def _written(self, access: Access) -> None:
        value, before = access.values[0], access.before[0]
        if value not in self.may_be_written:
            self.wrong.append(f"{self.name}: {value} was written, wanted is {sorted(self.may_be_written)}")
        elif value == before:
            self.wrong.append(f"{self.name}: {value} was written though it stood there")

    @property
    def is_right(self) -> bool:
        """Return whether it holds what Git wants."""
        return self.device[REGISTER] == self.target

    def is_calm(self) -> bool:
        """Return whether nothing is under way here, so that what is done to it now is one episode."""
        now = asyncio.get_running_loop().time()
        if self._off or not self.is_right:
            self._calm_from = now + CALM_SECS
        return now >= self._calm_from

    def disturbed(self) -> None:
        """Note that it is not to be touched for a while."""
        self._calm_from = asyncio.get_running_loop().time() + CALM_SECS

    def drift(self, value: int) -> None:
        """Hold something else."""
        self.device[REGISTER] = value
        self.episodes += 1

    def wants(self, target: int) -> None:
        """Note that Git wants something else: the value of before may be on its way for a moment."""
        self.may_be_written = {self.target, target}
        self.target = target
        self.episodes += 1

    def settled(self) -> None:
        """Note that nothing but the target is on its way any more."""
        self.may_be_written = {self.target}

    async def on(self) -> None:
        """Take connections, at the port that it had."""
        self.port = await self._power.enter_async_context(serving(self.device, port=self.port))
        self._off = False

    async def off(self) -> None:
        """Take none."""
        self._off = True
        await self._power.aclose()
