"""Each step of the routing is safe by itself, and the steps come to their end, wherever they begin."""

import hypothesis.strategies as st
import pytest
from fabgitops_core.api.rollout.steps import HeaderRoute
from fabgitops_core.control.rollout.aims import Routing
from fabgitops_core.control.rollout.traffic.routing import Pods, begun, stepped
from hypothesis import given

HEADERS = tuple(
    HeaderRoute.model_validate({"name": name, "match": [{"headerName": "x", "headerValue": {"exact": value}}]})
    for name, value in (("beta", "1"), ("staff", "1"), ("beta", "2"))
)
R = Routing
HASHES = st.sampled_from("abc")


@st.composite
def routings(draw: st.DrawFn, most: int = 100) -> Routing:
    """Return any routing."""
    headers = draw(st.sampled_from([(), HEADERS[:1], HEADERS[:2], HEADERS[1:2], HEADERS[2:]]))
    return Routing(draw(st.integers(0, most)), draw(HASHES), draw(HASHES), headers)


@st.composite
def aims(draw: st.DrawFn) -> Routing:
    """Return an aim: where one revision has both Services there is nothing to share out."""
    found = draw(routings())
    return Routing(0, found.canary, found.stable) if found.canary == found.stable else found


@st.composite
def some_pods(draw: st.DrawFn) -> Pods:
    """Return any pods."""
    return Pods(draw(st.integers(0, 8)), {each: draw(st.integers(0, 9)) for each in "abc"})


@pytest.mark.parametrize(
    ("now", "aim", "available", "in_force", "after"),
    [
        (R(0, "b", "a"), R(50, "b", "a"), {"a": 4, "b": 2}, True, R(50, "b", "a")),
        (R(0, "b", "a"), R(50, "b", "a"), {"a": 4, "b": 1}, True, R(0, "b", "a")),
        (R(0, "b", "a"), R(50, "b", "a"), {"a": 4, "b": 2}, False, R(0, "b", "a")),
        (R(50, "b", "a"), R(50, "b", "a"), {"a": 4, "b": 1}, False, R(25, "b", "a")),
        (R(50, "b", "a"), R(50, "b", "a"), {"a": 2, "b": 1}, False, R(50, "b", "a")),
        (R(50, "b", "a"), R(50, "b", "a"), {"a": 2, "b": 0}, False, R(0, "b", "a")),
        (R(50, "b", "a", HEADERS[:1]), R(50, "b", "a", HEADERS[:1]), {"b": 0}, False, R(50, "b", "a", HEADERS[:1])),
        (R(50, "b", "a", HEADERS[:1]), R(25, "b", "a"), {"b": 0}, False, R(25, "b", "a")),
        (R(50, "b", "a"), R(0, "a", "a"), {"b": 0}, False, R(0, "b", "a")),
        (R(50, "b", "a"), R(0, "a", "a"), {"a": 3, "b": 2}, False, R(25, "b", "a")),
        (R(50, "b", "a"), R(0, "a", "a"), {"a": 4, "b": 2}, False, R(0, "b", "a")),
        (R(0, "b", "a"), R(0, "a", "a"), {"a": 4, "b": 2}, False, R(0, "b", "a")),
        (R(0, "b", "a"), R(0, "a", "a"), {"a": 4, "b": 2}, True, R(0, "a", "a")),
        (R(0, "b", "a"), R(0, "a", "a"), {"a": 0, "b": 2}, True, R(0, "b", "a")),
        (R(0, "b", "a", HEADERS[:1]), R(0, "a", "a"), {"a": 4, "b": 2}, True, R(0, "b", "a")),
        (R(0, "b", "a"), R(0, "b", "a", HEADERS[:1]), {"a": 4, "b": 1}, True, R(0, "b", "a", HEADERS[:1])),
        (R(0, "b", "a"), R(0, "b", "a", HEADERS[:1]), {"a": 4, "b": 1}, False, R(0, "b", "a")),
        (R(0, "b", "a"), R(0, "b", "a", HEADERS[:1]), {"a": 4, "b": 0}, True, R(0, "b", "a")),
        (R(60, "b", "a"), R(0, "b", "b"), {"a": 4, "b": 4}, True, R(100, "b", "a")),
        (R(60, "b", "a"), R(0, "b", "b"), {"a": 4, "b": 3}, True, R(60, "b", "a")),
        (R(100, "b", "a"), R(0, "b", "b"), {"a": 4, "b": 4}, False, R(100, "b", "a")),
        (R(100, "b", "a"), R(0, "b", "b"), {"a": 4, "b": 4}, True, R(100, "b", "b")),
        (R(60, "b", "a"), R(0, "b", "b"), {"a": 0, "b": 3}, False, R(60, "b", "b")),
        (R(100, "b", "b"), R(0, "b", "b"), {"b": 4}, False, R(100, "b", "b")),
        (R(100, "b", "b"), R(0, "b", "b"), {"b": 4}, True, R(0, "b", "b")),
    ],
)
def test_the_next_step(now: R, aim: R, available: dict[str, int], in_force: bool, after: R) -> None:
    """What takes requests away is done at once, what gives some waits; a Service moves while nothing goes by it."""
    assert stepped(now, aim, Pods(4, available), in_force=in_force) == after


