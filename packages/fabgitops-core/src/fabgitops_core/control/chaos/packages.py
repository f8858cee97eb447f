"""Scenarios that installed packages bring, by their entry points: the same to whoever judges an experiment by them.

A package that cannot be used is known by its name, and by why.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

from fabgitops_core.codec.texts import brief, printable
from fabgitops_core.control.chaos.registry import Broken, NotAScenario, scenario_of
from fabgitops_core.control.chaos.scenarios.scenario import Scenario

MAX_WHY = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What one name stands for, and which package it is from."""

    name: str
    package: str
    scenario: Scenario[Any] | Broken


def brought(points: Iterable[EntryPoint]) -> tuple[Found, ...]:
    """Return what entry points give, by name; a name that two packages bring is neither's.

    What is loaded is code of the packages, which may do anything: it is kept for what it gives.
    """
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
    """Return a scenario, or why there is none."""
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
