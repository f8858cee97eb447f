"""The floor on which a row of the fault matrix is played: one PLC on a raw socket, an operator, and who keeps count."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...planes import ACCOUNT
from .. import wire_plc
from ..conftest import Operator, Site, until
from ..wire_plc import WRITE, Request, WirePlc

WANTED, DRIFTED = 2500, 2311
REGISTER = 4001
SHORT = ("--lease-duration-secs", "9", "--lease-deadline-secs", "5", "--lease-retry-secs", "0.5")
"""Of an operator whose Lease is to run out while a test looks on."""

WEATHER = Path(__file__).parent / "weather"


@dataclass
class Verdict:
    """What is to be said of a row: what was written that must not be, and how the counts end."""

    wrong: list[tuple[int, int]]
    held: bool
    drifts: int
    corrections: int
    episodes: int
    recovered: float
    said: list[str]

    @property
    def columns(self) -> dict[str, bool]:
        """Return the columns of the matrix."""
        return {
            "no wrong write": not self.wrong,
            "no lost drift": self.held and self.drifts >= self.episodes,
            "no double count": (self.drifts, self.corrections) <= (self.episodes, self.episodes),
            "recovers": self.recovered > 0,
            "says so": bool(self.said),
        }


@dataclass
class Floor:
    """A PLC named `mixer` that must hold 2500, and what was done to it."""

    site: Site
    folder: Path
    plc: WirePlc = field(default_factory=lambda: WirePlc({REGISTER: WANTED}))
    port: int = 0
    episodes: int = 0
    repeats: int = 0
    said: list[str] = field(default_factory=list)
    recovered: float = 0.0
    _power: AsyncExitStack = field(default_factory=AsyncExitStack)

    @asynccontextmanager
    async def operator(self, *flags: str, kubeconfig: Path | None = None) -> AsyncIterator[Operator]:
        """Run an operator; the PLC is declared, and in sync."""
        async with self.site.operator(*flags, kubeconfig=kubeconfig) as operator:
            await self.declare()
            yield operator

    async def declare(self, **spec: Any) -> None:
        """Declare the PLC, and wait until it is in sync."""
        await self.site.apply("mixer", self.port, **spec)
        await self.site.until_status("mixer", inSync=True)

    def drift(self) -> None:
        """Let the register hold something else, once more."""
        assert self.plc.registers[REGISTER] == WANTED, "one drift at a time"
        self.plc.registers[REGISTER] = DRIFTED
        self.episodes += 1

    async def corrected(self) -> None:
        """Wait until the register holds what it must, whatever the API server knows of that."""
        await until(lambda: self.plc.registers[REGISTER] == WANTED, "a correction")

    async def hangs_up(self) -> None:
        """Have the PLC close its connections, and take new ones."""
        await self._power.aclose()
        await self.serve()

    async def serve(self) -> None:
        """Have the PLC take connections, at the port that it had."""
        self.port = await self._power.enter_async_context(wire_plc.serving(self.plc, self.port))

    async def off(self) -> None:
        """Have the PLC refuse connections."""
        await self._power.aclose()

    async def polled(self, times: int = 2) -> None:
        """Wait until it was read so often again."""
        reads = self.plc.reads
        await until(lambda: self.plc.reads >= reads + times, "polls")

    async def not_written(self) -> None:
        """See that it is read, and left as it is."""
        writes = len(self.plc.writes)
        await self.polled(3)
        assert len(self.plc.writes) == writes, "nothing may be written now"

    async def recovers(self) -> None:
        """Wait until the fault has left no trace: in sync, and each drift counted."""
        clock = asyncio.get_running_loop().time
        began = clock()
        await self.site.until_status("mixer", inSync=True, driftEvents=self.episodes, correctionsApplied=self.episodes)
        self.recovered = clock() - began
        await self.polled()  # and it stays so

    # --- says so ------------------------------------------------------------------------------------------------------

    async def ready_says(self, reason: str) -> None:
        """Wait until the PLC's Ready condition gives a reason."""

        async def there() -> bool:
            return (await self.site.condition("mixer", "Ready"))[1] == reason

        await until(there, f"Ready: {reason}")
        self._said(f"`Ready`: `{reason}`")

    async def last_error_says(self, words: str) -> None:
        """Wait until the PLC's last error says it: what was there before may have been another."""

        async def there() -> bool:
            return words in ((await self.site.status("mixer")).get("lastError") or "")

        await until(there, f"lastError: {words}")

    async def readyz_says(self, operator: Operator, words: str) -> None:
        """Wait until /readyz says that the operator is not ready, and why."""

        async def there() -> bool:
            answer = await operator.get("/readyz")
            return answer.status_code == 503 and words in answer.text

        await until(there, f"/readyz: {words}")
        self._said(f"`/readyz`: {words}")

    async def log_says(self, operator: Operator, words: str) -> None:
        """Wait until the log has a line with these words."""
        await until(lambda: words in operator.log, f"the log: {words}")
        self._said(f"log: {words}")

    async def metric_says(self, operator: Operator, name: str, **labels: str) -> None:
        """Wait until a counter counts."""

        async def there() -> bool:
            return await operator.metric(name, **labels) >= 1

        await until(there, f"{name}{labels}")
        self._said(f"`{name}`")

    def _said(self, what: str) -> None:
        if what not in self.said:
            self.said.append(what)

    # --- the end ------------------------------------------------------------------------------------------------------

    async def verdict(self) -> Verdict:
        """Return what is to be said, now that the row was played."""
        status = await self.site.status("mixer")
        wrong = [each for each in self.plc.writes if each != (REGISTER, WANTED)]
        wrong += self.plc.writes[self.episodes + self.repeats :]
        held = bool(status.get("inSync")) and self.plc.registers[REGISTER] == WANTED
        counts = status["driftEvents"], status["correctionsApplied"]
        return Verdict(wrong, held, *counts, self.episodes, self.recovered, self.said)


@asynccontextmanager
async def floor_of(site: Site, folder: Path) -> AsyncIterator[Floor]:
    """Yield a floor whose PLC is served."""
    floor = Floor(site, folder)
    await floor.serve()
    try:
        yield floor
    finally:
        await floor.off()


@contextmanager
def weather(folder: Path) -> Iterator[Path]:
    """Let operators that begin from now on feel the weather that is made by files in the folder that is yielded."""
    made = folder / "weather"
    made.mkdir()
    before = os.environ.get("PYTHONPATH")
    os.environ |= {"PYTHONPATH": str(WEATHER), "WEATHER": str(made)}
    try:
        yield made
    finally:
        del os.environ["WEATHER"]
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


Spoil = Callable[[Request, bytes], Awaitable[bytes | None]]


def at_write(then: Spoil) -> Spoil:
    """Return an answer that is proper but for writes, of which another function decides."""

    async def answer(request: Request, proper: bytes) -> bytes | None:
        return await then(request, proper) if request.function == WRITE else proper

    return answer


__all__ = ["ACCOUNT", "DRIFTED", "REGISTER", "SHORT", "WANTED", "Floor", "Verdict", "at_write", "floor_of", "weather"]
