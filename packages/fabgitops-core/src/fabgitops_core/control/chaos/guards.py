"""What speaks against an experiment: asked before it begins, right before it injects, and for as long as it runs."""

from collections.abc import Callable
from datetime import datetime

from fabgitops_core.api.chaos.marks import ALLOWED, CHAOS, PROTECTED
from fabgitops_core.api.chaos.policy import NAME, ChaosPolicySpec
from fabgitops_core.api.chaos.target import Mode
from fabgitops_core.api.windows import WindowType
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.plan import Plan
from fabgitops_core.control.spans import first_open, named

Guard = Callable[[Plan, ChaosPolicySpec, Facts, datetime], str]


def _enabled(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    del plan, facts, at
    return "" if policy.enabled else "the ChaosPolicy has enabled: false"


def _opted_in(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    del policy, at
    return "" if facts.opted_in else f"the namespace {plan.namespace} has no label {CHAOS}: {ALLOWED}"


def _scenario(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    del facts, at
    name = plan.scenario.name
    return "" if name in policy.scenarios else f"the ChaosPolicy does not name {name} in scenarios"


def _windows(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    del plan, facts
    closed = first_open((each for each in policy.windows if each.type is WindowType.DENY), at)
    if closed:
        return f"the ChaosPolicy denies it in the window {named(closed[0])}"
    allowing = tuple(each for each in policy.windows if each.type is WindowType.ALLOW)
    return "no window of the ChaosPolicy is open" if allowing and not first_open(allowing, at) else ""


def _duration(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    del facts, at
    wanted, most = plan.spec.duration_secs, policy.max_duration_secs
    return "" if wanted <= most else f"it is {wanted} s long, and the ChaosPolicy allows maxDurationSecs {most}"


def _amount(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    """Refuse what is wanted by a number that is too large, before it is known of how many."""
    del facts, at
    target = plan.spec.target
    if target is None or target.value is None:
        return ""
    if target.mode is Mode.FIXED and target.value > policy.max_targets:
        return f"it wants {target.value} targets, and the ChaosPolicy allows maxTargets {policy.max_targets}"
    if target.mode.is_share and target.value > policy.max_percent:
        return f"it wants {target.value} of a hundred, and the ChaosPolicy allows maxPercent {policy.max_percent}"
    return ""


def _selector(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    del policy, facts, at
    labels = (plan.spec.target.label_selector.match_labels if plan.spec.target else None) or {}
    if labels.get(CHAOS) != PROTECTED:
        return ""
    return f"its labelSelector is for what has the label {CHAOS}: {PROTECTED}, which is never a target"


def _parameters(plan: Plan, policy: ChaosPolicySpec, facts: Facts, at: datetime) -> str:
    del facts, at
    return "; ".join(plan.scenario.validate(plan.given, policy))


SWITCH: tuple[Guard, ...] = (_enabled,)
"""What must be so for as long as anything of it is asked: a window is of what is injected, and not of what follows."""

THROUGHOUT: tuple[Guard, ...] = (_enabled, _opted_in, _scenario, _windows)
"""What must be so for as long as it runs."""

BEFORE: tuple[Guard, ...] = (*THROUGHOUT, _duration, _amount, _selector, _parameters)
"""What must be so before it begins, in the order in which it is told.

What is known when an experiment is made an API server refuses at once, by the operator's manifests/chaos/guard.yaml.
"""


def against(plan: Plan, facts: Facts, at: datetime, guards: tuple[Guard, ...] = BEFORE) -> str:
    """Return what speaks against an experiment at a moment, in a sentence; "" for nothing."""
    if facts.stopped:
        return facts.stopped
    if facts.policy is None:
        return f"there is no ChaosPolicy that is called {NAME}"
    said = (guard(plan, facts.policy, facts, at) for guard in guards)
    return next(filter(None, said), "")
