"""What the API server answers, or whoever stands before it, told apart by what can be done about it.

Only what the API server itself says of an object is believed: a Status (meta/v1) that names it. A proxy, a gateway or a
login page answers 404, 403 or 302 as well, and means something of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx2
from fabgitops_core.codec.texts import printable

from fabgitops_operator.hosting.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Outdated,
    Rejected,
    TooLarge,
    Unavailable,
)

MAX_TEXT = 400
"""Characters that are told of an answer: a web page of a proxy is no message."""

MAX_PAUSE_SECS = 60.0
"""The longest pause that an answer can ask for."""

_STORE_IS_TOO_SMALL = ("etcdserver: request is too large", "trying to send message larger than max")
"""How the API server passes on that etcd refused the size: with a 500."""


@contextmanager
def answers(doing: str, *names: str) -> Iterator[None]:
    """Tell what goes wrong in the block as one of ours.

    Args:
        doing: What is done there, for the message.
        *names: The objects whose absence a 404 can tell; none: the kind's.

    Raises:
        ApiError: It went wrong.
    """
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise _answered(error.response, doing, names) from error
    except httpx2.HTTPError as error:
        why = line(str(error)) or type(error).__name__
        raise Unavailable(f"{doing}: the API server cannot be reached: {why}", "unreachable") from error
    except UnicodeEncodeError:
        raise  # of what we sent
    except (ValueError, KeyError, TypeError) as error:  # over a body that is none, or of no word on what it is
        answer = error.__context__
        if isinstance(answer, httpx2.HTTPStatusError):
            raise _answered(answer.response, doing, names) from error
        raise Unavailable(f"{doing}: {_NOT_OURS} (it makes no sense: {line(str(error))})", "unavailable") from error


def line(text: str) -> str:
    """Return a text as one line of bounded length without control characters."""
    text = printable(" ".join(text.split()))
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


_NOT_OURS = "the answer is not one of an API server, but of something on the way to it"


def _answered(response: httpx2.Response, doing: str, names: tuple[str, ...]) -> ApiError:
    status = _status(response)
    if status is None:
        return _foreign(response, doing, names)
    code, text = response.status_code, line(f"{doing}: {status.get('message') or status.get('reason') or ''}")
    pause = _pause(response, status)
    if _is_gone(code, status, names):
        return Gone(text, "gone")
    if code in {401, 403}:
        return Forbidden(text, "forbidden", pause)
    if code == 413 or _outgrew_the_store(code, status):
        return TooLarge(text, "rejected")
    if code == 409:
        return Conflict(text, "unavailable", pause)
    if code == 410:
        return Outdated(text, "unavailable", pause)
    if code in {404, 429} or code >= 500:  # 404: of something else than what was asked for
        return Unavailable(text, "unavailable", pause)
    return Rejected(text, "rejected")


def _status(response: httpx2.Response) -> Mapping[str, Any] | None:
    """Return the Status that an API server answers with, of anybody else nothing."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and (body.get("kind"), body.get("apiVersion")) == ("Status", "v1") else None


def _details(status: Mapping[str, Any]) -> Mapping[str, Any]:
    details = status.get("details")
    return details if isinstance(details, dict) else {}


class Cause(NamedTuple):
    """One of the causes that a Status gives: its reason in one word, of which field, and a text."""

    reason: str
    field: str
    message: str


def causes(response: httpx2.Response) -> tuple[Cause, ...]:
    """Return the causes that a Status gives."""
    found = _details(_status(response) or {}).get("causes")
    told = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return tuple(Cause(*(str(each.get(part) or "") for part in Cause._fields)) for each in told)


def reason(response: httpx2.Response) -> str:
    """Return the reason that a Status gives, in one word such as AlreadyExists."""
    return str((_status(response) or {}).get("reason") or "")


def says_of_nothing(response: httpx2.Response) -> bool:
    """Return whether a Status has details, and they say nothing: neither of what it is, nor why."""
    status = _status(response)
    return status is not None and status.get("details") == {}


def shown(answer: Any, name: str, uid: str = "") -> Mapping[str, Any]:
    """Return an answer that shows the object of this name; nothing else says that it is stored, whatever its code.

    Raises:
        ValueError: It shows none, or another.
    """
    body: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    metadata = body.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("name") != name or not metadata.get("resourceVersion"):
        raise ValueError(f"it does not show {name}")
    if uid and metadata.get("uid") != uid:
        raise ValueError(f"it shows another {name}")
    return body


def drafted(answer: Any, kind: str) -> Mapping[str, Any]:
    """Return an answer that shows an object of a kind as it would be stored, which has no version yet.

    Raises:
        ValueError: It shows none.
    """
    body: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    if body.get("kind") != kind or not isinstance(body.get("metadata"), Mapping):
        raise ValueError(f"it does not show a {kind}")
    return body


def done(answer: Any) -> bool:
    """Return whether an answer says of a deletion that it is done, and shows no object."""
    return isinstance(answer, dict) and (answer.get("kind"), answer.get("status")) == ("Status", "Success")


def _is_gone(code: int, status: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    causes = _details(status).get("causes")
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "NamespaceTerminating":
            return True  # told as 403, and no right would help
    if code != 404 or status.get("reason") != "NotFound":
        return False
    return not names or _details(status).get("name") in names


def _outgrew_the_store(code: int, status: Mapping[str, Any]) -> bool:
    message = str(status.get("message"))
    return code >= 500 and any(text in message for text in _STORE_IS_TOO_SMALL)


def _pause(response: httpx2.Response, status: Mapping[str, Any]) -> float:
    """Return how long to wait before the next request, of a date nothing: API servers give seconds."""
    for given in (response.headers.get("Retry-After"), _details(status).get("retryAfterSeconds")):
        if re.fullmatch(r"[0-9]{1,9}", str(given)):
            return min(float(str(given)), MAX_PAUSE_SECS)
    return 0.0


def _foreign(response: httpx2.Response, doing: str, names: tuple[str, ...]) -> ApiError:
    """Return what an answer means that is no Status: the API server's own only of a path that it does not serve."""
    code = response.status_code
    if code == 404 and not names and "Audit-Id" in response.headers:
        return Gone(f"{doing}: the API server does not serve this kind", "gone")
    what = response.headers.get("Location") or response.headers.get("Content-Type") or "no word on what it is"
    text = line(f"{doing}: {_NOT_OURS}: {code} {response.reason_phrase} ({what}): {response.text}")
    if code == 413:
        return TooLarge(text, "rejected")
    return Unavailable(text, "unavailable", _pause(response, {}))
