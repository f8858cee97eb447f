"""Who may write, decided: events in, commands out, no clock and no I/O.

Only one holds the Lease, for the API server takes no write of a version that is not the newest. A holder may go on
without noticing that it was passed on, so time fences it:

- The holder may write for `deadline` seconds from the moment *before* it sent the renewal that was confirmed.
- Whoever waits takes the Lease `duration` seconds after the moment *after* it saw the renewal that was the last one.

Since a renewal is sent before it is seen, and the deadline is shorter than the duration, the holder has stopped before
anybody else begins, whatever the clocks of both say; they only have to run at about the same pace. What is between
deadline and duration is left for a write that is on its way. Times are seconds of the process's own clock.
"""

from dataclasses import dataclass, replace
from math import inf

from fabgitops_operator.cluster.lease.record import Record


@dataclass(frozen=True, slots=True)
class Terms:
    """Who asks for the Lease, and on which terms.

    Args:
        holder: The name that nobody else has.
        duration: Seconds that others wait for a renewal.
        deadline: Seconds after which the holder writes no more without one, less than `duration`.
        retry: Seconds between two attempts, less than `deadline`.
        outlast: Whether writes go on while nobody can be asked, since then nobody can take the Lease either. That is
            wrong where only this process cannot ask.
    """

    holder: str
    duration: float = 60.0
    deadline: float = 40.0
    retry: float = 2.0
    outlast: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What is known.

    Args:
        seen: The Lease as it was last seen.
        since: When that version of it was first seen.
        ours: Whether it is ours by that version.
        held: Whether it was ours before.
        transitions: How often it had passed on when it was ours last.
        proven: The moment from which deadline and duration count.
    """

    seen: Record | None = None
    since: float = -inf
    ours: bool = False
    held: bool = False
    transitions: int = 0
    proven: float = -inf


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """It is time for the next attempt."""


@dataclass(frozen=True, slots=True)
class Found:
    """The Lease was read, or is not there; `at` is after that."""

    at: float
    record: Record | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What we wrote is stored; `sent` is before it was sent, `at` after the answer."""

    sent: float
    at: float
    record: Record


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody else wrote first, or an answer to us was lost: the version that we named is not the newest."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing is known of what we asked; `away` when nobody answered who could have known."""

    sent: float
    away: bool


@dataclass(frozen=True, slots=True)
class Leaving:
    """We end, and no write is under way any more."""


Event = Due | Found | Confirmed | Overtaken | Failed | Leaving


# --- commands ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """Read the Lease."""


@dataclass(frozen=True, slots=True)
class Store:
    """Make the Lease (a record without a version), or replace the version that the record names."""

    record: Record


@dataclass(frozen=True, slots=True)
class Rest:
    """Wait, then go on with `Due`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """It was ours and was another's since: the end. Whoever begins anew may wait for it."""

    holder: str


Command = Look | Store | Rest | Lost


def step(terms: Terms, state: State, event: Event) -> tuple[State, Command | None]:
    """Return what is known after an event, and what is to be done."""
    match event:
        case Due():
            return state, _renewal(terms, state) or Look()
        case Found(at, record):
            return _found(terms, state, at, record)
        case Confirmed(record=record) if record.holder != terms.holder:
            return replace(state, ours=False), Rest(terms.retry)  # changed on its way, as by an admission webhook
        case Confirmed(sent, at, record):
            return State(record, at, ours=True, held=True, transitions=record.transitions, proven=sent), Rest(
                terms.retry
            )
        case Overtaken():
            # Whoever thought it was theirs looks at once: another may have it. Not again and again, refused each time.
            return replace(state, ours=False), Look() if state.ours else Rest(terms.retry)
        case Failed(sent, away):
            lasting = away and terms.outlast and may_write(terms, state, sent)
            return (replace(state, proven=sent) if lasting else state), Rest(terms.retry)
        case Leaving():
            release = replace(state.seen, holder="", acquired="") if state.ours and state.seen else None
            return replace(state, ours=False, proven=-inf), Store(release) if release else None


def may_write(terms: Terms, state: State, at: float) -> bool:
    """Return whether a write may be sent at a moment."""
    return state.held and at < state.proven + terms.deadline


def may_have_passed(terms: Terms, state: State, at: float) -> bool:
    """Return whether somebody else may hold the Lease at a moment."""
    return not state.held or at >= state.proven + terms.duration


def _renewal(terms: Terms, state: State) -> Store | None:
    if not state.ours or state.seen is None:
        return None
    return Store(replace(state.seen, holder=terms.holder, duration=terms.duration))


def _found(terms: Terms, state: State, at: float, record: Record | None) -> tuple[State, Command]:
    if record is None:
        return _missing(terms, state, at)
    if state.seen is None or state.seen.version != record.version:
        state = replace(state, seen=record, since=at)
    if record.holder == terms.holder:
        # Written by us, and the answer was lost: how long ago it was sent is not known, so nothing counts from it.
        return replace(state, ours=True), Rest(terms.retry)
    state = replace(state, ours=False, proven=-inf)
    if state.held and (record.holder or record.transitions != state.transitions):
        return state, Lost(record.holder)  # even if it is free again: what we know is older than what they did
    if _is_free(terms, record, at - state.since):
        return state, Store(_taken(terms, record))
    return state, Rest(terms.retry)


def _is_free(terms: Terms, record: Record, unchanged: float) -> bool:
    """Return whether a Lease of another may be taken that has not changed for so many seconds."""
    return not record.holder or unchanged > (record.duration or terms.duration)


def _taken(terms: Terms, record: Record) -> Record:
    transitions = record.transitions + 1
    return Record(record.version, terms.holder, terms.duration, transitions)


def _missing(terms: Terms, state: State, at: float) -> tuple[State, Command]:
    """Make the Lease; one that was there and somebody's counts on, for who deletes it takes nothing from the holder."""
    before = state.seen
    if before and before.holder != terms.holder and not _is_free(terms, before, at - state.since):
        return state, Rest(terms.retry)
    return replace(state, ours=False, proven=-inf), Store(_taken(terms, Record(version="", transitions=-1)))
