"""What a row of the fault matrix is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .floor import Floor

Play = Callable[[Floor], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    """A fault, and how it is played; what its play finds said is compared with what stands in the documentation."""

    fault: str
    play: Play


def row(fault: str) -> Callable[[Play], Row]:
    """Return what makes a row of a play."""
    return lambda play: Row(fault, play)
