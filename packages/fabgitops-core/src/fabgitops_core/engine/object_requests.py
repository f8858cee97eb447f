"""Carries out requests for objects.

Those that resources own are applied and deleted, these and those that they regard are patched, and those that they lead
are annotated.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Annotate, Apply, Delete, Draft, Patch, Request
from fabgitops_core.control.events import (
    Annotated,
    AnnotateFailed,
    Applied,
    ApplyFailed,
    Deleted,
    DeleteFailed,
    Drafted,
    DraftFailed,
    Event,
    Patched,
    PatchFailed,
)
from fabgitops_core.control.holding import HELD_SECS
from fabgitops_core.control.objects import Child, ObjectFailure, ObjectFailureKind, Watched
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.families import Families, owner_of
from fabgitops_core.engine.family import Family
from fabgitops_core.engine.object_errors import Gone, ObjectError, Taken, Withdrawn
from fabgitops_core.engine.performing import Clearance, OwnPerformer
from fabgitops_core.engine.ports import Host, Objects, Stored

RECORD_SECS = 10.0
"""How long what is to be recorded waits for that to be stored; without a record it is not done."""

UNTOLD = "what it follows from could not be stored in the status yet, and nothing is annotated without that"
UNMADE = "what is to be made could not be stored in the status yet, and nothing is made without that"
UNPATCHED = "what is to be changed could not be stored in the status yet, and nothing is patched without that"
UNRECORDED = "what is to be deleted could not be stored in the status yet, and nothing is deleted without that"
STRANGER = "it is not known as one that belongs to this resource"


Seen = Callable[[Mapping[str, Any]], Child]


class ObjectRequests:
    """Applies and deletes what resources own, patches that and what they regard, and annotates what they lead.

    Args:
        objects: Where objects are kept.
        families: What is known of them.
        host: Where it is stored what is to be done.
        clearance: Says whether something may be changed now.
        wake: Lets a resource be looked at after so many seconds.
        now: The time of day.
    """

    def __init__(
        self,
        objects: Objects,
        families: Families,
        host: Host,
        clearance: Clearance,
        wake: Callable[[Key, float], None],
        now: Callable[[], datetime],
    ) -> None:
        self._objects = objects
        self._families = families
        self._views = families.views
        self._host = host
        self._clearance = clearance
        self._wake = wake
        self._now = now

    def performers(self) -> dict[type[Request], OwnPerformer]:
        """Return by its type what carries out a request."""
        return {
            Apply: self.apply,
            Draft: self.draft,
            Delete: self.delete,
            Patch: self.patch,
            Annotate: self.annotate,
        }

    async def apply(self, entry: Entry, request: Apply) -> Event:
        """Apply an object that the resource owns; what came of it is known to its family at once.

        Raises:
            ValueError: If it would not be the resource's own: a fault of who decides.
        """
        body = request.object
        watched, family = _own(entry, body)
        key = Key(watched.kind.name, body["metadata"]["namespace"], body["metadata"]["name"])
        if request.recorded and not await self._is_recorded(entry):
            return ApplyFailed(self._now(), key, ObjectFailure(ObjectFailureKind.HELD, UNMADE))
        asking = _Asking(self._clearance, entry, request)
        with self._families.under_way():
            try:
                applied = await self._objects.apply(body, force=request.force, uid=request.uid, wanted=asking)
            except Taken as error:
                return ApplyFailed(self._now(), key, _taken(entry, watched, family, error))
            except ObjectError as error:
                return ApplyFailed(self._now(), key, asking.failure(error))
            child = watched.seen(applied.body)
            family.take(entry.key, child, ours=True)
            self._regarded(entry, key, applied.body)
        return Applied(self._now(), child, applied.created)

    async def draft(self, entry: Entry, request: Draft) -> Event:
        """Ask what would be stored of an object that the resource would own; nobody comes to know of it.

        Raises:
            ValueError: If it would not be the resource's own: a fault of who decides.
        """
        body = request.object
        watched, _ = _own(entry, body)
        asking = _Asking(self._clearance, entry, request)
        try:
            stored = await self._objects.draft(body, wanted=asking)
        except ObjectError as error:
            key = Key(watched.kind.name, body["metadata"]["namespace"], body["metadata"]["name"])
            return DraftFailed(self._now(), key, asking.failure(error))
        return Drafted(self._now(), watched.seen(stored))

    async def delete(self, entry: Entry, request: Delete) -> Event:
        """Delete an object that the resource owns, and that still is as it was when that was decided.

        Raises:
            ValueError: If the resource owns nothing: a fault of who decides.
        """
        key, uid, family = request.key, request.uid, entry.family
        if family is None:
            raise ValueError(f"{entry.key} owns nothing, and would delete {key}")
        if request.recorded and not await self._is_recorded(entry):
            return DeleteFailed(self._now(), key, ObjectFailure(ObjectFailureKind.HELD, UNRECORDED))
        child = family.child(entry.key, key)
        if child is None or child.uid != uid:
            return DeleteFailed(self._now(), key, ObjectFailure(ObjectFailureKind.GONE, STRANGER))
        asking = _Asking(self._clearance, entry, request)
        try:
            await self._objects.delete(key, uid, request.version, wanted=asking)
        except Gone:
            self._families.lost(key, uid)
        except ObjectError as error:
            return DeleteFailed(self._now(), key, asking.failure(error))
        else:
            family.leaving(entry.key, key, uid)
        return Deleted(self._now(), key, uid)

    async def patch(self, entry: Entry, request: Patch) -> Event:
        """Patch an object that the resource owns or regards; what came of it is known at once."""
        key, uid = request.key, request.uid
        if request.recorded and not await self._is_recorded(entry):
            return PatchFailed(self._now(), key, ObjectFailure(ObjectFailureKind.HELD, UNPATCHED))
        seen = self._seen_by(entry, key, uid)
        if seen is None:
            return PatchFailed(self._now(), key, ObjectFailure(ObjectFailureKind.GONE, STRANGER))
        asking = _Asking(self._clearance, entry, request)
        with self._families.under_way():
            try:
                body = await self._patched(request, asking)
            except ObjectError as error:
                if isinstance(error, Gone):
                    self._families.lost(key, uid)
                return PatchFailed(self._now(), key, asking.failure(error))
            self._owned(entry, key, body)
            self._regarded(entry, key, body)
        return Patched(self._now(), seen(body))

    async def _patched(self, request: Patch, asking: "_Asking") -> Mapping[str, Any]:
        """Patch an object, and return it as it is then; a subresource does not show it, so it is looked at.

        Raises:
            ObjectError: It was not patched, or it is not known how it stands.
        """
        how = {"part": request.part} if request.part else {}
        body = await self._objects.patch(request.key, request.uid, request.steps, request.version, wanted=asking, **how)
        if request.part:
            body = await self._objects.look(request.key) or {}
        if not body:
            raise Gone(f"{request.key.kind} {request.key} is gone")
        return body

    def _seen_by(self, entry: Entry, key: Key, uid: str) -> Seen | None:
        """Return what makes a record of an object of a uid, if it is known as one that the resource owns or regards."""
        owned = entry.family.child(entry.key, key) if entry.family is not None else None
        if owned is not None and owned.uid == uid:
            return next(each.seen for each in entry.owns if each.kind.name == key.kind)
        viewed = self._views.child(entry.key, key)
        return entry.views[key.kind].seen if viewed is not None and viewed.uid == uid else None

    def _owned(self, entry: Entry, key: Key, body: Mapping[str, Any]) -> None:
        """Take an object as a request has made it, where it is the resource's own by its label, or has been."""
        watched = next((each for each in entry.owns if each.kind.name == key.kind), None)
        if watched is None or entry.family is None:
            return
        child = watched.seen(body)
        if owner_of(watched, body) == entry.key:
            entry.family.take(entry.key, child, ours=True)
        else:
            entry.family.lost(key, child.uid)

    def _regarded(self, entry: Entry, key: Key, body: Mapping[str, Any]) -> None:
        """Take an object as a request has made it for those who regard it; the others among them are told."""
        if (viewed := entry.views.get(key.kind)) is not None:
            with self._views.told_by(entry.key):
                self._families.take(viewed, body)

    async def annotate(self, entry: Entry, request: Annotate) -> Event:
        """Annotate an object of a uid, when it is time, and where what it follows from is stored."""
        key = request.key
        if request.after > 0:
            await asyncio.sleep(request.after)
        if request.recorded and not await self._is_recorded(entry):
            return AnnotateFailed(self._now(), key, ObjectFailure(ObjectFailureKind.HELD, UNTOLD))
        asking = _Asking(self._clearance, entry, request)
        try:
            await self._objects.annotate(key, request.uid, request.annotations, wanted=asking)
        except ObjectError as error:
            return AnnotateFailed(self._now(), key, asking.failure(error))
        return Annotated(self._now(), key)

    async def _is_recorded(self, entry: Entry) -> bool:
        """Return whether what a resource published last is stored; else it is woken to try again."""
        if await self._host.stored(entry.key, RECORD_SECS) is Stored.YES:
            return True
        self._wake(entry.key, HELD_SECS)
        return False


