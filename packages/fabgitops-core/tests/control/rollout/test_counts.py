"""A canary without traffic routing has the counts that users of Argo Rollouts know, within its limits."""

from collections.abc import Sequence

import pytest
from fabgitops_core.control.rollout.pods.counts import basic, older, split
from fabgitops_core.control.rollout.pods.limits import Limits, limits
from fabgitops_core.control.rollout.pods.reached import Threshold, reached
from fabgitops_core.control.rollout.pods.sides import NOBODY, Side, Sides

from .figures import BASIC, SPLIT, Pair

QUARTER = "25%"


def up(count: int) -> Side:
    """Return a revision all of whose pods are available."""
    return Side(count, count, count)


def down(count: int) -> Side:
    """Return a revision none of whose pods becomes available."""
    return Side(count, 0, count)


@pytest.mark.parametrize(("replicas", "weight", "surge", "canary", "stable"), SPLIT)
def test_a_weight_is_split_as_published(replicas: int, weight: int, surge: int, canary: int, stable: int) -> None:
    """The whole numbers of pods that come nearest to a weight are those of the published figures."""
    assert split(replicas, weight, Limits(surge, 1)) == (canary, stable)


@pytest.mark.parametrize(
    ("replicas", "weight", "surge", "unavailable", "canary", "stable", "others", "now"), BASIC, ids=str
)
def test_counts_move_as_published(
    replicas: int,
    weight: int,
    surge: int | str,
    unavailable: int | str,
    canary: Pair,
    stable: Pair,
    others: Pair,
    now: Pair,
) -> None:
    """From what is there the next counts are those of the published figures."""
    within = limits(replicas, surge, unavailable)
    assert basic(replicas, weight, within, Side(*canary), Side(*stable), Side(*others)) == now


@pytest.mark.parametrize(("replicas", "weight"), [(2, 75), (10, 95), (50, 99)])
def test_between_all_but_one_and_all_stable_keeps_a_pod(replicas: int, weight: int) -> None:
    """Half way between all but one and all, without a surge, the canary has all but one: no weight makes it vanish."""
    assert split(replicas, weight, Limits(0, 1)) == (replicas - 1, 1)


def test_weights_may_be_of_another_whole() -> None:
    """Where weights are of 1000, 250 is a quarter, and what is above the whole is refused."""
    assert split(4, 250, Limits(0, 1), max_weight=1000) == (1, 3)
    with pytest.raises(ValueError, match=r"weight: 101 is not within 0 to 100"):
        split(4, 101, Limits(0, 1))
    with pytest.raises(ValueError, match=r"replicas: -1 is below 0"):
        basic(-1, 10, Limits(0, 1), NOBODY, NOBODY)


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, "25%", "25%", (3, 2)),
        (10, "25", "25", (3, 2)),
        (10, 25, 3, (25, 3)),
        (10, "0%", 0, (0, 1)),
        (3, "1%", "30%", (1, 0)),
        (3, 0, "33%", (0, 1)),
        (4, "100%", "100%", (4, 4)),
        (4, "200%", 9, (8, 4)),
        (0, "25%", "25%", (0, 0)),
        (0, 1, 1, (1, 0)),
    ],
)
def test_limits_are_rounded_so_that_something_moves(
    replicas: int, surge: int | str, unavailable: int | str, expected: Pair
) -> None:
    """A surge is rounded up, what may be missing down; both 0 let one be missing, and never more than there are."""
    assert limits(replicas, surge, unavailable) == expected


def test_the_first_revision_gets_all_at_once() -> None:
    """While there is no stable revision, or the newest is stable, it gets all replicas, whatever the weight says."""
    assert basic(10, 10, Limits(0, 1), Side(9, 9), None) == (10, 0)
    assert basic(10, 10, Limits(3, 1), NOBODY, None) == (10, 0)
    assert basic(2, 10, Limits(1, 0), up(5), None) == (2, 0)


def test_older_revisions_go_first() -> None:
    """The oldest goes first, what is not available at once, and enough stays available."""
    assert older(4, Limits(1, 0), [down(2), up(1)], down(1), up(4)) == (0, 0)
    assert older(4, Limits(1, 0), [up(1), up(2)], NOBODY, up(2)) == (0, 2)
    assert older(4, Limits(1, 0), [up(1), Side(2, 1)], NOBODY, up(2)) == (1, 1)
    assert older(4, Limits(1, 1), [up(1), up(2)], Side(3, 1), up(1)) == (0, 1)


def test_pods_that_never_come_up_do_not_hold_an_abort() -> None:
    """A bad canary goes, even where older pods must stay until the stable revision is back."""
    assert basic(4, 0, Limits(1, 0), down(1), up(2), up(2)) == (0, 2)
    assert basic(4, 0, Limits(1, 0), NOBODY, up(2), up(2)) == (0, 3)


