"""Taking over what somebody else has made for a Rollout: Argo Rollouts, or who has taken our marks from a ReplicaSet.

Whoever changes the controller keeps the pods. A ReplicaSet is known as a revision by what we note at it: whose it is,
its number, until when it stays, and its template as it was declared. Of one without these the first three are what
Argo Rollouts has noted. Its template is the declared one exactly when an API server makes the same of that: it is asked
for that, and nothing is made by it.

All this comes before anything is decided, one request a pass, and the same again after a kill; no pod is touched by it.
"""

from collections.abc import Iterator

from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.cdevents.words import Word
from fabgitops_core.control.commands import Draft
from fabgitops_core.control.moments import second
from fabgitops_core.control.rollout import records
from fabgitops_core.control.rollout.differing import Doing, Steps, patch_of, place_of
from fabgitops_core.control.rollout.revisions.revising import draft_of, noted_of
from fabgitops_core.control.rollout.revisions.templates import content_of, hash_of
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.saying.telling import told
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.view import Look, Revision, moment

ASKED = "it is asked what would be stored of the template, to find its ReplicaSet"


def next_of(look: Look, state: RolloutState) -> Doing | None:
    """Return what is to be done next before anything can be decided; None where all that is there is known."""
    return next(_unknown(look, state), None)


def _unknown(look: Look, state: RolloutState) -> Iterator[Doing]:
    for each in look.revisions:
        if each.child.facts.get(records.OWNER) != look.key.name:
            yield _doing(each, _marked(look, each), "is taken over")
    yield from _released(look)
    declared = hash_of(look.spec.pods)
    named = [each for each in look.revisions if each.template == declared]
    if named:
        yield from _renoted(look, named[-1])
        return
    if look.workload is not None:
        content, same = content_of(look.spec.pods), _of_this_age(look)
    else:
        content, same = state.drafted[1], []
        if state.drafted[0] != declared and not all(each.template for each in look.revisions):
            yield Doing(Draft(draft_of(look)), RolloutReason.ADOPTED, ASKED)
    for each in (*same, *_of_content(look, content)):
        noted = {marks.TEMPLATE: declared, **noted_of(look)}
        yield _doing(each, _annotated(each, noted), "has the template that is declared")


def _of_this_age(look: Look) -> list[Revision]:
    """Return the revisions of the Deployment that says the pods, if nobody has changed that since: the newest first.

    An API server of another version makes another template of what is stored, and that is no other revision.
    """
    age = look.workload.facts[records.WORKLOAD] if look.workload else ""
    return [each for each in reversed(look.revisions) if age and each.child.facts.get(records.WORKLOAD) == age]


def _of_content(look: Look, content: str) -> list[Revision]:
    """Return the revisions of such a template, the newest first; those that are named are of another one as declared.

    What stands in a Deployment is stored, as what stands in a ReplicaSet, so that one can be the other's though named.
    """
    found = [each for each in reversed(look.revisions) if content and each.content == content]
    return found if look.workload is not None else [each for each in found if not each.template]


def _renoted(look: Look, revision: Revision) -> Iterator[Doing]:
    """Note at a revision of which age the Deployment is whose template it has."""
    noted = dict(noted_of(look))
    if noted and revision.child.facts.get(records.WORKLOAD) != noted[marks.WORKLOAD]:
        yield _doing(revision, _annotated(revision, noted), "has the template that the Deployment has now")


def _doing(revision: Revision, steps: Steps, what: str) -> Doing:
    child = revision.child
    return Doing(patch_of(child, steps), RolloutReason.ADOPTED, f"the ReplicaSet {child.key.name} {what}")


def _marked(look: Look, revision: Revision) -> Steps:
    """Return what notes at a ReplicaSet whose it is, and in our words what Argo Rollouts has noted there."""
    facts = revision.child.facts
    found = {}
    if facts.get(records.THEIR_NUMBER) and not revision.number:
        found[marks.REVISION] = facts[records.THEIR_NUMBER]
    if moment(facts.get(records.THEIR_DEADLINE, "")) and revision.down_at is None and revision.spec:
        found[marks.SCALE_DOWN_AT] = facts[records.THEIR_DEADLINE]
    label = {"op": "add", "path": place_of("labels", marks.ROLLOUT), "value": look.key.name}
    return (label, *_annotated(revision, found))


def _annotated(revision: Revision, annotations: dict[str, str]) -> Steps:
    none: Steps = ({"op": "add", "path": "/metadata/annotations", "value": {}},)
    steps = tuple(
        {"op": "add", "path": place_of("annotations", name), "value": text} for name, text in annotations.items()
    )
    return steps if revision.child.facts.get(records.ANNOTATED) else (*none, *steps)


def _released(look: Look) -> Iterator[Doing]:
    """Take from Services of the Rollout that they are Argo Rollouts': it would undo selectors of one it lost."""
    if look.key.kind != ARGO_ROLLOUT.name:
        return
    for key, child in look.others.items():
        if child.facts.get(records.MANAGED_BY) == look.key.name:
            place = place_of("annotations", marks.ARGO_MANAGED_BY)
            steps: Steps = (
                {"op": "test", "path": place, "value": look.key.name},
                {"op": "remove", "path": place},
            )
            yield Doing(patch_of(child, steps), RolloutReason.ADOPTED, f"the Service {key.name} is taken over")


def taken_over(look: Look, state: RolloutState) -> RolloutState:
    """Return the state of a Rollout that another controller has led until now, with what we note of a revision.

    One that is on its way goes on, and its end is told; of one that is out nothing has happened that could be told.
    """
    status = state.status
    if status.revision or not status.current_pod_hash:
        return state
    current = look.revision(status.current_pod_hash)
    number = current.number if current else max((each.number for each in look.revisions), default=0)
    now = second(look.at)
    is_over = status.abort or status.stable_rs == status.current_pod_hash
    if is_over and not look.revisions:  # there is nothing of it: what is declared comes up as a first one
        state = state.with_status(stable_rs="")
    state = state.with_status(
        revision=max(number, 1), attempt=1, started_at=now, step_started_at=now, finished_at=now if is_over else None
    )
    outcome = f"revision {state.status.revision} ({status.current_pod_hash}) goes on from where it is"
    state = decided(state, look.at, "another controller has led it", "Adopted", outcome, RolloutReason.ADOPTED)
    return state if is_over else told(state, Word.STARTED, look.at, images=look.images(status.current_pod_hash))
