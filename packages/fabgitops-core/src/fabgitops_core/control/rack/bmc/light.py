"""The lights by which machines are found: on or off as an annotation says, each switched a few times at most."""

from fabgitops_core.api.rack.bmcstatus import LocateStatus
from fabgitops_core.control.rack.bmc.facts import Found, Lamp

MAX_TRIES = 3
"""How often a light that does not follow is switched for one wish."""

WORDS = {"on": True, "off": False}


def lamps_of(found: Found) -> tuple[Lamp, ...]:
    """Return the lights of the machines, or of the chassis where no machine has one."""
    machines = tuple(each.lamp for each in found.machines if each.lamp)
    return machines or tuple(each.lamp for each in found.cases if each.lamp)


def next_lamp(wanted: str, found: Found, tries: int) -> Lamp | None:
    """Return a light that is to be switched, None where there is none."""
    on = WORDS.get(wanted)
    if on is None or tries >= MAX_TRIES * max(1, len(lamps_of(found))):
        return None
    return next((lamp for lamp in lamps_of(found) if lamp.on is not on), None)


def located(wanted: str, found: Found | None, refusal: str) -> LocateStatus | None:
    """Return what is said of the lights, None while nobody wants anything of them.

    Args:
        wanted: What the annotation says, "" for nothing.
        found: What was seen last.
        refusal: Why a light was not switched when that was tried last, "" where it was.
    """
    if not wanted:
        return None
    lamps = lamps_of(found) if found else ()
    states = {lamp.on for lamp in lamps}
    state = next((word for word, on in WORDS.items() if states == {on}), "unknown")
    return LocateStatus(wanted=wanted, state=state, message=_why(wanted, found, lamps, state, refusal))


def _why(wanted: str, found: Found | None, lamps: tuple[Lamp, ...], state: str, refusal: str) -> str:
    if wanted not in WORDS:
        return "fabgitops.io/locate takes on or off"
    if found is None:
        return "its BMC was not asked"
    if not lamps:
        return "neither a system nor a chassis of this BMC has a light that can be switched"
    if state == wanted:
        return ""
    return refusal or "it does not follow"
