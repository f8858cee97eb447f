"""How long to wait after failures, so that many who wait do not come back at once."""

import random

FIRST_SECS = 0.5
LONGEST_SECS = 30.0


def backoff(failures: int) -> float:
    """Return seconds to wait after so many failures in a row: 0.5, 1, 2 … 30, each shortened by up to a half."""
    longest = min(LONGEST_SECS, FIRST_SECS * 2.0 ** min(failures - 1, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - not for secrets
