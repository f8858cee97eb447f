"""What is told of the source: one line in the log and one Event for each thing that happens."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from fabgitops_core.codec.texts import printable

from fabgitops_operator.hosting.errors import ApiError
from fabgitops_operator.hosting.ports import Events
from fabgitops_operator.standalone.source.manifests import Name
from fabgitops_operator.standalone.source.plan import Plan
from fabgitops_operator.standalone.source.reading import DEFAULT_NAMESPACE
from fabgitops_operator.standalone.source.standing import Matter, Why
from fabgitops_operator.standalone.source.tree import Revision
from fabgitops_operator.standalone.source.troubles import Trouble
from fabgitops_operator.standalone.store import Record

MOST_EVENTS = 100
"""Objects of one revision that get an Event of their own when they are let go of."""

MOST_NAMED = 20
"""Objects of others that are named in the log."""

MAX_NOTE = 1024
"""Bytes of a note in UTF-8 that the API takes."""

_REASONS = {Why.AWAY: "SourceAway", Why.REFUSED: "RevisionRefused", Why.HELD: "RevisionHeld"}
_WHERE = {"apiVersion": "v1", "kind": "Namespace", "name": DEFAULT_NAMESPACE}
"""What Events of the source as a whole are about: there is no object for it."""

log = logging.getLogger(__name__)


class Teller:
    """Tells of the source; an Event that cannot be stored is in the log all the same."""

    def __init__(self, events: Events, where: str) -> None:
        self._events = events
        self._where = where

    async def taken(self, revision: Revision, plan: Plan, gone: Sequence[Record]) -> None:
        """Tell that a revision is in force, and of each object that is no longer looked at."""
        said = f"revision {revision.short} of {self._where} is in force: {plan}"
        log.info("%s", said)
        await self._event("RevisionTaken", "Normal", said, _WHERE)
        if revision.remark:
            log.warning("%s: %s", self._where, revision.remark)
            await self._event("BranchWentBack", "Warning", revision.remark, _WHERE)
        for record in gone[:MOST_EVENTS]:
            name = Name(record.resource.kind, record.namespace, record.name)
            said = f"revision {revision.short} does not name it: it is no longer looked at, and holds what it held"
            log.info("%s: %s", name, said)
            await self._event("LetGo", "Normal", said, _regarding(record))
        if len(gone) > MOST_EVENTS:
            log.info("%d more are no longer looked at", len(gone) - MOST_EVENTS)

    async def matter(self, matter: Matter) -> None:
        """Tell what is the matter."""
        log.warning("source %s: %s", self._where, matter)
        await self._event(_REASONS[matter.why], "Warning", str(matter), _WHERE)

    async def back(self, matter: Matter) -> None:
        """Tell that something is the matter no longer."""
        said = "the source can be read again" if matter.why is Why.AWAY else "the source names what is in force"
        log.info("source %s: %s, after %s since %s", self._where, said, matter.why, matter.since)
        await self._event("SourceBack", "Normal", f"{said}, after {matter.why} since {matter.since}", _WHERE)

    def passed_over(self, what: Sequence[str]) -> None:
        """Tell what stands in the source and is none of our business."""
        for each in what[:MOST_NAMED]:
            log.info("source %s: passed over: %s", self._where, printable(each))
        if len(what) > MOST_NAMED:
            log.info("source %s: passed over: %d more", self._where, len(what) - MOST_NAMED)

    def warnings(self, what: Sequence[Trouble]) -> None:
        """Tell what the API server would warn of."""
        for each in what:
            log.warning("source %s: %s", self._where, each)

    async def _event(self, reason: str, kind: str, note: str, regarding: dict[str, str]) -> None:
        try:
            await self._events.create_event(_event(reason, kind, note, regarding))
        except ApiError as error:
            log.error("source %s: the Event %s cannot be stored: %s", self._where, reason, error)


def _regarding(record: Record) -> dict[str, str]:
    return {
        "apiVersion": f"{record.resource.group}/{record.resource.version}",
        "kind": record.resource.kind,
        "name": record.name,
        "namespace": record.namespace,
        "uid": record.uid,
    }


def _event(reason: str, kind: str, note: str, regarding: dict[str, str]) -> dict[str, Any]:
    namespace = regarding.get("namespace", DEFAULT_NAMESPACE)
    at = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"source-{uuid4().hex[:16]}", "namespace": namespace},
        "eventTime": at,
        "reportingController": "fabgitops.io/source",
        "reportingInstance": "standalone",
        "action": "Sync",
        "reason": reason,
        "type": kind,
        "note": printable(note).encode()[:MAX_NOTE].decode(errors="ignore"),
        "regarding": regarding,
    }
