"""Who does to the plant of the soak in minutes what happens in years: drifts, edits, power cuts, kills, outages."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.resources.coordination_v1 import Lease

from ..conftest import Operator, Site, until
from .machine import Machine

FLAGS = (
    *("--lease-duration-secs", "30", "--lease-deadline-secs", "20", "--lease-retry-secs", "1"),
    *("--settle-secs", "1"),
    *("--brake-percent", "0"),  # such a wave of drift would engage it, and nothing would be corrected any more
)
GAP_SECS = 20.0
"""Between two faults of what all machines share, at most: each is to be got over before the next."""


class Operators:
    """Two operators, always: what ends is started anew."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stack = AsyncExitStack()
        self.running: list[Operator] = []
        self.faults: list[str] = []

    async def fill_up(self) -> None:
        """Start what is missing."""
        for each in [each for each in self.running if each.process.returncode is not None]:
            self.running.remove(each)
            self._look_at(each)
        while len(self.running) < 2:
            operator = await self._stack.enter_async_context(self._site.operator(*FLAGS, wait=False))
            self.running.append(operator)
            await operator.listens()

    def _look_at(self, operator: Operator) -> None:
        self.faults += [line for line in operator.log.splitlines() if "Traceback" in line or "fault of our own" in line]

    async def leader(self) -> Operator:
        """Return the one that holds the Lease, when there is one."""

        async def found() -> Operator | None:
            name = f"fabgitops-operator.{self._site.namespace}"
            try:
                lease = await self._site.client.get(Lease, name, namespace="fabgitops-system")
            except (ApiError, httpx2.HTTPError):
                return None  # it has only just begun again
            holder = lease.spec.holderIdentity if lease.spec else None
            alive = (each for each in self.running if each.process.returncode is None)
            return next((each for each in alive if holder and f" as {holder}" in each.log), None)

        leading = await until(found, "a leader", 240)
        assert isinstance(leading, Operator)
        return leading

    async def end(self) -> None:
        """Look at what they said, and end them."""
        for each in self.running:
            self._look_at(each)
        await self._stack.aclose()


class Adversary:
    """Chooses, from a seed."""

    def __init__(self, site: Site, machines: list[Machine], operators: Operators, seed: int, secs: float) -> None:
        self._site, self._machines, self._operators = site, machines, operators
        self._chance = random.Random(seed)  # noqa: S311 - it is to be repeated
        self._gap = min(GAP_SECS, secs / 15)
        self._doing: set[asyncio.Task[None]] = set()
        self.did: Counter[str] = Counter()

    @asynccontextmanager
    async def at_work(self, *, kills: bool) -> AsyncIterator[None]:
        """Disturb machines, and what all share, until the block ends; then let all that began come to its end.

        Args:
            kills: Whether operators are ended, too.
        """
        alone = asyncio.create_task(self._machines_alone())
        shared = asyncio.create_task(self._what_all_share(kills=kills))
        try:
            yield
        finally:
            alone.cancel()
            await asyncio.gather(alone, return_exceptions=True)
            self._ending = True
            await shared
            await asyncio.gather(*self._doing)

    async def _machines_alone(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0, 20 / len(self._machines)))
            machine = self._chance.choice(self._machines)
            if machine.is_calm():
                what = self._chance.choices((self._drift, self._edit, self._power), (8, 2, 1))[0]
                machine.disturbed()
                task = asyncio.create_task(what(machine))
                self._doing.add(task)
                task.add_done_callback(self._doing.discard)

    async def _drift(self, machine: Machine) -> None:
        self.did["drifts"] += 1
        machine.drift(self._chance.choice([each for each in range(9000, 9100) if each != machine.target]))

    async def _edit(self, machine: Machine) -> None:
        if not self._api_is_up:
            return
        self.did["edits"] += 1
        machine.wants(self._chance.randrange(1000, 8000))
        await self._site.apply(machine.name, machine.port, targetValue=machine.target)
        await until(lambda: machine.is_right, f"{machine.name} is edited", 600)
        machine.settled()

    async def _power(self, machine: Machine) -> None:
        self.did["power cuts"] += 1
        await machine.off()
        await asyncio.sleep(self._chance.uniform(0.5, 5))
        await machine.on()

    # --- what all share -----------------------------------------------------------------------------------------------

    _ending = False
    _api_is_up = True

    async def _what_all_share(self, *, kills: bool) -> None:
        self._ending = False
        faults: list[Callable[[], Awaitable[None]]] = [self._api_server, self._pause_short, self._etcd]
        if kills:
            faults += [self._kill, self._pause_long, self._terminate]
        self._chance.shuffle(faults)
        for fault in cycle(faults):
            for _ in range(int(self._gap * 2)):
                await asyncio.sleep(0.5)
                if self._is_ending():
                    return
            self.did[fault.__name__.strip("_").replace("_", " ")] += 1
            await fault()

    def _is_ending(self) -> bool:
        return self._ending

    async def _api_server(self) -> None:
        self._api_is_up = False
        await asyncio.sleep(1)  # edits that began are stored
        await asyncio.to_thread(self._site.control.stop_apiserver)
        await asyncio.sleep(self._chance.uniform(1, 15))
        await asyncio.to_thread(self._site.control.start_apiserver)
        self._api_is_up = True

    async def _etcd(self) -> None:
        self._api_is_up = False
        await asyncio.sleep(1)
        await asyncio.to_thread(self._site.control.pause_etcd)
        await asyncio.sleep(self._chance.uniform(1, 12))
        await asyncio.to_thread(self._site.control.resume_etcd)
        self._api_is_up = True

    async def _kill(self) -> None:
        await (await self._operators.leader()).stop(signal.SIGKILL)
        await self._operators.fill_up()

    async def _terminate(self) -> None:
        await (await self._operators.leader()).stop()
        await self._operators.fill_up()

    async def _pause_short(self) -> None:
        leader = await self._operators.leader()
        leader.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(0.5, 5))
        leader.process.send_signal(signal.SIGCONT)

    async def _pause_long(self) -> None:
        leader = await self._operators.leader()
        [other] = [each for each in self._operators.running if each is not leader]
        before = other.log.count("took over")
        leader.process.send_signal(signal.SIGSTOP)
        await until(lambda: other.log.count("took over") > before, "the other takes over", 180)
        leader.process.send_signal(signal.SIGCONT)
        await leader.process.wait()
        await self._operators.fill_up()
