"""Whatever is there and comes up or not: counts stay within their limits, and come to their end."""

from collections.abc import Callable
from typing import NamedTuple

from fabgitops_core.control.rollout.pods.counts import basic, older, split
from fabgitops_core.control.rollout.pods.limits import Limits, limits
from fabgitops_core.control.rollout.pods.sides import NOBODY, Side, Sides, together
from hypothesis import given, settings
from hypothesis import strategies as st

COUNT = st.integers(0, 12)
SIDE = st.tuples(COUNT, COUNT).map(lambda pair: Side(pair[0], min(pair)))
LIMIT = st.one_of(COUNT, st.integers(0, 100).map("{}%".format))
WEIGHT = st.integers(0, 100)


class World(NamedTuple):
    """Canary, stable and older revisions, the oldest first."""

    canary: Side
    stable: Side
    others: tuple[Side, ...] = ()

    @property
    def all(self) -> Side:
        """Return all of them as one."""
        return together(self.canary, self.stable, *self.others)


WORLD = st.builds(World, SIDE, SIDE, st.lists(SIDE, max_size=3).map(tuple))


def scaled(side: Side, count: int) -> Side:
    """Return a revision that is told to have another count: of those that go the unavailable ones go first."""
    return Side(count, min(side.available, count))


def passed(world: World, replicas: int, weight: int, within: Limits) -> World:
    """Return the world after one pass, all of whose counts are set at once."""
    kept = older(replicas, within, world.others, world.canary, world.stable)
    now = basic(replicas, weight, within, world.canary, world.stable, together(*world.others))
    others = tuple(scaled(each, count) for each, count in zip(world.others, kept, strict=True))
    return World(scaled(world.canary, now.canary), scaled(world.stable, now.stable), others)


def ended(world: World, replicas: int, weight: int, within: Limits, come_up: Callable[[World], World]) -> World:
    """Return the world that does not change any more."""
    for _ in range(200):
        after = come_up(passed(world, replicas, weight, within))
        if after == world:
            return world
        world = after
    raise AssertionError("it goes on for ever")


def whole(side: Side) -> Side:
    """Return a revision whose pods have all come up."""
    return Side(side.spec, side.spec)


def all_up(world: World) -> World:
    """Return the world with every pod available."""
    return World(whole(world.canary), whole(world.stable), tuple(map(whole, world.others)))


@settings(max_examples=4 * settings().max_examples)
@given(WORLD, COUNT, WEIGHT, LIMIT, LIMIT)
def test_no_pass_goes_beyond_the_limits(
    world: World, replicas: int, weight: int, surge: int | str, unavailable: int | str
) -> None:
    """No pass tells more pods to be there than may be, or takes one that is available and needed."""
    within = limits(replicas, surge, unavailable)
    after = passed(world, replicas, weight, within)
    assert after.all.spec <= max(replicas + within.surge, world.all.spec)
    assert after.all.available >= min(replicas - within.unavailable, world.all.available)
    assert min(after.canary.spec, after.stable.spec) >= 0


@settings(max_examples=4 * settings().max_examples)
@given(WORLD, COUNT, WEIGHT, LIMIT, LIMIT)
def test_it_ends_at_the_split(
    world: World, replicas: int, weight: int, surge: int | str, unavailable: int | str
) -> None:
    """From whatever is there, if pods come up, it ends with the wanted counts and without older pods."""
    within = limits(replicas, surge, unavailable)
    end = ended(world, replicas, weight, within, all_up)
    assert Sides(end.canary.spec, end.stable.spec) == split(replicas, weight, within)
    assert together(*end.others) == NOBODY


@settings(max_examples=4 * settings().max_examples)
@given(WORLD, COUNT, WEIGHT, LIMIT, LIMIT)
def test_what_is_too_much_goes_though_nothing_comes_up(
    world: World, replicas: int, weight: int, surge: int | str, unavailable: int | str
) -> None:
    """From whatever is there it ends within the surge, though no pod becomes available any more."""
    within = limits(replicas, surge, unavailable)
    assert ended(world, replicas, weight, within, lambda now: now).all.spec <= replicas + within.surge


@settings(max_examples=4 * settings().max_examples)
@given(WORLD, COUNT, LIMIT, LIMIT)
def test_an_abort_ends_though_the_canary_never_comes_up(
    world: World, replicas: int, surge: int | str, unavailable: int | str
) -> None:
    """At weight 0 it ends with all pods on the stable side, though those of canary and older ones stay as they are."""
    within = limits(replicas, surge, unavailable)
    end = ended(world, replicas, 0, within, lambda now: now._replace(stable=whole(now.stable)))
    assert (end.canary.spec, end.stable.spec, together(*end.others).spec) == (0, replicas, 0)


@settings(max_examples=4 * settings().max_examples)
@given(WORLD, COUNT, LIMIT, LIMIT)
def test_a_good_revision_follows_on_a_broken_one(
    world: World, replicas: int, surge: int | str, unavailable: int | str
) -> None:
    """At weight 100 it ends with all pods on the canary, though none comes up on the stable side any more."""
    within = limits(replicas, surge, unavailable)
    end = ended(world, replicas, 100, within, lambda now: now._replace(canary=whole(now.canary)))
    assert (end.canary.spec, end.stable.spec, together(*end.others).spec) == (replicas, 0, 0)


@given(SIDE, st.lists(SIDE, max_size=3).map(tuple), COUNT, LIMIT, LIMIT)
def test_the_first_revision_gets_all_replicas(
    first: Side, others: tuple[Side, ...], replicas: int, surge: int | str, unavailable: int | str
) -> None:
    """Without a stable revision it ends with all replicas on the newest, within the limits at each pass."""
    within = limits(replicas, surge, unavailable)
    for _ in range(100):
        kept = older(replicas, within, others, first)
        now = basic(replicas, 0, within, first, None, together(*others))
        before = together(first, *others)
        first = scaled(first, now.canary)
        others = tuple(scaled(each, count) for each, count in zip(others, kept, strict=True))
        after = together(first, *others)
        assert now.stable == 0
        assert after.spec <= max(replicas + within.surge, before.spec)
        assert after.available >= min(replicas - within.unavailable, before.available)
        first = whole(first)
    assert (first.spec, together(*others).spec) == (replicas, 0)


@given(COUNT, st.lists(COUNT, max_size=3), COUNT, COUNT, WEIGHT, LIMIT, LIMIT)
def test_a_new_version_gets_its_pods_though_the_proven_one_is_dead(
    dead: int, others: list[int], up: int, replicas: int, weight: int, surge: int | str, unavailable: int | str
) -> None:
    """With no pod of the stable side ever available it ends with the canary's share, whoever else is needed."""
    within = limits(replicas, surge, unavailable)
    world = World(whole(Side(up)), Side(dead), tuple(whole(Side(each)) for each in others))
    end = ended(world, replicas, weight, within, lambda now: now._replace(canary=whole(now.canary)))
    assert end.canary.spec >= split(replicas, weight, within).canary
