"""The objects that resources of one kind own, as they were seen last: by a watch, by a listing, or by our own request.

Three tell of the same object at their own pace, so the newest version counts, whoever tells of it: what was just
applied is known before the watch tells of it, and an older version that comes later changes nothing. One that is gone
stays gone, whatever still is under way that was begun before.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.control.objects import Child, Children

Told = Callable[[Key], None]
"""Is told of a resource, or of an owner, of whose objects something is news."""


class Unread(NamedTuple):
    """An object of which no record could be made, and why."""

    uid: str
    version: int
    error: Exception


class _Group:
    """What belongs to one owner."""

    __slots__ = ("children", "owner", "unread")

    def __init__(self, owner: Key) -> None:
        self.owner = owner
        self.children: dict[Key, Child] = {}
        self.unread: dict[Key, Unread] = {}

    def known(self, key: Key) -> Child | Unread | None:
        """Return what is known of an object."""
        return self.children.get(key) or self.unread.get(key)


def _says_the_same(before: Child | Unread | None, child: Child) -> bool:
    """Return whether of an object nothing has changed that a decision looks at, but its version."""
    return isinstance(before, Child) and replace(before, version=child.version) == child


class Family:
    """What is known of the objects that resources of one kind own.

    Args:
        changed: Told of each owner of whose objects something is news.
    """

    def __init__(self, changed: Told) -> None:
        self._changed = changed
        self._groups: dict[Key, _Group] = {}
        self._group_of: dict[Key, _Group] = {}
        self._under_way = 0
        self._gone: set[str] = set()
        self._listed: set[tuple[str, str | None]] = set()
        self._refused: dict[tuple[str, str | None], str] = {}
        self._newest: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many objects are known."""
        return len(self._group_of)

    def of(self, owner: Key) -> Children:
        """Return what belongs to an owner, as it stands now.

        Raises:
            Exception: What kept a record from being made of one of them: then it is not known what there is.
        """
        group = self._groups.get(owner)
        if group is None:
            return {}
        for unread in group.unread.values():
            raise unread.error
        return group.children.copy()

    def child(self, owner: Key, key: Key) -> Child | None:
        """Return an object of an owner, if it is one."""
        group = self._groups.get(owner)
        return group.children.get(key) if group else None

    def known(self, key: Key) -> bool:
        """Return whether an object is there as far as is known, whether or not a record of it could be made."""
        return key in self._group_of

    def newest(self, kind: str) -> int:
        """Return the highest resourceVersion that was seen of a kind."""
        return self._newest.get(kind, 0)

    # --- what is told of them -----------------------------------------------------------------------------------------

    def take(self, owner: Key, child: Child, *, ours: bool = False) -> None:
        """Take an object as it was seen; of what a request of `ours` has made of it its owner need not be told."""
        key = child.key
        group = self._group_of.get(key)
        before = group.known(key) if group else None
        if child.uid in self._gone or (before is not None and child.version <= before.version):
            return
        self._newest[key.kind] = max(self.newest(key.kind), child.version)
        if isinstance(before, Child) and before.uid == child.uid and before.leaving:
            child = replace(child, leaving=True)  # the watch is behind our own deletion, which nothing takes back
        if group is None or group.owner != owner:
            self._drop(key)
            group, before = self._join(owner, key), None
        group.children[key] = child
        group.unread.pop(key, None)
        if not ours and not _says_the_same(before, child):
            self._changed(owner)

    def unreadable(self, owner: Key, key: Key, unread: Unread) -> None:
        """Take note of an object of which no record could be made, by a fault of our own."""
        if unread.uid not in self._gone:
            self._drop(key)
            self._join(owner, key).unread[key] = unread
            self._changed(owner)

    def lost(self, key: Key, uid: str) -> None:
        """Forget the object of this uid, which is gone or carries the label no more; another of its name stays."""
        if self._under_way:
            self._gone.add(uid)
        group = self._group_of.get(key)
        known = group.known(key) if group else None
        if known is not None and known.uid == uid:
            self._drop(key)

    def forget(self, key: Key) -> None:
        """Forget an object that nobody wants to know of any more."""
        self._drop(key)

    def leaving(self, owner: Key, key: Key, uid: str) -> None:
        """Note that an object was deleted by us: it is gone as soon as its finalizers let it, which the watch tells."""
        child = self.child(owner, key)
        if child is not None and child.uid == uid:
            self._groups[owner].children[key] = replace(child, leaving=True)

    # --- what is under way --------------------------------------------------------------------------------------------

    def begins(self) -> None:
        """Note that a request or a listing begins, whose answer may tell of what is gone by then."""
        self._under_way += 1

    def ends(self) -> None:
        """Note that it has ended, its answer taken."""
        self._under_way -= 1
        if not self._under_way:
            self._gone.clear()

    def listed(self, kind: str, namespace: str | None) -> bool:
        """Note that a kind was listed whole; return whether that is the first time."""
        first = (kind, namespace) not in self._listed
        self._listed.add((kind, namespace))
        self._refused.pop((kind, namespace), None)
        return first

    def refused(self, kind: str, namespace: str | None, why: str) -> bool:
        """Note that a kind cannot be listed; return whether that is news, and nothing is known of it from before."""
        if (kind, namespace) in self._listed or self._refused.get((kind, namespace)) == why:
            return False
        self._refused[kind, namespace] = why
        return True

    def absent(self, kind: str, namespace: str | None, why: str) -> bool:
        """Note that there is no such kind, so no object of it; return whether that is news."""
        scope = kind, namespace
        if self._refused.get(scope) == why:
            return False
        self._listed.discard(scope)
        self._refused[scope] = why
        for key in self._in(kind, namespace):
            self._drop(key)
        return True

    def unseen(self, kinds: Iterable[str], namespace: str) -> Mapping[str, str] | None:
        """Return which kinds cannot be listed in a namespace, and why; None while one is only not listed yet."""
        found: dict[str, str] = {}
        for kind in kinds:
            if (kind, None) in self._listed or (kind, namespace) in self._listed:
                continue
            why = self._refused.get((kind, None)) or self._refused.get((kind, namespace))
            if not why:
                return None
            found[kind] = why
        return found

    def has(self, kind: str, namespace: str | None) -> bool:
        """Return whether an object of a kind is known, in a namespace or (None) in any."""
        return any(key.kind == kind and namespace in {None, key.namespace} for key in self._group_of)

    def missed(self, kind: str, namespace: str | None, shown: Container[Key], version: int) -> None:
        """Forget what a complete listing of this version did not show, unless it was made after it."""
        for key in self._in(kind, namespace):
            if key not in shown:
                known = self._group_of[key].known(key)
                if known is not None and known.version <= version:
                    self.lost(key, known.uid)

    def begin_anew(self, kind: str, namespace: str | None, shown: Iterable[tuple[Key, Child]]) -> None:
        """Take for all that there is what is shown of a kind: the store was set back, as from a backup."""
        self._gone.clear()
        self._newest.pop(kind, None)
        for key in self._in(kind, namespace):
            self._drop(key)
        for owner, child in shown:
            self.take(owner, child)

    def _in(self, kind: str, namespace: str | None) -> list[Key]:
        """Return what is known of a kind, in a namespace or (None) in all."""
        return [key for key in self._group_of if key.kind == kind and namespace in {None, key.namespace}]

    # --- groups -------------------------------------------------------------------------------------------------------

    def _join(self, owner: Key, key: Key) -> _Group:
        group = self._groups.get(owner)
        if group is None:
            group = self._groups[owner] = _Group(owner)
        self._group_of[key] = group
        return group

    def _drop(self, key: Key) -> None:
        """Forget an object, and tell its owner."""
        group = self._group_of.pop(key, None)
        if group is None:
            return
        group.children.pop(key, None)
        group.unread.pop(key, None)
        if not group.children and not group.unread:
            del self._groups[group.owner]
        self._changed(group.owner)
