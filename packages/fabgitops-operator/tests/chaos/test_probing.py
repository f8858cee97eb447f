"""Probes of experiments: what holds, what does not, and what nobody knows."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fabgitops_core.api.analysis.providers import Provider
from fabgitops_core.api.chaos.probes import Probe
from fabgitops_core.api.selecting import Selector
from fabgitops_core.control.analysis.answers import Answer as Measured
from fabgitops_core.engine.ports import MetricError
from fabgitops_operator.analysis.places import Place
from fabgitops_operator.chaos.away import AwayError
from fabgitops_operator.chaos.probing import Probing

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
HMI = {"labelSelector": {"matchLabels": {"app": "hmi"}}}
LINE = {"labelSelector": {"matchLabels": {"line": "1"}}}
Objects = list[Mapping[str, Any]]


class Site:
    """What is looked up and measured, as the test says."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.found: Objects = []
        self.measured: Measured | Exception = Measured([0.01])
        self.away = self.unheard = ""
        self.places: list[Place] = []
        self.probing = Probing(self, session, self, lambda: NOW, places=self.places)

    async def plcs(self, namespace: str, selector: Selector) -> Sequence[Mapping[str, Any]]:
        """Return what there is."""
        assert (namespace, dict(selector.match_labels or {})) == ("line-1", {"line": "1"})
        return self._looked()

    async def pods(self, namespace: str, selector: Selector) -> Sequence[Mapping[str, Any]]:
        """Return what there is."""
        assert (namespace, dict(selector.match_labels or {})) == ("line-1", {"app": "hmi"})
        return self._looked()

    async def silent(self, namespace: str, now: datetime) -> str:
        """Return whether the operator of PLCs is away."""
        assert (namespace, now) == ("line-1", NOW)
        return self.unheard

    def _looked(self) -> Objects:
        if self.away:
            raise AwayError(self.away)
        return self.found

    async def ask(self, provider: Provider) -> Measured:
        """Return what was measured."""
        assert provider.prometheus
        if isinstance(self.measured, Exception):
            raise self.measured
        return self.measured

    async def holds(self, **what: Any) -> tuple[bool | None, str]:
        """Ask a probe, and return whether it holds and what was said."""
        answer = await self.probing.ask(Probe.model_validate({"name": "p", "timeoutSecs": 1, **what}), "line-1")
        assert answer.name == "p"
        return answer.holds, answer.said


@pytest.fixture(name="site")
async def _site() -> AsyncIterator[Site]:
    async with aiohttp.ClientSession() as session:
        yield Site(session)


def body(
    name: str, condition: str, status: str, since: str = "2026-11-29T11:59:00Z", **metadata: str
) -> dict[str, Any]:
    """Return an object with a condition."""
    conditions = [{"type": condition, "status": status, "lastTransitionTime": "2026-11-29T11:59:00Z"}]
    return {"metadata": {"name": name, **metadata}, "status": {"conditions": conditions}}


async def test_plcs_stand_as_they_should(site: Site) -> None:
    """All PLCs that are selected must have the condition, for as long as is said; none at all is a failure."""
    assert await site.holds(plc=LINE) == (False, "no IndustrialPLC has these labels")
    site.found = [body("mixer", "InSync", "True"), body("oven", "InSync", "True")]
    assert await site.holds(plc=LINE) == (True, "2 have InSync True")
    assert await site.holds(plc={**LINE, "forSecs": 61}) == (
        False,
        "mixer has InSync True for less than 61 s; oven has InSync True for less than 61 s",
    )
    site.found[1] = body("oven", "InSync", "Unknown")
    assert await site.holds(plc=LINE) == (False, "oven has InSync Unknown")
    site.found[1] = {"metadata": {"name": "oven"}}
    assert await site.holds(plc=LINE) == (False, "oven has InSync not")
    assert (await site.holds(plc={**LINE, "condition": "Ready", "status": "False"}))[0] is False


async def test_words_of_an_operator_that_is_dead_show_nothing(site: Site) -> None:
    """What PLCs say while nobody looks after them holds neither way, however well they stood when that ended."""
    site.found, site.unheard = [body("mixer", "InSync", "True")], "its operator does not renew its Lease"
    assert await site.holds(plc=LINE) == (None, site.unheard)
    site.found = [body("mixer", "InSync", "False")]
    assert await site.holds(plc=LINE) == (None, site.unheard)


