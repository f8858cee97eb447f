"""What fabctl asks of the fleet brake without a cluster: one ConfigMap to look at, and to add a word to.

It is on no list of what is served: kubectl finds no ConfigMaps here.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.exchange import encoded
from fabgitops_operator.standalone.api.access import Access, Role
from fabgitops_operator.standalone.api.refusals import (
    bad_request,
    forbidden,
    no_method,
    not_found,
    unsupported_media_type,
)
from fabgitops_operator.standalone.brake import NAME, NAMESPACE, FileBrake, as_config_map
from fabgitops_operator.standalone.store import RefusedError, refusal

_ALL = "/api/v1/configmaps"
_THERE = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
_WORDS = {"release", "releaseBy", "releaseReason"}
_MERGE = "application/merge-patch+json"


def brake_pages(brake: FileBrake, access: Access) -> list[web.RouteDef]:
    """Return the pages, which are guarded as the API is; to change anything takes the role operate."""

    async def listed(_request: web.Request) -> dict[str, Any]:
        found = await as_config_map(brake)
        metadata = {"resourceVersion": found["metadata"]["resourceVersion"] if found else "0"}
        return {"apiVersion": "v1", "kind": "ConfigMapList", "metadata": metadata, "items": [found] if found else []}

    async def shown(_request: web.Request) -> dict[str, Any]:
        found = await as_config_map(brake)
        if found is None:
            raise not_found("", "configmaps", NAME)
        return found

    async def changed(request: web.Request) -> dict[str, Any]:
        caller = access.caller(request.headers.get("authorization", ""))
        if not caller.may(Role.OPERATE):
            why = (
                f'User "{caller.name}" cannot patch it: it takes the role operate, and this one is {caller.role.value}'
            )
            raise forbidden("", "configmaps", NAME, why)
        if request.content_type != _MERGE:
            raise unsupported_media_type(f"the body of the request was in an unknown format: {_MERGE} is taken")
        if not await brake.let_go(_words(await request.read())):
            raise not_found("", "configmaps", NAME)
        return await shown(request)

    one = f"{_THERE}/{NAME}"
    routes = [web.get(_ALL, _answering(listed)), web.get(_THERE, _answering(listed)), web.get(one, _answering(shown))]
    return [*routes, web.patch(one, _answering(changed)), *_no_others(one)]


def _no_others(one: str) -> list[web.RouteDef]:
    async def refused(_request: web.Request) -> dict[str, Any]:
        raise no_method()

    return [web.route(method, one, _answering(refused)) for method in ("PUT", "POST", "DELETE")]


def _words(body: bytes) -> Mapping[str, str]:
    try:
        data = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise bad_request("a merge patch of data is expected") from None
    if not isinstance(data, dict) or not data or not all(isinstance(each, str) for each in data.values()):
        raise bad_request("a merge patch of data is expected, with texts in it")
    if unknown := sorted(data.keys() - _WORDS):
        message = f"of the brake only {', '.join(sorted(_WORDS))} may be written from outside, not {', '.join(unknown)}"
        raise refusal(422, "Invalid", message)
    return data


def _answering(
    page: Callable[[web.Request], Awaitable[dict[str, Any]]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a page whose refusals are answered as the API does."""

    async def handle(request: web.Request) -> web.Response:
        try:
            status, body = 200, await page(request)
        except RefusedError as error:
            status, body = int(error.status["code"]), dict(error.status)
        except ApiError as error:
            status, body = 503, dict(refusal(503, "ServiceUnavailable", str(error)).status)
        return web.Response(status=status, body=encoded(body), content_type="application/json")

    return handle
