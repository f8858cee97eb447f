"""With a route that carries the weights, sides have the pods that their weights need, before and after these move."""

import pytest
from fabgitops_core.control.rollout.pods.limits import Limits
from fabgitops_core.control.rollout.pods.routed import AS_TRAFFIC, Scale, Sizing, aborted, routed, sized
from fabgitops_core.control.rollout.pods.sides import Side
from fabgitops_core.control.rollout.pods.weights import carried, needed
from hypothesis import given
from hypothesis import strategies as st

WEIGHT = st.integers(0, 100)
SIZING = st.builds(Sizing, st.integers(0, 4), st.booleans(), st.just(100))


def up(count: int) -> Side:
    """Return a revision all of whose pods are available."""
    return Side(count, count, count)


@pytest.mark.parametrize(
    ("replicas", "weight", "max_weight", "pods"),
    [
        (10, 0, 100, 0),
        (10, 20, 100, 2),
        (10, 25, 100, 3),
        (10, 33, 100, 4),
        (10, 99, 100, 10),
        (10, 100, 100, 10),
        (23, 100_000_000, 100_000_000, 23),
    ],
)
def test_a_weight_needs_its_pods_rounded_up(replicas: int, weight: int, max_weight: int, pods: int) -> None:
    """The pods that a weight needs are those of the published figures."""
    assert needed(replicas, weight, max_weight) == pods


@pytest.mark.parametrize(
    ("available", "replicas", "weight"),
    [(0, 4, 0), (1, 4, 25), (1, 3, 33), (2, 3, 66), (3, 3, 100), (5, 3, 100), (0, 0, 100), (-1, 4, 0)],
)
def test_pods_carry_their_part_of_the_weight(available: int, replicas: int, weight: int) -> None:
    """So many available pods carry their part and no more; where none is wanted, any weight is as good."""
    assert carried(available, replicas) == weight


@pytest.mark.parametrize(
    ("replicas", "weight", "scale", "sizing", "counts"),
    [
        (1, 100, Scale(replicas=9), Sizing(), (9, 1)),
        (4, 100, Scale(weight=200), Sizing(), (8, 4)),
        (10, 20, Scale(9, 100, match_traffic_weight=True), Sizing(), (2, 10)),
        (10, 5, AS_TRAFFIC, Sizing(min_pods=2), (2, 10)),
        (1, 100, AS_TRAFFIC, Sizing(min_pods=2), (1, 1)),
        (10, 10, AS_TRAFFIC, Sizing(), (1, 10)),
        (10, 10, AS_TRAFFIC, Sizing(dynamic=True), (1, 9)),
        (10, 0, AS_TRAFFIC, Sizing(min_pods=2), (0, 10)),
        (10, 95, AS_TRAFFIC, Sizing(min_pods=2, dynamic=True), (10, 2)),
    ],
)
def test_sizes_with_a_route_are_as_published(
    replicas: int, weight: int, scale: Scale, sizing: Sizing, counts: tuple[int, int]
) -> None:
    """Where the weight is in force already, the counts are those of the published figures."""
    within_reach = 0 if scale.replicas or scale.weight else weight
    actual = weight if sizing.dynamic else within_reach
    assert routed(replicas, weight, actual, scale, sizing) == counts


def test_the_canary_scale_is_its_own_step() -> None:
    """A canary is 0, 1, 1, 3, 2 and 4 pods of 4 as steps size it, give it a weight, and let it follow that again."""
    quarter, three = Scale(weight=25), Scale(replicas=3)
    steps = [(0, AS_TRAFFIC), (0, quarter), (50, quarter), (50, three), (50, AS_TRAFFIC), (100, AS_TRAFFIC)]
    assert [sized(4, weight, scale) for weight, scale in steps] == [0, 1, 1, 3, 2, 4]


def test_the_stable_side_stays_until_its_weight_has_gone() -> None:
    """With a stable side that shrinks, more weight waits for the canary's pods, and less for those of the stable."""
    dynamic = Sizing(dynamic=True)
    assert routed(10, 20, 10, sizing=dynamic) == (2, 9)
    assert routed(10, 10, 20, sizing=dynamic) == (2, 9)
    assert routed(4, 75, 25, sizing=dynamic) == (3, 3)
    assert routed(4, 75, 75, sizing=dynamic) == (3, 1)


def test_an_aborted_canary_stays_for_its_delay() -> None:
    """After an abort the canary stays until its delay is over, and does not grow though a step had wanted more."""
    assert aborted(4, 0, up(2), up(4), Limits(1, 0), drained=False) == (2, 4)
    assert aborted(4, 0, up(2), up(4), Limits(1, 0), drained=True) == (0, 4)
    assert aborted(4, 50, up(1), up(4), Limits(1, 0), drained=True) == (1, 4)


def test_an_abort_gives_back_as_stable_becomes_ready() -> None:
    """From 1 and 3 of 4 the stable side comes back, and with three of it ready the canary has one pod left."""
    dynamic = Sizing(dynamic=True)
    assert aborted(4, 75, up(3), up(1), Limits(1, 1), drained=True, sizing=dynamic) == (3, 2)
    assert aborted(4, 75, up(3), Side(2, 1), Limits(1, 1), drained=True, sizing=dynamic) == (3, 2)
    assert aborted(4, 75, up(3), Side(3, 0), Limits(1, 1), drained=True, sizing=dynamic) == (3, 3)
    assert aborted(4, 25, up(3), up(3), Limits(1, 1), drained=True, sizing=dynamic) == (1, 4)
    assert aborted(4, 0, up(1), up(4), Limits(1, 1), drained=True, sizing=dynamic) == (0, 4)


@given(st.integers(0, 30), WEIGHT, WEIGHT, SIZING)
def test_a_weight_never_waits_for_ever(replicas: int, weight: int, actual: int, sizing: Sizing) -> None:
    """When the pods are up that are told to be, they carry the weight that is in force, and the one that is wanted."""
    counts = routed(replicas, weight, actual, sizing=sizing)
    for now in (weight, actual):
        assert now <= carried(counts.canary, replicas)
        assert 100 - now <= carried(counts.stable, replicas)


@given(st.integers(0, 30), WEIGHT, st.integers(0, 4), st.integers(0, 4))
def test_an_abort_comes_to_its_end(replicas: int, actual: int, min_pods: int, surge: int) -> None:
    """Where stable had shrunk, the canary's weight goes to 0 in at most a wave a pod, never above what pods carry."""
    sizing = Sizing(min_pods, dynamic=True)
    canary, stable = (up(count) for count in routed(replicas, actual, actual, sizing=sizing))
    for _ in range(replicas + 1):
        now = aborted(replicas, actual, canary, stable, Limits(surge, 1), drained=True, sizing=sizing)
        assert now.canary + now.stable <= max(replicas + max(surge, 1) + 1 + min_pods, canary.spec + stable.spec)
        assert now.stable >= stable.spec
        canary, stable = up(now.canary), up(now.stable)
        assert actual <= carried(canary.available, replicas)
        actual = min(actual, 100 - carried(stable.available, replicas))
    assert (actual, stable.spec) == (0, replicas)
    assert aborted(replicas, 0, canary, stable, Limits(surge, 1), drained=True, sizing=sizing) == (0, replicas)


def test_nonsense_is_refused() -> None:
    """A number that no arithmetic makes sense of is refused by its field."""
    with pytest.raises(ValueError, match=r"maxTrafficWeight: 0 is not above 0"):
        needed(4, 10, 0)
    with pytest.raises(ValueError, match=r"weight: -5 is not within 0 to 100"):
        routed(4, -5, 0)
