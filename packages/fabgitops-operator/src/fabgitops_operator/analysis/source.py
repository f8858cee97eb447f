"""Asks Prometheus and web servers by HTTP, where that is allowed: no redirect, no proxy and no cookie leads elsewhere.

Whatever goes wrong is one `MetricError`. Tokens go to the server that they are for, and to no other.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from fabgitops_core.api.analysis.providers import PrometheusProvider, Provider, WebProvider
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.analysis.answers import Answer, Garbled
from fabgitops_core.control.analysis.asking import of_prometheus, of_web, prometheus_parameters
from fabgitops_core.engine.ports import MetricError
from fabgitops_core.engine.turns import Turns

from fabgitops_operator.analysis.errors import AnalysisSettingsError
from fabgitops_operator.analysis.places import Place
from fabgitops_operator.analysis.settings import AnalysisSettings
from fabgitops_operator.bounded import TooLongError, whole

MAX_BYTES = 1 << 20
"""Bytes of an answer of Prometheus that are read."""
MAX_DOCUMENT = 1 << 18
"""Bytes of a document that are read."""
AT_ONCE = 16
"""Connections at the same time."""
PER_SERVER = 4
"""How many of them are to one server."""
MAX_TOKEN = 1 << 14
"""Characters of a token."""

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "fabgitops"}
_OWN = {
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "upgrade",
    "user-agent",
}
"""Headers that a template has no word in."""
_OF_PROMETHEUS = {400, 422, 503}
"""Answers in whose body Prometheus says what is wrong."""


class HttpMetrics:
    """The engine's port `MetricSource` over HTTP.

    Args:
        settings: What may be asked.
        tls: Who has to vouch for the Prometheus of the settings.
        session: The connections.
    """

    def __init__(self, settings: AnalysisSettings, tls: ssl.SSLContext, session: aiohttp.ClientSession) -> None:
        self._prometheus = settings.prometheus.rstrip("/")
        self._home = Place.of(settings.prometheus) if settings.prometheus else None
        self._places = settings.places
        self._of_a_server, self._of_all = Turns(PER_SERVER), Turns(AT_ONCE)
        self._token_file = settings.prometheus_token_file
        self._tls = tls
        self._session = session

    async def ask(self, provider: Provider) -> Answer:
        """As `fabgitops_core.engine.ports.MetricSource.ask`."""
        if provider.prometheus is not None:
            return await self._ask_prometheus(provider.prometheus)
        if provider.web is not None:
            return await self._ask_web(provider.web)
        raise MetricError("it is nothing that is asked elsewhere")

    async def _ask_prometheus(self, asked: PrometheusProvider) -> Answer:
        address = (asked.address or self._prometheus).rstrip("/")
        if not address:
            raise MetricError("it names no Prometheus, and the operator is told of none (--prometheus)")
        given = urlencode(prometheus_parameters(asked.query, None, asked.timeout))
        status, text = await self._get(f"{address}/api/v1/query?{given}", {}, asked.timeout, MAX_BYTES)
        if status != 200 and status not in _OF_PROMETHEUS:
            raise MetricError(f"{address} answers with {status}{_hint(status)}")
        try:
            return of_prometheus(text)
        except Garbled as error:
            raise MetricError(f"{address}: {error}" + ("" if status == 200 else f" ({status})")) from error

    async def _ask_web(self, asked: WebProvider) -> Answer:
        headers = {each.key: each.value for each in asked.headers}
        if own := [name for name in headers if name.lower() in _OWN]:
            raise MetricError(f"the header {own[0]} is not for a template to say")
        status, text = await self._get(asked.url, headers, asked.timeout_seconds, MAX_DOCUMENT)
        if not 200 <= status < 300:
            raise MetricError(f"{_shown(asked.url)} answers with {status}")
        try:
            return of_web(text, asked.json_path)
        except Garbled as error:
            raise MetricError(f"{_shown(asked.url)}: {error}") from error

    async def _get(self, url: str, headers: Mapping[str, str], timeout: float, most: int) -> tuple[int, bytes]:
        """Get a URL, once, and return status and body; what it waits for its turn is not of its time.

        Raises:
            MetricError: It may not be asked, or there is no answer, or too long a one.
        """
        place = next((each for each in self._places if each.holds(url)), None)
        if place is None:
            raise MetricError(f"{_shown(url)} is not asked: it is below no --analysis-source, and not --prometheus")
        async with self._of_a_server.turn(place.server), self._of_all.turn(""):
            return await self._got(url, headers, timeout, most, at_home=place == self._home)

    async def _got(
        self, url: str, headers: Mapping[str, str], timeout: float, most: int, *, at_home: bool
    ) -> tuple[int, bytes]:
        said = {**headers, **_HEADERS, **(self._authorization() if at_home else {})}
        try:
            async with self._session.get(
                url,
                headers=said,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
                ssl=self._tls if at_home else True,
            ) as answer:
                return answer.status, await whole(answer, most)
        except TooLongError as error:
            raise MetricError(f"{_shown(url)} {error}") from error
        except TimeoutError as error:
            raise MetricError(f"{_shown(url)} gave no answer within {timeout:g} s") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise MetricError(f"{_shown(url)} cannot be asked: {printable(str(error)[:200])}") from error

    def _authorization(self) -> dict[str, str]:
        if self._token_file is None:
            return {}
        try:
            return {"Authorization": f"Bearer {token_in(self._token_file)}"}
        except AnalysisSettingsError as error:
            raise MetricError(str(error)) from error


def token_in(path: Path) -> str:
    """Return the token that a file holds.

    Raises:
        AnalysisSettingsError: It holds none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_TOKEN + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise AnalysisSettingsError(f"--prometheus-token-file {path} cannot be read: {why}") from error
    if not 0 < len(text) <= MAX_TOKEN or not text.isprintable() or " " in text:
        raise AnalysisSettingsError(f"--prometheus-token-file {path} does not hold one token")
    return text


def context_of(ca: Path | None) -> ssl.SSLContext:
    """Return by which authorities a Prometheus is believed; None are those of this machine.

    Raises:
        AnalysisSettingsError: The file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise AnalysisSettingsError(f"--prometheus-ca {ca} has no certificates in PEM: {error.strerror}") from error


@asynccontextmanager
async def metrics_of(settings: AnalysisSettings) -> AsyncIterator[HttpMetrics | None]:
    """Yield what analyses ask, None where nothing is set that they may; its connections are closed at the end.

    Raises:
        AnalysisSettingsError: A file of the settings cannot be used.
    """
    if settings == AnalysisSettings():
        yield None
        return
    tls = context_of(settings.prometheus_ca)
    if settings.prometheus_token_file is not None:
        token_in(settings.prometheus_token_file)
    connector = aiohttp.TCPConnector(limit=0)  # who waits for a turn does so before its time runs
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, auto_decompress=False) as session:
        yield HttpMetrics(settings, tls, session)


def _hint(status: int) -> str:
    return ": see --prometheus-token-file" if status in {401, 403} else ""


def _shown(url: str) -> str:
    """Return a URL for people, without what it asks."""
    return printable(url.partition("?")[0][:200])
