"""The way to the API server: in the name of who asked, or of who runs the facade, and never of both.

Two clients, for a certificate of ours would be shown on each connection: the API server takes it before a token, and
whoever asks here would be who runs this.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.kubeconfig.fields import User
from fabgitops_operator.cluster.transport import Transport
from fabgitops_operator.facade.ports import Ask, AwayError, Told

USER_AGENT = "fabgitops-facade"
"""What the API server calls the owner of the fields that are set through here, and who asks in its audit log."""

ANSWER_SECS = 30.0
"""How long an answer may take."""

SILENCE_SECS = 150.0
"""How long a watch may say nothing: the API server tells how far it is once a minute."""


class Upstream:
    """Asks the Kubernetes API."""

    def __init__(self, access: Access) -> None:
        """Prepare to connect; nothing is sent yet."""
        self._server = access.cluster.server
        self._ours = _client(access)
        self._theirs = _client(Access(access.name, access.namespace, access.cluster, User()))

    async def close(self) -> None:
        """Close the connections."""
        await self._ours.aclose()
        await self._theirs.aclose()

    async def ask(self, ask: Ask, authorization: str) -> Told:
        """Ask in the name of whoever shows this, or where it is empty of whoever runs the facade.

        Raises:
            AwayError: No answer came.
        """
        client = self._theirs if authorization else self._ours
        try:
            response = await client.send(self._request(client, ask, authorization))
        except (httpx2.HTTPError, NoCredentialsError) as error:
            raise _away(error) from error
        return Told(response.status_code, _decoded(response.content), response.headers.get("Retry-After", ""))

    @asynccontextmanager
    async def lines(self, ask: Ask) -> AsyncIterator[AsyncIterator[str]]:
        """Ask in our own name, and yield the lines of the answer as they come.

        Raises:
            AwayError: No answer came, it is none of success, or it broke off.
        """
        request = self._request(self._ours, ask, "")
        request.extensions["timeout"] = httpx2.Timeout(ANSWER_SECS, read=SILENCE_SECS).as_dict()
        try:
            response = await self._ours.send(request, stream=True)
            try:
                if response.status_code != 200:
                    raise AwayError(f"the API server answered {response.status_code} to a watch", answered=True)
                yield response.aiter_lines()
            finally:
                await response.aclose()
        except (httpx2.HTTPError, NoCredentialsError) as error:
            raise _away(error) from error

    def _request(self, client: httpx2.AsyncClient, ask: Ask, authorization: str) -> httpx2.Request:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if authorization:
            headers["Authorization"] = authorization
        content = None
        if ask.body is not None:
            headers["Content-Type"] = ask.media_type
            content = json.dumps(ask.body, separators=(",", ":"))
        url = f"{self._server.rstrip('/')}{ask.path}"
        return client.build_request(ask.method, url, params=list(ask.query), headers=headers, content=content)


def _client(access: Access) -> httpx2.AsyncClient:
    """Return a client that keeps no cookie: a gateway would take whoever asks next for who asked before."""
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx2.AsyncClient(transport=Transport(access), timeout=ANSWER_SECS, trust_env=False, cookies=cookies)


def _decoded(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _away(error: Exception) -> AwayError:
    why = " ".join(str(error).split()) or type(error).__name__
    return AwayError(f"the Kubernetes API server cannot be reached: {why}")
