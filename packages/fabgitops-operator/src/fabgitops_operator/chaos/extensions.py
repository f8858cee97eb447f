"""Scenarios that installed packages bring, by entry points of the group `fabgitops.scenarios`; read once, at a start.

A package that cannot be used keeps nobody else's scenario from running, nor the program: it is known by its name, and
by why.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from fabgitops_core.codec.texts import brief, printable
from fabgitops_core.control.chaos.registry import (
    GROUP,
    OURS,
    Broken,
    NotAScenario,
    Registry,
    registry,
    scenario_of,
)
from fabgitops_core.control.chaos.scenarios.scenario import Scenario

MAX_WHY = 200
ITSELF = "fabgitops"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What one name stands for, and which package it is from."""

    name: str
    package: str
    scenario: Scenario[Any] | Broken


def scenarios() -> Registry:
    """Return what experiments may do: what is ours, and what installed packages bring; what is broken is logged."""
    found = brought(entry_points(group=GROUP))
    for each in found:
        if isinstance(each.scenario, Broken):
            log.error("the scenario %s cannot be used: %s", each.name, each.scenario.why)
        else:
            log.info("the scenario %s is from %s", each.name, each.package)
    return registry({each.name: each.scenario for each in found})


def listed() -> tuple[Found, ...]:
    """Return all that there is, ours first."""
    ours = (Found(name, ITSELF, each) for name, each in OURS.items())
    return (*ours, *brought(entry_points(group=GROUP)))


def brought(points: Iterable[EntryPoint]) -> tuple[Found, ...]:
    """Return what entry points give, by name; a name that two packages bring is neither's."""
    by_name: dict[str, list[EntryPoint]] = {}
    for point in sorted(points, key=lambda each: (each.name, _package(each))):
        by_name.setdefault(point.name, []).append(point)
    return tuple(_one(name, same) for name, same in by_name.items())


def _one(name: str, same: list[EntryPoint]) -> Found:
    packages = ", ".join(map(_package, same))
    if len(same) > 1:
        return Found(name, packages, Broken(f"several packages bring it: {packages}; leave all but one out"))
    return Found(name, packages, _loaded(same[0]))


def _loaded(point: EntryPoint) -> Scenario[Any] | Broken:
    """Return a scenario, or why there is none: loading it runs code of the package, which may do anything."""
    try:
        return scenario_of(point.name, point.load())
    except NotAScenario as error:
        why = str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        why = f"{type(error).__name__}: {error}"
    return Broken(brief(printable(f"{_package(point)}, {point.value}: {why}"), MAX_WHY))


def _package(point: EntryPoint) -> str:
    """Return the package that an entry point is of, with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "a package that says no name"


def told(found: Iterable[Found]) -> str:
    """Return them as a table for people."""
    rows = [("NAME", "TARGETS", "NEEDS", "FROM"), *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "".join(f"{_padded(row, widths)}\n" for row in rows)


def _row(each: Found) -> tuple[str, str, str, str]:
    if isinstance(each.scenario, Broken):
        return each.name, "-", "-", f"cannot be used: {each.scenario.why}"
    targets = ",".join(sorted(each.scenario.targets)) or "the operator"
    return each.name, targets, ",".join(sorted(each.scenario.needs)) or "-", each.package


def _padded(row: tuple[str, ...], widths: list[int]) -> str:
    *columns, last = row
    return "  ".join([*(text.ljust(width) for text, width in zip(columns, widths, strict=True)), last])


def broken(found: Iterable[Found]) -> Mapping[str, str]:
    """Return what cannot be used, and why."""
    return {each.name: each.scenario.why for each in found if isinstance(each.scenario, Broken)}
