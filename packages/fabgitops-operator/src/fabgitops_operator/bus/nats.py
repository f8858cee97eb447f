"""Events over NATS JetStream: the type is the subject, the id is Nats-Msg-Id, by which a repeated one is known.

A type that is not ours stands behind our prefix in the subject. A stream has to take the subjects. Where none does it
is made, with files, for a week of events; where that is not allowed, events wait, and the log says how to make one.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from fabgitops_operator.bus.address import Address
from fabgitops_operator.bus.carrying import REPLY_SECS, Taken
from fabgitops_operator.bus.envelope import Message, in_percent
from fabgitops_operator.bus.errors import Away, BusError, Later, Refused
from fabgitops_operator.bus.secrets import context_of, login_of
from fabgitops_operator.bus.settings import BusSettings

STREAM = "FABGITOPS"
"""The stream that is made where none takes the subjects, unless --bus names one."""

KEPT_SECS = 7 * 24 * 3600.0
"""How long that stream keeps an event."""

SAME_SECS = 600.0
"""For how long it knows an event by its id."""

LOST = "the connection was lost"

_TOO_LARGE = 10054  # JSStreamMessageExceedsMaximumErr of nats-server

log = logging.getLogger(__name__)


class _Client(Client):
    """A client that tells nobody a secret who was to speak TLS and does not."""

    secure = False

    def _connect_command(self) -> bytes:
        if self.secure and not self._server_info.get("tls_required"):
            raise nats.errors.SecureConnRequiredError
        return super()._connect_command()

    def abandon(self) -> None:
        """Drop a connection that was not made to the end; close() would wait for what has not begun."""
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]  # left without annotations there


class Nats:
    """A `carrying.Carrier` to NATS."""

    def __init__(self, settings: BusSettings, address: Address) -> None:
        """Read what is needed; does no I/O over the network.

        Raises:
            BusError: A file of the settings cannot be used.
        """
        self._settings, self._address = settings, address
        self._stream = address.name or STREAM
        self._subjects = f"{settings.bus_prefix}.>"
        self._options()
        self._client: Client | None = None
        self._lost = asyncio.Event()
        self._connecting = asyncio.Lock()
        self._checked = False
        self._said = ""

    async def reach(self) -> None:
        """Connect, and see that a stream takes the subjects."""
        await self._connected()

    async def deliver(self, message: Message) -> Taken:
        """Publish a message, and return when a stream has it."""
        stream = await self._connected()
        headers = {f"ce-{name}": in_percent(value) for name, value in message.headers.items()}
        headers |= {
            "Nats-Msg-Id": message.id,
            "ce-datacontenttype" if headers else "content-type": message.content_type,
        }
        publishing = asyncio.ensure_future(
            stream.publish(message.subject, message.body, timeout=REPLY_SECS, headers=headers)
        )
        losing = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait((publishing, losing), return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                raise Away(self._said or LOST)
            if publishing.cancelled():
                raise Away(LOST)
            return Taken.BEFORE if publishing.result().duplicate else Taken.NOW
        except NoStreamResponseError as error:
            self._checked = False
            raise Later(f"no stream takes {message.subject}: {self._way_out()}") from error
        except nats.errors.MaxPayloadError as error:
            raise Refused(f"{len(message.body)} bytes are more than the server takes in a message") from error
        except APIError as error:
            raise (Refused if error.err_code == _TOO_LARGE else Away)(str(error.description or error)) from error
        except (nats.errors.Error, OSError) as error:
            raise Away(self._why(error)) from error
        finally:
            for task in (publishing, losing):
                task.cancel()

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(nats.errors.Error, OSError, TimeoutError):
                await asyncio.wait_for(client.close(), REPLY_SECS)

    async def _connected(self) -> JetStreamContext:
        """Return a way to JetStream over a connection that stands, and a stream that was looked for.

        Raises:
            Away: There is none.
        """
        async with self._connecting:
            if self._client is None or self._client.is_closed:
                await self._connect()
            assert self._client is not None  # noqa: S101
            stream = self._client.jetstream(timeout=REPLY_SECS)
            if not self._checked:
                await self._check(stream)
                self._checked = True
            return stream

    async def _connect(self) -> None:
        """Make a connection; a lost one is not mended by the client, so that the outbox says when to try again."""
        client, lost = _Client(), asyncio.Event()
        client.secure = self._address.tls
        self._said, self._checked = "", False

        async def said(error: Exception) -> None:
            self._said = self._why(error)

        async def closed() -> None:
            lost.set()

        try:
            async with asyncio.timeout(REPLY_SECS):
                await client.connect(
                    [f"nats://{host}" for host in self._address.hosts],
                    name="fabgitops-operator",
                    error_cb=said,
                    closed_cb=closed,
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    **self._options(),
                )
        except BusError as error:
            raise Away(str(error)) from error
        except (nats.errors.Error, OSError, TimeoutError) as error:
            why = self._said or self._why(error)
            client.abandon()
            raise Away(why) from error
        self._client, self._lost = client, lost

    def _options(self) -> dict[str, Any]:
        """Return what the client is to be told of who we are and whom we believe, from the files as they are now.

        Raises:
            BusError: A file cannot be used.
        """
        login = login_of(self._settings.bus_credentials)
        options: dict[str, Any] = {"tls": context_of(self._settings.bus_ca)} if self._address.tls else {}
        if login is None:
            return options
        if login.file is not None:
            return options | {"user_credentials": str(login.file)}
        if login.user:
            return options | {"user": login.user, "password": login.secret}
        return options | {"token": login.secret}

    async def _check(self, stream: JetStreamContext) -> None:
        """See that a stream takes the subjects, and make one where none does.

        Who may not ask is told with the first event that no stream takes.

        Raises:
            Away: None does, and none could be made.
        """
        try:
            await stream.find_stream_name_by_subject(self._subjects)
        except NotFoundError:
            await self._make(stream)
        except nats.errors.TimeoutError as error:
            if "permissions violation" not in self._said.lower():
                raise Away(self._why(error)) from error
        except (nats.errors.NoRespondersError, APIError) as error:
            raise Away("JetStream is not enabled there: start nats-server with -js") from error
        except (nats.errors.Error, OSError) as error:
            raise Away(self._why(error)) from error

    async def _make(self, stream: JetStreamContext) -> None:
        config = StreamConfig(
            name=self._stream,
            description="Events of FabGitOps",
            subjects=[self._subjects],
            max_age=KEPT_SECS,
            duplicate_window=SAME_SECS,
        )
        try:
            await stream.add_stream(config)
        except (nats.errors.Error, OSError) as error:
            raise Away(
                f"no stream takes {self._subjects}, and none can be made ({error}): {self._way_out()}"
            ) from error
        log.info("%s: stream %s made for %s", self._address.shown, self._stream, self._subjects)

    def _way_out(self) -> str:
        return f"nats stream add {self._stream} --subjects '{self._subjects}'"

    def _why(self, error: Exception) -> str:
        if isinstance(error, nats.errors.SecureConnRequiredError):
            return "it does not speak TLS, which tls:// asks for"
        if isinstance(error, TimeoutError):
            return f"no answer within {REPLY_SECS:.0f} s{f' ({self._said})' if self._said else ''}"
        return str(error) or repr(error)
