"""How a value drifts, for every value and every seed."""

import random

from hypothesis import given
from hypothesis import strategies as st
from mock_plc.chaos import drifted

WORDS = st.integers(0, 65535)
REACHES = st.integers(1, 65535)


def dice(seed: int) -> random.Random:
    """Return dice that fall the same way for the same seed."""
    return random.Random(seed)  # noqa: S311 - nothing secret


@given(WORDS, REACHES, st.integers(0))
def test_drift_changes_the_value_within_reach(value: int, reach: int, seed: int) -> None:
    """A drift always changes the value, by no more than it may, and stays from 0 to 65535."""
    after = drifted(value, reach, dice(seed))
    assert 0 <= after <= 65535
    assert 1 <= abs(after - value) <= reach


@given(WORDS, REACHES, st.integers(0))
def test_same_seed_drifts_the_same_way(value: int, reach: int, seed: int) -> None:
    """The same seed gives the same sequence of values."""

    def walk() -> list[int]:
        rng, values = dice(seed), [value]
        for _ in range(20):
            values.append(drifted(values[-1], reach, rng))
        return values

    assert walk() == walk()


def test_drift_reaches_both_ends() -> None:
    """A long walk comes to both ends of the range, values above 32767 among them, and leaves them again."""
    rng, value, seen = dice(1), 2500, []
    for _ in range(20_000):
        value = drifted(value, 20_000, rng)
        seen.append(value)
    assert min(seen) < 10
    assert max(seen) > 65525
    assert len(set(seen)) > 10_000


@given(st.sampled_from([(0, 1), (65535, 65534)]), st.integers(0))
def test_drift_at_an_end_goes_inward(ends: tuple[int, int], seed: int) -> None:
    """At an end of the range there is one way to go, and it does not wrap to the other end."""
    value, neighbour = ends
    assert drifted(value, 1, dice(seed)) == neighbour
