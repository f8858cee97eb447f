"""What a SetpointRollout says, whatever it holds: from the API's object to what is shown. Pure, and never fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import NOTHING, Body, mapping, moment, number, sequence, shown, text
from fabctl.labels import selector_text
from fabctl.marks import ABORT, PAUSE, PROMOTE, RETRY
from fabctl.parts import (
    Analysis,
    Decision,
    Named,
    RolloutPlan,
    analysis_of,
    count_in,
    decision_of,
    named_in,
    plan_of,
    texts_in,
)

PENDING, UPDATING = "Pending", "UPDATING"
"""Nobody has looked at it yet, or not at the spec as it is now."""
AT_REST = frozenset({"Watching", "Done"})
GIVEN_UP = frozenset({"Restoring", "Aborted"})

COUNTS = ("total", "released", "proven", "held", "restored", "unreachable", "skipped", "failed", "drifting")


@dataclass(frozen=True, slots=True)
class RolloutView:
    """One rollout as it is shown; texts are fit for a terminal."""

    namespace: str
    name: str
    uid: str
    labels: Body
    created: datetime | None
    phase: str
    """In one word; UPDATING while the operator has not looked at the spec as it is now, Pending before it ever has."""
    message: str
    revision: str
    round: int
    wave: int
    waves: int
    released: str
    """How many PLCs hold what Git wants of how many, as "25/250"."""
    members: Mapping[str, int]
    plan: RolloutPlan | None
    waiting_for: Named
    failed: Named
    skipped: tuple[str, ...]
    given_up: str
    """By which rule it has failed or was given up, and why."""
    paused_by: str
    """Whose word it waits for: Asked, Wave, Failure, Inconclusive."""
    paused_for: str
    paused_by_word: str | None
    """Why somebody has paused it beside Git, None where nobody has."""
    paused_by_git: bool
    waits_for_a_yes: bool
    """Whether its plan has to be agreed to, and nobody has."""
    promoted: str
    said: Mapping[str, str]
    """Words of people that stand there, by their annotations."""
    heard: tuple[str, ...]
    """Those of them that were carried out, or were for nothing, each behind what it says: "abort 5f2c"."""
    analyses: tuple[Analysis, ...]
    decisions: tuple[Decision, ...]
    wanted_since: datetime | None
    started: datetime | None
    wave_started: datetime | None
    baking_since: datetime | None
    finished: datetime | None
    outbox: int
    """Events that the sink has not taken yet."""
    untold: int
    """Events that were dropped, for too many were not taken."""
    settings: tuple[tuple[str, str], ...]
    """What the spec says, for people."""
    conditions: tuple[Body, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Return namespace and name."""
        return self.namespace, self.name

    @property
    def is_paused(self) -> bool:
        """Return whether somebody's word, or Git, pauses it."""
        return self.paused_by_git or self.paused_by_word is not None

    @property
    def progress(self) -> str:
        """Return which wave of how many, for a table."""
        return f"{self.wave}/{self.waves}" if self.waves else NOTHING

    @property
    def place(self) -> str:
        """Return which wave it is in, in words."""
        return f"wave {self.wave} of {self.waves}"

    @property
    def is_unseen(self) -> bool:
        """Return whether the operator has not looked at it as it is now."""
        return self.phase in {PENDING, UPDATING}

    @property
    def at_rest(self) -> bool:
        """Return whether nothing is under way."""
        return self.phase in AT_REST

    @property
    def last_decision(self) -> Decision | None:
        """Return the decision that was made last."""
        return self.decisions[-1] if self.decisions else None

    @property
    def stalled(self) -> Body:
        """Return the condition Stalled where it holds, else nothing."""
        return self._condition("Stalled")

    @property
    def is_asked_to_wait(self) -> bool:
        """Return whether it says itself that it has stopped because somebody, or Git, pauses it."""
        return self.phase == "Paused" and self.paused_by in {"", "Asked"}

    def has_heard(self, annotation: str, value: str) -> bool:
        """Return whether a word was carried out, or was for nothing: said once more as it is, it would not be heard."""
        return f"{annotation.rpartition('/')[2]} {value}" in self.heard

    def _condition(self, kind: str) -> Body:
        found = (each for each in self.conditions if each.get("type") == kind and each.get("status") == "True")
        return next(found, {})


