"""Which revision is declared, what its ReplicaSet is, and what begins when it is another one than before."""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout.kinds import REPLICA_SET
from fabgitops_core.control.rollout.owners import owner
from fabgitops_core.control.rollout.records import WORKLOAD
from fabgitops_core.control.rollout.revisions.naming import MOST_NUMBER, marked, name_of, next_number, within_window
from fabgitops_core.control.rollout.revisions.templates import hash_of
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look, Revision
from fabgitops_core.control.rollout.ways.aborting import begun_anew


def why_not(key: Key, template: Mapping[str, Any]) -> str:
    """Return why no ReplicaSet can be made of a template for a Rollout of this name; "" where one can."""
    try:
        name_of(key.name, hash_of(template))
    except ValueError as error:
        return str(error)
    return ""


def mark_in(revisions: tuple[Revision, ...], template: Mapping[str, Any], collisions: int) -> str:
    """Return what names the revision of a template: what its ReplicaSet says, or else what it is going to say.

    It is also found by what an API server has made of a template of before: who goes back takes it from there.
    """
    declared = hash_of(template)
    found = [each.hash for each in revisions if each.template == declared]
    found = found or [each.hash for each in revisions if each.template and each.content == declared]
    return found[-1] if found else marked(declared, collisions)


def number_of(look: Look) -> int:
    """Return the number that the declared revision is to have: going back to an old one makes it the newest."""
    others = [each.number for each in look.revisions if each.hash != look.hash]
    current = look.revision(look.hash)
    return max(next_number(others, current.number if current else 0), min(look.least_number, MOST_NUMBER))


def replica_set(look: Look) -> Mapping[str, Any]:
    """Return the ReplicaSet of the declared template, as it is made: without a pod."""
    template = dict(look.spec.pods)
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {**look.spec.labels, marks.HASH: look.hash}
    selector = look.spec.selects.model_dump(mode="json", by_alias=True, exclude_none=True)
    selector["matchLabels"] = {**selector.get("matchLabels", {}), marks.HASH: look.hash}
    return {
        "apiVersion": REPLICA_SET.api_version,
        "kind": REPLICA_SET.kind,
        "metadata": {
            "name": f"{look.key.name}-{look.hash}",
            "namespace": look.key.namespace,
            "labels": {**look.spec.labels, marks.HASH: look.hash, marks.ROLLOUT: look.key.name},
            "annotations": {
                marks.REVISION: str(number_of(look)),
                marks.TEMPLATE: hash_of(look.spec.pods),
                **noted_of(look),
            },
            "ownerReferences": [owner(look.key, look.uid, blocks=True)],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": look.spec.min_ready_seconds,
            "selector": selector,
            "template": {**template, "metadata": metadata},
        },
    }


def noted_of(look: Look) -> Mapping[str, str]:
    """Return what is noted at a ReplicaSet of the Deployment that says its pods; nothing where none does."""
    return {marks.WORKLOAD: look.workload.facts[WORKLOAD]} if look.workload else {}


def draft_of(look: Look) -> Mapping[str, Any]:
    """Return a ReplicaSet of the declared template of which only the template counts: nothing names its revision."""
    body = dict(replica_set(look))
    body["metadata"] = {**body["metadata"], "annotations": {}}
    return body


def revised(look: Look, state: RolloutState) -> RolloutState | None:
    """Begin with another revision; None where the declared one is the one that is on its way."""
    status = state.status
    if look.hash == status.current_pod_hash:
        return None
    first = not status.stable_rs
    within = _within_window(look, state)
    skipped = first or within or look.hash == status.stable_rs
    last = look.last_step
    now = second(look.at)
    state = state.with_status(
        current_pod_hash=look.hash,
        revision=number_of(look),
        current_step_index=None if last is None else (last if skipped else 0),
        step_started_at=now,
        pause_conditions=(),
        controller_pause=False,
        abort=False,
        aborted_at=None,
        cause="",
        promote_full=within,
        blue_green=begun_anew(look, state),
        analyses=(),
        started_at=now,
        finished_at=None,
    )
    return decided(state, look.at, "the template has changed", *_begins(look, state, first=first, within=within))


def _within_window(look: Look, state: RolloutState) -> bool:
    """Return whether it goes back to a version of before that was proven, and was not given up since."""
    current, stable = look.revision(look.hash), look.revision(state.status.stable_rs)
    window = look.spec.rollback_window
    if window is None or current is None or stable is None or look.hash not in state.status.proven:
        return False
    made = (each.child.created for each in look.revisions)
    return within_window(current.child.created, stable.child.created, made, window.revisions)


def _begins(look: Look, state: RolloutState, *, first: bool, within: bool) -> tuple[str, str, RolloutReason]:
    named = f"revision {state.status.revision} ({look.hash})"
    if first:
        return "FirstRevision", f"{named} is the first one: it comes up without steps", RolloutReason.STARTED
    if within:
        return "RollbackWindow", f"{named} was out before: it comes back without steps", RolloutReason.STARTED
    if look.hash == state.status.stable_rs:
        return "BackToStable", f"{named} is the proven one: all pods go back to it", RolloutReason.STARTED
    return "NewRevision", f"{named} begins", RolloutReason.STARTED