async def test_words_on_what_was_declared_before_show_nothing(site: Site) -> None:
    """A condition of an older spec holds neither way; another PLC that does not stand as it should has failed."""
    site.found = [of(7, body("mixer", "InSync", "True"), 7), of(4, body("oven", "InSync", "True"), 3)]
    why = "oven says InSync of generation 3, and is declared at 4: nobody has looked since"
    assert await site.holds(plc=LINE) == (None, why)
    site.found.append(of(1, body("press", "InSync", "False"), 1))
    assert await site.holds(plc=LINE) == (False, "press has InSync False")


def of(generation: int, plc: dict[str, Any], observed: int) -> dict[str, Any]:
    """Return an object of a generation whose conditions speak of another."""
    plc["metadata"]["generation"] = generation
    plc["status"]["conditions"][0]["observedGeneration"] = observed
    return plc


async def test_pods_are_ready(site: Site) -> None:
    """So many pods must be ready; one that is being deleted is none of them."""
    ready, going = body("a", "Ready", "True"), body("b", "Ready", "True", deletionTimestamp="2026-11-29T11:59:59Z")
    site.found = [ready, going, body("c", "Ready", "False")]
    assert await site.holds(pods={**HMI, "minReady": 1}) == (True, "1 pods are ready, of 1 that must be")
    assert await site.holds(pods={**HMI, "minReady": 2}) == (False, "1 pods are ready, of 2 that must be")


async def test_a_query_of_prometheus(site: Site) -> None:
    """The condition is judged over the result; nothing measured, an error or a senseless result is not known."""
    asked = {"query": "rate(errors[1m])", "condition": "result[0] < 0.05"}
    assert await site.holds(prometheus=asked) == (True, "result is [0.01]")
    site.measured = Measured([0.2])
    assert await site.holds(prometheus=asked) == (False, "result is [0.2]")
    site.measured = Measured([])
    assert await site.holds(prometheus=asked) == (None, "the query came to nothing: rate(errors[1m])")
    assert await site.holds(prometheus={**asked, "condition": "size(result) == 0"}) == (True, "result is []")
    site.measured = MetricError("no answer from http://prometheus")
    assert await site.holds(prometheus=asked) == (None, "no answer from http://prometheus")
    site.measured = Measured([1.0])
    holds, said = await site.holds(prometheus={**asked, "condition": "result[3] < 1.0"})
    assert (holds, said.startswith("the condition says nothing of [1]")) == (None, True), said


async def test_a_server_answers(site: Site) -> None:
    """A server must answer with the status; no redirect is followed, and no answer is a failure, not an unknown."""

    async def answered(request: web.Request) -> web.Response:
        if request.path == "/moved":
            raise web.HTTPFound("/well")
        return web.Response(status=200 if request.path == "/well" else 503)

    app = web.Application()
    app.router.add_get("/{path}", answered)
    async with TestServer(app) as server:
        site.places += [Place.of(str(server.make_url("/"))), Place.of("http://127.0.0.1:1")]
        assert await site.holds(http={"url": str(server.make_url("/well"))}) == (True, "it answered 200")
        assert await site.holds(http={"url": str(server.make_url("/ill"))}) == (False, "it answered 503")
        assert await site.holds(http={"url": str(server.make_url("/moved"))}) == (False, "it answered 302")
    holds, said = await site.holds(http={"url": "http://127.0.0.1:1/"})
    assert (holds, said.startswith("no answer: ")) == (False, True)


async def test_only_servers_that_are_named_are_asked(site: Site) -> None:
    """Whoever makes an experiment sends the operator to no server that its settings do not name, and is told so."""
    site.places.append(Place.of("http://127.0.0.1:1/lines/"))
    for url in ("http://169.254.169.254/latest", "http://127.0.0.1:1/", "http://127.0.0.1:1/lines/../keys"):
        assert await site.holds(http={"url": url}) == (
            None,
            f"it is not asked, for it is below no --analysis-source: {url}",
        )
    assert (await site.holds(http={"url": "http://127.0.0.1:1/lines/1"}))[0] is False


async def test_what_nobody_knows(site: Site) -> None:
    """While the API server is away, or an answer takes too long, a probe holds neither way."""
    site.away = "the API server is away"
    assert await site.holds(plc=LINE) == (None, "the API server is away")

    async def never(request: web.Request) -> web.Response:
        del request
        await gone.wait()
        return web.Response()

    gone, app = asyncio.Event(), web.Application()
    app.router.add_get("/", never)
    async with TestServer(app) as server:
        site.places.append(Place.of(str(server.make_url("/"))))
        assert await site.holds(http={"url": str(server.make_url("/"))}) == (None, "no answer within 1 s")
        gone.set()
