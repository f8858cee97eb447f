"""A/B tests as canaries: who takes part, for how long, and what is said meanwhile."""

import re
from typing import Any

import pytest
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.status import Phase, RolloutStatus
from fabgitops_core.api.rollout.strategies import Canary, Cookie
from fabgitops_core.control.rollout.ways.choosing import way_of
from fabgitops_core.control.rollout.ways.experiment import cookie_regex
from hypothesis import given
from hypothesis import strategies as st

from .junction import Junction
from .workshop import spec, template

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


def under_way(**more: Any) -> Junction:
    """Return a plant in which some users are on version 2, with version 1 out."""
    test = {
        "stableService": "hmi",
        "canaryService": "hmi-canary",
        "trafficRouting": {"gatewayAPI": {"routes": [{"name": "hmi"}], "propagationSeconds": 5}},
        "match": COOKIE,
        **more,
    }
    plant = Junction(spec({"abTesting": test}))
    plant.settle()
    plant.declare(template=template("2"))
    for _ in range(60):
        plant.look()
        while plant.request is not None:
            assert not plant.headers() or plant.availables()["2"] == plant.spec["replicas"]
            plant.carry_out()
        plant.tick()
    return plant


def status(plant: Junction) -> RolloutStatus:
    """Return what is stored."""
    assert plant.status is not None
    return plant.status


def promote(plant: Junction) -> None:
    """Let it go on."""
    plant.say(marks.PROMOTE, f"{status(plant).current_pod_hash}/{status(plant).current_step_index}")


def test_some_users_get_the_new_version_until_somebody_decides() -> None:
    """Those with the cookie reach it, all others the old one, both whole; a promotion gives it to all."""
    plant = under_way()
    assert (status(plant).phase, plant.counts()) == (Phase.EXPERIMENTING, {"1": 4, "2": 4})
    first = plant.rules()[0]
    assert first["matches"][0]["headers"] == [
        {"name": "Cookie", "type": "RegularExpression", "value": "(^|.*; )variant=b(;.*|$)"}
    ]
    assert (plant.weights(), plant.selected("hmi-canary")) == ((100, 0), "2")
    promote(plant)
    plant.settle()
    assert (status(plant).phase, plant.counts(), plant.headers()) == (Phase.COMPLETED, {"1": 0, "2": 4}, [])


def test_when_the_time_is_over_it_waits_for_a_word() -> None:
    """It is Concluded then, and Paused for whoever knows no such phase; an abort ends it as well."""
    plant = under_way(duration=30, replicas=2)
    assert (status(plant).phase, plant.counts()) == (Phase.CONCLUDED, {"1": 4, "2": 2})
    paused = next(each.status for each in status(plant).conditions if each.type == "Paused")
    assert paused == "True"
    plant.say(marks.ABORT, status(plant).current_pod_hash)
    plant.settle()
    assert (status(plant).phase, plant.counts(), plant.headers()) == (Phase.FAILED, {"1": 4, "2": 0}, [])


def test_it_goes_over_by_itself_where_that_is_said() -> None:
    """autoPromotionEnabled: the time alone decides, where nothing judges it."""
    plant = under_way(duration=30, autoPromotionEnabled=True)
    plant.settle()
    assert (status(plant).phase, plant.counts()) == (Phase.COMPLETED, {"1": 0, "2": 4})


def test_a_test_may_last_longer_than_the_deadline() -> None:
    """The time that it takes is no lack of progress."""
    plant = under_way(duration=7200)
    plant.tick(7000)
    plant.look()
    assert status(plant).phase is Phase.EXPERIMENTING


def test_who_pauses_a_test_reads_that() -> None:
    """It is Paused, and says by whom, while users of both versions go on."""
    plant = under_way(duration=30)
    plant.say(marks.PAUSE, "lunch")
    plant.settle()
    assert (status(plant).phase, status(plant).message) == (Phase.PAUSED, "paused by annotation: lunch")
