"""What stands in a record, by its kind. No clock, no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.codec.types import Words, hex_of
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.brevity import brief
from fabgitops_core.control.plc.requests import Around, Change, SideWrite
from fabgitops_core.engine.ports import WriteResult

from fabgitops_operator.audit.chain import Head

ATTEMPT, OUTCOME, PROOF = "attempt", "outcome", "proof"
BEGIN, PRUNED, GAP, END = "begin", "pruned", "gap", "end"

LONGEST = 512
"""Characters of a text that others wrote into an annotation, which may have 256 KiB; a record has them once a write."""

START, SIZE, AGAIN = "start", "size", "again"
"""Why a file begins: a process did, the one before was full, or it could not be written for a while."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a declaration came from, as far as the object says so, and who asked for its last sync."""

    uid: str = ""
    git: Mapping[str, str] = field(default_factory=dict)
    sync: Mapping[str, str] = field(default_factory=dict)


UNKNOWN = Origin()


@dataclass(frozen=True, slots=True)
class Found:
    """What a place holds when it is opened: the chain's end, if there is one, and what that leaves open.

    `open` holds the attempts without an outcome, by the write; `torn` counts bytes after the last record, `missing`
    records that were stored and are not there any more.
    """

    head: Head | None = None
    open: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    torn: int = 0
    missing: int = 0


def moment(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC, in microseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def attempt(at: datetime, write: str, key: Key, change: Change, facts: WriteFacts, origin: Origin) -> dict[str, Any]:
    """Return the record that is stored before a write is sent; what is not known is left out."""
    endpoint = change.endpoint
    sync = {"requestedAt": facts.sync.token, "forced": facts.sync.force, **origin.sync} if facts.sync else {}
    approval = dict(zip(("digest", "by"), facts.approval, strict=True)) if facts.approval else {}
    record = {
        "record": ATTEMPT,
        "at": moment(at),
        "write": write,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "uid": origin.uid,
        "generation": facts.generation,
        "git": _brief(origin.git),
        "sync": _brief(sync),
        "approval": _brief(approval),
        "host": endpoint.host,
        "port": endpoint.port,
        "transport": endpoint.transport.value,
        "unit": change.unit_id,
        "function": change.code,
        "table": change.table.value,
        "address": change.address,
        "words": hex_of(change.values),
        "mask": None if change.mask is None else hex_of((change.mask,)),
        "repeat": change.repeat or None,
        **_around(change.around),
        "registers": [
            {
                "name": each.point.name,
                **({"before": hex_of(each.before)} if each.before is not None else {}),
                "wanted": hex_of(each.point.wanted or ()),
            }
            for each in facts.touched
        ],
        "guards": dict(facts.guards),
    }
    return {name: value for name, value in record.items() if value not in ("", None, {})}


def _around(around: Around | None) -> dict[str, Any]:
    """Return what goes before and after a write: of what is in a Secret where that is, never what it says."""
    if around is None:
        return {}
    return {
        field: [_side(each) for each in steps]
        for field, steps in (("writtenBefore", around.before), ("writtenAfter", around.after))
        if steps
    }


def _side(side: SideWrite) -> dict[str, Any]:
    place = {"table": side.table.value, "address": side.address}
    if side.secret is None:
        return {**place, "words": hex_of((side.value or 0,))}
    return {**place, "secret": f"{side.secret.namespace}/{side.secret.name}", "key": side.secret.key}


def _brief(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands in annotations without what is too long to mean anything: it would fill the disk of all."""
    return {name: brief(text, LONGEST) if isinstance(text, str) else text for name, text in texts.items()}


def outcome(at: datetime, write: str, result: WriteResult, why: str) -> dict[str, Any]:
    """Return what came of a write."""
    told = {"why": why} if why else {}
    return {"record": OUTCOME, "at": moment(at), "write": write, "result": result.value, **told}


def proof(at: datetime, write: str, words: Words, proven: bool) -> dict[str, Any]:
    """Return what the first reading after a write showed."""
    return {"record": PROOF, "at": moment(at), "write": write, "words": hex_of(words), "proven": proven}


def begin(at: datetime, why: str, who: Mapping[str, str], found: "Found") -> dict[str, Any]:
    """Return the first record of a file: who keeps it, and what was found of earlier ones.

    `open` are the writes without an outcome, `torn` the bytes after the last record that could be read.
    """
    told = {"torn": found.torn} if found.torn else {}
    return {"record": BEGIN, "at": moment(at), "why": why, **who, "open": list(found.open), **told}


def pruned(at: datetime, file: str, seq: int, last_hash: str) -> dict[str, Any]:
    """Return what is left of a file that is deleted, since only so many are kept: its last record's number and hash."""
    return {"record": PRUNED, "at": moment(at), "file": file, "through": seq, "throughHash": last_hash}


def gap(at: datetime, lost: int) -> dict[str, Any]:
    """Return what is left of records that could be neither stored nor kept in memory."""
    return {"record": GAP, "at": moment(at), "lost": lost}


def end(at: datetime) -> dict[str, Any]:
    """Return the last record of a process that ended in good order."""
    return {"record": END, "at": moment(at)}
