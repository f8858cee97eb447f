"""A fleet of PLCs behind gates, and the controller that leads it: stepped by hand, so that a test can strike."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from fabgitops_core.api.meta import NOTHING, Key
from fabgitops_core.api.setpoint.marks import ABORT, PAUSE, PERMIT, PROMOTE, RETRY
from fabgitops_core.api.setpoint.permits import permit_of
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT, SetpointRolloutSpec
from fabgitops_core.api.setpoint.status import SetpointRolloutStatus
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.commands import Annotate, Command, Emit, Measure, Notice, Publish, Request, Wake
from fabgitops_core.control.events import (
    Annotated,
    AnnotateFailed,
    Declared,
    Emitted,
    Event,
    Measured,
    MeasureFailed,
    Mustered,
)
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.members import Facts, Standing
from fabgitops_core.control.objects import ObjectFailure, ObjectFailureKind
from fabgitops_core.control.setpoint.table import SetpointRolloutController

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
KEY = Key(SETPOINT_ROLLOUT.name, "floor", "presses")
UID = "5b9f"
OLD, NEW, NEWER = "2500", "2600", "2700"


def hash_of(name: str, words: str) -> str:
    """Return the name of what a PLC holds."""
    return hashlib.sha256(f"{name} {words}".encode()).hexdigest()[:16]


@dataclass
class Plc:
    """A PLC behind its gate: what Git wants of it, what it was released to, and what its device holds.

    It acts on a permit when it is given, and writes and reads back when it is polled.
    """

    name: str
    git: str = OLD
    holds: str = OLD
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    released: str = OLD
    previous: str = ""
    permit: str = ""
    round: int = 0
    away: bool = False
    stuck: bool = False
    held: bool = False
    suspended: bool = False
    valid: bool = True
    gated: bool = True
    deaf: bool = False
    slow: bool = False
    restored: bool = False
    proven: bool = True
    corrections: int = 0
    written: list[str] = field(default_factory=list)

    @property
    def uid(self) -> str:
        """Return its uid."""
        return f"uid-{self.name}"

    def annotated(self, text: str) -> None:
        """Act on a permit, as the gate does."""
        permit = permit_of(text)
        assert permit is not None
        if self.deaf or not self.valid:
            return
        if permit.restore:
            if permit.round == self.round and permit.hash == hash_of(self.name, self.released) and not self.restored:
                self.released, self.restored, self.permit = self.previous, True, text
                self.proven, self.corrections = False, 0
            return
        assert permit.hash == hash_of(self.name, self.git), "nothing is let go but what Git wants now"
        if permit.round != self.round or self.restored:
            self.previous = self.holds
        self.round, self.permit, self.restored = permit.round, text, False
        self.released, self.proven, self.corrections = self.git, False, 0

    def polled(self) -> None:
        """Read, write what differs, and read back."""
        if self.away or self.slow or self.suspended or not self.valid or not self.gated:
            return
        if self.released and self.holds != self.released and not self.held and not self.stuck:
            self.corrections += self.proven
            self.holds = self.released
            self.written.append(self.holds)
        self.proven = self.proven or not self.released or self.holds == self.released

    def facts(self) -> Facts:
        """Return what it tells."""
        in_sync = self.proven and (not self.released or self.holds == self.released)
        standing = Standing(0)
        for each, held in {
            Standing.GATED: self.gated,
            Standing.VALID: self.valid,
            Standing.REACHABLE: not self.away,
            Standing.IN_SYNC: in_sync,
            Standing.PROVEN: self.proven,
            Standing.HELD: self.held and not in_sync,
            Standing.FAILED: self.stuck and self.holds != self.released,
            Standing.SUSPENDED: self.suspended,
            Standing.RESTORED: self.restored,
        }.items():
            standing |= each if held else Standing(0)
        why = "10.0.0.5:502 does not answer" if self.away else ""
        return Facts(
            uid=self.uid,
            wanted=hash_of(self.name, self.git) if self.valid else "",
            released=hash_of(self.name, self.released) if self.released else "",
            round=self.round,
            standing=standing,
            corrections=self.corrections,
            why=why,
            permit=self.permit,
            labels=self.labels,
        )


def spec(**changes: Any) -> SetpointRolloutSpec:
    """Return the spec of a rollout: one PLC, then half, then all, each of which bakes a minute."""
    waves = [{"count": 1}, {"percent": 50}, {"percent": 100}]
    return SetpointRolloutSpec.model_validate({"selector": {"matchLabels": {"line": "a"}}, "waves": waves, **changes})


class Floor:
    """A fleet that is led, its controller, and what was made known."""

    def __init__(self, count: int = 10, settle: float = 5.0, **changes: Any) -> None:
        self.at = START
        self.plcs = {name: Plc(name) for name in (f"press-{number:02}" for number in range(1, count + 1))}
        self.spec: SetpointRolloutSpec | None = spec(**{"order": sorted(self.plcs), **changes})
        self.problem = ""
        self.controller = SetpointRolloutController(settle)
        self.words: dict[str, str] = {}
        self.rivals: dict[str, str] = {}
        self.failing: dict[str, ObjectFailureKind] = {}
        self.generation = 1
        self.stored = SetpointRolloutStatus()
        self.published: list[SetpointRolloutStatus] = []
        self.notices: list[str] = []
        self.permits: list[tuple[str, str]] = []
        self.wake: float | None = None
        self.offers: dict[tuple[str, str], tuple[Any, str]] = {}
        self.answers: dict[str, Any] = {}
        self.measured: list[str] = []
        self.bus_away = False
        self.untaken: list[Happening] = []
        self.told: list[Happening] = []
        self.begin()

    # --- the process --------------------------------------------------------------------------------------------------

    def begin(self) -> Self:
        """Begin as a process that has just started: nothing is known but what is stored."""
        self.state = self.controller.start(KEY)
        self.untaken = []
        return self.declare()

    def declare(self, **changes: Any) -> Self:
        """Declare the rollout as it stands."""
        if changes and self.spec is not None:
            given = self.spec.model_dump(by_alias=True, exclude_none=True)
            self.spec = SetpointRolloutSpec.model_validate({**given, **changes})
            self.generation += 1
        event = Declared(
            self.at,
            self.generation,
            self.spec,
            self.problem,
            status=self.stored,
            uid=UID,
            annotations=dict(self.words),
        )
        self.tell(event)
        return self

    def tell(self, event: Event) -> Request | None:
        """Tell the controller something; return the request that it makes."""
        self.state, commands = self.controller.step(self.state, event)
        request: Request | None = None
        for place, command in enumerate(commands):
            if isinstance(command, Request):
                assert place == len(commands) - 1, "a request is the last command"
                request = command
            else:
                self._carried_out(command)
        return request

    def _carried_out(self, command: Command) -> None:
        if isinstance(command, Publish):
            text = command.status.model_dump_json(by_alias=True)
            self.stored = SetpointRolloutStatus.model_validate_json(text)
            self.published.append(self.stored)
        elif isinstance(command, Notice):
            self.notices.append(str(command.reason))
        elif isinstance(command, Wake):
            self.wake = command.after
        elif isinstance(command, Emit):
            self.untaken.append(command.happening)

    def members(self) -> dict[str, Facts]:
        """Return all members as they stand."""
        return {name: plc.facts() for name, plc in self.plcs.items()}

    def muster(self, most: int = 1000) -> Self:
        """Go through a pass, with at most so many permits."""
        request = self.tell(Mustered(self.at, self.members(), dict(self.rivals), self.offers))
        for _ in range(most):
            if request is None:
                break
            request = self.answered(request)
        while self.untaken and not self.bus_away:
            happening = self.untaken.pop(0)
            self.told.append(happening)
            self.tell(Emitted(self.at, happening.id))
        return self

    def answered(self, request: Request) -> Request | None:
        """Let a metric be measured, or a member be annotated, or fail."""
        if isinstance(request, Measure):
            self.measured.append(request.name)
            answer = self.answers.get(request.name, [0.5])
            if isinstance(answer, str):
                return self.tell(MeasureFailed(self.at, request, answer))
            return self.tell(Measured(self.at, request, Answer(answer)))
        assert isinstance(request, Annotate)
        name, text = request.key.name, request.annotations[PERMIT]
        assert text is not None
        assert request.recorded, "the status is stored before"
        if (kind := self.failing.get(name)) is not None:
            return self.tell(AnnotateFailed(self.at, request.key, ObjectFailure(kind, "a policy says no")))
        assert request.uid == self.plcs[name].uid
        self._may_be_given(name, text)
        self.permits.append((name, text))
        self.plcs[name].annotated(text)
        return self.tell(Annotated(self.at, request.key))

    def _may_be_given(self, name: str, text: str) -> None:
        """See that a permit is given in its time: to a wave that is under way, to who is left, or to be put back."""
        permit, status = permit_of(text), self.stored
        assert permit is not None
        assert not self.rivals, "nothing is released or put back while two select one PLC"
        if permit.restore:
            assert self.phase in {"Restoring", "Aborted"}
        elif permit.round:
            assert permit.round == status.round
            assert self.phase in {"Releasing", "Done"}
            assert self.phase == "Done" or self.state.fleet.wave_of[name] <= status.wave

    # --- time ---------------------------------------------------------------------------------------------------------

    def poll(self) -> Self:
        """Let every PLC be polled."""
        for plc in self.plcs.values():
            plc.polled()
        return self

    def wait(self, seconds: float, beat: float = 1.0) -> Self:
        """Let time go on, in beats in which every PLC is polled and the fleet is looked at."""
        end = self.at + timedelta(seconds=seconds)
        while self.at < end:
            self.at = min(self.at + timedelta(seconds=beat), end)
            self.poll().muster()
        return self

    def until(self, phase: str, wave: int | None = None, most: int = 2000) -> Self:
        """Let time go on until the rollout stands somewhere."""
        for _ in range(most):
            if self.stored.phase.value == phase and wave in {None, self.stored.wave}:
                return self
            self.wait(1)
        raise AssertionError(f"never {phase} {wave}: {self.stored.phase} {self.stored.wave} {self.stored.message}")

    # --- what happens to it -------------------------------------------------------------------------------------------

    def git(self, words: str, names: Iterable[str] = ()) -> Self:
        """Let Git want something else of all PLCs, or of some."""
        for name in names or self.plcs:
            self.plcs[name].git = words
        return self

    def say(self, **words: str | None) -> Self:
        """Let people say words by annotations; None takes one away."""
        for name, value in words.items():
            mark = {"pause": PAUSE, "promote": PROMOTE, "abort": ABORT, "retry": RETRY}.get(name, name)
            if value is None:
                self.words.pop(mark, None)
            else:
                self.words[mark] = value
        return self.declare()

    def crash(self) -> Self:
        """Let the process be killed, and another begin."""
        return self.begin()

    # --- what is seen -------------------------------------------------------------------------------------------------

    @property
    def status(self) -> SetpointRolloutStatus:
        """Return the status that was stored last."""
        return self.stored

    @property
    def phase(self) -> str:
        """Return where it stands."""
        return self.stored.phase.value

    def condition(self, name: str) -> tuple[str, str]:
        """Return status and reason of a condition."""
        found = next(each for each in self.stored.conditions if each.type == name)
        return found.status.value, found.reason

    def holding(self, words: str) -> list[str]:
        """Return the PLCs whose devices hold something."""
        return sorted(name for name, plc in self.plcs.items() if plc.holds == words)

    def released(self) -> list[str]:
        """Return who was let go, in this order."""
        return [name for name, permit in self.permits if not permit.endswith("/restore")]

    def restored(self) -> list[str]:
        """Return who was put back, in this order."""
        return [name for name, permit in self.permits if permit.endswith("/restore")]

    def rules(self) -> list[str]:
        """Return the rules of all decisions."""
        return [each.rule for each in self.stored.decisions]
