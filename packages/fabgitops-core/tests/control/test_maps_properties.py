"""What holds of a map whatever happens: four registers on two units, and an adversary who chooses everything else."""

import operator
from datetime import timedelta
from typing import Any

from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.types import hex_of, parse_hex
from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.commands import Notice, Publish, Wake
from fabgitops_core.control.events import Contested, Declared, Due, Event, Failure, FailureKind, Removed, SyncRequest
from fabgitops_core.control.plc.commands import DeviceRequest, Identify, Read, Write
from fabgitops_core.control.plc.events import (
    IdentifyDone,
    IdentifyFailed,
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
    WriteWithdrawn,
)
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.requests import Change
from fabgitops_core.control.plc.state import NEW, PlcState, Stage
from fabgitops_core.control.plc.table import step
from fabgitops_core.control.plc.writing import still_wanted
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .conftest import START
from .device import Device

FAILURES = [
    Failure(FailureKind.UNREACHABLE, "no reply"),
    Failure(FailureKind.REFUSED_FOR_GOOD, "exception 02", 0x02),
    Failure(FailureKind.REFUSED_FOR_GOOD, "exception 04", 0x04),
    Failure(FailureKind.REFUSED_FOR_NOW, "exception 06", 0x06),
]
NAMES = st.sampled_from(["speed", "running", "level", "remote"])
NONE = 8
"""What the register `speed` shows where it has no value."""
ONE_IN_FOUR = st.integers(0, 3).map(lambda drawn: drawn == 3)


def spec(speed: int, remote: int, short: bool, pinned: bool, **changes: Any) -> IndustrialPLCSpec:
    """Return a spec of a number, a bit, a float with a tolerance (left out when short), and a number on unit 2."""
    registers = [
        {"name": "speed", "address": 10, "value": speed, "noValue": [NONE]},
        {"name": "running", "address": 11, "type": "bit", "bit": 3, "value": True},
        {"name": "level", "address": 12, "type": "float32", "value": 21.5, "tolerance": 0.5},
        {"name": "remote", "address": 5, "unitId": 2, "value": remote, "write": {"verify": False}},
    ]
    identity = {"identity": {"vendor": "ACME"}} if pinned else {}
    given = {
        "deviceAddress": "10.0.0.5",
        "registers": [each for each in registers if not short or each != registers[2]],
    }
    return IndustrialPLCSpec.model_validate({**given, **identity, **changes})


