"""A look at the fleet, and what follows from it: one move of the rollout."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.setpoint.setpointrollout import SetpointRolloutSpec
from fabgitops_core.api.setpoint.waves import Wave
from fabgitops_core.control.members import Members
from fabgitops_core.control.setpoint.fleet import waves_of
from fabgitops_core.control.setpoint.revision import Git
from fabgitops_core.control.setpoint.situations import Situation
from fabgitops_core.control.setpoint.state import Giving, SetpointState
from fabgitops_core.control.setpoint.view import View

Offers = Mapping[tuple[str, str], tuple[ApiModel | None, str]]


@dataclass(frozen=True, slots=True)
class Look:
    """What is known at one look: the rollout, its members, what Git wants of them, and what was seen of them."""

    state: SetpointState
    spec: SetpointRolloutSpec
    members: Members
    offers: Offers
    git: Git
    view: View
    at: datetime

    @property
    def waves(self) -> tuple[Wave, ...]:
        """Return all waves, with the one for what those of the spec do not reach."""
        return waves_of(self.spec, self.state.fleet)

    @property
    def wave(self) -> Wave:
        """Return the wave that is under way; an edit of the spec may have taken it away."""
        waves = self.waves
        return waves[min(max(self.state.status.wave, 1), len(waves)) - 1]

    @property
    def is_last(self) -> bool:
        """Return whether no wave comes after this one."""
        return self.state.status.wave >= len(self.waves)

    def seconds_since(self, moment: datetime | None) -> float:
        """Return how long ago a moment was; a clock that was set back makes it now."""
        return max((self.at - moment).total_seconds(), 0.0) if moment else 0.0

    def deadline_in(self) -> float:
        """Return the seconds until the wave must be proven, without those of a pause that lasts."""
        status = self.state.status
        since = status.wave_started_at or self.at
        kept = timedelta(seconds=self.seconds_since(status.paused_since))
        return self.spec.deadline_seconds - (self.at - kept - since).total_seconds()


class Move(NamedTuple):
    """What follows from a look.

    With `again` the fleet is looked at once more, for the rollout stands elsewhere now. `giving` are permits, in this
    order. `wake` are the seconds until it has to be looked at again, if no member says something before. `note` says
    what is going on, `situation` what the conditions say; without one that of the phase.
    """

    state: SetpointState
    note: str = ""
    again: bool = False
    giving: tuple[Giving, ...] = ()
    wake: float | None = None
    situation: Situation | None = None
