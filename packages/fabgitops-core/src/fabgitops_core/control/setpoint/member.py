"""How one member stands in a change: what it is counted as, and what it keeps waiting."""

from enum import IntEnum, auto

from fabgitops_core.control.members import Facts, Standing

GATED, VALID, REACHABLE, IN_SYNC, PROVEN, HELD, FAILED, SUSPENDED = map(
    int,
    (
        Standing.GATED,
        Standing.VALID,
        Standing.REACHABLE,
        Standing.IN_SYNC,
        Standing.PROVEN,
        Standing.HELD,
        Standing.FAILED,
        Standing.SUSPENDED,
    ),
)
"""As numbers: of ten thousand members each is asked several times a pass."""

MOST_CORRECTIONS = 1
"""So many corrections of what was proven are a drift; more are a fight."""

_HOLDS = PROVEN | IN_SYNC | REACHABLE
_FINE = _HOLDS | GATED | VALID
_ALL = _FINE | SUSPENDED | FAILED | HELD

RESTORE = "/restore"
"""How the permit of who was put back ends."""


class Part(IntEnum):
    """What a member is to the round that is under way."""

    ASIDE = auto()
    """It is left alone, or not known well enough: it is no part of the change."""
    THERE = auto()
    """It holds what Git wants, without a permit of this round."""
    OPEN = auto()
    """It is to be released."""
    RELEASED = auto()
    """It was released in this round."""
    RESTORED = auto()
    """It was put back in this round."""


def part_of(facts: Facts, own: str) -> Part:
    """Return what a member is to a round; `own` is how its permits begin."""
    standing = int(facts.standing)
    if facts.permit.startswith(own):
        if facts.permit.endswith(RESTORE):
            return Part.RESTORED
        if facts.released == facts.wanted or not standing & VALID:
            return Part.RELEASED
    if not facts.wanted or not standing & VALID or not standing & GATED or standing & SUSPENDED:
        return Part.ASIDE
    if facts.released == facts.wanted:
        return Part.THERE
    return Part.OPEN


def is_looked_at(facts: Facts) -> bool:
    """Return whether a member was looked at since it is led: before that it may turn out to hold what Git wants."""
    return bool(facts.permit) or bool(int(facts.standing) & PROVEN)


def is_fine(facts: Facts) -> bool:
    """Return whether nothing is to be said of a member but that it holds what Git wants."""
    return (
        int(facts.standing) & _ALL == _FINE
        and facts.released == facts.wanted != ""
        and facts.corrections <= MOST_CORRECTIONS
    )


def holds(facts: Facts) -> bool:
    """Return whether a member was read back to hold what it must now, and still does."""
    return int(facts.standing) & _HOLDS == _HOLDS


def is_away(facts: Facts) -> bool:
    """Return whether the device of a member does not answer."""
    return not int(facts.standing) & REACHABLE


def why_failed(facts: Facts) -> str:
    """Return why a member that was released has failed; "" where it has not."""
    if int(facts.standing) & FAILED:
        return facts.why or "it does not hold what it was written"
    if facts.corrections > MOST_CORRECTIONS:
        return f"it was corrected {facts.corrections} times since it was proven: somebody else writes it"
    return ""


def why_not_ready(facts: Facts) -> str:
    """Return why a member cannot be released now; "" where it can."""
    standing = int(facts.standing)
    if not standing & REACHABLE:
        return facts.why or "it is away"
    if not is_looked_at(facts):
        return "it was not looked at since it is led"
    if not facts.released:
        return ""
    if standing & (HELD | FAILED):
        return facts.why or "it does not hold what it must now"
    return "" if standing & IN_SYNC else facts.why or "it drifts from what it must hold now"


def why_not_proven(facts: Facts) -> str:
    """Return why a member that was released or put back is not read back yet."""
    if is_away(facts):
        return facts.why or "it is away"
    if not int(facts.standing) & PROVEN:
        return facts.why or "it is written and read back"
    return facts.why or "it drifts from what it must hold now"
