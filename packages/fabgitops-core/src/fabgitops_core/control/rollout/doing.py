"""What differs from the aims, as the next request: one at a time, each from a new look.

What makes room or takes requests away goes before what uses it: pods that are more stand first, routes and Services
after them, and pods that are fewer last.
"""

from collections.abc import Iterator

from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import SCALE, Apply, Delete, Patch
from fabgitops_core.control.rollout.aims import Aims
from fabgitops_core.control.rollout.differing import Doing, Steps, patch_of, place_of, releasing, selecting
from fabgitops_core.control.rollout.records import MIN_READY, SPEC
from fabgitops_core.control.rollout.records import number_of as number_in
from fabgitops_core.control.rollout.revisions.revising import number_of, replica_set
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.traffic import rerouting
from fabgitops_core.control.rollout.view import Look, Revision


def next_of(look: Look, aims: Aims) -> Doing | None:
    """Return what is to be done next; None where all is as it is to be."""
    return next(_differences(look, aims), None)


def _differences(look: Look, aims: Aims) -> Iterator[Doing]:
    if aims.make:
        body = replica_set(look)
        told = f"the ReplicaSet {body['metadata']['name']} of revision {number_of(look)} is made"
        yield Doing(Apply(body, recorded=True), RolloutReason.NEW_REPLICA_SET, told)
    yield from _numbered(look)
    yield from _proving(look)
    yield from _kept(look, aims)
    yield from _scaled(look, aims, up=True)
    yield from aims.leave
    yield from rerouting.differences(look, aims.routing)
    for name, hash_ in aims.selectors.items():
        if (child := look.service(name)) is not None and (found := selecting(child, hash_)) is not None:
            yield found
    for name in aims.release:
        if (child := look.service(name)) is not None and (found := releasing(child)) is not None:
            yield found
    yield from rerouting.left(look)
    yield from _scaled(look, aims, up=False)
    yield from _retired(look, aims)
    for hash_ in aims.delete:
        if (revision := look.revision(hash_)) is not None and revision.gone:
            child = revision.child
            told = f"the ReplicaSet {child.key.name} is older than the revisions that are kept"
            yield Doing(Delete(child.key, child.uid, version=child.version), RolloutReason.SCALED, told)


def _numbered(look: Look) -> Iterator[Doing]:
    """Make a revision that one went back to the newest."""
    current = look.revision(look.hash)
    if current is None or current.number == (number := number_of(look)):
        return
    steps = _annotated(current, {marks.REVISION: str(number)})
    told = f"the ReplicaSet {current.child.key.name} is revision {number} now"
    yield Doing(patch_of(current.child, steps), RolloutReason.SCALED, told)


def _proving(look: Look) -> Iterator[Doing]:
    """Let a ReplicaSet know for how long a pod must have been ready to count."""
    current, secs = look.revision(look.hash), look.spec.min_ready_seconds
    if current is None or number_in(current.child, MIN_READY) == secs:
        return
    steps: Steps = ({"op": "add", "path": "/spec/minReadySeconds", "value": secs},)
    told = f"pods of the ReplicaSet {current.child.key.name} count when they were ready for {secs} s"
    yield Doing(patch_of(current.child, steps), RolloutReason.SCALED, told)


def _kept(look: Look, aims: Aims) -> Iterator[Doing]:
    """Say until when revisions are kept."""
    for hash_, until in aims.keep_until.items():
        revision = look.revision(hash_)
        if revision is not None and revision.down_at != until:
            text = None if until is None else until.isoformat().replace("+00:00", "Z")
            steps = _annotated(revision, {marks.SCALE_DOWN_AT: text})
            told = f"the ReplicaSet {revision.child.key.name} stays as it is {f'until {text}' if text else 'no longer'}"
            yield Doing(patch_of(revision.child, steps), RolloutReason.SCALED, told)


def _scaled(look: Look, aims: Aims, *, up: bool) -> Iterator[Doing]:
    """Scale the revisions that grow, or those that shrink."""
    found = [(look.revision(hash_), count) for hash_, count in aims.replicas.items()]
    changes = [(revision, count) for revision, count in found if revision is not None and revision.spec != count]
    for revision, count in changes:
        if (count > revision.spec) is not up:
            continue
        steps = (
            {"op": "test", "path": "/spec/replicas", "value": revision.spec},
            {"op": "replace", "path": "/spec/replicas", "value": count},
        )
        way = f"{'up' if up else 'down'} from {revision.spec} to {count}"
        told = f"the ReplicaSet {revision.child.key.name} is scaled {way}"
        yield Doing(patch_of(revision.child, steps), RolloutReason.SCALED, told)


def _retired(look: Look, aims: Aims) -> Iterator[Doing]:
    """Take pods from the Deployment that says what the pods are: theirs have taken their place."""
    child = look.workload
    if child is None or aims.workload is None:
        return
    has = number_in(child, SPEC)
    steps = (
        {"op": "test", "path": "/spec/replicas", "value": has},
        {"op": "replace", "path": "/spec/replicas", "value": aims.workload},
    )
    told = f"the Deployment {child.key.name} is scaled down from {has} to {aims.workload}: it has others instead"
    request = Patch(child.key, child.uid, steps, version=child.version, part=SCALE)
    yield Doing(request, RolloutReason.SCALED, told)


def _annotated(revision: Revision, annotations: dict[str, str | None]) -> Steps:
    """Return the steps that give annotations to a ReplicaSet, which has some: one that is None is taken away."""
    places = ((place_of("annotations", name), text) for name, text in annotations.items())
    return tuple(
        {"op": "remove", "path": place} if text is None else {"op": "add", "path": place, "value": text}
        for place, text in places
    )
