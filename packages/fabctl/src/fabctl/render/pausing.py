"""What pause and resume would do to rollouts, as tables. Pure."""

from collections.abc import Sequence

from fabctl.fields import text
from fabctl.render.shapes import Table
from fabctl.rollouts import RolloutView
from fabctl.workloads import WorkloadView

Rollout = RolloutView | WorkloadView

NAMED = 3
"""So many rollouts are named in a question, more are counted."""


def rollouts_shortly(rollouts: Sequence[Rollout], namespace: str | None) -> str:
    """Return which rollouts are meant, for a question; the namespace is None when they are in several."""
    where = "all namespaces" if namespace is None else f"namespace {text(namespace)}"
    if len(rollouts) > NAMED:
        return f"{len(rollouts)} rollouts in {where}"
    if namespace is None:
        return ", ".join("/".join(each.key) for each in rollouts)
    return f"{', '.join(each.name for each in rollouts)} in {where}"


def paused_table(rollouts: Sequence[Rollout], reason: str, *, namespaces: bool) -> Table:
    """Return what would become of each rollout that is to be paused."""
    return _table("To be paused", rollouts, [_paused(each, reason) for each in rollouts], namespaces=namespaces)


def resumed_table(rollouts: Sequence[Rollout], *, namespaces: bool) -> Table:
    """Return what would become of each rollout that is to go on."""
    return _table("To go on", rollouts, list(map(_resumed, rollouts)), namespaces=namespaces)


def _paused(rollout: Rollout, reason: str) -> str:
    if rollout.paused_by_word is not None:
        return f"paused as before; until now for: {rollout.paused_by_word or 'no reason given'}"
    if rollout.at_rest:
        return f"nothing is under way; what comes is held: {reason}"
    if rollout.phase == "Restoring":
        return "what was released is put back all the same"
    if isinstance(rollout, WorkloadView):
        return f"no step begins; pods that fail are healed all the same: {reason}"
    return f"no wave begins and none goes on: {reason}"


def _resumed(rollout: Rollout) -> str:
    if rollout.paused_by_git:
        return "still paused, by spec.paused in Git"
    return f"goes on; was paused for: {rollout.paused_by_word or 'no reason given'}"


def _table(title: str, rollouts: Sequence[Rollout], then: Sequence[str], *, namespaces: bool) -> Table:
    headers = ("Name", "Phase", "Step", "Released", "Then")
    rows = [
        (each.name, each.phase, each.progress, each.released, what) for each, what in zip(rollouts, then, strict=True)
    ]
    if namespaces:
        headers = ("Namespace", *headers)  # type: ignore[assignment]
        rows = [(each.namespace, *row) for each, row in zip(rollouts, rows, strict=True)]  # type: ignore[misc]
    return Table(title, headers, tuple(rows), frozenset({"Step", "Released"}))
