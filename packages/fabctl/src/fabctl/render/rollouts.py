"""How rollouts are shown: a table of them, why one stands where it does, its decisions. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from fabctl.explaining import Answer
from fabctl.fields import NOTHING
from fabctl.parts import Decision, Named
from fabctl.render.shapes import Pairs, Section, Table
from fabctl.rollouts import RolloutView
from fabctl.rows import Row
from fabctl.times import since, spoken

Column = tuple[str, Callable[[Row], str]]

_NUMERIC = frozenset({"Step", "Released", "Available", "Failed", "Away"})


def rollout_table(
    rollouts: Iterable[Row], *, wide: bool, namespaces: bool, now: datetime, steady: bool = False
) -> Table:
    """Return the table; what is going on has a column where one has stopped, or where it is wide or `steady`."""
    found = list(rollouts)
    columns: list[Column] = [
        *([("Namespace", lambda each: each.namespace)] if namespaces else []),
        ("Name", lambda each: each.name),
        ("Kind", lambda each: each.kind),
        ("Phase", lambda each: each.phase),
        ("Step", lambda each: each.step),
        ("Released", lambda each: each.released),
        ("Available", lambda each: each.available),
        ("Created", lambda each: since(each.created, now)),
    ]
    if wide:
        columns += [
            ("Revision", lambda each: each.revision),
            ("Failed", lambda each: each.failed),
            ("Away", lambda each: each.away),
            ("Decision", lambda each: each.decision),
        ]
    if wide or steady or any(each.telling for each in found):
        columns.append(("Message", lambda each: each.message))
    rows = tuple(tuple(value(each) for _, value in columns) for each in found)
    return Table("Rollouts", tuple(header for header, _ in columns), rows, _NUMERIC)


def answer_section(rollout: RolloutView, answer: Answer, now: datetime) -> Section:
    """Return the answer to "why did it stop?"."""
    first, *others = answer.next
    return Section(
        "",
        (
            ("Rollout", f"{rollout.namespace}/{rollout.name}"),
            ("Phase", rollout.phase),
            ("Why", answer.why),
            *_cause(rollout, answer),
            *_position(rollout, now),
            *((("Waits for", named(rollout.waiting_for)),) if rollout.waiting_for else ()),
            *((("Failed", named(rollout.failed, rollout.members["failed"])),) if rollout.failed else ()),
            *((("Passed over", ", ".join(rollout.skipped)),) if rollout.skipped else ()),
            *_decided(rollout.last_decision, now),
            *_not_told(rollout),
            ("Next", first),
            *(("Or", each) for each in others),
        ),
    )


def named(plcs: Named, count: int = 0) -> str:
    """Return PLCs with what is wrong with each, and how many more there are."""
    more = f"; and {count - len(plcs)} more" if count > len(plcs) else ""
    return "; ".join(f"{name}: {why}" if why else name for name, why in plcs) + more


def _position(rollout: RolloutView, now: datetime) -> Pairs:
    moments = (("Baking since", rollout.baking_since), ("Wave since", rollout.wave_started))
    under_way = rollout.finished is None and rollout.waves
    return (
        *((("Revision", f"{rollout.revision}, round {rollout.round}"),) if rollout.revision else ()),
        *((("Wave", f"{rollout.wave} of {rollout.waves}"),) if rollout.waves else ()),
        ("Released", rollout.released),
        *((name, since(at, now)) for name, at in moments if at and under_way),
        *((("Ended", since(rollout.finished, now)),) if rollout.finished else ()),
    )


def _cause(rollout: RolloutView, answer: Answer) -> Pairs:
    """Return by which rule it was given up and why, where that is not the answer already."""
    rule, _, cause = rollout.given_up.partition(": ")
    said = rule if cause and cause in answer.why else rollout.given_up
    return (("Cause", said),) if said else ()


def _not_told(rollout: RolloutView) -> Pairs:
    counts = ((rollout.outbox, "wait for the sink"), (rollout.untold, "were dropped, for it took none"))
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    return (("Events", said),) if said else ()


def _decided(decision: Decision | None, now: datetime) -> Pairs:
    if decision is None:
        return ()
    wave = f", wave {decision.wave}" if decision.wave else ""
    return (
        ("Last decision", spoken("{}, {}, {}{}", decision.rule, since(decision.at, now), decision.stage, wave)),
        ("By", decision.input),
        ("So", decision.outcome),
    )


def decisions_table(decisions: Sequence[Decision], now: datetime) -> Table:
    """Return the decisions, the newest first."""
    rows = tuple(
        (
            since(each.at, now),
            each.stage,
            str(each.wave) if each.wave else NOTHING,
            each.rule,
            each.input,
            each.outcome,
            each.revision,
        )
        for each in reversed(decisions)
    )
    headers = ("At", "Stage", "Wave", "Rule", "Input", "Outcome", "Revision")
    return Table("Decisions", headers, rows, frozenset({"Wave"}))
