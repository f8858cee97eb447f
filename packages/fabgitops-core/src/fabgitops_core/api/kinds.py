"""What the machinery must know of a kind of resource."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fabgitops_core.api.meta import GROUP, VERSION, ApiModel
from fabgitops_core.api.schema import Rule


@dataclass(frozen=True, slots=True)
class Column:
    """A printer column; those of priority 1 are shown by `kubectl get -o wide` only."""

    name: str
    type: str
    json_path: str
    description: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the scale subresource of a kind finds its numbers: what it is scaled to, what is there, and of which pods.

    Each is a path such as `.spec.replicas`; the selector is a text (labels.Selector), as a HorizontalPodAutoscaler
    reads it.
    """

    wanted: str
    there: str
    selector: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its names, its models (what only declares has no status), and how `kubectl get` shows it.

    `name` is its own in this house, and stands in each `Key`; `kind` is what an object of it says, "" the name: two
    groups may both have a Rollout, and one of them is called Rollout.argoproj.io here. Kubernetes' core group is "".
    One that is `optional` may be missing in a cluster whose other kinds are looked after.
    `annotations` are those whose change is news to its decisions, besides the wish for a pass.
    `rules` are checked of an object as a whole: in them `self.metadata` has its name, and nothing else of it.
    `scale` lets it be scaled by `kubectl scale` and by a HorizontalPodAutoscaler.
    `lasting` is the field of a spec that counts also while another of its fields is not valid, and its model.
    A `shared_status` is written by others, too, and what they write counts: it is never written over unseen.
    One that is being deleted is gone, unless it still has the kind's `finalizer`: then it is told of on.
    Its objects are in namespaces, unless it is not `namespaced`: then the cluster has them, and a `Key` says "".
    Only objects with its `label` (name and value) are looked after, the others are somebody else's; with "" as the
    value, only those that lack it.
    Of one that is `described` all labels and annotations are told, and a change of them is news.
    A `plain_status` is a field as the others are, which is written with them: there is no subresource of it.
    `rival` returns of metadata.managedFields who else looks after an object by now, "" for nobody: that one is left to
    them, and its status is not written.
    """

    name: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    description: str
    spec: type[ApiModel]
    status: type[ApiModel] | None
    columns: tuple[Column, ...]
    group: str = GROUP
    version: str = VERSION
    annotations: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    lasting: tuple[str, type[ApiModel]] | None = None
    shared_status: bool = False
    label: tuple[str, str] | None = None
    rival: Callable[[Any], str] | None = None
    kind: str = ""
    optional: bool = False
    described: bool = False
    plain_status: bool = False
    scale: Scale | None = None
    namespaced: bool = True
    finalizer: str = ""

    def __post_init__(self) -> None:
        """Let its objects say its name, where nothing else is said."""
        object.__setattr__(self, "kind", self.kind or self.name)

    @property
    def crd_name(self) -> str:
        """Return the name of its CustomResourceDefinition."""
        return f"{self.plural}.{self.group}"

    @property
    def api_version(self) -> str:
        """Return what an object of it says in `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def matches(self, body: Mapping[str, Any]) -> bool:
        """Return whether an object says that it is of this kind."""
        return body.get("apiVersion") == self.api_version and body.get("kind") == self.kind

    def is_going(self, body: Mapping[str, Any]) -> bool:
        """Return whether an object of it is being deleted, and nobody here has anything left to do about that."""
        metadata = body.get("metadata")
        if not isinstance(metadata, Mapping) or not metadata.get("deletionTimestamp"):
            return False
        held_by = metadata.get("finalizers")
        return not (self.finalizer and isinstance(held_by, Sequence) and self.finalizer in held_by)

    def is_ours(self, body: Mapping[str, Any]) -> bool:
        """Return whether an object of it is one that is looked after, by its label."""
        if self.label is None:
            return True
        metadata = body.get("metadata")
        labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
        name, value = self.label
        return (labels.get(name, "") if isinstance(labels, Mapping) else "") == value


def foreign(name: str, plural: str, group: str = "", *, optional: bool = False, namespaced: bool = True) -> Kind:
    """Return a kind of somebody else, as far as its objects are looked at: Kubernetes' own, of version v1."""
    return Kind(
        name=name,
        plural=plural,
        singular=name.lower(),
        short_names=(),
        description="",
        spec=ApiModel,
        status=None,
        columns=(),
        group=group,
        version="v1",
        optional=optional,
        namespaced=namespaced,
    )
