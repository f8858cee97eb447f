"""What holds whatever happens: an adversary chooses specs, values, failures, restarts and the order of events."""

from datetime import timedelta
from typing import Any

from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.commands import Notice, NoticeReason, Publish, Wake
from fabgitops_core.control.events import Declared, Due, Event, Failure, FailureKind, Removed, SyncRequest
from fabgitops_core.control.plc.commands import Read, Write
from fabgitops_core.control.plc.events import ReadDone, ReadFailed, WriteDone, WriteFailed, WriteUnknown, WriteWithdrawn
from fabgitops_core.control.plc.reasons import PlcReason
from fabgitops_core.control.plc.state import NEW, PlcState, Stage
from fabgitops_core.control.plc.table import step
from fabgitops_core.control.plc.writing import still_wanted
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .conftest import START, spec

VALUES = st.sampled_from([2311, 2500, 3000])
FAILURES = st.sampled_from([Failure(kind, "it failed") for kind in FailureKind])


class Adversary(RuleBasedStateMachine):
    """A device, an engine and a user, each doing what they like."""

    @initialize(settle_secs=st.sampled_from([0.0, 6.0]))
    def begin(self, settle_secs: float) -> None:
        """Make a resource, and a device that holds something; what is declared may have to settle."""
        self.new = NEW._replace(settle_secs=settle_secs)
        self.state: PlcState = self.new
        self.stored = IndustrialPLCStatus()
        self.at = START
        self.generation = 0
        self.token = 0
        self.spec: IndustrialPLCSpec | None = None
        self.holds = 2311
        self.request: Read | Write | None = None
        self.gone = False
        self.asleep = False
        self.drifts = 0
        self.corrections = 0
        self.proofs = 0
        self.in_episode = False
        self.declare(wanted=2500, auto_correct=True, suspend=False, valid=True)

    # --- the user ---

    @rule(wanted=st.sampled_from([2500, 3000]), auto_correct=st.booleans(), suspend=st.booleans(), valid=st.booleans())
    def declare(self, wanted: int, auto_correct: bool, suspend: bool, valid: bool) -> None:
        """Edit the spec."""
        self.generation += 1
        given = spec(target_value=wanted, auto_correct=auto_correct, suspend=suspend) if valid else None
        self.spec = given
        self.meant_from = self.at + timedelta(seconds=self.new.settle_secs)
        self.tell(Declared(self.at, self.generation, given, "" if valid else "bad", None, self.stored))

    @rule(force=st.booleans())
    def ask_for_a_sync(self, force: bool) -> None:
        """Ask for a pass now."""
        self.token += 1
        self.meant_from = self.at
        request = SyncRequest(str(self.token), force)
        self.tell(Declared(self.at, self.generation, self.spec, "" if self.spec else "bad", request, self.stored))

    @precondition(lambda self: self.request is None)
    @rule()
    def remove(self) -> None:
        """Delete the resource."""
        self.tell(Removed(self.at))
        self.gone = True

    # --- the world ---

    @rule(value=VALUES)
    def drift(self, value: int) -> None:
        """Change what the device holds."""
        self.holds = value

    @rule(wait=st.sampled_from([0.0, 10.0]))
    def due(self, wait: float) -> None:
        """Let time pass."""
        if self.request is None:
            self.tell(Due(self.at, Gate(wait, "closed for now")))

    @precondition(lambda self: isinstance(self.request, Read))
    @rule()
    def answer(self) -> None:
        """Answer a reading with what the device holds."""
        assert isinstance(self.request, Read)
        self.finish(ReadDone(self.at, self.request.plan, (self.holds,)))

    @precondition(lambda self: isinstance(self.request, Read))
    @rule(failure=FAILURES)
    def fail_to_read(self, failure: Failure) -> None:
        """Let a reading fail."""
        assert isinstance(self.request, Read)
        self.finish(ReadFailed(self.at, self.request.plan, failure))

    @precondition(lambda self: isinstance(self.request, Write))
    @rule(done=st.booleans(), known=st.booleans(), failure=FAILURES)
    def carry_out(self, done: bool, known: bool, failure: Failure) -> None:
        """Carry a write out or not, and tell of it or not; one that is no longer wanted is never sent."""
        assert isinstance(self.request, Write)
        change = self.request.change
        if not still_wanted(self.state, change, self.at):
            self.finish(WriteWithdrawn(self.at, change))
            return
        self.check_write(change.values)
        if done:
            (self.holds,) = change.values
            self.finish(WriteDone(self.at, change) if known else WriteUnknown(self.at, change, failure))
        else:
            self.finish(WriteFailed(self.at, change, failure) if known else WriteUnknown(self.at, change, failure))

    @rule()
    def crash(self) -> None:
        """Kill the process and start it again from what was stored."""
        if self.gone:
            return
        self.state, self.request = self.new, None
        self.meant_from = self.at + timedelta(seconds=self.new.settle_secs)
        self.tell(Declared(self.at, self.generation, self.spec, "" if self.spec else "bad", None, self.stored))

    # --- what they share ---

    def finish(self, event: Event) -> None:
        """Tell what came of the request under way."""
        self.request = None
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell the controller, store what it publishes, count what it announces."""
        self.at += timedelta(seconds=1)
        self.state, commands = step(self.state, event)
        if self.gone:
            assert commands == ()
        for command in commands:
            if isinstance(command, Publish):
                assert isinstance(command.status, IndustrialPLCStatus)
                self.stored = command.status
            elif isinstance(command, Notice):
                self.count(command.reason)
            elif isinstance(command, Wake):
                self.asleep = command.after is None
            elif isinstance(command, Read | Write):
                assert self.request is None, "two requests at once"
                self.request = command

    def count(self, reason: NoticeReason) -> None:
        """Count what is announced: an episode begins once and ends once."""
        if reason is PlcReason.DRIFT_DETECTED:
            assert not self.in_episode, "one episode counted twice"
            self.in_episode = True
            self.drifts += 1
        elif reason is PlcReason.DRIFT_CORRECTED:
            self.corrections += 1
            self.in_episode = False
        elif reason is PlcReason.DRIFT_RESOLVED:
            self.in_episode = False

    def check_write(self, values: tuple[int, ...]) -> None:
        """Check that a write that reaches the wire is one that the user wants."""
        assert not self.gone
        assert self.at >= self.meant_from, "what was declared has not settled"
        assert self.spec is not None
        assert not self.spec.suspend
        assert values == (self.spec.target_value,)
        forced = self.state.serving is not None and self.state.serving.force
        assert self.spec.auto_correct or forced
        assert self.stored.unverified_write == self.spec.target_value, "a write without a record"

    @invariant()
    def the_counters_agree(self) -> None:
        """Status and Events tell the same numbers."""
        if hasattr(self, "stored"):
            assert self.stored.drift_events == self.drifts
            assert self.stored.corrections_applied == self.corrections

    @invariant()
    def in_sync_is_true_only_of_what_was_read(self) -> None:
        """A status that says in sync says so of the target and the value that was read."""
        if hasattr(self, "stored") and self.stored.in_sync:
            assert self.stored.unverified_write is None
            assert self.stored.drifted_since is None
            if self.spec and self.stored.observed_generation == self.generation:
                assert self.stored.current_value == self.spec.target_value

    @invariant()
    def nothing_rests_forever(self) -> None:
        """While a pass is under way somebody will answer; otherwise the next is at hand, unless there shall be none."""
        if not hasattr(self, "state") or self.gone:
            return
        if self.state.stage is not Stage.IDLE:
            assert self.request is not None
        elif self.spec is not None and not self.spec.suspend:
            assert not self.asleep


Adversary.TestCase.settings = settings(stateful_step_count=40)
TestWhateverHappens: Any = Adversary.TestCase
