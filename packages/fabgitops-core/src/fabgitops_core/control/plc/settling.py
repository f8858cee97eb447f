"""What Git has changed may be half of a commit: nothing is written for it before it has stood for a while.

A commit reaches the API server object by object. A template that is there already and a PLC that is not yet make a spec
that nobody wrote; so do two resources of which one has given a register up and the other has not got its new value. A
change makes the resource wait, each further one begins the wait anew, and a sync that is asked for afterwards ends it.
Only `due` looks at the clock: a pass that began while the resource waited writes nothing.
"""

from datetime import datetime

from fabgitops_core.control.plc.state import PlcState

SETTLE_SECS = 5.0
"""How long what is wanted must have stood before it is written, unless told otherwise."""


def unsettled(state: PlcState, at: datetime) -> PlcState:
    """Begin the wait, or begin it anew."""
    return state._replace(changed_at=at) if state.settle_secs > 0 else state


def settled(state: PlcState) -> PlcState:
    """End the wait: somebody says that what stands there is meant."""
    return state._replace(changed_at=None)


def looked_at_the_clock(state: PlcState, at: datetime) -> PlcState:
    """End the wait if it is over; a clock that was set back begins it anew, so that it never lasts for hours."""
    if state.changed_at is None:
        return state
    passed = (at - state.changed_at).total_seconds()
    if passed < 0:
        return unsettled(state, at)
    return settled(state) if passed >= state.settle_secs else state


def seconds_left(state: PlcState, at: datetime) -> float:
    """Return how long the resource still waits, 0 to `settle_secs`."""
    if state.changed_at is None:
        return 0.0
    passed = (at - state.changed_at).total_seconds()
    return min(max(state.settle_secs - passed, 0.0), state.settle_secs)


def why_not_yet(state: PlcState) -> str:
    """Return what is said of a resource that waits; it stays the same while it does."""
    return f"what Git wants has not stood unchanged for {state.settle_secs:g} s yet"
