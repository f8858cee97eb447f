"""How Rollouts of workloads are shown: why one stands where it does, its plan, its revisions and decisions. Pure."""

from collections.abc import Sequence
from datetime import datetime

from fabctl.explaining import Answer
from fabctl.fields import NOTHING
from fabctl.parts import Decision, Metric
from fabctl.render.shapes import Pairs, Section, Table
from fabctl.revisions import Revision
from fabctl.stepping import planned, way_said
from fabctl.times import since, spoken
from fabctl.workloads import WAYS, WorkloadView

RUNNING = "Running"
_UNLIKE = frozenset({"Failed", "Error", "Inconclusive", "NoData"})


def standing_section(rollout: WorkloadView, answer: Answer, now: datetime) -> Section:
    """Return the answer to "why did it stop?"."""
    first, *others = answer.next
    return Section(
        "",
        (
            *head(rollout),
            ("Why", answer.why),
            *((("Cause", rollout.cause),) if rollout.cause and rollout.cause not in answer.why else ()),
            *_position(rollout, now),
            *(("Waits for", _waits(reason, at, now)) for reason, at in rollout.pauses),
            *_metrics(rollout),
            *_decided(rollout.last_decision, len(rollout.steps), now),
            *_not_told(rollout),
            ("Next", first),
            *(("Or", each) for each in others),
        ),
    )


def head(rollout: WorkloadView) -> Pairs:
    """Return which rollout it is, where it stands, and which revision is on its way."""
    revision = f"#{rollout.revision} {rollout.hash}".strip() if rollout.hash else NOTHING
    return (
        ("Rollout", f"{rollout.namespace}/{rollout.name}"),
        ("Phase", rollout.phase),
        ("Strategy", WAYS.get(rollout.way, NOTHING)),
        ("Revision", f"{revision}, beside {rollout.stable}" if rollout.under_way else revision),
        *((("Pods of", rollout.reference),) if rollout.reference else ()),
    )


def plan_sections(rollout: WorkloadView) -> list[Section]:
    """Return what a rollout is going to do, by what its spec says."""
    steps = planned(rollout)
    rows = tuple((str(each.number), each.state, each.does, each.weight, each.pods) for each in steps)
    table = Table("", ("Step", "Stands", "Does", "Weight", "New pods"), rows, frozenset({"Step", "Weight"}))
    images = tuple(("Image", each.replace("=", " ", 1)) for each in rollout.images)
    return [
        Section("", (*head(rollout), ("Replicas", str(rollout.wanted)), *way_said(rollout), *images)),
        *([Section("Steps", table)] if rows else []),
    ]


def history_sections(
    rollout: WorkloadView, found: Sequence[Revision], missing: Pairs, now: datetime, *, wide: bool
) -> list[Section]:
    """Return the revisions, the newest first, and what was decided, likewise."""
    rows = tuple(_row(rollout, each, now) for each in found)
    headers = ("Number", "Hash", "Is", "Images", "Created", "Cause")
    table = Table("", headers, rows, frozenset({"Number"}))
    shown = rollout.decisions if wide else rollout.decisions[-10:]
    more = len(rollout.decisions) - len(shown)
    decided = workload_decisions(shown, now, len(rollout.steps))
    return [
        Section("Revisions", table if rows else missing or (("none", "no ReplicaSet is left of any"),)),
        Section("Decisions", decided if shown else (("none", "no decision is known"),)),
        *([Section("", (("and more", f"{more} older decisions: -o wide shows all"),))] if more else []),
    ]


def workload_decisions(decisions: Sequence[Decision], now: datetime, steps: int) -> Table:
    """Return the decisions, the newest first; one that was made when all of so many `steps` were done is at none."""
    rows = tuple(
        (
            since(each.at, now),
            each.stage,
            _step_of(each, steps) or NOTHING,
            each.rule,
            each.input,
            each.outcome,
            each.revision,
        )
        for each in reversed(decisions)
    )
    headers = ("At", "Stage", "Step", "Rule", "Input", "Outcome", "Revision")
    return Table("Decisions", headers, rows, frozenset({"Step"}))


def _row(rollout: WorkloadView, revision: Revision, now: datetime) -> tuple[str, ...]:
    images = ", ".join(each.partition("=")[2] for each in revision.images)
    was = ("proven",) if revision.hash in rollout.proven and revision.hash != rollout.stable else ()
    roles = ", ".join((*rollout.roles(revision.hash), *was))
    told = (str(revision.number), revision.hash, roles, images)
    return (*(each or NOTHING for each in told), since(revision.created, now), revision.cause or NOTHING)


def _position(rollout: WorkloadView, now: datetime) -> Pairs:
    asked = f", set {rollout.set_weight}" if rollout.set_weight is not None else ""
    moving = rollout.under_way and rollout.finished is None
    return (
        *((("Step", rollout.place.removeprefix("step ")),) if rollout.place and rollout.under_way else ()),
        *((("Weight", f"{rollout.weight}{asked}"),) if rollout.under_way else ()),
        ("Pods", f"{rollout.available} of {rollout.wanted} available, {rollout.updated} of the new version"),
        *((("Step since", since(rollout.step_started, now)),) if rollout.step_started and moving else ()),
        *((("Ended", since(rollout.finished, now)),) if rollout.finished else ()),
    )


def _waits(reason: str, at: datetime | None, now: datetime) -> str:
    return spoken("{}, since {}", reason, since(at, now))


def _metrics(rollout: WorkloadView) -> Pairs:
    """Return the metrics that are not as they should be, and why; of those that are measured still, how they stand."""
    return tuple(
        (f"Metric {metric.name}", _measured(metric) if metric.verdict == RUNNING else _ended(metric))
        for analysis in rollout.analyses
        for metric in analysis.metrics
        if metric.verdict in _UNLIKE or (analysis.verdict == metric.verdict == RUNNING)
    )


def _measured(metric: Metric) -> str:
    return ", ".join((metric.verdict, *(f"{count} {name}" for name, count in metric.counts), f"last {metric.last}"))


def _ended(metric: Metric) -> str:
    return f"{metric.verdict}: {metric.message}" if metric.message else metric.verdict


def _step_of(decision: Decision, steps: int) -> str:
    """Return at which step something was decided, nothing where none was left, or the spec has none."""
    return "" if decision.step is None or decision.step >= steps else str(decision.step + 1)


def _decided(decision: Decision | None, steps: int, now: datetime) -> Pairs:
    if decision is None:
        return ()
    at = _step_of(decision, steps)
    step = f", step {at}" if at else ""
    return (
        ("Last decision", spoken("{}, {}, {}{}", decision.rule, since(decision.at, now), decision.stage, step)),
        ("By", decision.input),
        ("So", decision.outcome),
    )


def _not_told(rollout: WorkloadView) -> Pairs:
    counts = ((rollout.outbox, "wait for the sink"), (rollout.untold, "were dropped, for it took none"))
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    return (("Events", said),) if said else ()
