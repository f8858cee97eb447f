"""How slow PLCs are, how often they drift and fail, out of an operator's metrics. Pure, and never fails."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from fabctl.fields import text

Key = tuple[str, str]

_FIELDS = {
    "fabgitops_plc_last_pass_seconds": "seconds",
    "drift_events_total": "drifts",
    "corrections_total": "corrections",
    "fabgitops_plc_failures_total": "failures",
    "plc_connection_status": "answers",
}
_SAMPLE = re.compile(
    rf"^({'|'.join(_FIELDS)})\{{((?:[a-z_]+=\"(?:[^\"\\\n]|\\.)*\",?)*)\}} (\S+)", re.MULTILINE | re.ASCII
)
"""A line of the text format 0.0.4 of Prometheus, of one of these metrics."""
_NUMBER = re.compile(r"[+]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TOO_MUCH = 2**53
"""From here on nothing was counted, nor measured in seconds."""
_LABEL = re.compile(r"([a-z_]+)=\"((?:[^\"\\]|\\.)*)\"", re.ASCII)


@dataclass(slots=True)
class Load:
    """What a PLC costs and gives to do; counted since its operator began. Texts are fit for a terminal."""

    namespace: str
    name: str
    seconds: float | None = None
    """How long the last pass took."""
    drifts: int = 0
    corrections: int = 0
    failures: int = 0
    """Readings and writes that failed."""
    answers: bool | None = None


class Most(StrEnum):
    """Who stands first."""

    FAILURES = "failures"
    DRIFTS = "drifts"
    SECONDS = "seconds"


def loads(exposition: str) -> list[Load]:
    """Return what metrics say of each PLC."""
    found: dict[Key, Load] = {}
    for metric, labels, said in _SAMPLE.findall(exposition):
        named = {name: text(value) for name, value in _LABEL.findall(labels)}
        key = named.get("namespace", ""), named.get("plc_name", "")
        number = _number(said)
        if number is not None and all(key):
            load = found.setdefault(key, Load(*key))
            field = _FIELDS[metric]
            setattr(load, field, number if field == "seconds" else bool(number) if field == "answers" else int(number))
    return list(found.values())


def _number(said: str) -> float | None:
    number = float(said) if _NUMBER.fullmatch(said) else _TOO_MUCH
    return number if number < _TOO_MUCH else None


def meant(
    found: Iterable[Load], namespace: str | None, names: Collection[str] = (), keys: Collection[Key] | None = None
) -> Iterator[Load]:
    """Yield those that are meant.

    Args:
        found: All there are.
        namespace: Of this namespace, or (None) of all.
        names: Of these names, if there are some.
        keys: Of these namespaces and names alone, where that is not None.
    """
    for each in found:
        here = namespace in {None, each.namespace} and (not names or each.name in names)
        if here and (keys is None or (each.namespace, each.name) in keys):
            yield each


def worst_first(found: Iterable[Load], by: Most) -> list[Load]:
    """Return PLCs with those first that have most of something, then most of the rest; of the same by name."""
    order = [by, *(each for each in Most if each is not by)]
    return sorted(found, key=lambda each: ([-(getattr(each, most) or 0) for most in order], each.namespace, each.name))
