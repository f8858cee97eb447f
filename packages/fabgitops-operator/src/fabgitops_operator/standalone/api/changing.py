"""Changes: create, update, patch, delete, of an object, its status, or a whole collection."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from fabgitops_operator.hosting.exchange import JSON, Reply, Request, encoded, warning_headers
from fabgitops_operator.standalone.api.access import Caller
from fabgitops_operator.standalone.api.listing import ROWS
from fabgitops_operator.standalone.api.options import change_options, list_options
from fabgitops_operator.standalone.api.paths import Target
from fabgitops_operator.standalone.api.reading import delete_options, given_object, given_patch
from fabgitops_operator.standalone.api.refusals import unsupported_media_type
from fabgitops_operator.standalone.store import How, Objects, Outcome, RefusedError, Store

_MERGE_ONLY = "JSON patches of Events are taken under events.k8s.io/v1: send it there, or a merge patch here"


class Changing:
    """Carries changes out on the store's objects."""

    def __init__(self, store: Store, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    async def create(self, target: Target, request: Request, caller: Caller) -> Reply:
        """Create an object (POST).

        Raises:
            RefusedError: It is refused.
        """
        served, options = target.served, change_options(request.query, "CreateOptions")
        body, warnings = given_object(request, served, options.validation)
        body = served.stored(body) if served.stored else body
        how = How(caller.actor, "", options.dry_run, options.validation, options.manager, caller.name)
        with _telling(target, warnings):
            done = await self._objects.create(served.resource, target.namespace, body, how)
        return _reply(target, done, warnings)

    async def update(self, target: Target, request: Request, caller: Caller) -> Reply:
        """Put an object, or its status, in the place of what is there (PUT).

        Raises:
            RefusedError: It is refused.
        """
        served, options = target.served, change_options(request.query, "UpdateOptions")
        body, warnings = given_object(request, served, options.validation)
        body = served.stored(body) if served.stored else body
        how = How(caller.actor, target.subresource, options.dry_run, options.validation, options.manager, caller.name)
        with _telling(target, warnings):
            done = await self._objects.replace(served.resource, target.namespace, target.name, body, how)
        return _reply(target, done, warnings)

    async def patch(self, target: Target, request: Request, caller: Caller) -> Reply:
        """Change parts of an object, or of its status (PATCH).

        Raises:
            RefusedError: It is refused.
        """
        served, options = target.served, change_options(request.query, "PatchOptions")
        patch, kind, warnings = given_patch(request, served, options.validation)
        if served.stored:
            if kind == "json":
                raise unsupported_media_type(_MERGE_ONLY)
            patch = served.stored(patch)
        how = How(caller.actor, target.subresource, options.dry_run, options.validation, options.manager, caller.name)
        with _telling(target, warnings):
            done = await self._objects.patch(served.resource, target.namespace, target.name, patch, kind, how)
        return _reply(target, done, warnings)

    async def delete(self, target: Target, request: Request, caller: Caller) -> Reply:
        """Delete an object (DELETE); one that finalizers hold is answered as it stands.

        Raises:
            RefusedError: It is refused.
        """
        options = delete_options(request)
        done = await self._deleted(target, options, caller)
        return _reply(target, done, ()) if not done.gone else Reply(200, encoded(_success(target, done)))

    async def delete_all(self, target: Target, request: Request, caller: Caller) -> Reply:
        """Delete what a selector takes of a collection, one after the other, and answer with what it was.

        Raises:
            RefusedError: One of them is refused; those before it are gone.
        """
        served, options = target.served, delete_options(request)
        selected = list_options(request.query, served).selected
        records = self._store.list(served.resource, target.namespace or None)
        gone: list[bytes] = []
        for looked, record in enumerate(records, 1):
            if looked % ROWS == 0:
                await asyncio.sleep(0)
            if not selected.takes(record):
                continue
            try:
                await self._deleted(replace(target, namespace=record.namespace, name=record.name), options, caller)
            except RefusedError as error:
                if error.status.get("code") != 404:  # somebody else was faster
                    raise
            gone.append(served.body(record))
        start = f'{{"apiVersion":"{served.group_version}","kind":"{served.kind}List","metadata":'
        metadata = encoded({"resourceVersion": str(self._store.version)})
        return Reply(200, start.encode() + metadata + b',"items":[' + b",".join(gone) + b"]}", JSON)

    async def _deleted(self, target: Target, options: dict[str, Any], caller: Caller) -> Outcome:
        how = How(caller.actor, "", bool(options.get("dryRun")))
        with _telling(target):
            return await self._objects.delete(target.served.resource, target.namespace, target.name, options, how)


@contextmanager
def _telling(target: Target, warnings: Iterable[str] = ()) -> Iterator[None]:
    """Have a refusal tell what was found in reading, too, and name the resource as it was asked for."""
    try:
        yield
    except RefusedError as error:
        error.warnings = (*warnings, *error.warnings)
        _rename(error.status, target)
        raise


def _rename(status: dict[str, Any], target: Target) -> None:
    served, stored = target.served, target.served.resource
    if served.group != stored.group and (details := status.get("details")):
        status["message"] = status["message"].replace(f"{stored.plural}.{stored.group}", served.plural)
        status["details"] = {name: value for name, value in details.items() if name != "group"}


def _reply(target: Target, done: Outcome, warnings: Iterable[str]) -> Reply:
    headers = warning_headers((*warnings, *done.warnings))
    return Reply(201 if done.created else 200, target.served.rewritten(done.body), JSON, headers)


def _success(target: Target, done: Outcome) -> dict[str, Any]:
    served, metadata = target.served, json.loads(done.body)["metadata"]
    details = {"name": target.name} | ({"group": served.group} if served.group else {})
    details |= {"kind": served.plural, "uid": metadata["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
