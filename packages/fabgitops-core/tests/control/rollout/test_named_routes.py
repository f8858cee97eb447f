"""A route of somebody else's: its two weights are set and our header rules come and go, and every other byte stays."""

import copy
from typing import Any

import hypothesis.strategies as st
import pytest
from fabgitops_core.api.rollout.steps import HeaderRoute
from fabgitops_core.control.rollout.traffic.named import Layout, change, layout
from fabgitops_core.control.rollout.traffic.rules import Pair, Share, header_rule
from fabgitops_core.testing.jsonpatch import patched
from hypothesis import given

PAIR = Pair("hmi", "hmi-canary", "plant")
BETA = HeaderRoute.model_validate(
    {"name": "beta", "match": [{"headerName": "x-user", "headerValue": {"prefix": "a.b"}}]}
)
STAFF = HeaderRoute.model_validate(
    {"name": "staff", "match": [{"headerName": "cookie", "headerValue": {"regex": "v=1"}}]}
)
HEADERS = st.sampled_from([(), (BETA,), (STAFF,), (BETA, STAFF)])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
OTHERS = st.dictionaries(st.sampled_from(["filters", "timeouts", "retry", "sessionPersistence"]), ANYTHING)
SHARES = st.integers(0, 100).map(lambda weight: Share(100 - weight, weight))


def backend(name: str, weight: int | None = 1, **more: Any) -> dict[str, Any]:
    """Return a backend."""
    return {"name": name, "port": 80, **({} if weight is None else {"weight": weight}), **more}


