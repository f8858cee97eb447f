"""Answers probes of experiments: conditions of PLCs, pods that are ready, a query of Prometheus, an answer of a server.

A probe that could not be asked holds neither way: what nobody knows shows nothing of what an experiment broke.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import aiohttp
from fabgitops_core.api.analysis.providers import PrometheusProvider, Provider
from fabgitops_core.api.chaos.probes import HttpProbe, PlcProbe, PodsProbe, Probe, PrometheusProbe
from fabgitops_core.api.selecting import Selector
from fabgitops_core.codec.texts import brief, printable
from fabgitops_core.control.analysis.answers import absence, shown
from fabgitops_core.control.chaos.outcomes import Answer
from fabgitops_core.engine.ports import MetricError, MetricSource
from fabgitops_core.expressions.conditions import CelError, NoValue, compiled

from fabgitops_operator.analysis.places import Place
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.hosting.ports import Body

MAX_SAID = 200
NO_SOURCE = "this operator asks no Prometheus: it was told of none"


class UnknownError(Exception):
    """A probe could not be asked: its text says why."""


class Looks(Protocol):
    """What is looked up of objects. Each may raise AwayError."""

    async def plcs(self, namespace: str, selector: Selector) -> Sequence[Body]:
        """Return the IndustrialPLCs that a selector matches."""

    async def pods(self, namespace: str, selector: Selector) -> Sequence[Body]:
        """Return the pods that a selector matches."""

    async def silent(self, namespace: str, now: datetime) -> str:
        """Return why nobody looks after the PLCs of a namespace by now, in a sentence; "" where somebody does."""


class Probing:
    """Asks probes.

    Args:
        looks: Where objects are looked up.
        session: What asks web servers.
        metrics: Where metrics are kept, if it is known.
        now: The time of day, against which the conditions of PLCs say since when they hold.
        places: Which web servers may be asked: whoever makes an experiment is not to send us anywhere.
    """

    def __init__(
        self,
        looks: Looks,
        session: aiohttp.ClientSession,
        metrics: MetricSource | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        places: Sequence[Place],
    ) -> None:
        self._looks, self._session, self._metrics, self._now = looks, session, metrics, now
        self._places = places

    async def ask(self, probe: Probe, namespace: str) -> Answer:
        """Return whether it holds, None where it could not be asked, and what was seen."""
        try:
            async with asyncio.timeout(probe.timeout_secs):
                holds, said = await self._asked(probe, namespace)
        except TimeoutError:
            return Answer(probe.name, None, f"no answer within {probe.timeout_secs} s")
        except (AwayError, MetricError, UnknownError) as error:
            return Answer(probe.name, None, brief(printable(str(error)), MAX_SAID))
        return Answer(probe.name, holds, brief(printable(said), MAX_SAID))

    def _asked(self, probe: Probe, namespace: str) -> Awaitable[tuple[bool, str]]:
        if probe.plc is not None:
            return self._plc(probe.plc, namespace)
        if probe.pods is not None:
            return self._pods(probe.pods, namespace)
        if probe.prometheus is not None:
            return self._prometheus(probe.prometheus)
        if probe.http is not None:
            return self._http(probe.http)
        raise UnknownError("it says nothing that could be asked")

    async def _plc(self, asked: PlcProbe, namespace: str) -> tuple[bool, str]:
        found = await self._looks.plcs(namespace, asked.label_selector)
        if not found:
            return False, "no IndustrialPLC has these labels"
        if why := await self._looks.silent(namespace, self._now()):
            raise UnknownError(why)
        since = self._now() - timedelta(seconds=asked.for_secs)
        old = [why for each in found if (why := _old(each, asked.condition))]
        wrong = [why for each in found if not _old(each, asked.condition) and (why := _against(each, asked, since))]
        if old and not wrong:
            raise UnknownError("; ".join(old))
        return not wrong, "; ".join(wrong) or f"{len(found)} have {asked.condition} {asked.status.value}"

    async def _pods(self, asked: PodsProbe, namespace: str) -> tuple[bool, str]:
        found = await self._looks.pods(namespace, asked.label_selector)
        ready = sum(
            "deletionTimestamp" not in each["metadata"] and _condition(each, "Ready").get("status") == "True"
            for each in found
        )
        return ready >= asked.min_ready, f"{ready} pods are ready, of {asked.min_ready} that must be"

    async def _prometheus(self, asked: PrometheusProbe) -> tuple[bool, str]:
        if self._metrics is None:
            raise UnknownError(NO_SOURCE)
        prometheus = PrometheusProvider(address=asked.address, query=asked.query)
        answer = await self._metrics.ask(Provider(prometheus=prometheus))
        condition = compiled(asked.condition, "result")
        absent = absence(answer.value)
        if answer.missing or (absent and absent not in condition.speaks_of):
            raise UnknownError(answer.missing or f"the query came to nothing: {asked.query}")
        try:
            return condition.holds(answer.value), f"result is {shown(answer.value)}"
        except (CelError, NoValue) as error:
            raise UnknownError(f"the condition says nothing of {shown(answer.value)}: {error}") from None

    async def _http(self, asked: HttpProbe) -> tuple[bool, str]:
        if not any(place.holds(asked.url) for place in self._places):
            raise UnknownError(f"it is not asked, for it is below no --analysis-source: {asked.url}")
        try:
            async with self._session.get(asked.url, allow_redirects=False) as answer:
                return answer.status == asked.status, f"it answered {answer.status}"
        except (aiohttp.ClientError, OSError) as error:
            return False, f"no answer: {error}"


def _old(plc: Body, name: str) -> str:
    """Return why a condition says nothing of what is declared by now, or nothing."""
    metadata, condition = plc["metadata"], _condition(plc, name)
    wanted, seen = int(metadata.get("generation") or 0), int(condition.get("observedGeneration") or 0)
    if not condition or seen >= wanted:
        return ""
    return f"{metadata['name']} says {name} of generation {seen}, and is declared at {wanted}: nobody has looked since"


def _against(plc: Body, asked: PlcProbe, since: datetime) -> str:
    """Return why a PLC does not stand as it should, or nothing."""
    name, condition = plc["metadata"]["name"], _condition(plc, asked.condition)
    if condition.get("status") != asked.status.value:
        return f"{name} has {asked.condition} {condition.get('status', 'not')}"
    changed = condition.get("lastTransitionTime")
    if isinstance(changed, str) and datetime.fromisoformat(changed) > since:
        return f"{name} has {asked.condition} {asked.status.value} for less than {asked.for_secs} s"
    return ""


def _condition(body: Body, name: str) -> Body:
    conditions: Any = (body.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == name), {})
