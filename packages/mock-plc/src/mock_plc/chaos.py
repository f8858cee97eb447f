"""How a value drifts: a pure function of a random number generator and the value."""

import random

from mock_plc.device import MAX_WORD


def drifted(value: int, max_drift: int, rng: random.Random) -> int:
    """Return another value within `max_drift` (1 to 65535) of `value`, from 0 to 65535, never wrapping around."""
    low, high = max(0, value - max_drift), min(MAX_WORD, value + max_drift)
    choice = rng.randrange(low, high)
    return choice if choice < value else choice + 1
