"""Flash and EEPROM take so many writes, and then never one again."""

from typing import Any

from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import World

AN_HOUR, A_DAY = 3600.0, 86400.0


class Budget(Rule):
    """No more writes of a register than it may have in the hour and the day that begin with the first, and again then.

    After a restart it is not known here with which write that was, for the record of one that was never sent counts: no
    hour sees more than two of them allow.
    """

    name = "budget"
    chosen = st.sampled_from([(1, None), (2, None), (2, 3), (None, 2)])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return the budget."""
        hour, day = chosen
        budget = {"perHour": hour, "perDay": day}
        return {"correction": {"writeBudget": {name: most for name, most in budget.items() if most}}}

    def __init__(self) -> None:
        self.at: dict[str, list[float]] = {}
        self.restarted: set[str] = set()

    def started(self, world: World, *, forged: bool) -> None:
        """Go on from the status, unless somebody has forged it."""
        self.at = {} if forged else self.at
        self.restarted = set(world.names)

    def changed(self, world: World) -> None:
        """Begin anew without a budget, and for registers that are gone."""
        if not world.valid:
            return
        kept = world.names if world.chosen["budget"] else []
        self.at = {name: at for name, at in self.at.items() if name in kept}
        self.restarted &= set(kept)

    def sent(self, world: World, name: str, words: Words, *, refused: bool) -> None:
        """Count a write, whatever comes of it."""
        if world.chosen["budget"]:
            self.at.setdefault(name, []).append(world.recorded_at)

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say which budget is spent."""
        times, now = self.at.get(name, []), world.recorded_at
        for most, length in zip(world.chosen["budget"] or (), (AN_HOUR, A_DAY), strict=False):
            if most is None:
                continue
            first = name not in self.restarted and len(times) == most and now - times[0] < length
            if first or len([at for at in times if now - at < length]) >= 2 * most:
                return f"written at {times}, now {now}"
        return ""
