"""An A/B test as a canary: some users get the new version by what their requests say, and all others the old one."""

import re

from fabgitops_core.api.rollout.steps import CanaryScale, CanaryStep, HeaderMatch, HeaderRoute, HeaderValue, Pause
from fabgitops_core.api.rollout.strategies import ABTesting, Canary, Cookie
from fabgitops_core.api.rollout.traffic import ManagedRoute
from fabgitops_core.control.rollout.saying.situations import CONCLUDED, EXPERIMENTING, Situation
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look

ROUTE = "ab-testing"
"""The name of the route by which requests that take part go to the new version."""

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
PAUSE_STEP = 2
"""Its step that lasts as long as the test: the first is 0."""


def canary_of(test: ABTesting) -> Canary:
    """Return an A/B test as a canary: pods, then users, then the time, then the verdict, then somebody's word."""
    routing = test.traffic_routing.model_copy(update={"managed_routes": (ManagedRoute(name=ROUTE),)})
    return Canary(
        steps=tuple(_steps(test)),
        stable_service=test.stable_service,
        canary_service=test.canary_service,
        traffic_routing=routing,
    )


def _steps(test: ABTesting) -> list[CanaryStep]:
    scale = CanaryScale(weight=100) if test.replicas is None else CanaryScale(replicas=test.replicas)
    steps = [
        CanaryStep(set_canary_scale=scale),
        CanaryStep(set_header_route=HeaderRoute(name=ROUTE, match=matches(test))),
        CanaryStep(pause=Pause(duration=test.duration)),
    ]
    if test.analysis is not None:
        steps.append(CanaryStep(analysis=test.analysis))
    if test.duration is not None and not test.auto_promotion_enabled:
        steps.append(CanaryStep(pause=Pause()))
    return steps


def matches(test: ABTesting) -> tuple[HeaderMatch, ...]:
    """Return what the headers of a request must be that takes part."""
    cookie = test.match.cookie
    if cookie is None:
        return test.match.headers or ()
    return (HeaderMatch(header_name="Cookie", header_value=HeaderValue(regex=cookie_regex(cookie))),)


def cookie_regex(cookie: Cookie) -> str:
    """Return what a Cookie header matches as a whole (RE2) that has a cookie among others."""
    name, value = (_SPECIAL.sub(r"\\\g<0>", text) for text in (cookie.name, cookie.value))
    return f"(^|.*; ){name}={value}(;.*|$)"


def situation_of(look: Look, state: RolloutState) -> Situation | None:
    """Return the situation of an A/B test that is under way; None where users do not take part yet, or it is none."""
    test, index = look.spec.strategy.ab_testing, state.status.current_step_index
    if test is None or index is None or not PAUSE_STEP <= index < len(look.steps):
        return None
    waits = look.steps[index].pause is not None and index > PAUSE_STEP
    return CONCLUDED if waits else EXPERIMENTING
