"""A client of Redfish (DMTF DSP0266) over HTTPS: asks one thing at a time, follows links only, and believes little.

Credentials never leave the host that they are for: no proxy of the environment, no redirect and no link leads away.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.rack.bmc.requests import Way

from fabgitops_operator.redfish.errors import Denied, Garbled, Misled, Refused, Unanswered, Unreached
from fabgitops_operator.redfish.models import Root

ROOT = "/redfish/v1/"
SESSIONS = "/redfish/v1/SessionService/Sessions"

STEP_SECS = 10.0
"""How long a connection, and each part of an answer, may take."""
ANSWER_SECS = 30.0
"""How long a whole answer may take: BMCs are slow."""
CLOSE_SECS = 5.0
"""How long the end of a session may take."""
MAX_BYTES = 1 << 20
"""Bytes of one answer that are read."""
MAX_ANSWERS = 400
"""Answers that one look may take."""
MAX_REDIRECTS = 3
MAX_TEXT = 200
"""Characters that are told of an answer."""

_HEADERS = {"accept": "application/json", "accept-encoding": "identity", "odata-version": "4.0"}

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks; without a user nobody says so."""

    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource is, and the tag of that version, "" where it has none."""

    body: Json
    etag: str = ""


class RedfishClient:
    """One BMC, asked over one connection that is closed with it.

    Args:
        way: Where it is.
        tls: Who it must prove to be.
        credentials: Who asks.
        answer_secs: How long a whole answer may take.
        address: What to connect to instead of looking for the host by its name.
    """

    def __init__(
        self,
        way: Way,
        tls: ssl.SSLContext,
        credentials: Credentials,
        answer_secs: float = ANSWER_SECS,
        address: str = "",
    ) -> None:
        self._way = way
        self._credentials = credentials
        self._answer_secs = answer_secs
        self._answers = 0
        self._token = ""
        self._http = httpx2.AsyncClient(
            base_url=f"https://{replace(way, host=address) if address else way}",
            verify=tls,
            trust_env=False,  # neither a proxy nor a .netrc
            follow_redirects=False,
            timeout=min(STEP_SECS, answer_secs),
            limits=httpx2.Limits(max_connections=1),
            headers={**_HEADERS, **({"host": str(way).removesuffix(":443")} if address else {})},
        )

    @asynccontextmanager
    async def asking(self) -> AsyncIterator["RedfishClient"]:
        """Yield itself, in a session where one is wished for, and end both.

        Raises:
            RedfishError: There is no session to be had.
        """
        async with self._http:
            session = await self._sign_in() if self._way.session else ""
            try:
                yield self
            finally:
                if session:
                    await self._sign_out(session)

    async def get(self, link: str) -> Answer:
        """Return a resource.

        Raises:
            RedfishError: It cannot be had.
        """
        path = self._own(link)
        for _ in range(MAX_REDIRECTS):
            response = await self._ask("GET", path)
            if response.status_code not in {301, 302, 303, 307, 308}:
                body = self._body(path, response)
                tag = body.get("@odata.etag")
                return Answer(body, response.headers.get("etag") or (tag if isinstance(tag, str) else ""))
            path = self._own(response.headers.get("location", ""))
        raise Garbled(f"{self._way} leads from one place to the next and never answers for {_shown(link)}")

    async def post(self, link: str, body: Json) -> httpx2.Response:
        """Post to a link, once.

        Raises:
            RedfishError: It did not take it; where `maybe_done` is true it may have done it all the same.
        """
        return await self._ask("POST", self._own(link), body)

    async def patch(self, link: str, body: Json, etag: str = "") -> None:
        """Change fields of a resource, with a tag only of that version.

        Raises:
            RedfishError: As for `post`; `Refused` with 412 where it is another version by now.
        """
        await self._ask("PATCH", self._own(link), body, {"if-match": etag} if etag else {})

    async def _sign_in(self) -> str:
        """Open a session, and return the link by which it ends."""
        root = Root.model_validate((await self.get(ROOT)).body)
        who = {"UserName": self._credentials.user, "Password": self._credentials.password}
        response = await self.post(root.links.sessions.id or SESSIONS, who)
        token = response.headers.get("x-auth-token", "")
        if not token:
            raise Garbled(f"{self._way} opens no session: it answers without a token")
        self._token = token
        return response.headers.get("location", "")

    async def _sign_out(self, session: str) -> None:
        """End a session; one that cannot be ended runs out by itself, and is nobody's trouble."""
        try:
            async with asyncio.timeout(CLOSE_SECS):
                await self._ask("DELETE", self._own(session))
        except (Denied, Garbled, Refused, Unanswered, Unreached, TimeoutError):
            return

    async def _ask(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Send a request, once, and return the answer, read whole.

        Raises:
            RedfishError: There is none, or it is a no.
        """
        self._answers += 1
        if self._answers > MAX_ANSWERS:
            raise Garbled(f"{self._way} has more to tell than {MAX_ANSWERS} answers hold: the rest is not read")
        said = {**(headers or {}), **({"x-auth-token": self._token} if self._token else {})}
        request = self._http.build_request(method, path, json=body, headers=said, extensions=self._extensions())
        try:
            async with asyncio.timeout(self._answer_secs):
                response = await self._http.send(request, auth=self._auth(), stream=True)
                try:
                    await self._read(response)
                finally:
                    await response.aclose()
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unreached(f"{self._way} {_why_unreached(error)}") from error
        except TimeoutError as error:
            raise Unanswered(f"{self._way} gave no whole answer within {self._answer_secs:g} s") from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise Unanswered(f"{self._way} gave no answer: {_words(error)}") from error
        self._refuse(method, response)
        return response

    def _extensions(self) -> dict[str, Any]:
        timeout = self._http.timeout.as_dict()
        name = self._way.server_name or self._way.host  # also of one that is connected to by its address
        return {"timeout": timeout, "sni_hostname": name}

    def _auth(self) -> httpx2.Auth | None:
        who = self._credentials
        return None if self._way.session or not who.user else httpx2.BasicAuth(who.user, who.password)

    async def _read(self, response: httpx2.Response) -> None:
        """Read an answer as far as it is not too much; what is packed could be any size once it is unpacked."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Garbled(f"{self._way} packs its answers although it was asked not to")
        data = bytearray()
        async for piece in response.aiter_raw():
            data += piece
            if len(data) > MAX_BYTES:
                raise Garbled(f"{self._way} answers with more than {MAX_BYTES >> 20} MiB")
        response.extensions["whole"] = bytes(data)

    def _refuse(self, method: str, response: httpx2.Response) -> None:
        status = response.status_code
        if status == 401:
            raise Denied(f"{self._way} denies it ({_said(response)}): look at user and password", status)
        if status >= 400 or (status >= 300 and method != "GET"):
            raise Refused(f"{self._way} refuses it ({_said(response)})", status)

    def _body(self, path: str, response: httpx2.Response) -> Json:
        found = _json(response)
        if found is None:
            raise Garbled(f"{self._way} answers with what is no JSON object for {_shown(path)}")
        if "error" in found and "@odata.id" not in found:
            raise Garbled(f"{self._way} answers with an error for {_shown(path)} ({_said(response)})")
        return found

    def _own(self, link: str) -> str:
        """Return the path that a link of the BMC names on the BMC.

        Raises:
            Misled: It names none, or another host: credentials would go there.
        """
        try:
            parts = urlsplit(link)
            elsewhere = parts.netloc and (
                parts.scheme != "https"
                or (parts.hostname or "") != self._way.host.lower()
                or (parts.port or 443) != self._way.port
            )
        except ValueError:
            raise Misled(f"{self._way} has a link that leads nowhere: {_shown(link)}") from None
        if elsewhere:
            raise Misled(f"{self._way} leads to another host, which is not followed: {_shown(link)}")
        plain = link.isascii() and link.isprintable() and not {" ", "\\"}.intersection(link) and len(link) <= 2048
        if not plain or not parts.path.startswith("/") or parts.path.startswith("//"):
            raise Misled(f"{self._way} has a link that leads nowhere: {_shown(link)}")
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _json(response: httpx2.Response) -> Json | None:
    try:
        found = json.loads(response.extensions["whole"])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


def _said(response: httpx2.Response) -> str:
    """Return status and words of an answer, for people: the first message of Redfish's own, where there is one."""
    error = (_json(response) or {}).get("error")
    error = error if isinstance(error, Mapping) else {}
    more = error.get("@Message.ExtendedInfo")
    first = more[0] if isinstance(more, list) and more else more
    text = first.get("Message") if isinstance(first, Mapping) else None
    text = text if isinstance(text, str) else error.get("message")
    status = str(response.status_code)
    return f"{status}: {_shown(text)}" if isinstance(text, str) and text else status


def _shown(text: str) -> str:
    return printable(text[:MAX_TEXT])


def _words(error: Exception) -> str:
    return _shown(str(error)) or type(error).__name__


def _why_unreached(error: httpx2.TransportError) -> str:
    """Return why there is no connection, the same for the same reason."""
    if isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return "does not answer: no connection within the time allowed"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"has a TLS certificate that is not accepted: {cause.verify_message.rstrip('.')}"
        if isinstance(cause, ssl.SSLError):
            return f"made no TLS connection ({_shown(cause.reason or str(cause))})"
        cause = cause.__cause__ or cause.__context__
    return f"cannot be reached: {_words(error)}"
