"""Who may write: an adversary chooses when requests arrive, what is lost, who stops, and whose clock is odd."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from fabgitops_operator.cluster.lease import election
from fabgitops_operator.cluster.lease.election import (
    Command,
    Confirmed,
    Due,
    Event,
    Failed,
    Found,
    Leaving,
    Look,
    Lost,
    Overtaken,
    Rest,
    State,
    Store,
    Terms,
    may_have_passed,
    may_write,
    step,
)
from fabgitops_operator.cluster.lease.record import Record
from hypothesis import given, settings
from hypothesis import strategies as st

A, B = Terms("a"), Terms("b")


def holding(terms: Terms, sent: float = 0.0) -> State:
    """Return what is known of a Lease that was acquired by a request sent at a moment."""
    record = Record("1", terms.holder, terms.duration, 0, "then")
    return step(terms, State(), Confirmed(sent, sent + 1, record))[0]


def test_a_lease_that_is_not_there_is_made() -> None:
    """Whoever comes first makes the Lease, may write once that is confirmed, and renews it."""
    state, command = step(A, State(), Due())
    assert command == Look()
    state, command = step(A, state, Found(0.0, None))
    assert command == Store(Record("", "a", 60.0, 0))
    assert not may_write(A, state, 0.0)
    state, command = step(A, state, Confirmed(1.0, 2.0, Record("7", "a", 60.0, 0, "now")))
    assert command == Rest(2.0)
    assert may_write(A, state, 2.0)
    _state, command = step(A, state, Due())
    assert command == Store(Record("7", "a", 60.0, 0, "now"))


def test_the_deadline_counts_from_before_the_renewal_was_sent() -> None:
    """No write is sent from the deadline on, and from the duration on somebody else may hold it."""
    state = holding(A, sent=100.0)
    assert may_write(A, state, 139.9)
    assert not may_write(A, state, 140.0)
    assert not may_have_passed(A, state, 159.9)
    assert may_have_passed(A, state, 160.0)


def test_a_holder_that_does_not_renew_is_waited_out() -> None:
    """The Lease of another is taken when it was seen unchanged for longer than the holder's own duration."""
    theirs = Record("3", "a", 90.0, 4, "then")
    state, command = step(B, State(), Found(10.0, theirs))
    assert command == Rest(2.0)
    state, command = step(B, state, Found(100.0, theirs))
    assert command == Rest(2.0)
    state, command = step(B, state, Found(100.1, theirs))
    assert command == Store(Record("3", "b", 60.0, 5))
    state, command = step(B, state, Overtaken())
    state, command = step(B, state, Found(102.0, replace(theirs, version="4")))
    assert command == Rest(2.0)


def test_a_released_lease_is_taken_at_once() -> None:
    """A clean end leaves a Lease of nobody, which the next one takes as soon as it looks."""
    state, command = step(A, holding(A), Leaving())
    assert command == Store(Record("1", "", 60.0, 0))
    assert not may_write(A, state, 0.0)
    _state, command = step(B, State(), Found(1.0, Record("2", "", 60.0, 0)))
    assert command == Store(Record("2", "b", 60.0, 1))


@pytest.mark.parametrize("found", [Record("9", "b", 60.0, 1), Record("9", "", 60.0, 1), Record("9", "b", 0.001, 1)])
def test_whoever_had_it_ends_when_another_had_it_since(found: Record) -> None:
    """A holder looks at once, finds another's name, or that it was another's meanwhile: it has lost it, free or not."""
    state, command = step(A, holding(A), Overtaken())
    assert command == Look()
    state, command = step(A, state, Found(500.0, found))
    assert command == Lost(found.holder)
    assert not may_write(A, state, 0.0)


def test_an_answer_that_was_lost_proves_nothing() -> None:
    """A holder whose renewal was stored, and who did not hear of it, may not write the longer, and renews anew."""
    state, _command = step(A, holding(A), Failed(5.0, away=True))
    state, command = step(A, state, Due())
    state, command = step(A, state, Overtaken())
    assert command == Look()
    state, command = step(A, state, Found(39.0, Record("2", "a", 60.0, 0, "then")))
    assert command == Rest(2.0)
    state, command = step(A, state, Due())
    assert command == Store(Record("2", "a", 60.0, 0, "then"))
    assert not may_write(A, state, 40.0)


def test_who_is_refused_each_time_rests_in_between() -> None:
    """An API server that calls every version outdated is not asked in a circle."""
    state, now = holding(A), Record("2", "a", 60.0, 0, "then")
    commands: list[Command | None] = []
    event: Event = Overtaken()
    for _ in range(20):
        state, command = step(A, state, event)
        commands.append(command)
        event = Due() if isinstance(command, Rest) else Found(1.0, now) if isinstance(command, Look) else Overtaken()
    assert commands.count(Rest(2.0)) >= 6


def test_what_was_stored_counts() -> None:
    """A Lease that is stored with another holder than we sent is not ours, whatever changed it on the way."""
    state, command = step(A, State(), Confirmed(0.0, 1.0, Record("2", "somebody", 60.0)))
    assert not may_write(A, state, 1.0)
    assert command == Rest(2.0)


def test_who_deletes_the_lease_takes_nothing_from_its_holder() -> None:
    """One who waits goes on waiting for a holder whose Lease was deleted; the holder stops, and makes it anew."""
    theirs = Record("3", "a", 60.0)
    waiting, _command = step(B, State(), Found(0.0, theirs))
    waiting, command = step(B, waiting, Found(59.0, None))
    assert command == Rest(2.0)
    _waiting, command = step(B, waiting, Found(61.0, None))
    assert isinstance(command, Store)
    state, command = step(A, holding(A), Found(5.0, None))
    assert command == Store(Record("", "a", 60.0, 0))
    assert not may_write(A, state, 5.0)


