"""What is refused: {error, code}; what the API server says is told with the names that fields have here: pure."""

import re
from collections.abc import Mapping
from typing import Any

from fabgitops_operator.facade.routes import Route
from fabgitops_operator.hosting.exchange import Reply, said

_MEANS = {422: 400, 500: 502, 501: 502}
"""Codes of the API server that are told as another: what the schema refuses is a bad request here, what failed behind us is none of ours."""  # noqa: E501

_LONGEST = 2000


class RefusedError(Exception):
    """A request is refused.

    Args:
        code: The status.
        text: Why, and the way out.
        headers: Further headers of the answer.
    """

    def __init__(self, code: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(text)
        self.code = code
        self.headers = headers

    @property
    def reply(self) -> Reply:
        """Return the answer."""
        made = said({"error": str(self), "code": self.code}, self.code)
        return Reply(made.status, made.body, headers=self.headers)


def by_status(code: int, body: Any, route: Route, retry_after: str = "") -> RefusedError:
    """Return the refusal that an answer of the API server means.

    Args:
        code: Its status.
        body: What it holds, decoded; None where it is no JSON.
        route: What was asked for.
        retry_after: Its header of that name.
    """
    if not isinstance(body, dict) or (body.get("kind"), body.get("apiVersion")) != ("Status", "v1"):
        return _foreign(code, route)
    told = _MEANS.get(code, code)
    headers = (("Retry-After", retry_after),) if retry_after.isdigit() and told in {429, 503} else ()
    if told == 401:
        headers = (("WWW-Authenticate", "Bearer"),)
    text = _causes(body, route) or _here(str(body.get("message") or body.get("reason") or ""), route)
    return RefusedError(told, text[:_LONGEST], headers)


def _foreign(code: int, route: Route) -> RefusedError:
    if code == 404:
        crd = route.kind.crd_name
        text = f"the API server does not serve {crd}: its definition is not installed"
        return RefusedError(503, text, (("Retry-After", "10"),))
    return RefusedError(502, f"what answered {code} is no API server, but something on the way to it")


def _causes(status: Mapping[str, Any], route: Route) -> str:
    """Return what is wrong with each field, or nothing where the answer tells of none."""
    details = status.get("details")
    causes = details.get("causes") if status.get("reason") == "Invalid" and isinstance(details, dict) else None
    if not isinstance(causes, list):
        return ""
    of_fields = [each for each in causes if isinstance(each, dict) and each.get("field") not in {None, "", "<nil>"}]
    told = of_fields or [each for each in causes if isinstance(each, dict)]  # the others say that not all was looked at
    return "; ".join(dict.fromkeys(_cause(each, route) for each in told))


def _cause(cause: Mapping[str, Any], route: Route) -> str:
    field = _here(str(cause.get("field") or ""), route)
    message = _here(str(cause.get("message") or ""), route)
    return message if field in {"", "<nil>"} or message.startswith(field) else f"{field}: {message}"


def _here(text: str, route: Route) -> str:
    """Return a text of the API server with the fields named as they are here."""
    for ref in route.refs:
        text = re.sub(rf"\bspec\.{ref.kept}(\.name)?\b", ref.field, text)
    text = re.sub(r"\bmetadata\.(name|labels|annotations)\b", r"\1", text)
    return re.sub(r"\bspec\.(?=\w)", "", text)
