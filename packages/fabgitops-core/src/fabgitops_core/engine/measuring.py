"""Measures what changes are judged by: asks metric sources, and looks at what is known of PLCs.

Who answers slowly keeps nobody from acting: a pass waits for an answer a moment, and then ends without it. Those that
follow act on what they see, and ask again for what is on its way: once it is there one of them has it.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from fabgitops_core.api.analysis.metrics import Metric
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.control.analysis.answers import Answer, Garbled
from fabgitops_core.control.analysis.asking import is_released, of_fleet
from fabgitops_core.control.analysis.registers import Unread, of_registers
from fabgitops_core.control.commands import Measure, Request
from fabgitops_core.control.events import Event, Measured, MeasureFailed
from fabgitops_core.control.members import Members
from fabgitops_core.engine.entries import Asked, Entry
from fabgitops_core.engine.neighbours import age_of
from fabgitops_core.engine.performing import OwnPerformer
from fabgitops_core.engine.ports import MetricError, MetricSource
from fabgitops_core.engine.turns import Turns

FRESH_POLLS = 3
"""After so many polls without a whole look at its device what a PLC has shown is too old to be judged."""

INLINE = 256
"""PLCs over which an expression is evaluated at once; over more it is done beside the event loop."""

OF_A_NAMESPACE = 3
"""Metrics of one namespace that are asked for elsewhere at a time: fewer than one server is asked for at once."""

MOMENT_SECS = 1.0
"""How long a pass waits for an answer; it is looked again soon, and then as much later as it has taken so far."""

NO_SOURCE = "this operator asks neither Prometheus nor web servers: it is not told of any"


class Measuring:
    """Measures metrics, once each time.

    Args:
        entries: All resources.
        members: Whom a resource leads.
        source: Where metrics are that are kept elsewhere, if it may be asked.
        time: The loop's clock, in seconds.
        now: The time of day.
        wake: Lets a resource be looked at after so many seconds.
    """

    def __init__(
        self,
        entries: Mapping[Key, Entry],
        members: Callable[[Entry], Members],
        source: MetricSource | None,
        time: Callable[[], float],
        now: Callable[[], datetime],
        wake: Callable[[Key, float], None],
    ) -> None:
        self._entries = entries
        self._members = members
        self._source = source
        self._time = time
        self._now = now
        self._wake = wake
        self._turns = Turns(OF_A_NAMESPACE)
        self._under_way: set[asyncio.Task[Event]] = set()

    def performers(self) -> dict[type[Request], OwnPerformer]:
        """Return by its type what carries out a request."""
        return {Measure: self.measure}

    async def measure(self, entry: Entry, request: Measure) -> Event | None:
        """Measure a metric, and return the answer, or why there is none; None while that is on its way."""
        metric = request.metric
        if metric is None:
            return MeasureFailed(self._now(), request, request.problem)
        if metric.provider.fleet is not None or metric.provider.registers is not None:
            return await self._measured(entry, request, metric)
        asked = self._asked(entry, request, metric)
        await asyncio.wait({asked.answer}, timeout=MOMENT_SECS)
        if not asked.answer.done():
            asked.answer.add_done_callback(lambda _: self._wake(entry.key, 0.0))
            self._wake(entry.key, max(self._time() - asked.since, MOMENT_SECS))
            return None
        entry.asked = None
        return asked.answer.result()

    def forget(self, entry: Entry) -> None:
        """Ask no more for a resource."""
        if entry.asked is not None:
            entry.asked.answer.cancel()
            entry.asked = None

    async def stop(self) -> None:
        """Let nobody be asked any more."""
        for each in self._under_way:
            each.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _asked(self, entry: Entry, request: Measure, metric: Metric) -> Asked:
        """Return the measurement that is on its way, which begins now unless it did; another one is not waited for."""
        asked = entry.asked
        if asked is not None and asked.request == request:
            return asked
        self.forget(entry)
        answer = asyncio.get_running_loop().create_task(self._measured(entry, request, metric))
        self._under_way.add(answer)
        answer.add_done_callback(self._under_way.discard)
        entry.asked = asked = Asked(request, self._time(), answer)
        return asked

    async def _measured(self, entry: Entry, request: Measure, metric: Metric) -> Event:
        try:
            answer = await self._answer(entry, metric)
        except (Garbled, MetricError) as error:
            return MeasureFailed(self._now(), request, str(error))
        return Measured(self._now(), request, answer)

    async def _answer(self, entry: Entry, metric: Metric) -> Answer:
        provider = metric.provider
        if provider.fleet is not None:
            return of_fleet(self._members(entry), provider.fleet.of)
        if provider.registers is not None:
            return await self._registers(entry, provider.registers.expression)
        if self._source is None:
            raise MetricError(NO_SOURCE)
        async with self._turns.turn(entry.key.namespace):
            return await self._source.ask(provider)

    async def _registers(self, entry: Entry, expression: str) -> Answer:
        members = self._members(entry)
        names = sorted(members)
        released = [name for name in names if is_released(members[name])]
        look, namespace = self._look, entry.key.namespace

        def evaluate() -> Answer:
            return of_registers(expression, names, released, lambda plc, register: look(namespace, plc, register))

        return evaluate() if len(names) <= INLINE else await asyncio.to_thread(evaluate)

    def _look(self, namespace: str, name: str, register: str) -> float:
        """Return what a register holds by a reading that is fresh; it changes nothing, and may be asked anywhere.

        Raises:
            KeyError: There is no such PLC or register.
            Unread: There is no such reading.
        """
        entry = self._entries.get(Key(INDUSTRIAL_PLC.name, namespace, name))
        side = entry.at_device if entry is not None else None
        if entry is None or side is None:
            raise KeyError(f"there is no PLC {name}")
        state = entry.state
        found = side.device(state)
        age = age_of(entry, self._time())
        if found is None or age is None or age > FRESH_POLLS * found.interval:
            raise Unread(f"{name} was not read lately")
        try:
            number = side.reading(state, register)
        except KeyError:
            raise KeyError(f"{name} has no register {register}") from None
        if number is None:
            raise Unread(f"{register} of {name} was not read as a number")
        return number
