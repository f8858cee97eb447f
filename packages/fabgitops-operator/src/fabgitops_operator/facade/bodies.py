"""What the body of a request says: an object, or a patch: pure."""

from collections.abc import Callable, Mapping
from typing import Any

from fabgitops_operator.facade import patching
from fabgitops_operator.facade.refusing import RefusedError
from fabgitops_operator.hosting.exchange import JSON, Request
from fabgitops_operator.hosting.strict_json import parsed

Object = dict[str, Any]


def flat(request: Request) -> Object:
    """Return the object of a request.

    Raises:
        RefusedError: It is none (400), or of another type (415).
    """
    if request.media_type != JSON:
        raise RefusedError(415, f"the body must be {JSON}, by its Content-Type")
    value = _json(request.body)
    if not isinstance(value, dict):
        raise RefusedError(400, "the body must be an object")
    return value


def patch(request: Request) -> Callable[[Mapping[str, Any]], Object]:
    """Return what carries the patch of a request out.

    Raises:
        RefusedError: It is no JSON (400), or of a type that is not taken (415).
    """
    carry_out = patching.BY_TYPE.get(request.media_type)
    if carry_out is None:
        raise RefusedError(415, f"the body must be a patch, by its Content-Type: {', '.join(patching.BY_TYPE)}")
    value = _json(request.body)
    return lambda target: carry_out(target, value)


def _json(body: bytes) -> Any:
    try:
        value, twice = parsed(body)
    except ValueError as error:
        raise RefusedError(400, f"the body is no JSON: {error}") from None
    if twice:
        raise RefusedError(400, f"the body gives a field twice: {', '.join(twice)}")
    return value
