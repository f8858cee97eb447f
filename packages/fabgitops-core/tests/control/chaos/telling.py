"""An experiment that is told one event after the other, and asked what it says."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.status import (
    ChaosExperimentStatus,
)
from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.meta import Key, rfc3339
from fabgitops_core.control.chaos.deeds import Clock, Deed
from fabgitops_core.control.chaos.events import Acted, Examined, Held, Looked, Selected
from fabgitops_core.control.chaos.facts import Facts
from fabgitops_core.control.chaos.ids import NodeName, TargetUid
from fabgitops_core.control.chaos.outcomes import Answer, Outcome, Place, Result
from fabgitops_core.control.chaos.reasons import ChaosNotice
from fabgitops_core.control.chaos.requests import Act
from fabgitops_core.control.chaos.selecting import Candidate
from fabgitops_core.control.chaos.table import ExperimentController
from fabgitops_core.control.commands import Notice, Publish, Request, Wake
from fabgitops_core.control.controller import Controller
from fabgitops_core.control.events import Declared, Event

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = Key("ChaosExperiment", "plant", "slow")
TARGET = {"kind": "pods", "labelSelector": {"matchLabels": {"app": "hmi"}}}
POD = Candidate("hmi-1", TargetUid("pod"), "plant", NodeName("n1"))
UID = POD.uid
POLICY: dict[str, Any] = {"enabled": True, "scenarios": ["networkDelay", "podKiller"], "minReadyLeft": 0}
PROBE = {"name": "steady", "http": {"url": "http://hmi"}}


class Told:
    """An experiment, told one event after the other."""

    def __init__(self, scenario: dict[str, Any] | None = None, **spec: Any) -> None:
        given = {"scenario": scenario or {"networkDelay": {"delayMillis": 100}}, "target": TARGET, "durationSecs": 20}
        self.spec = ChaosExperimentSpec.model_validate({**given, **spec})
        self.controller: Controller[Any] = ExperimentController()
        self.state: Any = self.controller.start(KEY)
        self.at = START
        self.ticks: float | None = None
        self.policy: dict[str, Any] | None = POLICY
        self.opted_in = True
        self.off = ""
        self.answered = True
        self.commands: tuple[Any, ...] = ()
        self.notices: list[ChaosNotice] = []

    def __call__(self, event: Event) -> "Told":
        """Tell it an event."""
        self.state, self.commands = self.controller.step(self.state, event)
        self.notices += [each.reason for each in self.commands if isinstance(each, Notice)]  # type: ignore[misc]
        return self

    @property
    def facts(self) -> Facts:
        """Return what is allowed."""
        policy = None if self.policy is None or self.off else ChaosPolicySpec.model_validate(self.policy)
        return Facts(policy, self.opted_in, self.off, self.answered)

    @property
    def request(self) -> Request | None:
        """Return what is asked for."""
        return next((each for each in self.commands if isinstance(each, Request)), None)

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """Return what is to be done."""
        return self.request.deeds if isinstance(self.request, Act) else ()

    @property
    def asked(self) -> list[str]:
        """Return which probes are asked."""
        return [each.name for each in self.request.probes] if isinstance(self.request, Act) else []

    @property
    def recorded(self) -> bool:
        """Return whether that waits until the status is stored."""
        return isinstance(self.request, Act) and self.request.recorded

    def says(self) -> object:
        """Return the status that it makes known first of all."""
        return next((each.status for each in self.commands[:1] if isinstance(each, Publish)), None)

    def does(self, deed: Deed) -> bool:
        """Return whether just this is to be done."""
        return self.deeds == (deed,)

    def asks(self, kind: type[Request]) -> bool:
        """Return whether something is asked for."""
        return isinstance(self.request, kind)

    @property
    def status(self) -> ChaosExperimentStatus:
        """Return how it says that it stands."""
        said: ChaosExperimentStatus = self.state.status
        return said

    def declared(self, status: ChaosExperimentStatus | None = None, **more: Any) -> "Told":
        """Tell it what is declared."""
        spec = more.pop("spec", self.spec)
        return self(Declared(self.at, 1, spec, status=status, uid="e", created=rfc3339(START), **more))

    @property
    def pause(self) -> float:
        """Return how long it waits before it looks again."""
        return next(each.after or 0.0 for each in self.commands if isinstance(each, Wake))

    def later(self, secs: float) -> "Told":
        """Let time go by, and say that it is time to look."""
        self.at += timedelta(seconds=secs)
        return self(Looked(self.at, self.facts, ticks=self.ticks))

    def slowly(self, secs: float) -> "Told":
        """Let so much time go by, by the clock that does not jump, too, while something is waited for."""
        self.at += timedelta(seconds=secs)
        self.ticks = (self.ticks or 0.0) + secs
        return self

    def to_the_end(self, *answers: Answer, most: int = 60) -> "Told":
        """Go on until it is over, where each round is answered so, and each probe by its answer."""
        for _ in range(most):
            if self.status.phase.final:
                return self
            if isinstance(self.request, Act):
                self.acted(Result.DONE, *(each for each in answers if each.name in self.asked))
            else:
                self.woken()
        raise AssertionError(f"not over after {most} rounds: {self.status.phase}")

    def woken(self) -> "Told":
        """Let as much time go by as it asked for."""
        return self.later(self.pause)

    def acted(self, result: Result | None = Result.DONE, *answers: Answer, now: float = 0.0, **more: Any) -> "Told":
        """Say what came of what was asked for."""
        outcome = {} if result is None else {UID: Outcome(result, "so", Clock("i", now), **more)}
        return self(Acted(self.at, outcome, answers, ticks=self.ticks))

    def examining(self) -> "Told":
        """Go up to where places are looked at."""
        self.declared().later(0)(Held(self.at))
        return self(Selected(self.at, self.facts, (POD,)))

    def examined(self, candidates: tuple[Candidate, ...] | None = None, missing: str = "", **place: Any) -> "Told":
        """Say how the place is, and what was selected once more, or why that is not known."""
        there = {"can": frozenset({"networkDelay"}), "clock": Clock("i", 100.0), **place}
        return self(Examined(self.at, self.facts, {UID: Place(**there)}, candidates, missing))

    def running(self) -> "Told":
        """Go up to where it is injected."""
        return self.examining().examined().acted(now=101.0)


def held(status: ChaosExperimentStatus) -> dict[str, ConditionStatus]:
    """Return the conditions."""
    return {each.type: each.status for each in status.conditions}
