"""The state as it is read at a start, each object compared with its digest."""

import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.errors import DamagedError, StateError
from fabgitops_operator.standalone.store.record import Record, digest, owners

ROWS = "SELECT resource, namespace, name, uid, version, origin, given, at, body, digest FROM object"
"""What `wrong` judges: the columns in the order of the digest, and it."""


def facts(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the small facts beside the objects."""
    return dict(connection.execute("SELECT key, value FROM meta").fetchall())


def records(connection: sqlite3.Connection, path: Path, resources: Sequence[Resource]) -> Iterator[Record]:
    """Read every object.

    Raises:
        StateError: One is not what was put there, or of a kind that is not known here.
    """
    known = {str(each): each for each in resources}
    for fields in connection.execute(f"{ROWS} ORDER BY version"):
        if why := wrong(fields):
            raise DamagedError(path, why)
        yield _record(known, path, fields)


def wrong(fields: tuple[object, ...]) -> str:
    """Return what is wrong with a row, or nothing."""
    *stored, found = fields
    if digest(*stored) == found:
        return ""
    resource, namespace, name = fields[:3]
    return f"{resource} {namespace}/{name} is not what was stored (its digest differs)"


def _record(known: Mapping[str, Resource], path: Path, fields: tuple[object, ...]) -> Record:
    kind, namespace, name, uid, version, origin, given, at, body, _ = fields
    resource = known.get(str(kind))
    if resource is None:
        raise StateError(
            f"the state {path} has {kind} {namespace}/{name}, a kind that this program does not know: install the"
            " version again that wrote it"
        )
    assert isinstance(version, int)  # noqa: S101 - the schema and the digest say so
    assert isinstance(at, float)  # noqa: S101
    assert isinstance(body, bytes)  # noqa: S101
    return Record(
        resource,
        sys.intern(str(namespace)),
        str(name),
        str(uid),
        version,
        str(origin),
        body,
        tuple(json.loads(str(given))),
        at,
        owners(json.loads(body)) if b'"ownerReferences"' in body else (),
    )
