"""What a Rollout of a workload says, whatever it holds: from the object to what is shown. Pure, and never fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, text
from fabctl.marks import ABORT, PAUSE, PROMOTE, RETRY
from fabctl.parts import Analysis, Decision, analysis_of, count_in, decision_of, texts_in
from fabctl.rollouts import PENDING, UPDATING, phase_of

WAYS = {"simple": "Simple", "canary": "Canary", "blueGreen": "BlueGreen", "abTesting": "ABTesting"}
"""The ways by their fields in spec.strategy, and what they are called."""
FAILED, COMPLETED = "Failed", "Completed"
WAITING = frozenset({"Paused", "Concluded"})
"""Phases in which it may wait for somebody's word."""


@dataclass(frozen=True, slots=True)
class Side:
    """The weight of one side in the routes."""

    name: str
    service: str
    weight: int
    hash: str


@dataclass(frozen=True, slots=True)
class WorkloadView:
    """One rollout of a workload as it is shown; texts are fit for a terminal."""

    namespace: str
    name: str
    uid: str
    created: datetime | None
    phase: str
    """In one word; UPDATING while the operator has not looked at the spec as it is now, Pending before it ever has."""
    message: str
    way: str
    """By its field in spec.strategy: canary."""
    strategy: Body
    """What the spec says of it."""
    revision: int
    hash: str
    """The revision that is declared."""
    stable: str
    """The revision that is proven."""
    proven: tuple[str, ...]
    """Those that were proven before it, the last of them at the end; one that was given up since is none."""
    active: str
    preview: str
    """The revisions that the Services of a blueGreen select."""
    step: int | None
    """Which step is under way, the first is 0."""
    progress: str
    weight: int
    """The share of the new version, of a hundred."""
    wanted: int
    """How many pods the spec asks for."""
    replicas: int
    updated: int
    ready: int
    available: int
    aborted: bool
    aborted_at: str
    """When, as it is written."""
    cause: str
    promoted_full: bool
    pauses: tuple[tuple[str, datetime | None], ...]
    """Why it waits, and since when."""
    paused_by_word: str | None
    """Why somebody has paused it beside Git, None where nobody has."""
    paused_by_git: bool
    said: Mapping[str, str]
    """Words of people that stand there, by their annotations."""
    heard: tuple[str, ...]
    sides: tuple[Side, ...]
    """The weights of its routes, where it has any."""
    accepted: datetime | None
    """Since when every gateway has accepted them."""
    reference: str
    """What says what its pods are in place of a template of its own, as "Deployment hmi" (spec.workloadRef)."""
    images: tuple[str, ...]
    """Those of the template, by container as NAME=IMAGE."""
    analyses: tuple[Analysis, ...]
    gone_past: tuple[int, ...]
    """The numbers of analyses that could not tell, and that somebody has gone past."""
    decisions: tuple[Decision, ...]
    started: datetime | None
    step_started: datetime | None
    finished: datetime | None
    outbox: int
    untold: int
    conditions: tuple[Body, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Return namespace and name."""
        return self.namespace, self.name

    @property
    def steps(self) -> tuple[Body, ...]:
        """Return the steps of a canary."""
        return tuple(map(mapping, sequence(self.strategy.get("steps"))))

    @property
    def under_way(self) -> bool:
        """Return whether a revision is on its way beside one that is proven."""
        return bool(self.stable and self.hash) and self.stable != self.hash

    @property
    def at_rest(self) -> bool:
        """Return whether nothing is under way that could be stopped."""
        return not self.under_way or self.aborted

    @property
    def is_waiting(self) -> bool:
        """Return whether it says itself that it waits."""
        return self.phase in WAITING or bool(self._condition("Paused"))

    @property
    def released(self) -> str:
        """Return the share of the new version, for a table."""
        return f"{self.weight}%"

    @property
    def is_paused(self) -> bool:
        """Return whether somebody's word, or Git, pauses it."""
        return self.paused_by_git or self.paused_by_word is not None

    @property
    def place(self) -> str:
        """Return at which step of how many it is; nothing where it has none."""
        steps = len(self.steps)
        if not steps or self.step is None:
            return ""
        return f"step {self.step + 1} of {steps}" if self.step < steps else f"all {steps} steps done"

    @property
    def why(self) -> str:
        """Return what it says of itself, for behind its place: without the step, which `place` has said."""
        return self.message.removeprefix(f"{self.place}: ")

    @property
    def set_weight(self) -> int | None:
        """Return what the last setWeight says up to the step that is under way."""
        if not self.under_way or self.aborted or self.step is None:
            return None
        said = [number(each.get("setWeight")) for each in self.steps[: self.step + 1]]
        return next((each for each in reversed(said) if each is not None), None)

    @property
    def stalled(self) -> Body:
        """Return the condition Stalled where it holds, else nothing."""
        return self._condition("Stalled")

    @property
    def is_lost(self) -> bool:
        """Return whether its proven version is lost, so that there is nothing to go back to."""
        return self.stalled.get("reason") == "StableLost"

    @property
    def last_decision(self) -> Decision | None:
        """Return the decision that was made last."""
        return self.decisions[-1] if self.decisions else None

    @property
    def is_unseen(self) -> bool:
        """Return whether the operator has not looked at it as it is now."""
        return self.phase in {PENDING, UPDATING}

    def has_heard(self, annotation: str, value: str) -> bool:
        """Return whether a word was carried out, or was for nothing: said once more as it is, it would not be heard."""
        word = annotation.rpartition("/")[2]
        return not {f"{word}={value}", f"{word} {value}"}.isdisjoint(self.heard)

    def roles(self, hash_: str) -> tuple[str, ...]:
        """Return what a revision is: stable, canary, active, preview."""
        new = "" if self.way == "blueGreen" or not self.under_way else self.hash
        preview = "" if self.preview == self.active else self.preview
        found = (("stable", self.stable), ("canary", new), ("active", self.active), ("preview", preview))
        return tuple(role for role, of in found if of and of == hash_)

    def _condition(self, kind: str) -> Body:
        found = (each for each in self.conditions if each.get("type") == kind and each.get("status") == "True")
        return next(found, {})


def workload_view(body: Body) -> WorkloadView:
    """Return what an object says."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    annotations, strategy = mapping(metadata.get("annotations")), mapping(spec.get("strategy"))
    way = next((each for each in WAYS if each in strategy), "")
    canary, colours = mapping(status.get("canary")), mapping(status.get("blueGreen"))
    weights = mapping(canary.get("weights"))
    replicas = number(spec.get("replicas"))
    return WorkloadView(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        created=moment(metadata.get("creationTimestamp")),
        phase=phase_of(metadata, status),
        message=text(status.get("message")),
        way=way,
        strategy=mapping(strategy.get(way)),
        revision=count_in(status, "revision"),
        hash=text(status.get("currentPodHash")),
        stable=text(status.get("stableRS")),
        proven=texts_in(status.get("proven")),
        active=text(colours.get("activeSelector")),
        preview=text(colours.get("previewSelector")),
        step=_step(status),
        progress=text(status.get("progress")) or NOTHING,
        weight=count_in(status, "weight"),
        wanted=1 if replicas is None else max(0, replicas),
        replicas=count_in(status, "replicas"),
        updated=count_in(status, "updatedReplicas"),
        ready=count_in(status, "readyReplicas"),
        available=count_in(status, "availableReplicas"),
        aborted=status.get("abort") is True,
        aborted_at=text(status.get("abortedAt")),
        cause=text(status.get("cause")),
        promoted_full=status.get("promoteFull") is True,
        pauses=tuple(map(_pause, map(mapping, sequence(status.get("pauseConditions"))))),
        paused_by_word=" ".join(text(annotations[PAUSE]).split()) if PAUSE in annotations else None,
        paused_by_git=spec.get("paused") is True,
        said={name: text(annotations[name]) for name in (PROMOTE, ABORT, RETRY) if name in annotations},
        heard=texts_in(status.get("heard")),
        sides=tuple(_side(name, mapping(weights.get(name))) for name in ("canary", "stable") if name in weights),
        accepted=moment(weights.get("acceptedAt")),
        reference=_reference(mapping(spec.get("workloadRef"))),
        images=images_of(mapping(spec.get("template"))),
        analyses=tuple(map(analysis_of, sequence(status.get("analyses")))),
        gone_past=tuple(found for each in sequence(status.get("accepted")) if (found := number(each)) is not None),
        decisions=tuple(map(decision_of, sequence(status.get("decisions")))),
        started=moment(status.get("startedAt")),
        step_started=moment(status.get("stepStartedAt")),
        finished=moment(status.get("finishedAt")),
        outbox=len(sequence(status.get("outbox"))),
        untold=count_in(status, "untold"),
        conditions=tuple(each for each in sequence(status.get("conditions")) if isinstance(each, Mapping)),
    )


def images_of(template: Body) -> tuple[str, ...]:
    """Return the images of a template of pods, each behind the name of its container: hmi=registry/hmi:2."""
    spec = mapping(template.get("spec"))
    found = [*map(mapping, sequence(spec.get("initContainers"))), *map(mapping, sequence(spec.get("containers")))]
    return tuple(f"{text(each.get('name'))}={text(each.get('image'))}" for each in found if text(each.get("image")))


def _reference(given: Body) -> str:
    return " ".join(filter(None, (text(given.get("kind")), text(given.get("name")))))


def _step(status: Body) -> int | None:
    found = number(status.get("currentStepIndex"))
    return found if found is not None and found >= 0 else None


def _pause(given: Body) -> tuple[str, datetime | None]:
    return text(given.get("reason")), moment(given.get("startTime"))


def _side(name: str, given: Body) -> Side:
    return Side(name, text(given.get("serviceName")), count_in(given, "weight"), text(given.get("podTemplateHash")))