def walk(weight: int, within: tuple[int | str, int | str], sizes: Sequence[int], good: bool) -> list[Sides]:
    """Return the counts of a canary at a weight for each size of the workload, its stable pods all available."""
    canary, stable, found = NOBODY, up(sizes[0]), []
    for replicas in sizes:
        for _ in range(40):
            now = basic(replicas, weight, limits(replicas, *within), canary, stable)
            canary, stable = (up if good else down)(now.canary), up(now.stable)
        found.append(Sides(canary.spec, stable.spec))
    return found


def test_a_paused_canary_follows_the_size() -> None:
    """A workload that is scaled while its canary is paused keeps the split: 1 and 3 of 4, 2 and 6 of 8."""
    assert walk(25, ("25%", "25%"), [1, 8, 4], good=True) == [(1, 1), (2, 6), (1, 3)]


def test_a_workload_may_be_scaled_in_mid_update() -> None:
    """With a canary that never comes up the limits are kept at each size, and nothing is stuck."""
    assert walk(100, ("100%", "25%"), [4, 8, 4], good=False) == [(4, 3), (8, 3), (4, 3)]
    assert walk(100, (2, 0), [4, 8, 4], good=False) == [(2, 4), (6, 4), (2, 4)]


def test_limits_are_kept_at_once() -> None:
    """One pass brings what is too much back within the limits, and counts no pod that is about to go."""
    assert basic(4, 100, Limits(2, 0), down(6), up(4)) == (2, 4)
    assert basic(4, 100, Limits(1, 0), down(3), up(1), up(2)) == (2, 1)
    assert basic(10, 30, Limits(1, 0), NOBODY, up(1), Side(3, 2)) == (1, 7)
    assert basic(4, 0, Limits(1, 0), up(3), Side(1, 2)) == (3, 2)


def test_template_and_size_may_change_together() -> None:
    """A new template and more replicas in one patch end with all replicas on the new one."""
    assert walk(100, ("25%", "25%"), [2, 4], good=True)[-1] == (4, 0)


def test_less_weight_keeps_the_canary_until_stable_is_up() -> None:
    """From 100 to 0 the stable pods come first, within the surge, and the canary stays as long as it is needed."""
    assert basic(3, 0, Limits(2, 0), up(3), NOBODY) == (3, 2)
    assert basic(3, 0, Limits(2, 0), up(3), Side(2, 0, 2)) == (3, 2)
    assert basic(3, 0, Limits(2, 0), up(3), up(2)) == (1, 2)


def test_a_third_revision_takes_the_place_of_the_second() -> None:
    """A revision that comes while another is paused, or fails, ends as 3, 0, 1 and 4, 0, 1 pods of the three."""
    assert older(3, limits(3, QUARTER, QUARTER), [up(1)], NOBODY, up(3)) == (0,)
    assert basic(3, 10, limits(3, QUARTER, QUARTER), NOBODY, up(3)) == (1, 3)
    assert basic(4, 100, Limits(1, 0), NOBODY, up(4)) == (1, 4)
    assert older(4, Limits(1, 0), [down(1)], NOBODY, up(4)) == (0,)
    assert basic(4, 100, Limits(1, 0), NOBODY, up(4), down(1)) == (0, 4)
    assert basic(4, 100, Limits(1, 0), NOBODY, up(4), NOBODY) == (1, 4)


@pytest.mark.parametrize(
    ("wanted", "canary", "stable", "is_reached"),
    [
        ((2, 2), (2, 2, 2), (2, 2, 2), True),
        ((2, 2), (2, 1, 2), (2, 2, 2), False),
        ((3, 1), (3, 3, 3), (2, 2, 2), False),
        ((3, 1), (3, 3, 1), (1, 0, 1), True),
        ((2, 2), (2, 2, 2), (2, 2, 3), False),
    ],
)
def test_a_step_is_reached_as_published(
    wanted: Pair, canary: tuple[int, int, int], stable: tuple[int, int, int], is_reached: bool
) -> None:
    """A step is over when the canary is available and the stable side is told to have, and has, just its pods."""
    assert reached(Sides(*wanted), Side(*canary), Side(*stable)) is is_reached


def test_older_pods_and_thresholds_count() -> None:
    """Pods of older revisions hold a step; a threshold lets it end with fewer of the canary's."""
    assert not reached(Sides(2, 2), up(2), up(2), [down(1), up(1)])
    assert not reached(Sides(2, 2), up(2), up(2), [Side(spec=0, available=1)])
    assert reached(Sides(2, 2), up(2), up(2), [down(1)])
    assert reached(Sides(10, 4), Side(10, 7, 10), up(4), threshold=Threshold("Percent", 70))
    assert not reached(Sides(10, 4), Side(10, 6, 10), up(4), threshold=Threshold("Percent", 70))
    assert reached(Sides(10, 4), Side(10, 3, 10), up(4), threshold=Threshold("Pods", 3))
    assert not reached(Sides(10, 4), Side(10, 2, 10), up(4), threshold=Threshold("Pods", 3))
    assert reached(Sides(0, 4), NOBODY, up(4), threshold=Threshold("Percent", 70))
