"""What differs from the aims, as the next request: one at a time, each from a new look.

What makes room or takes requests away goes before what uses it: counts that go down stand last, Services before them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Apply, Delete, Patch, Request
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout.aims import Aims
from fabgitops_core.control.rollout.reasons import RolloutReason
from fabgitops_core.control.rollout.records import selector_of
from fabgitops_core.control.rollout.revising import number_of, replica_set
from fabgitops_core.control.rollout.view import Look, Revision

Steps = tuple[dict[str, object], ...]


class Doing(NamedTuple):
    """A request, and what people are told of it when it is done."""

    request: Request
    reason: RolloutReason
    told: str


def next_of(look: Look, aims: Aims) -> Doing | None:
    """Return what is to be done next; None where all is as it is to be."""
    return next(_differences(look, aims), None)


def _differences(look: Look, aims: Aims) -> Iterator[Doing]:
    if aims.make:
        body = replica_set(look)
        told = f"the ReplicaSet {body['metadata']['name']} of revision {number_of(look)} is made"
        yield Doing(Apply(body), RolloutReason.NEW_REPLICA_SET, told)
    yield from _numbered(look)
    for name, hash_ in aims.selectors.items():
        if (child := look.service(name)) is not None and (found := _selecting(child, hash_)) is not None:
            yield Doing(found, RolloutReason.SWITCHED, f"the Service {name} selects revision {hash_}")
    yield from _scaled(look, aims)
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
    yield Doing(_patch(current.child, steps), RolloutReason.SCALED, told)


def _selecting(child: Child, hash_: str) -> Patch | None:
    """Return what lets a Service select a revision, and leaves all else of its selector as it is."""
    selector = selector_of(child)
    if selector.get(marks.HASH) == hash_ or not selector:
        return None
    steps: Steps = (
        {"op": "test", "path": "/spec/selector", "value": dict(selector)},
        {"op": "add", "path": f"/spec/selector/{marks.HASH}", "value": hash_},
    )
    return _patch(child, steps)


def _scaled(look: Look, aims: Aims) -> Iterator[Doing]:
    """Scale revisions, those that grow first, and say until when they are kept."""
    for hash_, until in aims.keep_until.items():
        revision = look.revision(hash_)
        if revision is not None and revision.down_at != until:
            text = None if until is None else until.isoformat().replace("+00:00", "Z")
            steps = _annotated(revision, {marks.SCALE_DOWN_AT: text})
            told = f"the ReplicaSet {revision.child.key.name} stays as it is {f'until {text}' if text else 'no longer'}"
            yield Doing(_patch(revision.child, steps), RolloutReason.SCALED, told)
    found = [(look.revision(hash_), count) for hash_, count in aims.replicas.items()]
    changes = [(revision, count) for revision, count in found if revision is not None and revision.spec != count]
    for revision, count in sorted(changes, key=lambda each: each[1] < each[0].spec):
        steps = (
            {"op": "test", "path": "/spec/replicas", "value": revision.spec},
            {"op": "replace", "path": "/spec/replicas", "value": count},
        )
        way = "up" if count > revision.spec else "down"
        told = f"the ReplicaSet {revision.child.key.name} is scaled {way} from {revision.spec} to {count}"
        yield Doing(_patch(revision.child, steps), RolloutReason.SCALED, told)


def _annotated(revision: Revision, annotations: dict[str, str | None]) -> Steps:
    """Return the steps that give annotations to a ReplicaSet, which has some: one that is None is taken away."""
    return tuple(
        {"op": "remove", "path": _path(name)} if text is None else {"op": "add", "path": _path(name), "value": text}
        for name, text in annotations.items()
    )


def _path(annotation: str) -> str:
    return f"/metadata/annotations/{annotation.replace('~', '~0').replace('/', '~1')}"


def _patch(child: Child, steps: Steps) -> Patch:
    return Patch(child.key, child.uid, steps, version=child.version)


def key_of(request: Request) -> Key | None:
    """Return which object a request is about; None for one that is about none."""
    if isinstance(request, Apply):
        metadata = request.object["metadata"]
        return Key(request.object["kind"], metadata["namespace"], metadata["name"])
    return request.key if isinstance(request, Patch | Delete) else None
