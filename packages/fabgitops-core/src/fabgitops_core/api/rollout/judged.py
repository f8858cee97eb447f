"""Analyses of steps at which there is nothing to judge, however many pods there are: they would prove nothing."""

from collections.abc import Iterator, Sequence

from fabgitops_core.api.refusals import Problem
from fabgitops_core.api.rollout.steps import CanaryScale, CanaryStep
from fabgitops_core.api.rollout.traffic import TrafficRouting

ALL = 100


def of_nothing(steps: Sequence[CanaryStep], routing: TrafficRouting | None) -> Iterator[Problem]:
    """Yield what is wrong with the analyses of steps: the new version has no pod there, or no request."""
    for place, step in enumerate(steps):
        if step.analysis is None:
            continue
        before = steps[:place]
        if not _has_pods(before, routing):
            yield Problem(("steps", place, "analysis"), None, _no_pods(before, routing))
        elif (at := _rounded_away(before, routing)) is not None:
            yield at


def _no_pods(before: Sequence[CanaryStep], routing: TrafficRouting | None) -> str:
    """Return why there is no pod, and what to do."""
    scale = _scale(before)
    none = "has no pod at this step, so that it would prove nothing"
    if scale is not None and not scale.match_traffic_weight:
        return f"the new version {none}: let the setCanaryScale before it ask for some"
    more = "" if routing is None else ", or a setCanaryScale for a version without requests"
    return f"the new version {none}: put a setWeight above 0 before it{more}"


def _has_pods(before: Sequence[CanaryStep], routing: TrafficRouting | None) -> bool:
    scale = _scale(before) if routing is not None else None
    if _headers(before) or scale is None or scale.match_traffic_weight:
        return bool(_headers(before) or _weight(before)[1])
    return bool(scale.replicas or scale.weight)


def _rounded_away(before: Sequence[CanaryStep], routing: TrafficRouting | None) -> Problem | None:
    """Return what is wrong where a share is so small that no whole weight is as small."""
    place, weight = _weight(before)
    if routing is None or not weight or _headers(before) or weight * routing.max_traffic_weight >= ALL:
        return None
    most = routing.max_traffic_weight
    why = (
        f"of maxTrafficWeight {most} this is less than 1, so the new version gets no request, and the analysis after it"
        f" would prove nothing: say at least {-(-ALL // most)}, or a greater maxTrafficWeight"
    )
    return Problem(("steps", place, "setWeight"), weight, why)


def _weight(before: Sequence[CanaryStep]) -> tuple[int, int]:
    """Return the share that the new version has behind some steps, and which of them has said so."""
    said = [(place, each.set_weight) for place, each in enumerate(before) if each.set_weight is not None]
    return said[-1] if said else (-1, 0)


def _scale(before: Sequence[CanaryStep]) -> CanaryScale | None:
    return next((each.set_canary_scale for each in reversed(before) if each.set_canary_scale is not None), None)


def _headers(before: Sequence[CanaryStep]) -> bool:
    """Return whether a header route leads to the new version: it has a pod then, and requests."""
    made = {each.set_header_route.name: each.set_header_route for each in before if each.set_header_route is not None}
    return any(each.match for each in made.values())