@st.composite
def other_rules(draw: st.DrawFn) -> dict[str, Any]:
    """Return a rule that is none of ours: it may have one of the Services, or those of another namespace."""
    one = [backend("hmi-canary"), backend("hmi"), backend("else"), backend("hmi", namespace="other")]
    rows = draw(st.lists(st.sampled_from(one), max_size=2, unique_by=lambda each: each["name"]))
    both = {each["name"] for each in rows if "namespace" not in each} >= {"hmi", "hmi-canary"}
    return {"name": draw(st.sampled_from(["a", "b"])), **draw(OTHERS), "backendRefs": rows[:1] if both else rows}


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Return any route in which one rule has both Services."""
    rows = [backend("hmi", draw(st.sampled_from([None, 1, 7]))), backend("hmi-canary", 1, filters=draw(ANYTHING))]
    rows += draw(st.lists(st.just(backend("third", 3)), max_size=1))
    name = draw(st.sampled_from([{}, {"name": "main"}]))
    matches = draw(st.sampled_from([{}, {"matches": [{"path": {"value": "/"}}, {"headers": [{"name": "h"}]}]}]))
    base = {**name, **matches, **draw(OTHERS), "backendRefs": draw(st.permutations(rows))}
    before, after = draw(st.lists(other_rules(), max_size=2)), draw(st.lists(other_rules(), max_size=2))
    spec = {"parentRefs": draw(ANYTHING), "rules": [*before, base, *after]}
    return {"metadata": {"name": "hmi", "labels": draw(ANYTHING)}, "spec": spec, "status": draw(ANYTHING)}


def told(body: dict[str, Any], share: Share, headers: tuple[HeaderRoute, ...]) -> dict[str, Any]:
    """Return a route after what is to be changed of it."""
    rules = body["spec"]["rules"]
    found = layout(rules, PAIR, None, [BETA, STAFF])
    assert isinstance(found, Layout)
    steps = change(rules, PAIR, found, share, headers)
    return body if steps is None else dict(patched(copy.deepcopy(body), steps))


@given(body=bodies(), share=SHARES)
def test_of_a_route_only_two_weights_change(body: dict[str, Any], share: Share) -> None:
    """Other backends, rules, filters, labels: every other byte of it is as it was."""
    wanted = copy.deepcopy(body)
    base = next(rule for rule in wanted["spec"]["rules"] if len(rule["backendRefs"]) > 1 and _has_both(rule))
    for each in base["backendRefs"]:
        if each["name"] in {"hmi", "hmi-canary"}:
            each["weight"] = share.stable if each["name"] == "hmi" else share.canary
    assert told(body, share, ()) == wanted


@given(body=bodies(), share=SHARES, first=HEADERS, second=HEADERS)
def test_header_rules_come_and_go_and_leave_nothing(
    body: dict[str, Any], share: Share, first: tuple[HeaderRoute, ...], second: tuple[HeaderRoute, ...]
) -> None:
    """They stand in front of the rule whose requests they take, in their order, and when they go all is as before."""
    before = told(body, share, ())
    after = told(told(before, share, first), share, second)
    names = [rule["name"] for rule in after["spec"]["rules"] if str(rule.get("name", "")).startswith("fabgitops-")]
    assert names == [f"fabgitops-{each.name}" for each in second]
    assert told(after, share, second) == after
    assert told(after, share, ()) == before


@given(body=bodies(), share=SHARES, headers=HEADERS)
def test_header_rules_whose_names_are_dropped_are_known_all_the_same(
    body: dict[str, Any], share: Share, headers: tuple[HeaderRoute, ...]
) -> None:
    """A Gateway API before 1.4 keeps no names: they are not added again and again, and go when they are to go."""
    before = told(body, share, ())
    after = copy.deepcopy(told(before, share, headers))
    for rule in after["spec"]["rules"]:
        if str(rule.get("name", "")).startswith("fabgitops-"):
            del rule["name"]
    assert told(after, share, headers) == after
    assert told(after, share, ()) == before


def test_a_header_rule_does_what_its_rule_does() -> None:
    """It takes each match of it with one header more, keeps its filters and timeouts, and goes to the canary alone."""
    base = {
        "name": "main",
        "matches": [{"path": {"value": "/a"}}, {"headers": [{"name": "h", "value": "1"}]}],
        "filters": [{"type": "URLRewrite"}],
        "timeouts": {"request": "5s"},
        "backendRefs": [backend("hmi", 80), backend("hmi-canary", 0)],
    }
    header = {"type": "RegularExpression", "name": "x-user", "value": "^a\\.b.*$"}
    assert header_rule(base, PAIR, BETA) == {
        "name": "fabgitops-beta",
        "matches": [
            {"path": {"value": "/a"}, "headers": [header]},
            {"headers": [{"name": "h", "value": "1"}, header]},
        ],
        "filters": [{"type": "URLRewrite"}],
        "timeouts": {"request": "5s"},
        "backendRefs": [backend("hmi-canary", 1)],
    }


def test_a_patch_tests_what_it_was_made_of() -> None:
    """Where the rule or its backends are others by then, nothing of it is done."""
    rules = [{"name": "main", "backendRefs": [backend("hmi-canary"), backend("hmi")]}]
    steps = change(rules, PAIR, Layout(0, ()), Share(80, 20), ())
    assert steps == (
        {"op": "test", "path": "/spec/rules/0/name", "value": "main"},
        {"op": "test", "path": "/spec/rules/0/backendRefs/1/name", "value": "hmi"},
        {"op": "test", "path": "/spec/rules/0/backendRefs/0/name", "value": "hmi-canary"},
        {"op": "add", "path": "/spec/rules/0/backendRefs/1/weight", "value": 80},
        {"op": "add", "path": "/spec/rules/0/backendRefs/0/weight", "value": 20},
    )


BOTH = {"backendRefs": [backend("hmi"), backend("hmi-canary")]}


@pytest.mark.parametrize(
    ("rules", "name", "why"),
    [
        ([], None, "no rule of it has the Services hmi and hmi-canary once each among its backendRefs"),
        ([{"backendRefs": [backend("hmi")]}], None, "no rule of it has the Services"),
        ([{"backendRefs": [*BOTH["backendRefs"], backend("hmi")]}], None, "no rule of it has the Services"),
        ([BOTH, BOTH], None, "2 of its rules have the Services hmi and hmi-canary"),
        ([BOTH], "main", "it has no rule that is named main"),
        ([{"name": "main"}, BOTH], "main", "its rule main does not have the Services hmi and hmi-canary"),
    ],
)
def test_why_a_route_is_not_touched(rules: list[dict[str, Any]], name: str | None, why: str) -> None:
    """Where it is not clear which rule is meant nothing is written, and people read what to say."""
    found = layout(rules, PAIR, name, [])
    assert isinstance(found, str)
    assert found.startswith(why)


def _has_both(rule: dict[str, Any]) -> bool:
    names = [each["name"] for each in rule["backendRefs"] if "namespace" not in each]
    return {"hmi", "hmi-canary"} <= set(names)
