"""What a Rollout of a workload is going to do, in words: what its spec says, and no count that it does not. Pure."""

from dataclasses import dataclass

from fabctl.fields import NOTHING, Body, mapping, number, sequence, shown, text
from fabctl.workloads import COMPLETED, WorkloadView

DONE, UNDER_WAY, NOT_BEGUN, GIVEN_UP = "done", "under way", "not begun", "given up"


@dataclass(frozen=True, slots=True)
class Planned:
    """One step: what it does, and what holds behind it."""

    number: int
    state: str
    does: str
    weight: str
    """The share of the new version behind it."""
    pods: str
    """How many pods the new version has behind it, as the spec says it."""


def planned(rollout: WorkloadView) -> list[Planned]:
    """Return the steps of a canary, and how far it is."""
    found, weight, pods = [], NOTHING, "by the weight"
    for place, step in enumerate(rollout.steps):
        if number(step.get("setWeight")) is not None:
            weight = f"{number(step.get('setWeight'))} %"
        if scale := mapping(step.get("setCanaryScale")):
            pods = _scale(scale)
        found.append(Planned(place + 1, state_of(rollout, place), step_said(step), weight, pods))
    return found


def state_of(rollout: WorkloadView, place: int) -> str:
    """Return how a step stands: done, under way, not begun or given up."""
    if rollout.aborted:
        return GIVEN_UP
    if not rollout.under_way:
        return DONE if rollout.phase == COMPLETED else NOT_BEGUN
    if rollout.step is None or place > rollout.step:
        return NOT_BEGUN
    return DONE if place < rollout.step else UNDER_WAY


def step_said(step: Body) -> str:
    """Return what a step does."""
    for name, words in _WORDS.items():
        if name in step:
            return f"{name} {words(step[name])}"
    return ", ".join(map(text, step)) or NOTHING


def way_said(rollout: WorkloadView) -> tuple[tuple[str, str], ...]:
    """Return what the spec says of the way, beside the steps of a canary."""
    given = rollout.strategy
    said = {"blueGreen": _colours, "abTesting": _test}.get(rollout.way, _share)(given, rollout.wanted)
    routes = sequence(mapping(mapping(given.get("trafficRouting")).get("gatewayAPI")).get("routes"))
    kinds = ((text(each.get("kind")) or "HTTPRoute", text(each.get("name"))) for each in map(mapping, routes))
    named = ", ".join(f"{kind} {name or 'of its own'}" for kind, name in kinds)
    return (*said, *((("Routes", named),) if named else ()))


def _share(given: Body, _: int) -> tuple[tuple[str, str], ...]:
    begins = number(mapping(given.get("analysis")).get("startingStep")) or 0
    judged, since = _templates(given.get("analysis")), f" from step {begins + 1} on" if begins else ""
    limits = ("maxSurge", "maxUnavailable")
    return (
        ("Pods at a time", ", ".join(f"{name} {shown(given.get(name, '25%'))}" for name in limits)),
        *_services(given, ("stableService", "canaryService")),
        *((("Analysis", f"{judged}{since}"),) if judged else ()),
    )


def _colours(given: Body, wanted: int) -> tuple[tuple[str, str], ...]:
    before, after = (_templates(given.get(f"{when}PromotionAnalysis")) for when in ("pre", "post"))
    by_itself = given.get("autoPromotionEnabled") is not False
    delay = number(given.get("autoPromotionSeconds")) or 0
    goes = f"by itself{f' after {delay} s' if delay else ''}" if by_itself else "when somebody promotes it"
    stays = number(given.get("scaleDownDelaySeconds"))
    preview = number(given.get("previewReplicaCount"))
    return (
        *_services(given, ("previewService", "activeService")),
        ("New version", f"{_pods(wanted if preview is None else preview)} beside the old ones"),
        *((("Analysis before", before),) if before else ()),
        ("Goes over", goes),
        *((("Analysis after", after),) if after else ()),
        ("Old version", f"stays for {30 if stays is None else stays} s"),
    )


def _test(given: Body, wanted: int) -> tuple[tuple[str, str], ...]:
    pods, judged = number(given.get("replicas")), _templates(given.get("analysis"))
    ends = "by itself" if given.get("autoPromotionEnabled") is True else "when somebody promotes it"
    return (
        *_services(given, ("stableService", "canaryService")),
        ("Who takes part", _who(mapping(given.get("match")))),
        ("New version", _pods(wanted if pods is None else pods)),
        ("For", _duration(given["duration"]) if "duration" in given else "until somebody promotes or aborts it"),
        *((("Analysis", judged),) if judged else ()),
        ("Goes over", ends),
    )


def _services(given: Body, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = ((name.removesuffix("Service").capitalize() + " Service", text(given.get(name))) for name in names)
    return tuple((name, service) for name, service in found if service)


def _who(match: Body) -> str:
    if cookie := mapping(match.get("cookie")):
        return f"cookie {text(cookie.get('name'))} is {text(cookie.get('value'))}"
    return _headers(match.get("headers")) or NOTHING


def _headers(given: object) -> str:
    return " and ".join(map(_header, map(mapping, sequence(given))))


def _header(given: Body) -> str:
    value = mapping(given.get("headerValue"))
    how = {"exact": "is", "prefix": "begins with", "regex": "matches"}
    said = next((f"{words} {text(value[name])}" for name, words in how.items() if name in value), "is there")
    return f"{text(given.get('headerName'))} {said}"


def _templates(given: object) -> str:
    return ", ".join(text(mapping(each).get("templateName")) for each in sequence(mapping(given).get("templates")))


def _duration(given: object) -> str:
    said = shown(given)
    return f"{said} s" if said.isdecimal() else said


def _pause(given: object) -> str:
    duration = mapping(given).get("duration")
    return "until promoted" if duration is None else _duration(duration)


def _scale(given: object) -> str:
    scale = mapping(given)
    if scale.get("matchTrafficWeight") is True:
        return "by the weight"
    if (pods := number(scale.get("replicas"))) is not None:
        return _pods(pods)
    return f"{shown(scale.get('weight'))} % of replicas"


def _pods(count: int) -> str:
    return f"{count} pod{'' if count == 1 else 's'}"


def _route(given: object) -> str:
    route = mapping(given)
    headers = _headers(route.get("match"))
    return f"{text(route.get('name'))}: {headers}" if headers else f"{text(route.get('name'))} taken away"


_WORDS = {
    "setWeight": shown,
    "pause": _pause,
    "setCanaryScale": _scale,
    "setHeaderRoute": _route,
    "analysis": _templates,
}
