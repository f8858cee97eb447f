"""Requests of the Kubernetes API of which lightkube tells too little: whether one made an object, and a watch's pages.

They go the same way as all others, and what goes wrong is told apart as everywhere (`answers`).
"""

import json
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, NamedTuple

import httpx2
from fabgitops_core.api.kinds import Kind
from fabgitops_core.codec.texts import printable

from fabgitops_operator.cluster.answers import MAX_TEXT, answers
from fabgitops_operator.cluster.kubeconfig.access import Access
from fabgitops_operator.cluster.transport import Transport
from fabgitops_operator.hosting.errors import Gone, Outdated, Unavailable
from fabgitops_operator.hosting.ports import Body

PAGE = 500
"""Objects in one page of a listing."""

ANSWER_SECS = 40.0
"""How long an answer may take: an API server waits up to 30 s for an admission webhook."""

SILENCE_SECS = 90.0
"""How long a watch may be silent before it is asked for anew: an API server sends a bookmark each minute."""

WATCH_SECS = 300, 600
"""Between which times an API server is asked to end a watch, so that not all end at once."""

_APPLY = {"Content-Type": "application/apply-patch+yaml"}
_PATCH = {"Content-Type": "application/json-patch+json"}
_MERGE = {"Content-Type": "application/merge-patch+json"}


class Change(NamedTuple):
    """One change that a watch tells of: ADDED, MODIFIED, DELETED, or BOOKMARK, which only says the version by now."""

    what: str
    body: Body
    version: str