def test_an_outage_is_outlasted_only_where_that_is_wanted_and_without_a_gap() -> None:
    """With `outlast` writes go on while nobody answers; not after a pause of our own, and not after a refusal."""
    patient = replace(A, outlast=True)
    for terms, away, sent, may in ((A, True, 30, False), (patient, False, 30, False), (patient, True, 30, True)):
        state, _command = step(terms, holding(terms), Failed(sent, away))
        assert may_write(terms, state, 50.0) is may
    state, _command = step(patient, holding(patient), Failed(40.0, away=True))
    assert not may_write(patient, state, 40.0)


# --- the adversary ----------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A Lease as the API server keeps it: one write after the other, each of the newest version only."""

    record: Record | None = None
    version: int = 0
    late: list[Record] = field(default_factory=list)
    """Writes on their way whose sender has given them up."""

    def write(self, wanted: Record) -> Record | None:
        """Store it, or return nothing where another version is there."""
        if wanted.version != (self.record.version if self.record else ""):
            return None
        self.version += 1
        self.record = replace(wanted, version=str(self.version))
        return self.record


@dataclass
class Process:
    """An operator: its clock runs at a pace of its own, and its requests take their time."""

    terms: Terms
    offset: float
    pace: float
    state: State = field(default_factory=State)
    event: Event | None = field(default_factory=Due)
    command: Command | None = None
    sent: float = 0.0
    answer: Record | None = None
    served: bool = False
    ended: bool = False

    def clock(self, now: float) -> float:
        """Return what its clock says."""
        return self.offset + now * self.pace

    def turn(self, now: float) -> None:
        """Take the event that has come, and begin what it asks for."""
        if self.event is None or self.ended:
            return
        self.state, self.command = step(self.terms, self.state, self.event)
        self.event, self.served, self.sent = None, False, self.clock(now)
        self.ended = isinstance(self.command, Lost) or self.command is None
        if isinstance(self.command, Rest):
            self.event = Due()

    def serve(self, server: Server) -> None:
        """Let its request arrive."""
        if not self.served and isinstance(self.command, Look | Store):
            command, self.served = self.command, True
            self.answer = server.write(command.record) if isinstance(command, Store) else server.record

    def hear(self, server: Server, now: float, *, lost: bool) -> None:
        """Let the answer arrive, or hear that there is none: what was sent may still arrive, or not."""
        if self.event is not None or not isinstance(self.command, Look | Store):
            return
        if lost:
            self.event = Failed(self.sent, away=True)
            if isinstance(self.command, Store) and not self.served:
                server.late.append(self.command.record)
        elif self.served and isinstance(self.command, Look):
            self.event = Found(self.clock(now), self.answer)
        elif self.served:
            self.event = Confirmed(self.sent, self.clock(now), self.answer) if self.answer else Overtaken()

    def may_write(self, now: float) -> bool:
        """Return whether it would send a write now."""
        return may_write(self.terms, self.state, self.clock(now))


MOVES = ("round", "round", "round", "round", "turn", "serve", "hear", "lose", "late", "leave", "again")
SCHEDULES = st.lists(
    st.tuples(st.sampled_from((0.0, 0.5, 3.0, 19.0, 41.0, 61.0)), st.integers(0, 2), st.sampled_from(MOVES)),
    min_size=20,
    max_size=150,
)


def lives(schedule: list[tuple[float, int, str]], processes: list[Process]) -> Iterator[tuple[float, int]]:
    """Play a schedule, and yield the time and how many may write, after each move."""
    server, now, born = Server(), 0.0, 0
    for pause, who, move in schedule:
        now += pause
        yield now, sum(process.may_write(now) for process in processes)
        process = processes[who]
        match move:
            case "round":
                process.turn(now)
                process.serve(server)
                process.hear(server, now, lost=False)
                process.turn(now)
            case "late":
                for record in server.late:
                    server.write(record)
                server.late.clear()
            case "turn":
                process.turn(now)
            case "serve":
                process.serve(server)
            case "hear" | "lose":
                process.hear(server, now, lost=move == "lose")
            case "leave":
                process.event = Leaving()
                process.turn(now)
                process.serve(server)
            case "again":
                born += 1
                terms = replace(process.terms, holder=f"{who}-{born}")
                processes[who] = Process(terms, process.offset, process.pace)
        yield now, sum(process.may_write(now) for process in processes)


PACES = st.tuples(*[st.floats(0.9, 1.1)] * 3)
OFFSETS = st.tuples(*[st.floats(0, 1e6)] * 3)


@settings(max_examples=4 * settings().max_examples)
@given(SCHEDULES, PACES, OFFSETS)
def test_never_two_may_write(
    schedule: list[tuple[float, int, str]], paces: tuple[float, ...], offsets: tuple[float, ...]
) -> None:
    """Whatever is lost, late or overtaken, whoever stops for however long: at no moment may two operators write."""
    processes = [Process(Terms(str(who)), offsets[who], paces[who]) for who in range(3)]
    for _now, writers in lives(schedule, processes):
        assert writers <= 1


def test_the_adversary_reaches_a_takeover() -> None:
    """The play of the property test is one: a holder that stops is followed, and nobody writes meanwhile."""
    first, second = (Process(Terms(name), 0.0, 1.0) for name in "ab")
    processes = [first, second, Process(Terms("c"), 0.0, 1.0)]
    once = [(0.0, 0, "round"), (0.0, 0, "round")]
    other = [(0.0, 1, "round"), (61.0, 1, "round")]
    writers = [writers for _now, writers in lives([*once, *other * 2], processes)]
    assert max(writers) == 1
    assert first.may_write(1.0)
    assert second.state.held
    assert election.may_have_passed(first.terms, first.state, 61.0)
