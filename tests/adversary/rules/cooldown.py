"""What a machine was just told it may need time to follow."""

from typing import Any

from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import World


class Cooldown(Rule):
    """So many seconds went by since a register was written, whatever came of that, also over a restart."""

    name = "cooldown"
    chosen = st.sampled_from([30, 3600])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return the seconds."""
        return {"correction": {"cooldownSecs": chosen}}

    def __init__(self) -> None:
        self.last: dict[str, float] = {}
        self.recorded: dict[str, float] = {}

    def started(self, world: World, *, forged: bool) -> None:
        """Go on from the record of the write, unless somebody has forged that."""
        self.last = {} if forged else {name: min(at, self.recorded[name]) for name, at in self.last.items()}

    def changed(self, world: World) -> None:
        """Forget what the guard did not count, or of registers that are gone."""
        kept = world.names if world.valid and world.chosen["cooldown"] else []
        self.last = {name: at for name, at in self.last.items() if name in kept}

    def sent(self, world: World, name: str, words: Words, *, refused: bool) -> None:
        """Begin to wait."""
        if world.chosen["cooldown"] and not world.is_step(name, words) and not world.repeat:
            self.last[name], self.recorded[name] = world.clock.lived, world.recorded_at

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say how long ago it was written."""
        if name not in self.last or not world.chosen["cooldown"]:
            return ""
        ago = world.clock.lived - self.last[name]
        return f"written {ago:g} s ago" if ago < world.chosen["cooldown"] else ""
