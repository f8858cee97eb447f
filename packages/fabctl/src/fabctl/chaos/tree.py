"""An experiment as a tree: its phases, targets with the time that is left, probes, verdict. Pure, and never fails."""

from datetime import UTC, datetime, timedelta

from fabctl.branching import Branch
from fabctl.chaos.experiments import (
    ABORTED,
    COMPLETED,
    FAILED,
    INJECTED,
    PASSED,
    PENDING,
    RECOVERING,
    RUNNING,
    Experiment,
    Probe,
    Target,
)
from fabctl.parts import Decision
from fabctl.times import Told, since, spoken

ICONS = {PENDING: "⚠", RUNNING: "◌", RECOVERING: "◌", COMPLETED: "✔", FAILED: "✖", ABORTED: "✖"}
DONE, NOW, NOT_YET = "✔", "◌", "·"
AT_ONCE = frozenset({"podKiller"})
"""What is done at once, and leaves nothing that would last."""
_WAY = (PENDING, RUNNING, RECOVERING)


def experiment_tree(given: Experiment, now: datetime) -> Branch:
    """Return the tree of an experiment.

    Args:
        given: The experiment.
        now: What ages are counted to.
    """
    icon = DONE if given.verdict == PASSED else "✖" if given.is_over else ICONS.get(given.phase, NOW)
    inside = (
        *_phases(given, now),
        *(_target(given, each, now) for each in given.targets),
        *map(_probe, given.probes),
        _verdict(given),
    )
    return Branch(f"{icon} experiment", given.name, _head(given), inside, _more(given, now))


def happened(given: Experiment) -> tuple[Decision, ...]:
    """Return what happened to its targets, in the order in which it did, as lines tell it."""
    injected = [_told(each.injected, RUNNING, INJECTED, each.name) for each in given.targets if each.injected]
    recovered = [
        _told(each.recovered, RECOVERING, _ended(each), _last(each)) for each in given.targets if each.recovered
    ]
    return tuple(sorted([*injected, *recovered], key=lambda each: each.at or datetime.min.replace(tzinfo=UTC)))


def _told(at: datetime | None, stage: str, rule: str, said: str) -> Decision:
    return Decision(at, stage, 0, "", rule, said, "")


def _last(target: Target) -> str:
    """Return what is said of a target at its end: as long as it goes on the message may become another one."""
    return ": ".join(filter(None, (target.name, target.message)))


def _head(given: Experiment) -> tuple[str, ...]:
    failing = [each.name for each in given.probes if each.verdict]
    words = (
        given.phase,
        given.verdict,
        given.scene,
        f"{given.selected} targets" if given.selected else given.done_to,
        *((f"told to end, {'by deletion' if given.deleting else 'by spec.abort'}",) if _is_ending(given) else ()),
        *((f"not as it must be: {', '.join(failing)}",) if failing else ()),
        _message(given),
    )
    return tuple(word for word in words if word)


def _is_ending(given: Experiment) -> bool:
    return not given.is_over and (given.abort or given.deleting)


def _message(given: Experiment) -> str:
    if not given.seen:
        return "no operator has looked at it yet"
    said = given.message
    return f"{given.reason}: {said}" if given.phase == PENDING and said else said or given.reason


def _more(given: Experiment, now: datetime) -> tuple[str, ...]:
    made = spoken("made {}", since(given.created, now))
    return (
        (given.done_to, f"for {given.duration_secs} s", made) if given.done_to else (f"{given.duration_secs} s", made)
    )


def _phases(given: Experiment, now: datetime) -> tuple[Branch, ...]:
    """Return its way: what is behind it, where it is, and what is to come."""
    end = given.phase if given.is_over else COMPLETED
    passed = [PENDING, *([RUNNING, RECOVERING] if given.started or not given.is_over else []), end]
    at = passed.index(given.phase) if given.phase in passed else 0
    marks = [DONE if place < at or given.is_over else NOW if place == at else NOT_YET for place in range(len(passed))]
    words = {
        PENDING: _begins(given, now),
        RUNNING: _runs(given, now),
        end: (since(given.finished, now),) if given.finished else (),
    }
    return tuple(
        Branch(f"{mark} phase", phase, words.get(phase, ())) for mark, phase in zip(marks, passed, strict=True)
    )


def _begins(given: Experiment, now: datetime) -> tuple[str, ...]:
    if given.phase != PENDING or given.created is None:
        return ()
    return (spoken("begins, or has failed {}", until(given.created + timedelta(seconds=given.deadline_secs), now)),)


def _runs(given: Experiment, now: datetime) -> tuple[str, ...]:
    if given.started is None:
        return (f"for {given.duration_secs} s",)
    left = (left_of(given, now),) if given.phase == RUNNING else ()
    return (spoken("began {}", since(given.started, now)), *left)


def left_of(given: Experiment, now: datetime) -> str:
    """Return how much time is left of one that runs: for programs until when."""
    if given.ends is None:
        return ""
    secs = min(max(0, int((given.ends - now).total_seconds())), given.duration_secs)
    return Told(f"until {given.ends:%Y-%m-%dT%H:%M:%SZ}", f"{secs} s left")


def until(moment: datetime, now: datetime) -> str:
    """Return a time to come: for people in how many seconds."""
    return Told(f"at {moment:%Y-%m-%dT%H:%M:%SZ}", f"in {max(0, int((moment - now).total_seconds()))} s")


def _target(given: Experiment, target: Target, now: datetime) -> Branch:
    words = (target.state, *_lasting(given, target, now), *_effect(target), target.message)
    where = (f"node {target.node}",) if target.node else ()
    return Branch("target", target.name, tuple(word for word in words if word), (), where)


def _lasting(given: Experiment, target: Target, now: datetime) -> tuple[str, ...]:
    if target.recovered:
        return (since(target.recovered, now),)
    if target.injected is None:
        return ()
    left = (left_of(given, now),) if given.phase == RUNNING and given.scenario not in AT_ONCE else ()
    return (since(target.injected, now), *left)


def _effect(target: Target) -> tuple[str, ...]:
    unconfirmed = ("not confirmed: over by now, if it has a lease",) if target.confirmed is False else ()
    if target.effective is None:
        return unconfirmed
    return ("with effect" if target.effective else "without any effect that was seen", *unconfirmed)


def _ended(target: Target) -> str:
    return "Unconfirmed" if target.confirmed is False else target.state


def _probe(probe: Probe) -> Branch:
    counts = ((probe.passed, "held"), (probe.failed, "did not hold"), (probe.unknown, "could not be asked"))
    said = tuple(f"{count} {word}" for count, word in counts if count)
    words = (probe.verdict, *(said or ("not asked yet",)), f"last: {probe.last}" if probe.last else "")
    more = tuple(filter(None, (probe.asks, f"at {', '.join(probe.when)}")))
    return Branch("probe", probe.name, tuple(filter(None, words)), (), more)


def _verdict(given: Experiment) -> Branch:
    if not given.is_over:
        return Branch("verdict", "", ("none yet",))
    unsure = [each.name for each in given.unconfirmed]
    also = (f"nobody has said that it is over in {', '.join(unsure)}",) if unsure else ("nothing of it is left",)
    return Branch("verdict", given.verdict, (*filter(None, (given.reason,)), *also))