def rollout_view(body: Body) -> RolloutView:
    """Return what an object says."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    plan = plan_of(mapping(status.get("plan")))
    members = mapping(status.get("members"))
    annotations = mapping(metadata.get("annotations"))
    phase = phase_of(metadata, status)
    manual = text(spec.get("approval")) == "Manual"
    return RolloutView(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        labels=mapping(metadata.get("labels")),
        created=moment(metadata.get("creationTimestamp")),
        phase=phase,
        message=text(status.get("message")),
        revision=text(status.get("revision")),
        round=count_in(status, "round"),
        wave=count_in(status, "wave"),
        waves=count_in(status, "waves"),
        released=text(status.get("releasedText")) or NOTHING,
        members={name: count_in(members, name) for name in COUNTS},
        plan=plan,
        waiting_for=named_in(status.get("waitingFor")),
        failed=named_in(status.get("failed")),
        skipped=texts_in(status.get("skipped")),
        given_up=": ".join(filter(None, (text(status.get(field)) for field in ("givenUp", "cause")))),
        paused_by=text(status.get("pausedBy")),
        paused_for=text(status.get("pausedFor")),
        paused_by_word=" ".join(text(annotations[PAUSE]).split()) if PAUSE in annotations else None,
        paused_by_git=spec.get("paused") is True,
        waits_for_a_yes=bool(manual and phase == "Planning" and plan and plan.hash and not plan.approved_by),
        promoted=text(status.get("promoted")),
        said={name: text(annotations[name]) for name in (PROMOTE, ABORT, RETRY) if name in annotations},
        heard=texts_in(status.get("heard")),
        analyses=tuple(map(analysis_of, sequence(status.get("analyses")))),
        decisions=tuple(map(decision_of, sequence(status.get("decisions")))),
        wanted_since=moment(status.get("wantedSince")),
        started=moment(status.get("startedAt")),
        wave_started=moment(status.get("waveStartedAt")),
        baking_since=moment(status.get("bakingSince")),
        finished=moment(status.get("finishedAt")),
        outbox=len(sequence(status.get("outbox"))),
        untold=count_in(status, "untold"),
        settings=_settings(spec),
        conditions=tuple(each for each in sequence(status.get("conditions")) if isinstance(each, Mapping)),
    )


def selector_of(body: Body) -> str:
    """Return which PLCs a rollout is about, as the API server and `-l` take it; nothing where it selects none."""
    return selector_text(mapping(mapping(body.get("spec")).get("selector")))


def phase_of(metadata: Body, status: Body) -> str:
    """Return the phase, as far as it speaks of the spec as it is now."""
    observed, generation = number(status.get("observedGeneration")), number(metadata.get("generation"))
    if not observed and not status.get("conditions"):
        return PENDING
    return UPDATING if observed is not None and generation is not None and observed < generation else _word(status)


def _word(status: Body) -> str:
    return text(status.get("phase")) or PENDING


def _settings(spec: Body) -> tuple[tuple[str, str], ...]:
    """Return what the spec says beside its waves; what it does not say is as the definitions have it."""
    success = mapping(spec.get("success"))
    limits = (("minMembers", "at least {} PLCs"), ("maxFailedPercent", "{} % failed"))
    more = (("maxUnreachablePercent", "{} % away"),)
    said = [words.format(shown(success[name])) for name, words in (*limits, *more) if name in success]
    analysis = sequence(mapping(spec.get("analysis")).get("templates"))
    templates = ", ".join(shown(mapping(each).get("templateName")) for each in analysis)
    return (
        ("On failure", text(spec.get("failurePolicy")) or "Rollback"),
        ("On unreachable", text(spec.get("onUnreachable")) or "Wait"),
        ("At once", shown(spec.get("maxParallel", 5))),
        ("Deadline of a wave", f"{shown(spec.get('deadlineSeconds', 3600))} s"),
        *((("Allowed", ", ".join(said)),) if said else ()),
        *((("Analysis", templates),) if templates else ()),
        *((("Freeze windows", str(len(sequence(spec.get("freeze"))))),) if sequence(spec.get("freeze")) else ()),
        *((("Approval", "Manual"),) if text(spec.get("approval")) == "Manual" else ()),
        *((("Paused", "yes, by spec.paused in Git"),) if spec.get("paused") is True else ()),
    )
