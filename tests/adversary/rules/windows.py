"""Some corrections are to be made at night, none while somebody watches something else."""

from typing import Any

from hypothesis import strategies as st

from ..rule import Rule, Words
from ..world import World

NIGHT = {"type": "allow", "schedule": "0 2 * * *", "duration": "1h30m"}
EVENING = {"type": "allow", "schedule": "0 20 * * *", "duration": "2h"}
SHIFT = {"type": "deny", "schedule": "30 * * * *", "duration": "10m"}


def _is_open(window: dict[str, str], minute: int) -> bool:
    """Return whether a window is open at a minute of the day (UTC)."""
    if window is SHIFT:
        return 30 <= minute % 60 < 40
    begins, lasts = (120, 90) if window is NIGHT else (1200, 120)
    return begins <= minute < begins + lasts


class Windows(Rule):
    """No window denies it, and where some allow it one of them is open."""

    name = "windows"
    chosen = st.sampled_from([(NIGHT,), (NIGHT, EVENING, SHIFT), (SHIFT,)])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return the windows."""
        return {"correction": {"windows": list(chosen)}}

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say which window is open, or is not."""
        windows, at = world.chosen["windows"] or (), world.clock.at
        minute = at.hour * 60 + at.minute
        if any(each["type"] == "deny" and _is_open(each, minute) for each in windows):
            return f"denied at {at}"
        allowing = [each for each in windows if each["type"] == "allow"]
        return "" if not allowing or any(_is_open(each, minute) for each in allowing) else f"outside at {at}"
