"""What a pass sees: the revisions of a Rollout, and the objects that it looks at, as they stand now."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.api.rollout.steps import CanaryStep
from fabgitops_core.api.rollout.strategies import BlueGreen, Canary
from fabgitops_core.control.analysis.running import Offers
from fabgitops_core.control.objects import Child, Children
from fabgitops_core.control.rollout import records
from fabgitops_core.control.rollout.kinds import REPLICA_SET, ROUTES, workload_of
from fabgitops_core.control.rollout.pods.limits import Limits
from fabgitops_core.control.rollout.pods.sides import Side
from fabgitops_core.control.rollout.words import Words


@dataclass(frozen=True, slots=True)
class Revision:
    """One ReplicaSet of a Rollout: how many pods it wants (`spec`), has (`replicas`), and which of them are available.

    `hash` names it, `template` what was declared when it was made, "" where it was made by somebody else, and `content`
    what the API server has made of that. `down_at` is until when it is left as it is.
    """

    child: Child
    hash: str
    number: int
    template: str
    content: str
    spec: int
    replicas: int
    ready: int
    available: int
    down_at: datetime | None

    @property
    def side(self) -> Side:
        """Return its pods, as a side of what is shared out."""
        return Side(self.spec, self.available, self.replicas, self.ready)

    @property
    def gone(self) -> bool:
        """Return whether it wants no pods, and has none."""
        return self.spec == 0 and self.replicas == 0


@dataclass(frozen=True, slots=True)
class Look:
    """All that a decision is made of, beside the status.

    `current` is the revision of the template that is declared, `stable` the one that is proven; either may not be there
    yet, and both may be one. `others` are the objects that it looks at, `own` are routes that it has made, `runs` its
    AnalysisRuns. `taken` are those that another Rollout has, which are not among the `others`, with a sentence each.
    `way` is how it goes from one version to the other: every strategy is one of these two. `problems` says by number
    which analyses could not begin by what is offered now, and why; it is found out once, when somebody asks. `symbolic`
    is the way with what it speaks of by its name, None where it speaks of nothing.
    """

    at: datetime
    key: Key
    uid: str
    generation: int
    spec: RolloutSpec
    way: Canary | BlueGreen
    words: Words
    limits: Limits
    revisions: tuple[Revision, ...]
    others: Mapping[Key, Child]
    offers: Offers
    hash: str
    unseen: Mapping[str, str]
    taken: Mapping[Key, str]
    problems: Callable[[], Mapping[int, str]]
    least_number: int = 0
    own: Mapping[Key, Child] = field(default_factory=dict)
    runs: Mapping[Key, Child] = field(default_factory=dict)
    symbolic: Canary | BlueGreen | None = None

    @property
    def n(self) -> int:
        """Return how many pods there are to be."""
        return self.spec.replicas

    @property
    def workload(self) -> Child | None:
        """Return the Deployment that says its pods; None where they stand in its template."""
        key = workload_of(self.key, self.spec)
        return self.others.get(key) if key else None

    @property
    def steps(self) -> tuple[CanaryStep, ...]:
        """Return the steps of a canary; a blue-green has none."""
        return self.way.steps if isinstance(self.way, Canary) else ()

    @property
    def last_step(self) -> int | None:
        """Return the index of a canary whose steps are all done; a blue-green has none."""
        return len(self.way.steps) if isinstance(self.way, Canary) else None

    def revision(self, hash_: str) -> Revision | None:
        """Return a revision by its hash; None where it is not there."""
        return next((each for each in self.revisions if each.hash == hash_), None) if hash_ else None

    def images(self, hash_: str) -> tuple[str, ...]:
        """Return the images of a revision, as far as they are known."""
        if hash_ == self.hash:
            return records.images_of(self.spec.pods)
        found = self.revision(hash_)
        return tuple(found.child.facts.get(records.IMAGES, "").split()) if found else ()

    def older(self, stable: str) -> tuple[Revision, ...]:
        """Return the revisions that are neither the declared nor the proven one, oldest first."""
        return tuple(each for each in self.revisions if each.hash not in {self.hash, stable})

    def service(self, name: str | None) -> Child | None:
        """Return a Service of the namespace; None where it is not there, or nobody named one."""
        return self.others.get(Key("Service", self.key.namespace, name)) if name else None


def revisions_of(children: Children, uid: str) -> tuple[Revision, ...]:
    """Return the revisions that a Rollout of this uid manages, oldest first.

    What is being deleted is none, nor is what no label tells from the others.
    """
    own = (
        child
        for key, child in children.items()
        if key.kind == REPLICA_SET.name and child.owner == uid and not child.leaving and child.facts.get(records.HASH)
    )
    return tuple(sorted(map(_revision, own), key=lambda each: (each.number, each.child.created, each.hash)))


def own_routes(children: Children, uid: str) -> Mapping[Key, Child]:
    """Return the routes that a Rollout of this uid has made; what is being deleted is none."""
    kinds = {each.name for each in ROUTES}
    found = children.items()
    return {key: each for key, each in found if key.kind in kinds and each.owner == uid and not each.leaving}


def seen(children: Children, keys: Iterable[Key]) -> Mapping[Key, Child]:
    """Return what is there of the objects that are only looked at."""
    return {key: children[key] for key in keys if key in children and not children[key].leaving}


def _revision(child: Child) -> Revision:
    facts, number = child.facts, records.number_of
    return Revision(
        child=child,
        hash=facts.get(records.HASH, ""),
        number=number(child, records.NUMBER),
        template=facts.get(records.TEMPLATE, ""),
        content=facts.get(records.CONTENT, ""),
        spec=number(child, records.SPEC),
        replicas=number(child, records.REPLICAS),
        ready=number(child, records.READY),
        available=number(child, records.AVAILABLE),
        down_at=moment(facts.get(records.DOWN_AT, "")),
    )


def moment(text: str) -> datetime | None:
    """Return a moment that an annotation says; None where it says none: what is no moment is past."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
