"""Fields of another API, each taken, met anyway or refused by name: what is not in a table is refused as unknown.

The API server keeps unknown fields there, so a canary never runs without what somebody asked of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fabgitops_core.api.refusals import Path, Problem

UNKNOWN = "argoproj.io/v1alpha1 has no such field as far as it is known here: leave it out, or see how it is spelled"
_NO_MAPPING = "it must be fields with values"
_NO_LIST = "it must be a list"


@dataclass(frozen=True, slots=True)
class Hashes:
    """Which revisions an analysis may ask about; each is "" while there is none."""

    latest: str
    stable: str


@dataclass(slots=True)
class Told:
    """What was found while reading, beside the fields themselves.

    `templates` says of each name whether it is cluster-wide, `headerless` where routes are that header routes are not
    made in, `origins` where in the manifest a field of ours stood. `by_hash` says that something speaks of revisions,
    `by_field` of metadata; when `symbolic`, what they speak of stands there by its name.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    hashes: Hashes | None = None
    problems: list[Problem] = field(default_factory=list)
    templates: dict[str, bool] = field(default_factory=dict)
    headerless: list[Path] = field(default_factory=list)
    origins: dict[Path, Path] = field(default_factory=dict)
    by_hash: bool = False
    by_field: bool = False
    symbolic: bool = False

    def origin(self, path: Path) -> Path:
        """Return where in the manifest a field of ours stood."""
        for depth in range(len(path), 0, -1):
            if path[:depth] in self.origins:
                return (*self.origins[path[:depth]], *path[depth:])
        return path


@dataclass(frozen=True, slots=True)
class Place:
    """One field of the manifest."""

    told: Told
    path: Path = ()

    @property
    def name(self) -> str:
        """Return what the field is called."""
        return str(self.path[-1])

    def of(self, part: str | int) -> "Place":
        """Return a field, or an item, below it."""
        return replace(self, path=(*self.path, part))

    def refuse(self, value: Any, why: str) -> dict[str, Any]:
        """Note that it is refused; nothing of ours comes of it."""
        self.told.problems.append(Problem(self.path, value, why))
        return {}


Take = Callable[[Place, Any], dict[str, Any]]
"""Makes of one field fields of ours."""

Table = Mapping[str, Take]


def fields(at: Place, raw: Any, table: Table) -> dict[str, Any]:
    """Return the fields of ours that those of a mapping come to; null is a field that is not given."""
    if not isinstance(raw, Mapping):
        return at.refuse(raw, _NO_MAPPING)
    made: dict[str, Any] = {}
    for name, value in raw.items():
        if value is not None:
            made |= table.get(name, unknown)(at.of(name), value)
    return made


def unknown(at: Place, raw: Any) -> dict[str, Any]:
    """Refuse a field that no table has."""
    return at.refuse(raw, UNKNOWN)


def kept(at: Place, raw: Any) -> dict[str, Any]:
    """Take a value as it is; the model of it says whether it is one."""
    return {at.name: raw}


def met(_at: Place, _raw: Any) -> dict[str, Any]:
    """Take note of what holds here whatever it says."""
    return {}


def refused(why: str) -> Take:
    """Refuse a field, unless it says what Argo Rollouts takes it to say when it is not there."""

    def take(at: Place, raw: Any) -> dict[str, Any]:
        return {} if raw is False or raw in ("", [], ()) else at.refuse(raw, why)

    return take


def within(table: Table) -> Take:
    """Take a mapping, its fields by a table of their own."""

    def take(at: Place, raw: Any) -> dict[str, Any]:
        return {at.name: fields(at, raw, table)}

    return take


def each(table: Table) -> Take:
    """Take a list of mappings, the fields of each by a table of their own."""

    def take(at: Place, raw: Any) -> dict[str, Any]:
        return {at.name: [fields(at.of(place), item, table) for place, item in items(at, raw)]}

    return take


def items(at: Place, raw: Any) -> list[tuple[int, Any]]:
    """Return the items of a list, each with its place."""
    if isinstance(raw, list | tuple):
        return list(enumerate(raw))
    at.refuse(raw, _NO_LIST)
    return []
