"""A rollout as a tree: its waves with their PLCs, what judges it, and what was decided last. Pure, and never fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fabctl.fields import Body, mapping, text
from fabctl.model import view
from fabctl.parts import Analysis, Metric, PlannedWave
from fabctl.releases import Release, release_of
from fabctl.rollouts import AT_REST, GIVEN_UP, RolloutView
from fabctl.times import since

DECISIONS = 3
"""So many decisions are shown."""
FEW = 100
"""Of so many PLCs each is shown that a plan names; of more those of the wave that is under way."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of the tree: what it is, how it stands, in words, and what is in it."""

    called: str
    name: str
    words: tuple[str, ...] = ()
    inside: tuple["Branch", ...] = ()
    more: tuple[str, ...] = ()


def looked_at(rollout: RolloutView) -> tuple[str, ...] | None:
    """Return the PLCs that are shown, by their names; None where all that are selected are to be looked at."""
    if rollout.members["total"] <= FEW:
        return None
    wave = rollout.plan.of(rollout.wave) if rollout.plan else None
    return wave.names if wave else ()


def branches(rollout: RolloutView, plcs: Iterable[Body], now: datetime) -> Branch:
    """Return the tree of a rollout.

    Args:
        rollout: The rollout.
        plcs: The PLCs that it selects, as far as they are known.
        now: What ages are counted to.
    """
    known = {text(mapping(body.get("metadata")).get("name")): body for body in plcs}
    waves, shown = rollout.plan.waves if rollout.plan else (), looked_at(rollout)
    return Branch(
        "rollout",
        rollout.name,
        _head(rollout),
        (
            *(_wave(rollout, each, known, shown) for each in waves),
            *_troubled(rollout),
            *(
                analysis_branch(each, f"of wave {each.wave}" if each.wave else "of all waves")
                for each in rollout.analyses
            ),
            *_decisions(rollout, now),
        ),
        (rollout.message,) if rollout.message else (),
    )


def _head(rollout: RolloutView) -> tuple[str, ...]:
    counts = (("failed", "failed"), ("unreachable", "away"), ("skipped", "passed over"), ("restored", "put back"))
    said = (f"{rollout.members[field]} {word}" for field, word in counts if rollout.members[field])
    wave = f"wave {rollout.wave} of {rollout.waves}" if rollout.waves else ""
    words = (rollout.phase, wave, f"{rollout.released} released", *said, rollout.message)
    return tuple(word for word in words if word)


def _wave(rollout: RolloutView, wave: PlannedWave, known: Mapping[str, Body], shown: Iterable[str] | None) -> Branch:
    """Return a wave with those of its PLCs that are shown, and how many more there are."""
    count = f"{wave.members} PLC{'' if wave.members == 1 else 's'}"
    words = count, _of_wave(rollout, wave)
    names = wave.names if shown is None or wave.wave == rollout.wave else ()
    inside = tuple(_member(name, known.get(name)) for name in names)
    more = wave.members - len(inside)
    rest = (Branch("", f"and {more} more"),) if inside and more > 0 else ()
    return Branch("wave", str(wave.wave), words, (*inside, *rest), (f"up to {wave.total}",))


def _troubled(rollout: RolloutView) -> tuple[Branch, ...]:
    """Return the PLCs that have failed, and those that are waited for, with why; where it is told."""
    parts = (("failed", rollout.failed), ("waited for", rollout.waiting_for))
    return tuple(
        Branch(called, "", (), tuple(Branch("PLC", name, tuple(filter(None, (why,)))) for name, why in found))
        for called, found in parts
        if found
    )


def _of_wave(rollout: RolloutView, wave: PlannedWave) -> str:
    if rollout.phase in GIVEN_UP:
        return "given up"
    if rollout.phase in AT_REST or wave.wave < rollout.wave:
        return "done"
    return "under way" if wave.wave == rollout.wave else "not begun"


def _member(name: str, body: Body | None) -> Branch:
    if body is None:
        return Branch("PLC", name, ("not there",))
    plc, led = view(body), release_of(body)
    words = (*_led(led), str(plc.status), plc.message if plc.status.needs_a_person else "")
    return Branch("PLC", name, tuple(word for word in words if word), (), (led.message,) if led else ())


def _led(led: Release | None) -> tuple[str, ...]:
    if led is None:
        return ("not led",)
    return led.state, *(f"{each.register} {each.holds} → {each.wants}" for each in led.changes)


def analysis_branch(analysis: Analysis, of: str, *, measured: bool = False) -> Branch:
    """Return an analysis with its metrics, and the last measurement of each.

    Args:
        analysis: The analysis.
        of: What it judges, as in "of wave 2".
        measured: Whether the last measurement is said where there is little room as well.
    """
    metrics = tuple(_metric(each, measured=measured) for each in analysis.metrics)
    return Branch("analysis", of, tuple(word for word in (analysis.verdict, analysis.message) if word), metrics)


def _metric(metric: Metric, *, measured: bool) -> Branch:
    last = (f"last {metric.last}",)
    said = (metric.verdict, *(f"{count} {name}" for name, count in metric.counts), metric.message)
    words = (*(word for word in said if word), *(last if measured else ()))
    return Branch("metric", metric.name, words, (), () if measured else last)


def _decisions(rollout: RolloutView, now: datetime) -> tuple[Branch, ...]:
    last = rollout.decisions[-DECISIONS:]
    return tuple(
        Branch(
            "decision",
            since(each.at, now),
            (each.stage, each.rule, each.outcome),
            (),
            (each.input,),
        )
        for each in last
    )
