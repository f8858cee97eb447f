"""An object as it is kept: canonical JSON, and beside it what it is found by."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.store.packing import Packed, packed

DIGEST_SIZE = 16
"""Bytes of a digest: against a disk that turns bits, not against an attacker, who could write the digest, too."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two objects are the same as JSON: `true` is not 1, and 1.0 is not 1, as they are in Python."""
    return one == other and encoded(one) == encoded(other)


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return an object as canonical JSON: keys in order, no spaces, UTF-8.

    Raises:
        ValueError: A number in it is none (NaN, infinity).
    """
    text = _ENCODER.encode(body)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a pair of UTF-16, escaped: Go puts U+FFFD for it, too
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


@dataclass(frozen=True, slots=True)
class Record:
    """An object of one version."""

    resource: Resource
    namespace: str
    name: str
    uid: str
    version: int
    origin: str
    """Where the source names it, such as `lines/a/mixer.yaml:3`; empty when it does not."""
    kept: bytes | Packed = field(repr=False, compare=False)
    """What `body` is made of; compared it is by uid and version."""
    given: tuple[str, ...] = ()
    """The annotations that the source gave it; the others are free."""
    at: float = 0.0
    """When it was stored, in seconds since 1970."""
    owners: tuple[str, ...] = ()
    """The uids of its owners."""

    @property
    def body(self) -> bytes:
        """Return the whole object as canonical JSON, with its resourceVersion."""
        return self.kept.unpacked() if isinstance(self.kept, Packed) else self.kept

    def pack(self, like: bytes) -> None:
        """Take less memory, now that it is not what most will ask for; `like` is an object of the same kind."""
        if not isinstance(self.kept, Packed):
            object.__setattr__(self, "kept", packed(self.kept, like))

    @property
    def key(self) -> tuple[str, str]:
        """Return what it is found by within its resource."""
        return self.namespace, self.name

    def decoded(self) -> dict[str, Any]:
        """Return the object, which the caller may change."""
        body: dict[str, Any] = json.loads(self.body)
        return body

    def __str__(self) -> str:
        """Return its kind and name, for people."""
        return (
            f"{self.resource.kind} {self.namespace}/{self.name}"
            if self.namespace
            else f"{self.resource.kind} {self.name}"
        )


def owners(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the uids of an object's owners."""
    return tuple(each["uid"] for each in body["metadata"].get("ownerReferences") or ())


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one object."""

    record: Record
    """As it is then; of what goes: as it went, with the version of its end."""
    before: Record | None
    gone: bool = False

    @property
    def quiet(self) -> bool:
        """Return whether it is nothing to tell: the object is the same, only where the source names it is not."""
        return self.before is not None and not self.gone and self.before.version == self.record.version


def row(record: Record) -> tuple[Any, ...]:
    """Return what is stored of a record, in the order of the table's columns, its digest last."""
    fields = (
        str(record.resource),
        record.namespace,
        record.name,
        record.uid,
        record.version,
        record.origin,
        json.dumps(record.given),
        record.at,
        record.body,
    )
    return *fields, digest(*fields)


def digest(*fields: Any) -> bytes:
    """Return the digest of what is stored of a record."""
    found = hashlib.blake2b(digest_size=DIGEST_SIZE)
    for each in fields:
        found.update(each if isinstance(each, bytes) else repr(each).encode())
        found.update(b"\0")
    return found.digest()
