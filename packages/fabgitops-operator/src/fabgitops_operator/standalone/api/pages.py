"""The pages of a listing: which snapshot goes on where.

A listing that goes on shows the objects as they were when it began, for as long as that snapshot is kept. Then it is
told so, with a token by which the rest can be had as it is now, as Kubernetes does.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fabgitops_operator.standalone.api.refusals import bad_request, expired
from fabgitops_operator.standalone.store import Record

KEPT_SECS = 300.0
"""How long a snapshot is kept for a listing that goes on."""

MOST_SNAPSHOTS = 32
"""How many are; they share with the store what has not changed since."""

ANY_VERSION = -1
"""The version of a token that goes on with what is there now."""

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)

Scope = tuple[str, str, str]
"""Group, plural and namespace ("" is all)."""


@dataclass(frozen=True, slots=True)
class Token:
    """Where a listing goes on: after an object, in the snapshot of a version."""

    version: int
    after: tuple[str, str]

    def written(self) -> str:
        """Return it as clients pass it on."""
        content = {"v": "meta.k8s.io/v1", "rv": self.version, "after": list(self.after)}
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def token(text: str) -> Token:
    """Return what a client passes on.

    Raises:
        RefusedError: It is none of ours (400).
    """
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        version, (namespace, name) = content["rv"], content["after"]
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise bad_request("invalid continue token: it is none that was given out here") from None
    if not (isinstance(version, int) and isinstance(namespace, str) and isinstance(name, str)):
        raise bad_request("invalid continue token: it is none that was given out here")
    return Token(version, (namespace, name))


@dataclass(slots=True)
class _Kept:
    """A snapshot, until when it is kept, and how many listings go on from it."""

    records: Sequence[Record]
    until: float
    listings: int = 0


class Snapshots:
    """What was listed a short while ago, by scope and version; gone as soon as every listing of it has ended."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[tuple[Scope, int], _Kept] = {}

    def keep(self, scope: Scope, version: int, records: Sequence[Record], *, begun: bool) -> None:
        """Keep a snapshot for a listing that goes on.

        Args:
            scope: What is listed.
            version: Of what moment.
            records: What was there.
            begun: Whether this is the first page of that listing.
        """
        self._drop_old()
        kept = self._kept.pop((scope, version), None) or _Kept(records, 0.0)
        kept.until = self._clock() + KEPT_SECS
        kept.listings += begun
        while len(self._kept) >= MOST_SNAPSHOTS:
            del self._kept[next(iter(self._kept))]
        self._kept[scope, version] = kept

    def ended(self, scope: Scope, version: int) -> None:
        """Note that a listing has come to its end; what nobody goes on from holds no memory."""
        kept = self._kept.get((scope, version))
        if kept is not None:
            kept.listings -= 1
            if kept.listings <= 0:
                del self._kept[scope, version]

    def find(self, scope: Scope, version: int) -> Sequence[Record] | None:
        """Return a snapshot, if it is still kept."""
        self._drop_old()
        found = self._kept.get((scope, version))
        return found.records if found else None

    def _drop_old(self) -> None:
        now = self._clock()
        for key in [key for key, kept in self._kept.items() if kept.until <= now]:
            del self._kept[key]


def too_old(at: Token) -> Exception:
    """Return the refusal of a token whose snapshot is gone, with one that goes on all the same."""
    return expired(_TOO_OLD, Token(ANY_VERSION, at.after).written())
