"""Prometheus and web servers, asked over real sockets."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from fabgitops_core.api.analysis.providers import Provider
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.engine.ports import MetricError
from fabgitops_operator.analysis.errors import AnalysisSettingsError
from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.analysis.source import MAX_TOKEN, PER_SERVER, metrics_of

VECTOR = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "0.5"]}]}}
Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A server that answers as a test says, and notes what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self.asked: list[web.Request] = []
        self.url = ""
        self._answers = answers

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer."""
        self.asked.append(request)
        return await self._answers(request)


@asynccontextmanager
async def serving(answers: Answers, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve."""
    server = Server(answers)
    app = web.Application()
    app.add_routes([web.get("/{path:.*}", server.handle)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    server.url = f"http{'s' if tls else ''}://localhost:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def says(body: Any = VECTOR, status: int = 200, **headers: str) -> Answers:
    """Return what always answers this."""

    async def answer(_request: web.Request) -> web.Response:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(body=text, status=status, headers=headers)

    return answer


def query(address: str | None = None, **given: Any) -> Provider:
    """Return a query of Prometheus."""
    return Provider.model_validate({"prometheus": {"query": 'up{job="a b"}', "address": address, **given}})


def document(url: str, **given: Any) -> Provider:
    """Return a document of a web server."""
    return Provider.model_validate({"web": {"url": url, **given}})


async def ask(settings: AnalysisSettings, provider: Provider) -> Answer:
    """Ask once."""
    async with metrics_of(settings) as metrics:
        assert metrics is not None
        return await metrics.ask(provider)


async def trouble(settings: AnalysisSettings, provider: Provider) -> str:
    """Return why there is no answer."""
    with pytest.raises(MetricError) as error:
        await ask(settings, provider)
    return str(error.value)


async def test_prometheus_is_asked_for_now() -> None:
    """A query goes to the API of the server that is set, with the time that it may take, and without a moment."""
    async with serving(says()) as server:
        assert await ask(AnalysisSettings(prometheus=f"{server.url}/prom/"), query()) == Answer([0.5])
    asked = server.asked[0]
    assert (asked.path, dict(asked.query)) == ("/prom/api/v1/query", {"query": 'up{job="a b"}', "timeout": "10s"})
    assert "Authorization" not in asked.headers


async def test_a_document_is_asked_for_with_its_headers() -> None:
    """A web server is asked with the headers of the template, and what is at the path is the answer."""
    async with serving(says({"errors": 3})) as server:
        provider = document(f"{server.url}/q?line=7", jsonPath="{$.errors}", headers=[{"key": "X-Line", "value": "7"}])
        assert await ask(AnalysisSettings(analysis_source=(server.url,)), provider) == Answer(3.0)
    assert (server.asked[0].headers["X-Line"], server.asked[0].query_string) == ("7", "line=7")


async def test_a_token_goes_to_its_server_alone(tmp_path: Path) -> None:
    """The token is read for each request, and is sent to the Prometheus that it is for, to no other place."""
    file = tmp_path / "token"
    file.write_text("first\n")
    async with serving(says()) as server, serving(says({})) as other:
        settings = AnalysisSettings(prometheus=server.url, prometheus_token_file=file, analysis_source=(other.url,))
        async with metrics_of(settings) as metrics:
            assert metrics is not None
            await metrics.ask(query())
            file.write_text("second")
            await metrics.ask(query())
            await metrics.ask(document(f"{other.url}/"))
            file.unlink()
            with pytest.raises(MetricError, match="cannot be read: No such file"):
                await metrics.ask(query())
    assert [each.headers["Authorization"] for each in server.asked] == ["Bearer first", "Bearer second"]
    assert "Authorization" not in other.asked[0].headers


async def test_a_place_that_is_not_allowed_is_not_asked() -> None:
    """A template sends the operator nowhere but where its administrator lets it go, and no redirect does either."""
    async with serving(says({"secret": 1})) as secret:
        why = await trouble(AnalysisSettings(prometheus="http://localhost:1"), document(f"{secret.url}/latest?x=y"))
        assert why == f"{secret.url}/latest is not asked: it is below no --analysis-source, and not --prometheus"
        assert "is not asked" in await trouble(AnalysisSettings(analysis_source=("http://a",)), query(secret.url))
        async with serving(says({}, 302, Location=f"{secret.url}/latest")) as server:
            why = await trouble(AnalysisSettings(analysis_source=(server.url,)), document(f"{server.url}/"))
            assert why == f"{server.url}/ answers with 302"
    assert not secret.asked


async def test_a_template_names_no_other_host() -> None:
    """A header by which an allowed server would answer for another one is not sent."""
    async with serving(says({})) as server:
        provider = document(f"{server.url}/", headers=[{"key": "hOst", "value": "internal"}])
        why = await trouble(AnalysisSettings(analysis_source=(server.url,)), provider)
    assert (why, server.asked) == ("the header hOst is not for a template to say", [])


async def test_without_any_setting_there_is_no_source() -> None:
    """Where nothing is set that may be asked there is nobody to ask."""
    async with metrics_of(AnalysisSettings()) as metrics:
        assert metrics is None


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (says({"status": "error", "error": "1:3: parse error"}, 400), ": Prometheus says: 1:3: parse error (400)"),
        (says({"status": "error", "error": "query timed out"}, 503), ": Prometheus says: query timed out (503)"),
        (says(b"<html>", 503), ": the answer is no JSON document (503)"),
        (says({}, 401), " answers with 401: see --prometheus-token-file"),
        (says({}, 404), " answers with 404"),
        (says(b"x" * (1 << 20) + b"x"), "/api/v1/query answers with more than 1024 KiB"),
        (says({"status": "success"}), ": the answer is not one of Prometheus"),
    ],
)
async def test_an_answer_of_prometheus_that_is_none_is_told(answers: Answers, why: str) -> None:
    """What is wrong is told in one sentence, with Prometheus' own words where it has any."""
    async with serving(answers) as server:
        assert await trouble(AnalysisSettings(prometheus=server.url), query()) == f"{server.url}{why}"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (says(b"no json"), "/: the answer is no JSON document"),
        (says({}, 500), "/ answers with 500"),
        (says(b"[" + b"1," * (1 << 17) + b"1]"), "/ answers with more than 256 KiB"),
    ],
)
async def test_an_answer_of_a_web_server_that_is_none_is_told(answers: Answers, why: str) -> None:
    """What is wrong is told in one sentence."""
    async with serving(answers) as server:
        settings = AnalysisSettings(analysis_source=(server.url,))
        assert await trouble(settings, document(f"{server.url}/")) == f"{server.url}{why}"


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    """Who answers nothing, or drop by drop, is given up when the time of the template is over."""

    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with serving(drips) as server:
        settings = AnalysisSettings(prometheus=server.url)
        assert "gave no answer within 1 s" in await trouble(settings, query(timeout=1))


