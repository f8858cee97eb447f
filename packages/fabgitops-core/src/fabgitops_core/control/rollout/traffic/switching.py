"""Which revision the Services of a blue-green select, and when the active one may select another.

Users reach what the active Service selects, so that never moves to fewer pods than it has. What it is to select is
recorded before it is done; what counts as done is only what a look shows.
"""

from typing import NamedTuple

from fabgitops_core.api.rollout import marks
from fabgitops_core.api.rollout.strategies import BlueGreen
from fabgitops_core.control.rollout import holding
from fabgitops_core.control.rollout.records import selector_of
from fabgitops_core.control.rollout.saying.deciding import decided
from fabgitops_core.control.rollout.state import RolloutState
from fabgitops_core.control.rollout.traffic.reaching import last_resort, reached
from fabgitops_core.control.rollout.view import Look, Revision


class Selectors(NamedTuple):
    """Which revisions the two Services are to select; "" where that cannot be said yet."""

    active: str
    preview: str


def selects(look: Look, name: str | None) -> str | None:
    """Return the revision that a Service selects, "" where it selects all pods; None where it is not there."""
    child = look.service(name)
    return None if child is None else selector_of(child).get(marks.HASH, "")


def active(look: Look) -> str | None:
    """Return the revision that users of a blue-green reach, "" for all; None where it is none, or lacks its Service."""
    return selects(look, look.way.active_service) if isinstance(look.way, BlueGreen) else None


def is_out(look: Look) -> bool:
    """Return whether users reach the declared revision, as far as that hangs on the Service of a blue-green."""
    return not isinstance(look.way, BlueGreen) or active(look) == look.hash


def may_take(look: Look, state: RolloutState, revision: Revision | None) -> bool:
    """Return whether users may be sent to a revision: it has all pods, or as many as where they are now.

    How many there are of what somebody else lets the Service select is not known; of what was sent there and is gone
    there are none.
    """
    if revision is None:
        return False
    if revision.available >= look.n:
        return True
    now, known = active(look), state.status.blue_green
    before = look.revision(now) if now else None
    is_known = before is not None or now in {known.active_selector, known.previous_selector}
    return (
        bool(now) and is_known and revision.available > 0 and revision.available >= (before.available if before else 0)
    )


def rightful(look: Look, state: RolloutState) -> Selectors:
    """Return which revisions the Services are to select, as far as that follows from where the rollout stands.

    While a revision is on its way that is the proven one until it goes over (`switched`). What was given up, or
    superseded before it was proven, loses its users to the proven one again.
    """
    status, stable = state.status, state.status.stable_rs or look.hash
    known, held = status.blue_green, holding.ceiling(look, state)
    if held is not None and not status.stable_rs:  # a first one waits: whoever is somewhere stays there
        return Selectors(known.active_selector, known.preview_selector)
    if status.abort or stable == look.hash:
        return Selectors(stable, stable)
    over = known.active_selector == look.hash
    is_shown = held is None or held.selected
    return Selectors(look.hash if over else stable, look.hash if is_shown else stable)


def steered(look: Look, state: RolloutState) -> RolloutState | None:
    """Record which revisions the Services are to select; None where that is recorded, or may not be yet."""
    if not isinstance(look.way, BlueGreen):
        return None
    wanted, known = rightful(look, state), state.status.blue_green
    last, child = last_resort(look, state), look.service(look.way.active_service)
    if last not in {"", known.active_selector} and child is not None and not reached(look, child):
        return switched(look, state, last, "the proven one is gone, and the new one has no pods")
    if wanted.active != known.active_selector and may_take(look, state, look.revision(wanted.active)):
        given = "it is the proven one" if wanted.active == state.status.stable_rs else "it is the first one"
        return switched(look, state, wanted.active, given)
    if wanted.preview != known.preview_selector and look.revision(wanted.preview) is not None:
        return state.with_status(blue_green=known.model_copy(update={"preview_selector": wanted.preview}))
    return None


def switched(look: Look, state: RolloutState, hash_: str, given: str) -> RolloutState:
    """Record that the active Service is to select a revision, and which one it leaves."""
    known, now = state.status.blue_green, active(look)
    before = known.active_selector or now or ""
    if now and now == known.previous_selector and now != hash_:
        before = now  # what it was to select since had no pods when it came to that
    previous = before if before != hash_ else known.previous_selector
    changes = {"active_selector": hash_, "previous_selector": previous}
    state = state.with_status(blue_green=known.model_copy(update=changes))._replace(resisting=False)
    return decided(state, look.at, given, "Switch", f"the active Service is to select revision {hash_}")


def selectors(look: Look, state: RolloutState) -> dict[str, str]:
    """Return which revision each Service of a blue-green is to select now."""
    if not isinstance(look.way, BlueGreen):
        return {}
    known, names = state.status.blue_green, look.way
    found: dict[str, str] = {}
    if may_take(look, state, look.revision(known.active_selector)):
        found[names.active_service] = known.active_selector
    if names.preview_service and look.revision(known.preview_selector) is not None:
        found[names.preview_service] = known.preview_selector
    return found
