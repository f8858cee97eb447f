"""Events over HTTP: a POST each, as CloudEvents' HTTP binding says it.

Who answers 2xx has it. An answer that is about the event (400, 413, 422 …) is for ever: the event is given up. One that
is about the door (401, 403, 404, 405, 407, 410, 421) or about now (408, 425, 429, 5xx) is not the event's fault.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from fabgitops_operator.bus.carrying import REPLY_SECS, Taken
from fabgitops_operator.bus.envelope import Message, in_percent
from fabgitops_operator.bus.errors import Away, BusError, Later, NotTaken, Refused
from fabgitops_operator.bus.secrets import context_of, login_of
from fabgitops_operator.bus.settings import BusSettings

LONGEST_PAUSE_SECS = 300.0
"""Longer than this no Retry-After is believed."""

_DOOR = {401, 403, 404, 405, 407, 410, 421}
_BUSY = {408, 425, 429, 502, 503, 504}


class Web:
    """A `carrying.Carrier` over HTTP."""

    def __init__(self, settings: BusSettings) -> None:
        """Read what is needed.

        Raises:
            BusError: A file of the settings cannot be used.
        """
        self._url, self._credentials = settings.bus, settings.bus_credentials
        login_of(self._credentials)
        connector = aiohttp.TCPConnector(ssl=context_of(settings.bus_ca))
        timeout = aiohttp.ClientTimeout(total=REPLY_SECS)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)

    async def reach(self) -> None:
        """Do nothing: no request but an event itself shows whether events are taken."""

    async def deliver(self, message: Message) -> Taken:
        """Post a message."""
        headers = {f"ce-{name}": in_percent(value) for name, value in message.headers.items()}
        headers["Content-Type"] = message.content_type
        try:
            headers |= self._authorization()
            async with self._session.post(
                self._url, data=message.body, headers=headers, allow_redirects=False
            ) as answer:
                text = await answer.content.read(200)
                _judge(answer, text.decode("utf-8", "replace"))
        except BusError as error:
            raise Away(str(error)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Away(str(error) or f"no answer within {REPLY_SECS:.0f} s") from error
        return Taken.NOW

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _authorization(self) -> dict[str, str]:
        login = login_of(self._credentials)
        if login is None:
            return {}
        if login.user:
            pair = f"{login.user}:{login.secret}".encode()
            return {"Authorization": f"Basic {b64encode(pair).decode()}"}
        return {"Authorization": f"Bearer {login.secret}"}


def _judge(answer: aiohttp.ClientResponse, text: str) -> None:
    """Return when an answer means that the event was taken.

    Raises:
        NotTaken: It means something else.
    """
    status, pause = answer.status, _pause(answer.headers)
    said = f"{status} {answer.reason or ''} {' '.join(text.split())}".rstrip()
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Away(f"{said}: it is at {answer.headers.get('Location', 'another place')}; say that in --bus")
    if status in _DOOR:
        raise Away(f"{said}: see --bus and --bus-credentials", pause)
    if status in _BUSY:
        raise Away(said, pause)
    raise _kind(status)(said, pause)


def _kind(status: int) -> type[NotTaken]:
    return Later if status >= 500 else Refused


def _pause(headers: Mapping[str, str]) -> float:
    """Return for how many seconds the answer asks not to be bothered (Retry-After: seconds, or a date)."""
    text = headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_PAUSE_SECS)
