"""On which line, and where in it, each field of a document stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Names and places in lists, from the object down: ("spec", "registers", 2, "value")."""

_STEP = re.compile(r"\[(?P<bracket>[^\]]*)\]|(?P<name>[^.\[]+)")


@dataclass(frozen=True, slots=True)
class Lines:
    """Where something stands, and what is below it."""

    line: int
    """Counted from 1; of a field that of its name, of an entry in a list that where it begins."""
    below: "Mapping[str, Lines] | Sequence[Lines] | None" = None
    column: int = 1
    """Counted from 1, in characters."""

    def of(self, path: Path) -> int:
        """Return the line of a field, or of the nearest thing above it that is there."""
        return self.at(path).line

    def at(self, path: Path) -> "Lines":
        """Return where a field stands, or the nearest thing above it that is there."""
        here = self
        for step in path:
            found = here._step(step)
            if found is None:
                break
            here = found
        return here

    def _step(self, step: str | int) -> "Lines | None":
        if isinstance(self.below, Mapping):
            return self.below.get(str(step))
        if isinstance(self.below, Sequence) and isinstance(step, int) and step < len(self.below):
            return self.below[step]
        return None


def path_of(field: str) -> Path:
    """Return the path of a field as the API server writes it: `spec.registers[2].value`, `metadata.labels[a.b/c]`."""
    return tuple(_step(each["bracket"], each["name"]) for each in _STEP.finditer(field))


def _step(bracket: str | None, name: str | None) -> str | int:
    if bracket is None:
        return name or ""
    return int(bracket) if bracket.isdecimal() else bracket.strip('"')
