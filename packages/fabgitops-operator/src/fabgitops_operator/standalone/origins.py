"""Where a declaration came from, for the records of writes: which file of which revision of the source."""

from collections.abc import Callable
from dataclasses import replace

from fabgitops_core.api.meta import Key

from fabgitops_operator.audit.records import Origin
from fabgitops_operator.standalone.local import kept
from fabgitops_operator.standalone.source.standing import Standing
from fabgitops_operator.standalone.store import Store


def in_source(
    known: Callable[[Key], Origin], store: Store, standing: Callable[[], Standing]
) -> Callable[[Key], Origin]:
    """Return what tells of an object what it says itself, and what the source says of it, where it is from there."""

    def origin(key: Key) -> Origin:
        record, says = store.get(kept(key.kind), key.namespace, key.name), known(key)
        if record is None or not record.origin:
            return says
        now = standing()
        of_source = {"source": now.where, "revision": now.taken.revision, "file": record.origin}
        return replace(says, git={**says.git, **of_source})

    return origin
