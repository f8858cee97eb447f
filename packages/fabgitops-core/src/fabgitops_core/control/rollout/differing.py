"""What a difference comes to: a request that puts it right, and what people are told of it."""

from typing import Any, NamedTuple

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout import marks
from fabgitops_core.control.commands import Apply, Delete, Draft, Patch, Request
from fabgitops_core.control.objects import Child
from fabgitops_core.control.rollout.records import selector_of
from fabgitops_core.control.rollout.saying.reasons import RolloutReason

Steps = tuple[dict[str, Any], ...]


class Doing(NamedTuple):
    """A request, and what people are told of it when it is done."""

    request: Request
    reason: RolloutReason
    told: str


def patch_of(child: Child, steps: Steps) -> Patch:
    """Return what changes an object, if it still is as it was looked at."""
    return Patch(child.key, child.uid, steps, version=child.version)


def selecting(child: Child, hash_: str) -> Doing | None:
    """Return what lets a Service select a revision, and leaves all else of its selector as it is; None if it does."""
    selector = selector_of(child)
    if selector.get(marks.HASH) == hash_ or not selector:
        return None
    steps: Steps = (
        {"op": "test", "path": "/spec/selector", "value": dict(selector)},
        {"op": "add", "path": f"/spec/selector/{marks.HASH}", "value": hash_},
    )
    told = f"the Service {child.key.name} selects revision {hash_}"
    return Doing(patch_of(child, steps), RolloutReason.SWITCHED, told)


def releasing(child: Child) -> Doing | None:
    """Return what lets a Service select all revisions again; None if it does."""
    selector = selector_of(child)
    if marks.HASH not in selector:
        return None
    steps: Steps = (
        {"op": "test", "path": "/spec/selector", "value": dict(selector)},
        {"op": "remove", "path": f"/spec/selector/{marks.HASH}"},
    )
    told = f"the Service {child.key.name} is named no more: it selects all revisions again"
    return Doing(patch_of(child, steps), RolloutReason.SWITCHED, told)


def place_of(part: str, name: str) -> str:
    """Return where a label, or an annotation, of an object stands (RFC 6901)."""
    return f"/metadata/{part}/{name.replace('~', '~0').replace('/', '~1')}"


def key_of(request: Request) -> Key | None:
    """Return which object a request is about; None for one that is about none."""
    if isinstance(request, Apply | Draft):
        metadata = request.object["metadata"]
        return Key(request.object["kind"], metadata["namespace"], metadata["name"])
    return request.key if isinstance(request, Patch | Delete) else None
