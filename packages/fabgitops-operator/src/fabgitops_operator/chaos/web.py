"""One request of HTTP with JSON, and what its answer means to who asked for something to be done."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from fabgitops_core.codec.texts import printable
from fabgitops_core.control.chaos.deeds import Clock
from fabgitops_core.control.chaos.outcomes import Outcome, Result

from fabgitops_operator.bounded import TooLongError, whole

ANSWER_SECS = 4.0
"""How long an answer may take: a round of requests has five seconds."""
MAX_BYTES = 1 << 20
MAX_TEXT = 200
_OK, _SERVER = 200, 500
_RESULTS = {404: Result.LOST, 410: Result.LOST, 412: Result.LATE}


@dataclass(frozen=True, slots=True)
class Reply:
    """A status of HTTP, and the object that was answered with it."""

    status: int
    body: Mapping[str, Any]

    def outcome(self, *, effective: bool | None = None) -> Outcome:
        """Return what it means: who cannot answer may have done it all the same."""
        if self.status // 100 == _OK // 100:
            return Outcome(Result.DONE, "", self.clock, effective)
        if self.status >= _SERVER:
            return Outcome(Result.UNKNOWN, self.error, self.clock)
        return Outcome(_RESULTS.get(self.status, Result.REFUSED), self.error, self.clock)

    @property
    def clock(self) -> Clock | None:
        """Return the clock of who answered, if it says so."""
        instance, now = self.body.get("instance"), self.body.get("now")
        known = isinstance(instance, str) and isinstance(now, int | float) and not isinstance(now, bool)
        return Clock(str(instance), float(now)) if known and now is not None else None

    @property
    def error(self) -> str:
        """Return why not, shortened and without what no terminal should be shown."""
        return printable(str(self.body.get("error", f"it answered {self.status}")))[:MAX_TEXT]


async def asked(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    body: object = None,
    *,
    token: str = "",
    ssl: aiohttp.Fingerprint | bool = True,
) -> Reply | Outcome:
    """Ask something, and return what is answered, or that nothing is known.

    No redirect is followed, and no proxy of the environment taken: a token is for one place.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = None if body is None else json.dumps(body)
    try:
        async with (
            asyncio.timeout(ANSWER_SECS),
            session.request(
                method, url, data=sent, ssl=ssl, allow_redirects=False,
                headers={"Content-Type": "application/json", **headers},
            ) as answer,
        ):  # fmt: skip
            return _understood(url, answer.status, await whole(answer, MAX_BYTES))
    except TooLongError as error:
        return Outcome(Result.UNKNOWN, f"{url} {error}")
    except TimeoutError:
        return Outcome(Result.UNKNOWN, f"no answer from {url} within {ANSWER_SECS:g} s")
    except aiohttp.ServerFingerprintMismatch:
        return Outcome(Result.REFUSED, f"{url} shows another certificate than its Lease names: nothing was sent")
    except (aiohttp.ClientError, OSError) as error:
        return Outcome(Result.UNKNOWN, f"no answer from {url}: {printable(str(error))[:MAX_TEXT]}")


def _understood(url: str, status: int, content: bytes) -> Reply | Outcome:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Outcome(Result.UNKNOWN, f"{url} answered {status} and no JSON object")
    return Reply(status, body)
