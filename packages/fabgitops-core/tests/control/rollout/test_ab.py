"""A/B tests as canaries: who takes part, for how long, and what is said meanwhile."""

import re
from typing import Any

import pytest
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.strategies import Canary, Cookie
from fabgitops_core.control.rollout.experiment import cookie_regex
from fabgitops_core.control.rollout.ways import way_of
from hypothesis import given
from hypothesis import strategies as st

from .workshop import spec

HEADERS = [{"headerName": "X-Line", "headerValue": {"exact": "7"}}]
COOKIE = {"cookie": {"name": "variant", "value": "b"}}
JUDGED = {"templates": [{"templateName": "orders"}], "args": [{"name": "line", "value": "7"}]}


def way(match: dict[str, Any], **more: Any) -> Canary:
    """Return the way of an A/B test."""
    test = {
        "stableService": "hmi",
        "canaryService": "hmi-b",
        "trafficRouting": {"gatewayAPI": {"routes": [{"name": "hmi"}]}, "managedRoutes": [{"name": "mine"}]},
        "match": match,
        **more,
    }
    found = way_of(RolloutSpec.model_validate(spec({"abTesting": test})))
    assert isinstance(found, Canary)
    return found


def steps(found: Canary) -> list[dict[str, Any]]:
    """Return the steps as a manifest has them."""
    return [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in found.steps]


def test_pods_first_and_then_those_who_take_part() -> None:
    """All pods of the new version are there before a request goes to it; then it waits, without a weight."""
    found = way({"headers": HEADERS})
    scale, route, pause = steps(found)
    assert scale["setCanaryScale"]["weight"] == 100
    assert route["setHeaderRoute"] == {"name": "ab-testing", "match": HEADERS}
    assert pause == {"pause": {}}
    assert (found.stable_service, found.canary_service) == ("hmi", "hmi-b")
    assert found.traffic_routing is not None
    assert [each.name for each in found.traffic_routing.managed_routes] == ["ab-testing"]


def test_as_many_pods_as_are_said() -> None:
    """`replicas` are so many, whatever spec.replicas is."""
    assert steps(way({"headers": HEADERS}, replicas=2))[0]["setCanaryScale"]["replicas"] == 2


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ({"duration": "1h"}, ["pause", "pause"]),
        ({"duration": "1h", "autoPromotionEnabled": True}, ["pause"]),
        ({"duration": "1h", "analysis": JUDGED}, ["pause", "analysis", "pause"]),
        ({"duration": "1h", "analysis": JUDGED, "autoPromotionEnabled": True}, ["pause", "analysis"]),
        ({"analysis": JUDGED}, ["pause", "analysis"]),
    ],
)
def test_what_follows_when_the_time_is_over(more: dict[str, Any], kinds: list[str]) -> None:
    """It is judged then, and goes over by itself only where that is said."""
    found = steps(way({"headers": HEADERS}, **more))[2:]
    assert [next(iter(each)) for each in found] == kinds
    if "duration" in more:
        assert found[0] == {"pause": {"duration": "1h"}}


def test_a_cookie_is_found_among_others() -> None:
    """It may be the first, the last or between others; what only looks like it is none."""
    regex = re.compile(cookie_regex(Cookie(name="variant", value="b")))
    for text in ("variant=b", "a=1; variant=b", "variant=b; z=1", "a=1; variant=b; z=1"):
        assert regex.fullmatch(text)
    for text in ("variant=bb", "xvariant=b", "a=variant=b", "variant=a", "Variant=b"):
        assert not regex.fullmatch(text)


TEXTS = st.text("abZ09.*+?()|[]^$-_!#%&'/:<=>@{}~`", min_size=1, max_size=20)


@given(name=st.text("abZ09!#$%&'*+-.^_|~", min_size=1, max_size=20), value=TEXTS, other=TEXTS)
def test_a_cookie_means_just_what_it_says(name: str, value: str, other: str) -> None:
    """Characters that mean something in a regular expression stand for themselves."""
    regex = re.compile(cookie_regex(Cookie(name=name, value=value)))
    assert regex.fullmatch(f"{name}={value}")
    assert bool(regex.fullmatch(f"{name}={other}")) == (other == value)


def test_the_longest_cookie_fits() -> None:
    """A cookie that is taken is one of which a route can be made."""
    found = way({"cookie": {"name": "." * 240, "value": "." * 240}})
    assert steps(found)[1]["setHeaderRoute"]["match"][0]["headerName"] == "Cookie"


def test_a_simple_way_keeps_what_judges_it() -> None:
    """Surge and analysis of a simple strategy are those of the canary without steps that it is."""
    found = way_of(
        RolloutSpec.model_validate(spec({"simple": {"maxSurge": 2, "maxUnavailable": 0, "analysis": JUDGED}}))
    )
    assert isinstance(found, Canary)
    assert (found.max_surge, found.max_unavailable, found.steps) == (2, 0, ())
    assert found.analysis is not None
    assert found.analysis.model_dump(mode="json", by_alias=True) == {**JUDGED, "startingStep": 0}
