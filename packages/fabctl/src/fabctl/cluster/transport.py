"""Requests to an API server, as who we are; connections are used again."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple

from fabctl.cluster.connection import Connection, Head, Headers, Request
from fabctl.cluster.reaching import Way
from fabctl.kubeconfig.access import Access
from fabctl.kubeconfig.login import Identity

_SAID = (("Accept", "application/json"), ("Accept-Encoding", "gzip"), ("User-Agent", "fabctl"))


class Answer(NamedTuple):
    """How an API server answers."""

    head: Head
    connection: Connection
    identity: Identity

    async def read(self, timeout: float) -> bytes:
        """Return the whole body; `timeout` is how many seconds each silence may last."""
        return b"".join([part async for part in self.connection.parts(self.head, timeout)])

    async def lines(self, timeout: float) -> AsyncGenerator[bytes, None]:
        """Yield the lines of the body as they come."""
        left = b""
        async with aclosing(self.connection.parts(self.head, timeout)) as parts:
            async for part in parts:
                *whole, left = (left + part).split(b"\n")
                for line in whole:
                    yield line
        if left:
            yield left


class Transport:
    """Sends requests the way that an access says; one that is refused for who we are goes out once more."""

    def __init__(self, access: Access, timeout: float) -> None:
        """Prepare to connect; nothing is sent yet.

        Args:
            access: Where, and as whom.
            timeout: Seconds that connecting, and each wait for the server, may take.
        """
        self._access, self._way = access, Way(access, timeout)
        self._idle: list[Connection] = []
        self._shown: tuple[str, str] | None = None

    def close(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop().close()

    @asynccontextmanager
    async def ask(self, method: str, path: str, headers: Headers = (), body: bytes = b"") -> AsyncIterator[Answer]:
        """Send a request, which must do no harm when it is done twice; its answer is there for the time of the block.

        Raises:
            NoCredentialsError: It cannot be told at the moment who we are.
            OSError: There is no answer.
        """
        identity = await self._access.login.identity()
        answer = await self._send(identity, method, path, headers, body)
        try:
            if answer.head.status == 401 and (other := await self._access.login.after(identity)) is not None:
                answer.connection.close()
                answer = await self._send(other, method, path, headers, body)
            yield answer
        finally:
            self._put_back(answer)

    async def _send(self, identity: Identity, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        proof = self._access.headers(identity)
        if identity.certificate != self._shown:  # a connection that is open shows the one before
            self._shown = identity.certificate
            self.close()
        given = {name.lower() for name, _ in proof}
        others = [each for each in (*_SAID, *self._way.credentials, *headers) if each[0].lower() not in given]
        request = self._way.request(method, path, [*others, *proof], body)
        while (connection := self._take()) is not None:
            try:
                return await _on(connection, request, identity)
            except ConnectionError:  # the server has closed it meanwhile
                continue
        return await _on(await self._way.open(), request, identity)

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.idle:
                return connection
            connection.close()
        return None

    def _put_back(self, answer: Answer) -> None:
        if answer.connection.idle and answer.identity.certificate == self._shown:
            self._idle.append(answer.connection)
        else:
            answer.connection.close()


async def _on(connection: Connection, request: Request, identity: Identity) -> Answer:
    try:
        return Answer(await connection.ask(request), connection, identity)
    except BaseException:
        connection.close()
        raise