class Adversary(RuleBasedStateMachine):
    """A device behind a gateway, an engine, a user and a rival, each doing what they like."""

    @initialize()
    def begin(self) -> None:
        """Make a resource, and a device that holds something else."""
        self.state: PlcState = NEW
        self.stored = IndustrialPLCStatus()
        self.at = START
        self.pace = 1.0
        self.generation = 0
        self.token = 0
        self.spec: IndustrialPLCSpec | None = None
        self.device = Device(identity={0: "ACME"})
        self.request: DeviceRequest | None = None
        self.asleep = False
        self.gone = False
        self.rivals: dict[str, str] = {}
        self.met = False
        self.drifts = 0
        self.corrections = 0
        self.in_episode: set[str] = set()
        self.shown: dict[tuple[int, int], int] = {}
        self.sent: set[str] = set()
        self.given: tuple[int, ...] | None = None
        self.revived = False
        self.declare(5, 1, short=False, pinned=False, auto_correct=True, suspend=False, valid=True)

    # --- the user ---

    @rule(
        speed=st.sampled_from([5, 9]),
        remote=st.sampled_from([1, 2]),
        short=ONE_IN_FOUR,
        pinned=ONE_IN_FOUR,
        auto_correct=st.sampled_from([True, True, False]),
        suspend=ONE_IN_FOUR,
        valid=ONE_IN_FOUR.map(operator.not_),
    )
    def declare(
        self, speed: int, remote: int, short: bool, pinned: bool, auto_correct: bool, suspend: bool, valid: bool
    ) -> None:
        """Edit the spec."""
        self.generation += 1
        if valid and (remote,) != self.given:
            self.given = None
        changes = {"autoCorrect": auto_correct, "suspend": suspend}
        self.spec = spec(speed, remote, short, pinned, **changes) if valid else None
        if valid and short:
            self.in_episode.discard("level")
        self.say_what_is_declared()

    @rule(force=st.booleans())
    def ask_for_a_sync(self, force: bool) -> None:
        """Ask for a pass now."""
        self.token += 1
        self.say_what_is_declared(SyncRequest(str(self.token), force))

    @precondition(lambda self: self.request is None)
    @rule(really=ONE_IN_FOUR)
    def remove(self, really: bool) -> None:
        """Delete the resource, and make it anew: whatever comes too late leads to nothing."""
        if not really:
            return
        self.tell(Removed(self.at))
        self.gone = True
        for event in (Due(self.at, Gate(0.0, "")), Contested(self.at, {"speed": "default/rival"})):
            self.tell(event)
        self.say_what_is_declared(SyncRequest("late", force=True))
        assert self.request is None
        self.begin()

    @rule(name=NAMES, contested=ONE_IN_FOUR)
    def contest(self, name: str, contested: bool) -> None:
        """Let somebody else want a register, or no longer."""
        self.rivals = {**self.rivals, name: "default/rival"} if contested else {}
        self.tell(Contested(self.at, dict(self.rivals)))

    # --- the world ---

    @rule(unit_1=st.tuples(*[st.sampled_from([5, 9, 8, 0x41AC])] * 4), unit_2=st.sampled_from([0, 1, 2]))
    def drift(self, unit_1: tuple[int, ...], unit_2: int) -> None:
        """Change what the device holds."""
        self.device.holding(10, *unit_1).holding(5, unit_2, unit=2)

    @rule(name=st.sampled_from(["ACME", "Other"]))
    def swap(self, name: str) -> None:
        """Put another device in its place."""
        self.device.identity = {0: name}

    @rule(wait=st.sampled_from([0.0, 0.0, 10.0]), later=st.sampled_from([1, 100, 100_000]))
    def due(self, wait: float, later: int) -> None:
        """Let time pass."""
        if self.request is None:
            self.at += timedelta(seconds=later)
            self.met = False
            self.tell(Due(self.at, Gate(wait, "closed for now")))

    @rule(pace=st.sampled_from([0.001, 0.4, 1.0]))
    def hurry(self, pace: float) -> None:
        """Let the device answer quicker or slower, so that fewer or more statuses are stored within a pass."""
        self.pace = pace

    @rule(failures=st.lists(st.integers(0, 9), min_size=1, max_size=14), later=st.sampled_from([1, 100]))
    def poll(self, failures: list[int], later: int) -> None:
        """Begin a pass, if none is under way, and let the device answer the next requests, most of them well."""
        self.due(0.0, later)
        for chosen in failures:
            failure = FAILURES[chosen] if chosen < len(FAILURES) else None
            if isinstance(self.request, Write):
                unknown = failure is not None and failure.kind is FailureKind.UNREACHABLE
                self.carry_out(done=failure is None or unknown, known=not unknown, failure=failure or FAILURES[0])
            elif failure is not None:
                self.fail(failure)
            elif self.request is not None:
                self.answer()

    @precondition(lambda self: isinstance(self.request, Read | Identify))
    @rule()
    def answer(self) -> None:
        """Let the device answer."""
        assert self.request is not None
        event = self.device.answer(self.at, self.request)
        if isinstance(event, IdentifyDone):
            self.met = event.objects == {0: "ACME"}
        if isinstance(event, ReadDone):
            for address, word in enumerate(event.values, event.plan.address):
                self.shown[event.plan.unit_id, address] = word
        self.finish(event)

    @precondition(lambda self: isinstance(self.request, Read | Identify))
    @rule(failure=st.sampled_from(FAILURES))
    def fail(self, failure: Failure) -> None:
        """Let a reading, or the question who it is, fail."""
        if isinstance(self.request, Read):
            self.finish(ReadFailed(self.at, self.request.plan, failure))
        elif isinstance(self.request, Identify):
            self.finish(IdentifyFailed(self.at, self.request.plan, failure))

    @precondition(lambda self: isinstance(self.request, Write))
    @rule(done=st.booleans(), known=st.booleans(), failure=st.sampled_from(FAILURES))
    def carry_out(self, done: bool, known: bool, failure: Failure) -> None:
        """Carry a write out or not, and tell of it or not; one that is no longer wanted is never sent."""
        assert isinstance(self.request, Write)
        change = self.request.change
        if not still_wanted(self.state, change, self.at):
            self.finish(WriteWithdrawn(self.at, change))
            return
        self.check_write(change)
        if known and self.device.spares(change):
            self.finish(WriteSpared(self.at, change))
            return
        if done or not known:
            if change.unit_id == 2:
                self.given = change.values
            self.sent |= {each.name for each in self.state.map.points if each.change() == change}
        if done:
            self.device.carry_out(change)
        if not known:
            self.finish(WriteUnknown(self.at, change, failure))
        else:
            self.finish(WriteDone(self.at, change) if done else WriteFailed(self.at, change, failure))

    @precondition(lambda self: isinstance(self.request, Write))
    @rule(speed=st.sampled_from([5, 9]), remote=st.sampled_from([1, 2]), pinned=ONE_IN_FOUR)
    def edit_before_the_write(self, speed: int, remote: int, pinned: bool) -> None:
        """Edit the targets while a write waits for its turn."""
        self.declare(speed, remote, short=False, pinned=pinned, auto_correct=True, suspend=False, valid=True)
        self.carry_out(done=True, known=True, failure=FAILURES[0])

    @precondition(lambda self: isinstance(self.request, Write))
    @rule()
    def withdraw(self) -> None:
        """Give the share of the connection up before the write's turn came."""
        assert isinstance(self.request, Write)
        self.finish(WriteWithdrawn(self.at, self.request.change))

    @rule()
    def crash(self) -> None:
        """Kill the process and start it again from what was stored; rivals are heard of later."""
        self.state, self.request, self.rivals, self.shown = NEW, None, {}, {}
        self.met, self.revived = False, True
        self.stored = IndustrialPLCStatus.model_validate_json(self.stored.model_dump_json(by_alias=True))
        self.say_what_is_declared()

    # --- what they share ---

    def say_what_is_declared(self, request: SyncRequest | None = None) -> None:
        """Tell the resource as it stands."""
        problem = "" if self.spec else "bad"
        self.tell(Declared(self.at, self.generation, self.spec, problem, request, self.stored))

    def finish(self, event: Event) -> None:
        """Tell what came of the request under way."""
        self.request = None
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell the controller, store what it publishes, count what it announces."""
        self.at += timedelta(seconds=self.pace)
        self.state, commands = step(self.state, event)
        if self.gone:
            assert commands == ()
        for command in commands:
            if isinstance(command, Publish):
                assert isinstance(command.status, IndustrialPLCStatus)
                self.stored = command.status
                self.in_episode -= {each.name for each in self.stored.registers if each.no_value}
                self.revived = self.revived and not self.state.status.in_sync
            elif isinstance(command, Notice):
                self.count(command)
            elif isinstance(command, Wake):
                self.asleep = command.after is None
            else:
                assert self.request is None, "two requests at once"
                assert isinstance(command, Read | Identify | Write)
                self.request = command

    def count(self, notice: Notice) -> None:
        """Count what is announced: an episode of a register begins once and ends once."""
        name = notice.message.split(" ")[0]
        if notice.reason is PlcReason.DRIFT_DETECTED:
            assert name not in self.in_episode, "one episode counted twice"
            self.in_episode.add(name)
            self.drifts += 1
        elif notice.reason is PlcReason.DRIFT_CORRECTED:
            self.corrections += 1
            self.in_episode.discard(name)
        elif notice.reason is PlcReason.DRIFT_RESOLVED:
            self.in_episode.discard(name)
        elif notice.reason is PlcReason.CORRECTION_FAILED:
            lost = {part.split(" ")[0] for part in notice.message.split("; ") if "after writing" in part}
            assert lost <= self.sent, "a write that was never sent is told as lost"

    def check_write(self, change: Change) -> None:
        """Check that a write that reaches the wire is one that the user wants, and nobody else contests."""
        assert not self.gone
        assert self.spec is not None
        assert not self.spec.suspend
        (point,) = (each for each in map_of(self.spec, "", {}).points if each.change() == change)
        assert point.wanted is not None
        assert point.name not in self.rivals
        assert point.name != "speed" or self.shown.get((1, 10)) != NONE, "a write because of no value"
        assert self.met or self.spec.identity is None, "a write to a stranger"
        forced = self.state.serving is not None and self.state.serving.force
        assert self.spec.auto_correct or forced
        assert not point.command or change.values != self.given or forced, "a command is given twice"
        (known,) = (each for each in self.stored.registers if each.name == point.name)
        assert known.unverified_write == hex_of(change.values), "a write without a record"

    @invariant()
    def the_counters_agree(self) -> None:
        """Status and Events tell the same numbers."""
        if hasattr(self, "stored"):
            assert self.stored.drift_events == self.drifts
            assert self.stored.corrections_applied == self.corrections
            for each in self.stored.registers:
                assert not each.no_value or (each.in_sync, each.actual, each.drifted_since) == (None, None, None)

    @invariant()
    def records_say_what_is_known(self) -> None:
        """A write that a status tells of as sent was sent, and none is intended any more once the pass is over."""
        if not hasattr(self, "stored"):
            return
        for each in self.stored.registers:
            if each.name == "remote":  # a command keeps its record while nobody knows whether it was given
                continue
            if each.unverified_write and not each.write_intended:
                assert each.name in self.sent
            assert not each.write_intended or self.state.stage is not Stage.IDLE or self.revived

    @invariant()
    def in_sync_is_true_only_of_what_was_read(self) -> None:
        """A status that says in sync says so of every target, and of what was read of it last."""
        if not hasattr(self, "stored") or not self.stored.in_sync or self.spec is None:
            return
        if self.stored.observed_generation != self.generation or self.state.stage is not Stage.IDLE:
            return
        points = {each.name: each for each in self.state.map.points}
        assert [each.name for each in self.stored.registers] == list(points)
        for each in self.stored.registers:
            point = points[each.name]
            if point.command:
                assert each.given or each.unverified_write or not self.spec.auto_correct
                assert (each.in_sync, each.drifted_since) == (None, None)
                continue
            assert each.in_sync
            assert each.raw and point.wanted is not None  # noqa: PT018 - one fact
            assert each.unverified_write is None
            assert each.drifted_since is None
            assert point.same(parse_hex(each.raw), point.wanted)
            places = [(point.unit_id, address) for address in range(point.place.address, point.end)]
            if all(place in self.shown for place in places):
                assert point.same(tuple(self.shown[place] for place in places), point.wanted)

    @invariant()
    def nothing_rests_forever(self) -> None:
        """While a pass is under way somebody will answer; otherwise the next is at hand, unless there shall be none."""
        if not hasattr(self, "state") or self.gone:
            return
        if self.state.stage is not Stage.IDLE:
            assert self.request is not None
        elif self.spec is not None and not self.spec.suspend:
            assert not self.asleep

    @invariant()
    def bits_of_others_are_left_alone(self) -> None:
        """Every write to the word of the bit changes just that bit."""
        if isinstance(getattr(self, "request", None), Write) and self.request.change.address == 11:  # type: ignore[union-attr]
            assert self.request.change.mask == 1 << 3  # type: ignore[union-attr]
            assert self.request.change.table is Table.HOLDING  # type: ignore[union-attr]


Adversary.TestCase.settings = settings(stateful_step_count=50)
TestWhateverHappensToAMap: Any = Adversary.TestCase
