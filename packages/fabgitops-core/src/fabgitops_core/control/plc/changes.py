"""The writes of a pass: planned changes, each one request and the registers that it makes right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fabgitops_core.control.points import Point
from fabgitops_core.control.requests import Change


@dataclass(frozen=True, slots=True)
class Planned:
    """One write that a pass intends, and the registers that a reading after it must show right, by place in the map."""

    change: Change
    points: tuple[int, ...]

    def of(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """Return its registers out of those of the map."""
        return tuple(points[at] for at in self.points)


def changes_for(points: Sequence[Point], wrong: Iterable[int]) -> tuple[Planned, ...]:
    """Return the writes that make registers of a map hold what they must, in the order of the map.

    Args:
        points: All registers of the map.
        wrong: Which of them are to be written, by place in the map.
    """
    return tuple(Planned(points[at].change(), (at,)) for at in wrong)
