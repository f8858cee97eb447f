"""The way to an API server for lightkube, which is a client of httpx2."""

import httpx2

from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.kubeconfig.errors import NoCredentialsError
from fabgitops_operator.cluster.kubeconfig.login import Identity


class UnidentifiedError(httpx2.TransportError, NoCredentialsError):
    """The same for clients of httpx2: nothing was sent."""


class Transport(httpx2.AsyncBaseTransport):
    """Sends requests of httpx2 the way that an access says; one that is refused for who we are goes out once more."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._shown: tuple[str, str] | None = None
        self._inner = self._new()

    def _new(self) -> httpx2.AsyncHTTPTransport:
        return httpx2.AsyncHTTPTransport(
            verify=self._access.tls,
            proxy=self._access.cluster.proxy or None,
            # No request waits for a connection behind slow ones; how many there are at once is decided above.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            UnidentifiedError: It cannot be told at the moment who we are.
        """
        try:
            return await self._asked(request)
        except NoCredentialsError as error:
            raise UnidentifiedError(str(error)) from error

    async def _asked(self, request: httpx2.Request) -> httpx2.Response:
        identity = await self._access.login.identity()
        response = await self._send(request, identity)
        if response.status_code == 401:
            other = await self._access.login.after(identity)
            if other is not None:
                await response.aclose()
                response = await self._send(request, other)
        return response

    async def _send(self, request: httpx2.Request, identity: Identity) -> httpx2.Response:
        said = self._access.headers(identity)
        if identity.certificate != self._shown:  # a connection that is open shows the one before
            self._shown, before, self._inner = identity.certificate, self._inner, self._new()
            await before.aclose()
        names = {name.lower().encode() for name, _ in said}
        others = [(name, value) for name, value in request.headers.raw if name.lower() not in names]
        headers = httpx2.Headers([*others, *((name.encode(), value.encode()) for name, value in said)])
        sent = httpx2.Request(request.method, request.url, headers=headers, stream=request.stream)
        sent.extensions = request.extensions
        return await self._inner.handle_async_request(sent)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
