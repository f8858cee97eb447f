"""Rollouts and AnalysisTemplates of Argo Rollouts: the same decisions, about manifests and statuses of another shape.

What people patch into a status stands there until it is heard: whoever ends in between is told of it again.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from fabgitops_core.api.analysis.template import ANALYSIS_TEMPLATE
from fabgitops_core.api.argo.commands import NOTHING, Wanted, kept_in, read
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT, ARGO_TEMPLATE, CLUSTER_TEMPLATE, Manifest
from fabgitops_core.api.argo.owning import DEFAULT_ID, INSTANCE_ID, OURS, foreign_controller
from fabgitops_core.api.argo.reading import Hashes
from fabgitops_core.api.argo.runs import ANALYSIS_RUN
from fabgitops_core.api.argo.status import ArgoRolloutStatus
from fabgitops_core.api.argo.telling import told
from fabgitops_core.api.argo.templates import template_taken
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.api.refusals import sentences
from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.status import RolloutStatus
from fabgitops_core.control.analysis.template import WORDS
from fabgitops_core.control.commands import Apply, Command, Commands, Notice, Patch, Publish, Request, Wake
from fabgitops_core.control.events import Declared, Event, Faulted, Surveyed
from fabgitops_core.control.objects import Viewed, Watched
from fabgitops_core.control.rollout.kinds import REPLICA_SET
from fabgitops_core.control.rollout.records import argo_owner
from fabgitops_core.control.rollout.revisions.referring import resolved
from fabgitops_core.control.rollout.revisions.revising import mark_in
from fabgitops_core.control.rollout.runs.naming import TYPE, named, with_label
from fabgitops_core.control.rollout.runs.records import NO_RUNS, Runs, analysis_run, runs_in
from fabgitops_core.control.rollout.saying.reasons import RolloutReason
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.table import RolloutController
from fabgitops_core.control.rollout.view import revisions_of
from fabgitops_core.control.rollout.ways.choosing import way_of
from fabgitops_core.control.rollout.written import UNWRITTEN, Written, with_hashes, written_in
from fabgitops_core.control.templates import Step as TemplateStep
from fabgitops_core.control.templates import Templates, TemplateState

REVISION = marks.ARGO_REVISION
"""Annotation of a ReplicaSet by which the kubectl plugin knows the number of its revision."""

WORKLOAD_GENERATION = "rollout.argoproj.io/workload-generation"
"""Annotation of a Rollout by which Argo Rollouts says which generation of the workload it has to see."""

UNSAID = ArgoRolloutStatus()
NO_SUCH = "the cluster has no ClusterAnalysisTemplate of this name"
FOREIGN = (
    "left alone: {rival} has written its status after us, and two controllers would undo each other's work."
    f" Say by the label {INSTANCE_ID} whose it is; or end the other one, and hand it over:"
    " kubectl -n {key.namespace} patch rollouts.argoproj.io {key.name} --subresource=status --type=merge"
    f" --field-manager={OURS}"
    """ -p '{{"status": {{"message": "handed over"}}}}'"""
)


class ArgoState(NamedTuple):
    """What is known of a Rollout as if it were one of ours, what was said last, and what somebody wants, not heard.

    `written` is the manifest, and what came of it, `runs` the AnalysisRuns that were seen last. With a `rival`
    it is left to that controller.
    """

    inner: RolloutState
    said: ArgoRolloutStatus = UNSAID
    wanted: Wanted = NOTHING
    written: Written = UNWRITTEN
    rival: str = ""
    runs: Runs = NO_RUNS


Step = tuple[ArgoState, Commands]


class ArgoRolloutController:
    """The controller of Rollouts of Argo Rollouts: that of ours, told and heard in their words.

    Args:
        instance_id: What the label of those says that are looked after; "" for those that lack it. No label says of
            these that another controller leaves them alone, so it is asked who wrote their status last.
    """

    def __init__(self, instance_id: str = DEFAULT_ID) -> None:
        rival = None if instance_id else foreign_controller
        self.kind = replace(ARGO_ROLLOUT, label=(INSTANCE_ID, instance_id), rival=rival)
        self._ours = RolloutController()

    def start(self, key: Key) -> ArgoState:
        """Return what is known before the first event."""
        return ArgoState(self._ours.start(key))

    def step(self, state: ArgoState, event: Event) -> Step:
        """Return what is known after an event, and what is to be done."""
        if isinstance(event, Declared):
            return self._left(state, event.rival) if event.rival else self._declared(state, event)
        if state.rival:
            return state, ()
        if isinstance(event, Surveyed):
            state = _renewed(state, event)._replace(runs=runs_in(event.children, state.inner.uid))
        inner, commands = self._ours.step(state.inner, _as_ours(event, state.written.wide))
        return _told(state._replace(inner=inner), self._labelled(commands), event.at)

    def _labelled(self, commands: Commands) -> Commands:
        """Return commands in which AnalysisRuns carry the label that keeps others from measuring them."""
        name, value = INSTANCE_ID, (self.kind.label or ("", ""))[1]
        return tuple(with_label(each, name, value) if value else each for each in commands)

    def owns(self) -> tuple[Watched, ...]:
        """Return what Rollouts own."""
        runs = Watched(ANALYSIS_RUN, TYPE, ARGO_ROLLOUT.name, analysis_run, argo_owner)
        return (*(_as_argos(each) for each in self._ours.owns()), runs)

    def views(self) -> tuple[Viewed, ...]:
        """Return the kinds of what is only looked at."""
        return self._ours.views()

    def regards(self, state: ArgoState) -> frozenset[Key]:
        """Return the objects that a Rollout looks at."""
        return self._ours.regards(state.inner)

    def identities(self, state: ArgoState) -> frozenset[str]:
        """Return the Services and rules of routes that a Rollout has for itself alone."""
        return self._ours.identities(state.inner)

    def wishes(self, state: ArgoState) -> frozenset[str]:
        """Return those that it names and does not have yet."""
        return self._ours.wishes(state.inner)

    def consults(self, state: ArgoState) -> frozenset[tuple[str, str]]:
        """Return the templates by which its revisions are judged: those of Argo Rollouts."""
        wide = state.written.wide
        return frozenset(
            (CLUSTER_TEMPLATE.name if name in wide else ARGO_TEMPLATE.name, name)
            for _, name in self._ours.consults(state.inner)
        )

    def wants(self, state: ArgoState, request: Request) -> bool:
        """Return whether a request may still be sent."""
        return self._ours.wants(state.inner, request)

    def _left(self, state: ArgoState, rival: str) -> Step:
        """Leave a Rollout to the controller that is at work on it; all is found out anew when that is over."""
        key = state.inner.key
        told = () if state.rival else (Notice(RolloutReason.FOREIGN, FOREIGN.format(rival=rival, key=key)),)
        return ArgoState(self._ours.start(key), rival=rival), (*told, Wake(None))

    def _declared(self, state: ArgoState, event: Declared[Any, Any]) -> Step:
        """Take a Rollout as it stands, and what somebody has patched into its status."""
        found = event.status if isinstance(event.status, ArgoRolloutStatus) else UNSAID
        status, new = read(found)
        written = written_in(state.inner.key, event, Hashes(status.current_pod_hash, status.stable_rs))
        wanted = new if new != NOTHING else state.wanted
        inner, commands = self._ours.step(
            state.inner, replace(event, spec=written.spec, problem=written.problem, status=status)
        )
        if new != NOTHING and status.heard == inner.status.heard:
            inner = _as_if_new(inner, new)  # the patch is one of its own, though its words were said before
        said = state.said.model_copy(update={"restarted_at": found.restarted_at}) if state.said is not UNSAID else found
        still = _heard(status) if state.said is UNSAID and new == NOTHING else wanted
        inner = _asked(inner, still)._replace(run_limits=written.limits, symbolic=written.symbolic)
        after = ArgoState(inner, said, wanted, written, runs=state.runs)
        if new != NOTHING and inner.said.conditions and not any(isinstance(each, Publish) for each in commands):
            commands = (Publish(inner.said), *commands)  # else the engine says again what was said before it
        return _told(after, commands, event.at)


def _as_argos(watched: Watched) -> Watched:
    """Return what Rollouts of Argo Rollouts own: ReplicaSets that its controller has made do not carry our label."""
    watched = replace(watched, owner_kind=ARGO_ROLLOUT.name)
    return replace(watched, label=marks.HASH, owner=argo_owner) if watched.kind is REPLICA_SET else watched


def _renewed(state: ArgoState, event: Surveyed) -> ArgoState:
    """Return what is known with a strategy that speaks of the revisions as they are now, where it speaks of any."""
    inner = state.inner
    if inner.spec is None or not state.written.by_hash:
        return state
    if isinstance(spec := resolved(inner, inner.spec, event), str):
        return state
    latest = mark_in(revisions_of(event.children, inner.uid), spec.pods, inner.status.collision_count)
    written = with_hashes(state.written, Hashes(latest, inner.status.stable_rs))
    if written is state.written or written.spec is None:
        return state
    spec = inner.spec.model_copy(update={"strategy": written.spec.strategy})
    return state._replace(inner=inner._replace(spec=spec), written=written)


def _asked(inner: RolloutState, wanted: Wanted) -> RolloutState:
    """Return what is known with what somebody wants, beside what annotations say."""
    said = {name: word for name, word in wanted._asdict().items() if word}
    return inner._replace(words=inner.words._replace(**said))


def _heard(status: RolloutStatus) -> Wanted:
    """Return the words that a status says were heard: to forget them when the operator starts would be a write."""
    said = dict(each.split("=", 1) for each in status.heard if "=" in each)
    return Wanted(**{name: word for name, word in said.items() if name in Wanted._fields})


def _as_if_new(inner: RolloutState, wanted: Wanted) -> RolloutState:
    tokens = _tokens(wanted)
    return inner.with_status(heard=tuple(each for each in inner.status.heard if each not in tokens))


def _tokens(wanted: Wanted) -> frozenset[str]:
    """Return how words are noted that were heard."""
    return frozenset(f"{name}={word}" for name, word in wanted._asdict().items() if word)


def _told(state: ArgoState, commands: Commands, at: datetime) -> Step:
    """Return commands in which statuses are said as Argo Rollouts has them, with what is not heard yet."""
    if _tokens(state.wanted) & frozenset(state.inner.status.heard):
        state = state._replace(wanted=NOTHING)
    made: list[Command] = []
    for each in commands:
        if isinstance(each, Publish) and isinstance(each.status, RolloutStatus):
            said = _said(state, each.status, at)
            state = state._replace(said=said)
            made.append(replace(each, status=kept_in(said, state.wanted)))
        else:
            made.append(_numbered(each))
    return state, tuple(made)


def _said(state: ArgoState, status: RolloutStatus, at: datetime) -> ArgoRolloutStatus:
    """Return a status as Argo Rollouts has it."""
    spec, annotations = state.inner.spec, state.written.metadata.get("annotations", {})
    desired, paused = (spec.replicas, spec.paused) if spec else (1, False)
    since = status.last_update or at
    said = told(status, desired, state.said.conditions, since, _names(state), paused=paused)
    kept = {"restarted_at": state.said.restarted_at}
    return said.model_copy(update={"workload_observed_generation": annotations.get(WORKLOAD_GENERATION, ""), **kept})


def _names(state: ArgoState) -> Mapping[int, str]:
    """Return by number what the AnalysisRuns of a Rollout are called."""
    inner = state.inner
    if inner.spec is None:
        return {}
    return named(inner.key.name, way_of(inner.spec), inner.status, state.runs, inner.taken_names)


def _numbered(command: Command) -> Command:
    """Return a command in which a ReplicaSet has its number also where the kubectl plugin looks for it."""
    if isinstance(command, Apply):
        number = _annotations(command.object).get(marks.REVISION)
        return replace(command, object=_with_number(command.object, number)) if number else command
    if isinstance(command, Patch):
        more = (
            {**step, "op": "add", "path": _at(REVISION)}
            for step in command.steps
            if step["path"] == _at(marks.REVISION)
        )
        return replace(command, steps=(*command.steps, *more))
    return command


def _with_number(body: Mapping[str, Any], number: str) -> Mapping[str, Any]:
    return {**body, "metadata": {**body["metadata"], "annotations": {**_annotations(body), REVISION: number}}}


def _annotations(body: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = body["metadata"].get("annotations", {})
    return found


def _at(annotation: str) -> str:
    """Return where an annotation stands in an object (RFC 6901)."""
    return f"/metadata/annotations/{annotation.replace('~', '~0').replace('/', '~1')}"


def _offer(name: str, offers: Mapping[tuple[str, str], Any], wide: frozenset[str]) -> Any:
    """Return what a template offers, of the cluster where it is to be one of those."""
    found = offers.get((CLUSTER_TEMPLATE.name if name in wide else ARGO_TEMPLATE.name, name), (None, ""))
    return (None, NO_SUCH) if name in wide and found == (None, "") else found


def _as_ours(event: Event, wide: frozenset[str]) -> Event:
    """Return an event in which templates are called as ours are, and what was said is a status of ours."""
    if isinstance(event, Surveyed):
        offers: Mapping[tuple[str, str], Any] = event.offers
        return replace(event, offers={(ANALYSIS_TEMPLATE.name, name): _offer(name, offers, wide) for _, name in offers})
    if isinstance(event, Faulted) and isinstance(event.said, ArgoRolloutStatus):
        return replace(event, said=event.said.fabgitops)
    return event


class ArgoTemplateController(Templates):
    """Keeps a template of Argo Rollouts for those who are judged by it, as one of ours.

    It says nothing of it: it carries no label that would say whose it is, and theirs has no status. Who is judged by it
    is told what is wrong with it.

    Args:
        kind: That of a namespace, or the cluster-wide one.
    """

    def __init__(self, kind: Kind = ARGO_TEMPLATE) -> None:
        super().__init__(kind, WORDS)

    def step(self, state: TemplateState, event: Event) -> TemplateStep:
        """Take what is declared as one of ours."""
        if isinstance(event, Declared) and isinstance(event.spec, Manifest):
            try:
                event = replace(event, spec=template_taken(event.spec.fields))
            except ValidationError as error:
                event = replace(event, spec=None, problem=sentences(error))
        after, commands = super().step(state, event)
        return after, tuple(each for each in commands if not isinstance(each, Publish | Notice))
