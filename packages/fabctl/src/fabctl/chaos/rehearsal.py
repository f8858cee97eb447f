"""What would come of an experiment: what is said of it before it is made, and the exit code of that. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabctl.chaos.agents import READY
from fabctl.errors import INCONCLUSIVE, REFUSED, FabctlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fabctl.chaos.agents import Agent
    from fabctl.chaos.choosing import Candidate, Choice
    from fabctl.chaos.experiments import Experiment
    from fabctl.chaos.guarding import Policy

AGENTS = frozenset({"cpuStress", "networkDelay"})
"""Scenarios that are held by the agent of the node where a pod is."""

MOCKS, PACKETS = frozenset({"plcFault", "plcDrift"}), "networkDelay"
"""What is never done to a real PLC, and what only to one that is let in."""


@dataclass(frozen=True, slots=True)
class Look:
    """What there is. Each may be an error: why it is not known."""

    policy: Policy | FabctlError | None
    opted_in: bool | FabctlError
    candidates: tuple[Candidate, ...] | FabctlError
    choice: Choice | None
    agents: Mapping[str, Agent] | FabctlError
    """By their nodes."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """An experiment that was not made."""

    given: Experiment
    namespace: str
    """Where its targets are."""
    refusal: str
    """Why the API server would refuse it, or nothing."""
    against: list[str] | FabctlError
    """What the ChaosPolicy has against it."""
    look: Look
    needs_agents: bool

    @property
    def denied(self) -> list[str]:
        """Return all for which it would not be allowed."""
        said = [] if isinstance(self.against, FabctlError) else self.against
        choice = self.look.choice
        return [*filter(None, (self.refusal,)), *said, *filter(None, (choice.refusal if choice else "",))]

    @property
    def code(self) -> int:
        """Return the exit code: 8 where it is refused, 7 where it would have no target, 0 where it would begin."""
        if self.denied:
            return REFUSED
        choice = self.look.choice
        return INCONCLUSIVE if choice is not None and not choice.eligible else 0

    def about(self, candidate: Candidate) -> tuple[str, ...]:
        """Return what is said of a candidate: whether it may be chosen, and who would inject."""
        may = candidate.why_not or candidate.busy or self._chosen(candidate) + self._if_mock(candidate)
        return (may, self.agent(candidate)) if self.needs_agents else (may,)

    def _if_mock(self, candidate: Candidate) -> str:
        """Return what it takes besides, for nothing here tells a mock PLC from a real one."""
        if self.given.scenario in MOCKS or (self.given.scenario == PACKETS and not candidate.real):
            return ", if it is a mock"
        return ""

    def _chosen(self, candidate: Candidate) -> str:
        choice = self.look.choice
        if choice is None or not choice.named:
            return "may be chosen"
        return "chosen" if candidate.name in choice.named else "not chosen"

    def agent(self, candidate: Candidate) -> str:
        """Return how the agent stands that would inject into a pod."""
        if isinstance(self.look.agents, FabctlError):
            return "not known"
        found = self.look.agents.get(candidate.node)
        if found is None:
            return f"none on node {candidate.node}" if candidate.node else "none: it is on no node"
        if found.state != READY:
            return found.state
        return found.state if found.can(self.given.scenario) else f"cannot: {found.lacking}"
