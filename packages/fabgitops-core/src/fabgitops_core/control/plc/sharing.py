"""One object for all that are equal: thousands of PLCs differ by their address, and hardly in anything else."""

from collections.abc import Hashable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

MOST = 1024
"""How many are remembered; what is equal to one that was forgotten is kept beside it, and that is all."""


@lru_cache(maxsize=MOST, typed=True)
def _first(value: Hashable) -> Hashable:
    return value


def shared(value: T) -> T:
    """Return an object that never changes, or one of the same type that is equal to it and was there before."""
    found = _first(value)
    assert isinstance(found, type(value))  # noqa: S101 - types are compared, too
    return found