@given(now=routings(), aim=aims(), pods=some_pods(), in_force=st.booleans())
def test_a_step_is_safe(now: Routing, aim: Routing, pods: Pods, *, in_force: bool) -> None:
    """One thing is changed, more only when all before is in force, and never more than pods carry."""
    after = stepped(now, aim, pods, in_force=in_force)
    moved = (after.canary != now.canary) + (after.stable != now.stable)
    assert moved + ((after.weight, after.headers) != (now.weight, now.headers)) <= 1
    if after.weight > now.weight or set(after.headers) - set(now.headers):
        assert in_force
        assert after.canary == after.stable or after.weight <= max(pods.carried(after.canary), now.weight)
        assert pods.alive(after.canary)
    if after.weight < now.weight and now.canary != now.stable:
        rest = pods.most - after.weight
        assert rest <= pods.carried(now.stable) or not pods.alive(now.canary)
    if after.canary != now.canary:
        assert in_force
        assert (now.weight, now.headers) == (0, ())
        assert pods.alive(after.canary) or not pods.alive(now.canary)
    if after.stable != now.stable:
        assert pods.alive(after.stable)
        all_by_canary = in_force and now.weight == pods.most and now.canary == after.stable
        assert all_by_canary or not pods.alive(now.stable)


@given(now=routings(), aim=aims(), replicas=st.integers(0, 8))
def test_steps_come_to_their_end(now: Routing, aim: Routing, replicas: int) -> None:
    """With all pods there each aim is reached from anywhere within a few steps."""
    pods = Pods(replicas, dict.fromkeys("abc", replicas))
    for _ in range(12):
        now = stepped(now, aim, pods, in_force=True)
    assert now == aim


@given(now=routings(), aim=aims(), before=some_pods(), pods=some_pods())
def test_a_canary_that_has_no_pod_gets_nothing(now: Routing, aim: Routing, before: Pods, pods: Pods) -> None:
    """Where the other side has pods, all requests go there at once, whether or not what was before is in force."""
    del before
    if now.canary == now.stable or pods.alive(now.canary) or not pods.alive(now.stable):
        return
    after = stepped(now, aim, pods, in_force=False)
    assert (after.weight, after.headers) == (0, ())


@given(aim=aims(), pods=some_pods())
def test_the_first_routing_loads_nobody_with_more_than_it_carries(aim: Routing, pods: Pods) -> None:
    """Where routes come in mid-update, the proven pods get what they carry, and header routes come later."""
    first = begun(aim, pods)
    assert (first.canary, first.stable, first.headers) == (aim.canary, aim.stable, ())
    assert aim.canary == aim.stable or first.weight <= pods.carried(aim.canary)