class Rest:
    """Requests by kind, namespace and name; each raises `hosting.errors.ApiError`, but where it says otherwise."""

    def __init__(self, access: Access) -> None:
        """Prepare to connect; nothing is sent yet."""
        self._client = httpx2.AsyncClient(
            transport=Transport(access), base_url=access.cluster.server, timeout=httpx2.Timeout(ANSWER_SECS, connect=10)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def apply(self, kind: Kind, body: Body, manager: str, *, force: bool) -> httpx2.Response:
        """Send a server-side apply, and return the answer, whatever it is; 201 says that the object is new.

        Raises:
            httpx2.HTTPError: There is no answer.
        """
        metadata = body["metadata"]
        asked = {"fieldManager": manager, "force": str(force).lower()}
        url = _url(kind, metadata["namespace"], metadata["name"])
        return await self._client.patch(url, params=asked, content=json.dumps(dict(body)), headers=_APPLY)

    async def draft(self, kind: Kind, body: Body, manager: str) -> httpx2.Response:
        """Ask what would be stored of a new object (`dryRun=All`), and return the answer, whatever it is.

        Raises:
            httpx2.HTTPError: There is no answer.
        """
        asked = {"fieldManager": manager, "dryRun": "All"}
        return await self._client.post(_url(kind, body["metadata"]["namespace"]), params=asked, json=dict(body))

    async def merge(self, kind: Kind, namespace: str, name: str, patch: Body, manager: str) -> httpx2.Response:
        """Send a merge patch, and return the answer, whatever it is; one that names a uid is for no other object.

        Raises:
            httpx2.HTTPError: There is no answer.
        """
        content = json.dumps(dict(patch))
        return await self._client.patch(
            _url(kind, namespace, name), params={"fieldManager": manager}, content=content, headers=_MERGE
        )

    async def patch(
        self, kind: Kind, namespace: str, name: str, steps: Sequence[Body], manager: str, part: str = ""
    ) -> httpx2.Response:
        """Send a JSON patch (RFC 6902), of an object or of a subresource, and return the answer, whatever it is.

        Raises:
            httpx2.HTTPError: There is no answer.
        """
        content = json.dumps([dict(step) for step in steps])
        url = f"{_url(kind, namespace, name)}/{part}" if part else _url(kind, namespace, name)
        return await self._client.patch(url, params={"fieldManager": manager}, content=content, headers=_PATCH)

    async def delete(
        self, kind: Kind, namespace: str, name: str, uid: str, version: int = 0, grace: int | None = None
    ) -> httpx2.Response:
        """Delete the object of this uid, not another of its name, and return the answer, whatever it is.

        With a `version` it must have that resourceVersion; a pod has `grace` seconds to end in, its own without.

        Raises:
            httpx2.HTTPError: There is no answer.
        """
        conditions = {"uid": uid, **({"resourceVersion": str(version)} if version else {})}
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": conditions}
        options |= {} if grace is None else {"gracePeriodSeconds": grace}
        return await self._client.request(
            "DELETE", _url(kind, namespace, name), json={**options, "propagationPolicy": "Background"}
        )

    async def evict(self, kind: Kind, namespace: str, name: str, uid: str, grace: int | None = None) -> httpx2.Response:
        """Evict the pod of this uid, and return the answer, whatever it is; 429 says that a budget refuses it.

        Raises:
            httpx2.HTTPError: There is no answer.
        """
        options: dict[str, Any] = {"preconditions": {"uid": uid}}
        options |= {} if grace is None else {"gracePeriodSeconds": grace}
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, "deleteOptions": options}
        return await self._client.post(f"{_url(kind, namespace, name)}/eviction", json=body)

    async def get(self, kind: Kind, namespace: str, name: str) -> Body | None:
        """Return an object; None where there is none of the name."""
        try:
            with answers(f"reading {kind.singular} {namespace}/{name}", name, namespace):
                return _found(await self._client.get(_url(kind, namespace, name)))
        except Gone:
            return None

    async def page(self, kind: Kind, namespace: str | None, selector: str, token: str) -> Body:
        """Return a page of a listing, as the API server has it: the first, or (`token`) the one that follows.

        It raises Gone when the kind is not installed, Unavailable when the token is too old.
        """
        asked: dict[str, Any] = {"limit": PAGE, "labelSelector": selector, "continue": token}
        with answers(f"listing {kind.plural}"):
            return _found(await self._client.get(_url(kind, namespace), params=_said(asked)), listing=True)

    async def changes(
        self, kind: Kind, namespace: str | None, selector: str, since: str
    ) -> AsyncGenerator["Change | None", None]:
        """Yield None when the API server has begun to tell of changes since a resourceVersion, then each change.

        It ends when the API server wants that, and when nothing was heard for long: whoever asks anew knows more.
        """
        secs = random.randint(*WATCH_SECS)  # noqa: S311 - no secret
        asked = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": secs}
        params = _said({**asked, "labelSelector": selector, "resourceVersion": since})
        patience = httpx2.Timeout(ANSWER_SECS, connect=10, read=SILENCE_SECS)
        with answers(f"watching {kind.plural}"):
            async with self._client.stream("GET", _url(kind, namespace), params=params, timeout=patience) as response:
                if response.status_code != 200:
                    await response.aread()
                response.raise_for_status()
                yield None
                try:
                    async for line in response.aiter_lines():
                        yield _change(line)
                except httpx2.ReadTimeout:
                    return


def _change(line: str) -> Change:
    """Read a line of a watch.

    Raises:
        ApiError: It tells of an error; Outdated where the version is too old.
        ValueError: It makes no sense, nor does a KeyError or TypeError.
    """
    told = json.loads(line)
    what, body = told["type"], told["object"]
    if what == "ERROR":
        error = Outdated if body["code"] == 410 else Unavailable
        raise error(f"the watch broke off: {printable(str(body.get('message')))[:MAX_TEXT]}", "unavailable")
    return Change(what, body, body["metadata"]["resourceVersion"])


def _said(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that say something."""
    return {name: value for name, value in parameters.items() if value}


def _found(response: httpx2.Response, *, listing: bool = False) -> Body:
    """Return the object, or the list of objects, that an answer shows.

    Raises:
        httpx2.HTTPStatusError: It is a refusal.
        ValueError: It shows none.
    """
    response.raise_for_status()
    body = response.json()
    if not isinstance(body, dict) or "metadata" not in body or isinstance(body.get("items"), list) is not listing:
        raise ValueError("it does not show what was asked for")
    return body


def _url(kind: Kind, namespace: str | None, name: str = "") -> str:
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"/{'apis' if kind.group else 'api'}/{kind.api_version}{within}/{kind.plural}" + (f"/{name}" if name else "")