async def test_waiting_for_others_is_not_the_fault_of_a_server() -> None:
    """While all connections that a server is given wait for slow answers, a quick one is later, and no error."""
    all_wait = asyncio.Event()

    async def slow_or_quick(request: web.Request) -> web.StreamResponse:
        if request.path == "/quick":
            return web.json_response(1)
        if len(server.asked) == PER_SERVER:
            all_wait.set()
        await asyncio.sleep(3600)
        raise AssertionError

    async with serving(slow_or_quick) as server, metrics_of(AnalysisSettings(analysis_source=(server.url,))) as metrics:
        assert metrics is not None
        slow = document(f"{server.url}/slow", timeoutSeconds=2)
        waiting = [asyncio.create_task(metrics.ask(slow)) for _ in range(PER_SERVER)]
        await all_wait.wait()
        assert await metrics.ask(document(f"{server.url}/quick", timeoutSeconds=1)) == Answer(1.0)
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert all("gave no answer within 2 s" in str(each) for each in told)


async def test_a_server_that_is_away_is_told() -> None:
    """Where nobody listens the sentence says so."""
    async with serving(says()) as server:
        url = server.url
    assert f"{url}/api/v1/query cannot be asked: " in await trouble(AnalysisSettings(prometheus=url), query())


async def test_a_server_has_to_prove_who_it_is(tmp_path: Path) -> None:
    """By TLS a Prometheus is believed only if an authority vouches for it, that of the settings where one is set."""
    authority, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    async with serving(says(), tls) as server:
        assert await ask(AnalysisSettings(prometheus=server.url, prometheus_ca=ca), query()) == Answer([0.5])
        assert "certificate" in await trouble(AnalysisSettings(prometheus=server.url), query())


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("prometheus_token_file", None, "cannot be read: No such file"),
        ("prometheus_token_file", "", "does not hold one token"),
        ("prometheus_token_file", "two words", "does not hold one token"),
        ("prometheus_token_file", "x" * (MAX_TOKEN + 1), "does not hold one token"),
        ("prometheus_ca", "no certificate", "has no certificates in PEM"),
    ],
)
async def test_a_file_that_cannot_be_used_ends_the_start(tmp_path: Path, name: str, text: str | None, why: str) -> None:
    """What is wrong with a file is said at the start, not when a change depends on it."""
    file = tmp_path / "file"
    if text is not None:
        file.write_text(text)
    settings = AnalysisSettings(prometheus="https://prometheus", **{name: file})  # type: ignore[arg-type]
    with pytest.raises(AnalysisSettingsError, match=why):
        async with metrics_of(settings):
            pass
