"""A set-point that jumps is as good as a blow to a machine that cannot follow."""

from typing import Any

from hypothesis import strategies as st

from ..plant import RAMP
from ..rule import Rule, Words
from ..world import World

RAMPED = "speed"


class Ramp(Rule):
    """No step is further than it may be from what was read, and none comes before its interval is over."""

    name = "ramp"
    chosen = st.just("ramp")

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return nothing: a ramp stands with its register."""
        return {}

    def __init__(self) -> None:
        self.last: float | None = None
        self.recorded = 0.0

    def started(self, world: World, *, forged: bool) -> None:
        """Go on from the record of the last step, unless somebody has forged that."""
        self.last = None if forged or self.last is None else min(self.last, self.recorded)

    def changed(self, world: World) -> None:
        """Forget a ramp that is none any more."""
        if not world.valid or not world.chosen["ramp"]:
            self.last = None

    def sent(self, world: World, name: str, words: Words, *, refused: bool) -> None:
        """Begin an interval."""
        if name == RAMPED and world.chosen["ramp"]:
            self.last, self.recorded = world.clock.lived, world.recorded_at

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say how far it would jump, or how early."""
        if name != RAMPED or not world.chosen["ramp"]:
            return ""
        (held,), (step,) = world.last_shown[name], words
        if abs(step - held) > RAMP["maxStep"] or abs(step - world.speed) >= abs(held - world.speed):
            return f"a step from {held} to {step}"
        early = self.last is not None and world.clock.lived - self.last < RAMP["stepIntervalSecs"]
        return f"{world.clock.lived - (self.last or 0.0):g} s after the last step" if early else ""
