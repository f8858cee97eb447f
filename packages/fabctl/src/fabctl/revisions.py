"""The revisions of a workload and their pods, whatever these hold: from ReplicaSets and Pods to what is shown. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import Body, mapping, moment, number, sequence, text
from fabctl.parts import count_in
from fabctl.workloads import images_of

LABEL = "fabgitops.io/rollout"
"""Label of what a Rollout owns: its name."""
HASH = "rollouts-pod-template-hash"
"""Label of a ReplicaSet, of its pods and in its selector, which counts: names the revision."""
NUMBER = "rollout.fabgitops.io/revision"
SCALE_DOWN_AT = "rollout.fabgitops.io/scale-down-at"
CAUSES = ("kubernetes.io/change-cause",)
"""Annotations that say why a revision was made."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod: how it stands in one word, and why."""

    name: str
    owner: str
    """The uid of its ReplicaSet."""
    state: str
    ready: int
    containers: int
    restarts: int
    why: str
    created: datetime | None

    @property
    def fine(self) -> bool:
        """Return whether nothing is wrong with it."""
        return self.state == "Running" and self.ready == self.containers


@dataclass(frozen=True, slots=True)
class Revision:
    """A ReplicaSet of a Rollout."""

    name: str
    uid: str
    number: int
    hash: str
    wanted: int
    """How many pods it is to have."""
    replicas: int
    ready: int
    available: int
    stays_until: datetime | None
    """Until when an old one is left as it is."""
    images: tuple[str, ...]
    created: datetime | None
    cause: str
    body: Body
    pods: tuple[Pod, ...] = ()


def revisions(owner: str, sets: Iterable[Body], pods: Iterable[Body] = ()) -> list[Revision]:
    """Return the revisions that an object owns, the newest first, each with its pods.

    Args:
        owner: The uid of the Rollout; what another object owns is none of its revisions, whatever its labels say.
        sets: ReplicaSets.
        pods: Pods.
    """
    by_set: dict[str, list[Pod]] = {}
    for pod in map(pod_of, pods):
        by_set.setdefault(pod.owner, []).append(pod)
    found = [_revision(each, by_set) for each in sets if owner and _owner(each) == owner]
    return sorted(found, key=lambda each: (each.number, each.name), reverse=True)


def pod_of(body: Body) -> Pod:
    """Return how a pod stands, in the words of `kubectl get pods`."""
    metadata, status = mapping(body.get("metadata")), mapping(body.get("status"))
    containers = [mapping(each) for each in sequence(status.get("containerStatuses"))]
    state, why = _state(metadata, status, containers)
    declared = sequence(mapping(body.get("spec")).get("containers"))
    return Pod(
        name=text(metadata.get("name")),
        owner=_owner(body),
        state=state,
        ready=sum(each.get("ready") is True for each in containers),
        containers=max(len(containers), len(declared)),
        restarts=sum(count_in(each, "restartCount") for each in containers),
        why=" ".join(why.split()),
        created=moment(metadata.get("creationTimestamp")),
    )


def _revision(body: Body, pods: Mapping[str, list[Pod]]) -> Revision:
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    annotations, uid = mapping(metadata.get("annotations")), text(metadata.get("uid"))
    said = text(annotations.get(NUMBER))
    wanted = number(spec.get("replicas"))
    return Revision(
        name=text(metadata.get("name")),
        uid=uid,
        number=int(said) if said.isdecimal() and said.isascii() and len(said) < 10 else 0,
        hash=_hash(metadata, spec),
        wanted=1 if wanted is None else max(0, wanted),
        replicas=count_in(status, "replicas"),
        ready=count_in(status, "readyReplicas"),
        available=count_in(status, "availableReplicas"),
        stays_until=moment(annotations.get(SCALE_DOWN_AT)),
        images=images_of(mapping(spec.get("template"))),
        created=moment(metadata.get("creationTimestamp")),
        cause=next((said for said in (text(annotations.get(each)) for each in CAUSES) if said), ""),
        body=body,
        pods=tuple(sorted(pods.get(uid, ()), key=lambda each: (each.fine, each.name))),
    )


def _hash(metadata: Body, spec: Body) -> str:
    """Return which revision a ReplicaSet is: by its selector, which nobody can change, as the operator goes by it."""
    selected = mapping(mapping(spec.get("selector")).get("matchLabels"))
    return text(selected.get(HASH)) or text(mapping(metadata.get("labels")).get(HASH))


def _owner(body: Body) -> str:
    """Return the uid of what controls an object, nothing where nothing does."""
    references = map(mapping, sequence(mapping(body.get("metadata")).get("ownerReferences")))
    return next((text(each.get("uid")) for each in references if each.get("controller") is True), "")


def _state(metadata: Body, status: Body, containers: list[Body]) -> tuple[str, str]:
    if metadata.get("deletionTimestamp"):
        return "Terminating", ""
    if reason := text(status.get("reason")):
        return reason, text(status.get("message"))
    for each in map(mapping, sequence(status.get("initContainerStatuses"))):
        if (found := _trouble(each)) and found[0] != "PodInitializing":
            return f"Init:{found[0]}", found[1]
    for each in containers:
        if found := _trouble(each):
            return found
    phase = text(status.get("phase")) or "Unknown"
    return phase, _unscheduled(status) if phase == "Pending" else ""


def _trouble(container: Body) -> tuple[str, str] | None:
    """Return why a container does not run, None where it does, or has done its work."""
    state = mapping(container.get("state"))
    waiting, ended = mapping(state.get("waiting")), mapping(state.get("terminated"))
    if reason := text(waiting.get("reason")):
        last = mapping(mapping(container.get("lastState")).get("terminated"))
        ending = f"last ended with {text(last.get('reason'))}, code {number(last.get('exitCode'))}" if last else ""
        return reason, ending or text(waiting.get("message"))
    if ended and number(ended.get("exitCode")) != 0:
        return text(ended.get("reason")) or "Error", f"code {number(ended.get('exitCode'))}"
    return None


def _unscheduled(status: Body) -> str:
    found = (each for each in map(mapping, sequence(status.get("conditions"))) if each.get("type") == "PodScheduled")
    condition = next(found, {})
    said = (text(condition.get("reason")), text(condition.get("message")))
    return ": ".join(filter(None, said)) if condition.get("status") == "False" else ""
