"""What a ChaosPolicy says of an experiment, in the words in which the operator would say it. Pure, and never fails.

A test asks both sides about the same experiments. Whether a window is open is not judged here.
"""

from dataclasses import dataclass

from fabctl.chaos.experiments import Experiment
from fabctl.fields import Body, mapping, number, sequence, shown, text
from fabctl.parts import texts_in

NAME = "default"
"""The one name that a policy may have."""
MARK, ALLOWED, PROTECTED = "fabgitops.io/chaos", "allowed", "protected"
"""The label of a namespace that lets experiments in, and of what is never chosen."""
MAX_TARGETS = 50


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed at all."""

    enabled: bool
    scenarios: tuple[str, ...]
    max_duration_secs: int
    max_targets: int
    max_percent: int
    min_ready_left: int
    allow_self: bool
    real_plcs: bool
    windows: tuple[str, ...]
    """When experiments may be, and when not, in words."""


def policy(body: Body) -> Policy:
    """Return what a ChaosPolicy says; what it does not say is as the definitions have it."""
    spec = mapping(body.get("spec"))
    return Policy(
        enabled=spec.get("enabled") is True,
        scenarios=texts_in(spec.get("scenarios")),
        max_duration_secs=_number(spec, "maxDurationSecs", 600),
        max_targets=min(MAX_TARGETS, _number(spec, "maxTargets", 5)),
        max_percent=_number(spec, "maxPercent", 50),
        min_ready_left=_number(spec, "minReadyLeft", 1),
        allow_self=spec.get("allowSelf") is True,
        real_plcs=spec.get("realPlcs") is True,
        windows=tuple(map(_window, map(mapping, sequence(spec.get("windows"))))),
    )


def against(given: Experiment, allowed: Policy | None, namespace: str, *, opted_in: bool) -> list[str]:
    """Return all that speaks against an experiment, the first as the operator would tell it.

    Args:
        given: The experiment.
        allowed: The policy, None where there is none.
        namespace: Where its targets are.
        opted_in: Whether that namespace lets experiments in.
    """
    if allowed is None:
        return [f"there is no ChaosPolicy that is called {NAME}"]
    long, most = given.duration_secs, allowed.max_duration_secs
    said = (
        (allowed.enabled, "the ChaosPolicy has enabled: false"),
        (opted_in, f"the namespace {namespace} has no label {MARK}: {ALLOWED}"),
        (given.scenario in allowed.scenarios, f"the ChaosPolicy does not name {given.scenario} in scenarios"),
        (long <= most, f"it is {long} s long, and the ChaosPolicy allows maxDurationSecs {most}"),
    )
    found = (*(why for holds, why in said if not holds), _amount(given.target, allowed), _selector(given.target))
    return [why for why in found if why]


def _amount(target: Body, allowed: Policy) -> str:
    mode, value = text(target.get("mode")), number(target.get("value"))
    if value is None:
        return ""
    if mode == "fixed" and value > allowed.max_targets:
        return f"it wants {value} targets, and the ChaosPolicy allows maxTargets {allowed.max_targets}"
    if mode in {"fixedPercent", "randomMaxPercent"} and value > allowed.max_percent:
        return f"it wants {value} of a hundred, and the ChaosPolicy allows maxPercent {allowed.max_percent}"
    return ""


def _selector(target: Body) -> str:
    labels = mapping(mapping(target.get("labelSelector")).get("matchLabels"))
    never = f"its labelSelector is for what has the label {MARK}: {PROTECTED}, which is never a target"
    return never if labels.get(MARK) == PROTECTED else ""


def _number(spec: Body, field: str, default: int) -> int:
    found = number(spec.get(field))
    return default if found is None else found


def _window(given: Body) -> str:
    zone = text(given.get("timeZone")) or "UTC"
    return f"{shown(given.get('type'))} {shown(given.get('schedule'))} for {shown(given.get('duration'))} ({zone})"
