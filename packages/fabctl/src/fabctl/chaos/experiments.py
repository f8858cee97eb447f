"""What a ChaosExperiment says, whatever it holds: from the object to what is shown. Pure, and never fails."""

from dataclasses import dataclass
from datetime import datetime

from fabctl.chaos.scenes import done_to, scenario_of, scene
from fabctl.fields import Body, mapping, moment, number, sequence, text
from fabctl.gitops import kept_by
from fabctl.parts import count_in

PENDING, RUNNING, RECOVERING = "Pending", "Running", "Recovering"
COMPLETED, FAILED, ABORTED = "Completed", "Failed", "Aborted"
OVER = frozenset({COMPLETED, FAILED, ABORTED})
"""Phases that never change again: nothing that has a lease is left."""
PASSED, INCONCLUSIVE = "Passed", "Inconclusive"
INJECTING, INJECTED, GONE, RECOVERED = "Injecting", "Injected", "Gone", "Recovered"
DURATION_SECS, DEADLINE_SECS = 60, 300
"""What the definitions have where the spec says nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target as it was chosen; texts are fit for a terminal."""

    name: str
    node: str
    state: str
    injected: datetime | None
    recovered: datetime | None
    confirmed: bool | None
    """Whether somebody said that it is over; False where nobody did: what has a lease is."""
    effective: bool | None
    """Whether anything came of it; None where nobody can tell."""
    message: str

    @property
    def is_left(self) -> bool:
        """Return whether something of the experiment may be in it."""
        return self.recovered is None


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that must hold, and how it was answered."""

    name: str
    asks: str
    """What: plc, prometheus, http or pods."""
    when: tuple[str, ...]
    passed: int
    failed: int
    unknown: int
    verdict: str
    """Failed or Inconclusive; nothing as long as it holds."""
    last: str

    @property
    def asked(self) -> bool:
        """Return whether it was asked at all."""
        return bool(self.passed or self.failed or self.unknown)


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment as it is shown; texts are fit for a terminal."""

    namespace: str
    name: str
    uid: str
    created: datetime | None
    scenario: str
    """Its name, as podKiller; of an extension the name of that."""
    scene: str
    """What is done, in words."""
    done_to: str
    """To what, in words."""
    target: Body
    """What the spec says of that."""
    duration_secs: int
    deadline_secs: int
    abort: bool
    """Whether it was told to end."""
    phase: str
    verdict: str
    reason: str
    message: str
    started: datetime | None
    ends: datetime | None
    finished: datetime | None
    selected: str
    targets: tuple[Target, ...]
    probes: tuple[Probe, ...]
    deleting: bool
    seen: bool
    """Whether the operator has looked at it."""
    kept_by: str
    """What keeps it as Git has it, if anything does."""

    @property
    def key(self) -> tuple[str, str]:
        """Return namespace and name."""
        return self.namespace, self.name

    @property
    def is_over(self) -> bool:
        """Return whether it never changes again."""
        return self.phase in OVER

    @property
    def left(self) -> tuple[Target, ...]:
        """Return the targets in which something of it may be."""
        return tuple(each for each in self.targets if each.is_left)

    @property
    def unconfirmed(self) -> tuple[Target, ...]:
        """Return the targets of which nobody has said that it is over, though what has a lease is by then."""
        return tuple(each for each in self.targets if each.recovered and each.confirmed is False)


def experiment(body: Body) -> Experiment:
    """Return what an object says."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    name, given = scenario_of(spec)
    return Experiment(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        created=moment(metadata.get("creationTimestamp")),
        scenario=name,
        scene=scene(name, given),
        done_to=done_to(mapping(spec.get("target"))),
        target=mapping(spec.get("target")),
        duration_secs=_secs(spec, "durationSecs", DURATION_SECS),
        deadline_secs=_secs(spec, "startDeadlineSecs", DEADLINE_SECS),
        abort=spec.get("abort") is True,
        phase=text(status.get("phase")) or PENDING,
        verdict=text(status.get("verdict")),
        reason=text(status.get("reason")),
        message=text(status.get("message")),
        started=moment(status.get("startedAt")),
        ends=moment(status.get("endsAt")),
        finished=moment(status.get("finishedAt")),
        selected=text(status.get("selected")),
        targets=tuple(map(_target, map(mapping, sequence(status.get("targets"))))),
        probes=_probes(spec, status),
        deleting="deletionTimestamp" in metadata,
        seen=bool(status.get("observedGeneration") or status.get("conditions")),
        kept_by=kept_by(body),
    )


def _secs(spec: Body, field: str, default: int) -> int:
    found = number(spec.get(field))
    return default if found is None else max(0, found)


def _target(given: Body) -> Target:
    return Target(
        name=text(given.get("name")),
        node=text(given.get("node")),
        state=text(given.get("state")),
        injected=moment(given.get("injectedAt")),
        recovered=moment(given.get("recoveredAt")),
        confirmed=_flag(given.get("confirmed")),
        effective=_flag(given.get("effective")),
        message=text(given.get("message")),
    )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


_WHEN = ("start", "during", "end")
_ASKS = ("plc", "prometheus", "http", "pods")


def _probes(spec: Body, status: Body) -> tuple[Probe, ...]:
    """Return the probes of the spec, each with its record, and records whose probe the spec has not."""
    records = {text(each.get("name")): each for each in map(mapping, sequence(status.get("probes")))}
    wanted = {text(each.get("name")): each for each in map(mapping, sequence(spec.get("probes")))}
    return tuple(_probe(name, wanted.get(name, {}), records.get(name, {})) for name in {**wanted, **records})


def _probe(name: str, given: Body, record: Body) -> Probe:
    when = tuple(word for word in map(text, sequence(given.get("when"))) if word)
    return Probe(
        name=name,
        asks=next((each for each in _ASKS if each in given), ""),
        when=when or _WHEN,
        passed=count_in(record, "passed"),
        failed=count_in(record, "failed"),
        unknown=count_in(record, "unknown"),
        verdict=text(record.get("verdict")),
        last=text(record.get("last")),
    )
