"""Scenarios that installed packages bring, by entry points of the group `fabgitops.scenarios`; read once, at a start.

A package that cannot be used keeps nobody else's scenario from running, nor the program: it is known by its name, and
by why.
"""

import logging
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points

from fabgitops_core.control.chaos.packages import Found, brought
from fabgitops_core.control.chaos.registry import GROUP, OURS, Broken, Registry, registry

ITSELF = "fabgitops"
log = logging.getLogger(__name__)


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
