"""Which name a uid has, and who refers to whom: the API server finds objects by name alone.

A record is kept of each object, about half a kilobyte, and no object; what a caller may see is decided by the API
server all the same, for it is asked for the object by the name that is found here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fabgitops_operator.facade.routes import BY_KIND


@dataclass(frozen=True, slots=True)
class Known:
    """An object: its name, its uid, and the names that its references hold, in the order of its route's."""

    name: str
    uid: str
    refs: tuple[str, ...]


class Index:
    """What is known of the objects of one namespace."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], Known] = {}
        self._by_uid: dict[tuple[str, str], Known] = {}
        self._members: dict[tuple[str, str, str], set[str]] = {}
        self._heard: dict[str, int] = {}

    def __len__(self) -> int:
        """Return of how many objects something is known."""
        return len(self._by_name)

    def name_of(self, kind: str, uid: str) -> str:
        """Return the name of the object of a kind in Kubernetes and a uid, or nothing."""
        known = self._by_uid.get((kind, uid))
        return known.name if known else ""

    def uid_of(self, kind: str, name: str) -> str:
        """Return the uid of an object, or nothing."""
        known = self._by_name.get((kind, name))
        return known.uid if known else ""

    def members(self, kind: str, kept: str, name: str) -> list[str]:
        """Return the uids of those of a kind whose reference `kept` holds a name, in the order of their places."""
        names = self._members.get((kind, kept, name), ())
        return [self._by_name[kind, each].uid for each in sorted(names, key=lambda each: (len(each), each))]

    def put(self, kind: str, body: Mapping[str, Any]) -> None:
        """Take note of an object as the API server shows it."""
        known = known_of(kind, body)
        before = self._by_name.get((kind, known.name))
        if before == known:
            return
        if before is not None:
            self.forget(kind, before.uid)
        self._by_name[kind, known.name] = self._by_uid[kind, known.uid] = known
        for ref, name in zip(BY_KIND[kind].refs, known.refs, strict=True):
            self._members.setdefault((kind, ref.kept, name), set()).add(known.name)

    def learn(self, kind: str, body: Mapping[str, Any]) -> None:
        """Take note of an object as an answer shows it, which may be older than what the watch has told since.

        What the watch has told of by then it has told: a page of a long listing may show what is gone.
        """
        if _number(body["metadata"].get("resourceVersion")) > self._heard.get(kind, 0):
            self.put(kind, body)

    def heard(self, kind: str, version: str) -> None:
        """Take it that all of a kind is known as it was at this resourceVersion."""
        self._heard[kind] = _number(version)

    def forget(self, kind: str, uid: str) -> None:
        """Forget the object of a uid, which is gone; what has its name by now stays."""
        known = self._by_uid.pop((kind, uid), None)
        if known is None:
            return
        del self._by_name[kind, known.name]
        for ref, name in zip(BY_KIND[kind].refs, known.refs, strict=True):
            of = (kind, ref.kept, name)
            self._members[of].discard(known.name)
            if not self._members[of]:
                del self._members[of]

    def keep(self, kind: str, uids: Iterable[str]) -> None:
        """Forget all of a kind but these: a listing has shown which there are."""
        there = set(uids)
        for uid in [uid for of, uid in self._by_uid if of == kind and uid not in there]:
            self.forget(kind, uid)


def _number(version: object) -> int:
    text = str(version)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def known_of(kind: str, body: Mapping[str, Any]) -> Known:
    """Return what is kept of an object."""
    spec = body.get("spec") or {}
    refs = tuple(str((spec.get(ref.kept) or {}).get("name") or "") for ref in BY_KIND[kind].refs)
    return Known(body["metadata"]["name"], body["metadata"]["uid"], refs)
