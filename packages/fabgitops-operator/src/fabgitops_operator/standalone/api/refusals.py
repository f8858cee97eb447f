"""What is refused, as Kubernetes says it: a Status (meta/v1) with code, reason, message and details.

The wording is the API server's where there is one, because clients show it, and some read it.
"""

from collections.abc import Sequence
from typing import Any

from fabgitops_operator.standalone.store import RefusedError, refusal

Cause = tuple[str, str, str]
"""Reason, message and field of a cause."""


def bad_request(message: str) -> RefusedError:
    """Return the refusal of what cannot be understood."""
    return refusal(400, "BadRequest", message)


def not_found(group: str, plural: str, name: str) -> RefusedError:
    """Return the refusal of an object that is not there."""
    return refusal(404, "NotFound", f'{_of(group, plural)} "{name}" not found', _details(group, plural, name))


def no_method() -> RefusedError:
    """Return the refusal of a method that a path does not have."""
    return refusal(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", details={}
    )


def invalid_options(kind: str, causes: Sequence[Cause]) -> RefusedError:
    """Return the refusal of parameters, such as those of a DeleteOptions."""
    told = [f"{field}: {message}" for _reason, message, field in causes]
    listed = [{"reason": reason, "message": message, "field": field} for reason, message, field in causes]
    whole = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    message = f'{kind}.meta.k8s.io "" is invalid: {whole}'
    return refusal(422, "Invalid", message, {"group": "meta.k8s.io", "kind": kind, "causes": listed})


def forbidden(group: str, plural: str, name: str, why: str) -> RefusedError:
    """Return the refusal of what this caller may not do."""
    what = f'{_of(group, plural)} "{name}"' if name else _of(group, plural)
    return refusal(403, "Forbidden", f"{what} is forbidden: {why}", _details(group, plural, name))


def unauthorized(why: str) -> RefusedError:
    """Return the refusal of who does not say who asks."""
    return refusal(401, "Unauthorized", why)


def unsupported_media_type(message: str) -> RefusedError:
    """Return the refusal of a body of this kind."""
    return refusal(415, "UnsupportedMediaType", message)


def expired(message: str, continue_at: str = "") -> RefusedError:
    """Return the refusal of a version that is not remembered any more; a listing may go on from `continue_at`."""
    error = refusal(410, "Expired", message)
    if continue_at:
        error.status["metadata"] = {"continue": continue_at}
    return error


def too_large_version(asked: int, current: int) -> RefusedError:
    """Return the refusal of a version that there was none of yet."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return refusal(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        {"causes": [cause], "retryAfterSeconds": 1},
    )


def _of(group: str, plural: str) -> str:
    return f"{plural}.{group}" if group else plural


def _details(group: str, plural: str, name: str) -> dict[str, Any]:
    return ({"name": name} if name else {}) | ({"group": group} if group else {}) | {"kind": plural}
