"""What the source remembers over a restart: the revision that was taken last, and how each object of it was judged."""

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime

from fabgitops_operator.standalone.source.manifests import Name, name_of
from fabgitops_operator.standalone.store import Store

_TAKEN = "source.taken"
_MARKS = "source.marks"


@dataclass(frozen=True, slots=True)
class Taken:
    """The revision that was taken last; all empty before the first."""

    revision: str = ""
    where: str = ""
    """The source that it is of."""
    rules: str = ""
    """What names the rules by which it was judged."""
    at: str = ""
    """When it was taken, as RFC 3339."""
    allowance: str = ""
    """What stood in its file of what may vanish: that is used up."""
    objects: int = 0

    @property
    def short(self) -> str:
        """Return its name for people."""
        return self.revision[:12]


def now() -> str:
    """Return the time as RFC 3339, in whole seconds."""
    return f"{datetime.now(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def recall(store: Store) -> tuple[Taken, dict[Name, str]]:
    """Return what is remembered; what cannot be read counts for nothing, and everything is judged again."""
    try:
        raw = json.loads(store.meta(_TAKEN) or "{}")
        taken = replace(Taken(), **{each.name: raw[each.name] for each in fields(Taken) if each.name in raw})
        marks = {name_of(*key.split("/")): str(mark) for key, mark in json.loads(store.meta(_MARKS) or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return Taken(), {}
    return taken, marks


async def remember(store: Store, taken: Taken, marks: dict[Name, str]) -> None:
    """Keep what a restart needs; the marks first, since without the revision they are merely not used."""
    await store.set_meta(_MARKS, json.dumps({"/".join(name): mark for name, mark in marks.items()}))
    await store.set_meta(_TAKEN, json.dumps(asdict(taken)))