class _Asking:
    """Whether a request may be sent, asked as `wanted` of the port when its turn has come; `why` is what it is not."""

    __slots__ = ("_clearance", "_entry", "_request", "why")

    def __init__(self, clearance: Clearance, entry: Entry, request: Request) -> None:
        self._clearance = clearance
        self._entry = entry
        self._request = request
        self.why = ""

    def __call__(self) -> bool:
        self.why = self._clearance.why_not(self._entry, self._request)
        return not self.why

    def failure(self, error: ObjectError) -> ObjectFailure:
        """Return what a controller is told of a request that did not succeed."""
        return replace(error.failure, message=self.why) if isinstance(error, Withdrawn) else error.failure


def _taken(entry: Entry, watched: Watched, family: Family, error: Taken) -> ObjectFailure:
    """Return what a controller is told of a name that is taken; what has it may be its own, and new to it."""
    if error.stands is None:
        return error.failure
    stands = watched.seen(error.stands)
    if owner_of(watched, error.stands) == entry.key:
        family.take(entry.key, stands)
    return replace(error.failure, stands=stands)


def _own(entry: Entry, body: Mapping[str, Any]) -> tuple[Watched, Family]:
    """Return what watches an object, which must come to be known as one of the resource's own."""
    for watched in entry.owns:
        if watched.kind.matches(body) and owner_of(watched, body) == entry.key and entry.family is not None:
            return watched, entry.family
    raise ValueError(f"{entry.key} would apply what is not its own: {body.get('kind')} {body.get('metadata')}")
