"""An object as it is beside the object as it would be: what differs, as lines and as fields. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fabctl.effects import Effect
from fabctl.fields import Body, mapping
from fabctl.manifests import Manifest
from fabctl.patching import LAST_APPLIED

_OF_THE_SERVER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """What applying would make of one object, or of a PLC whose template is changed."""

    kind: str
    namespace: str
    name: str
    device: str
    """Where a PLC's device is, as it would be."""
    before: Body | None
    """The object as it is, without what only the API server says; None where there is none."""
    after: Body
    effects: tuple[Effect, ...] | None = ()
    """What becomes of registers; None where that is not known, for its template is not there."""
    by: str = ""
    """The template that changes it, where it is not its own manifest."""

    @property
    def is_change(self) -> bool:
        """Return whether anything differs."""
        return self.before != self.after or bool(self.effects)

    @property
    def how(self) -> str:
        """Return how it differs, in a word."""
        if self.before is None:
            return "created"
        return "changed" if self.is_change else "unchanged"

    @property
    def title(self) -> str:
        """Return what it is called."""
        return f"{self.kind} {'/'.join(filter(None, (self.namespace, self.name)))}"


def compared(body: Body) -> dict[str, Any]:
    """Return of an object what a manifest can say."""
    metadata = {name: value for name, value in mapping(body.get("metadata")).items() if name not in _OF_THE_SERVER}
    notes = {name: value for name, value in mapping(metadata.pop("annotations", None)).items() if name != LAST_APPLIED}
    whole = {name: value for name, value in body.items() if name not in {"status", "metadata"}}
    return {**whole, "metadata": {**metadata, **({"annotations": notes} if notes else {})}}


def fields(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the fields that differ, each with what it was and what it would be; ABSENT is what is not there.

    Entries of a list are told apart by their name where all have one, else by their place.
    """
    one, other = _named(before), _named(after)
    if one is None or other is None:
        if before != after:
            yield path, before, after
        return
    for name in dict.fromkeys([*one, *other]):
        yield from fields(one.get(name, ABSENT), other.get(name, ABSENT), _joined(path, name, before))


def _named(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str):
        names = [mapping(each).get("name") for each in value]
        if all(isinstance(name, str) for name in names) and len({*names}) == len(names):
            return dict(zip(names, value, strict=True))
        return dict(enumerate(value))
    return None


def _joined(path: str, name: Any, within: Any) -> str:
    if isinstance(within, Mapping):
        plain = str(name).replace("-", "").replace("_", "").isalnum()
        return f"{path}.{name}".lstrip(".") if plain else f"{path}[{name}]"
    return f"{path}[{name}]"


def name_of(manifest: Manifest) -> str:
    """Return what a manifest is called in a sentence, with where it stands."""
    return f"{manifest.file}:{manifest.lines.line}: {manifest.kind} {manifest.name}"
