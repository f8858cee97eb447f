"""How a value drifts: a pure function of a random number generator and the value."""

import random

from mock_plc.device import MAX_WORD


def drifted(value: int, max_drift: int, rng: random.Random) -> int:
    """Return another value within `max_drift` (1 to 65535) of `value`, from 0 to 65535, never wrapping around."""
    return value + jump(min(max_drift, value), min(max_drift, MAX_WORD - value), rng)


def jump(down: int, up: int, rng: random.Random) -> int:
    """Return a number from `-down` to `up` that is not 0, unless both are."""
    if not (down or up):
        return 0
    choice = rng.randrange(-down, up)
    return choice if choice < 0 else choice + 1
