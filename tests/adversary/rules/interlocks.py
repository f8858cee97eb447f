"""Only while the spindle stands still, and the guard of the press is closed."""

from typing import Any

from hypothesis import strategies as st

from ..neighbours import FRESH_SECS, PRESS
from ..plant import PLACES
from ..rule import Rule, Words
from ..world import World

STANDSTILL = 10
OWN = {"register": "seen", "operator": "<", "value": STANDSTILL}
OTHERS = {"plc": PRESS, "register": "closed", "operator": "==", "value": True, "maxAgeSecs": FRESH_SECS}


class Interlocks(Rule):
    """The device itself shows it as the bytes go out; another resource has shown it lately, and it can be read."""

    name = "interlocks"
    chosen = st.sampled_from([(OWN,), (OTHERS,), (OWN, OTHERS)])

    def asks(self, chosen: Any) -> dict[str, Any]:
        """Return the interlocks."""
        return {"correction": {"interlocks": list(chosen)}}

    def forbids(self, world: World, name: str, words: Words) -> str:
        """Say what does not show what it must."""
        interlocks = world.chosen["interlocks"] or ()
        unit, address, _ = PLACES["seen"]
        turns = world.plant.words[unit, address] >= STANDSTILL or address in world.plant.missing
        if OWN in interlocks and turns:
            return "the spindle turns, or nobody knows"
        age = world.clock.run - world.press_read
        shut = world.press == "closed" and age <= FRESH_SECS
        return f"the press is {world.press} as of {age:g} s ago" if OTHERS in interlocks and not shut else ""
