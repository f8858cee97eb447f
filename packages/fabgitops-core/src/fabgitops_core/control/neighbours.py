"""What is known of other resources, and was read for a write in its very turn: what lies outside of a state."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fabgitops_core.codec.types import Words


class Neighbour(NamedTuple):
    """Another resource of the namespace, as one sees it that looks at it.

    `state` is what its own controller knows, which only decisions of its kind look into. `age` is how many seconds ago
    the pass began in which it was looked at last, by a clock that nobody sets; None when that is not known.
    """

    state: Any
    age: float | None


Neighbours = Mapping[str, Neighbour]
"""By name; who is not there is missing."""

NOBODY: Neighbours = MappingProxyType({})


class Outside(NamedTuple):
    """What is known right before a write beside the state of the resource.

    `checked` are the answers to the readings that the write asked for, None before they were made.
    """

    neighbours: Neighbours = NOBODY
    checked: tuple[Words, ...] | None = None


ALONE = Outside()
