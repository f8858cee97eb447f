"""The state machine of one PLC: every edge of its table, and what a user sees of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fabgitops_core.api.plc.industrialplc import Phase
from fabgitops_core.control.breaker import Gate
from fabgitops_core.control.commands import Publish, Wake
from fabgitops_core.control.events import Due, Failure, FailureKind, Removed
from fabgitops_core.control.plc.commands import Read, Write
from fabgitops_core.control.plc.events import ReadDone, WriteDone, WriteFailed, WriteUnknown, WriteWithdrawn
from fabgitops_core.control.plc.state import Stage
from fabgitops_core.control.plc.table import TABLE, step
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import LOST, START, Story, change_of, plan_of, spec

Begin = Callable[..., Story]
BAD_ADDRESS = Failure(FailureKind.REFUSED_FOR_GOOD, "exception 02 (illegal data address)")
BUSY = Failure(FailureKind.REFUSED_FOR_NOW, "exception 06 (server device busy)")


def test_a_new_resource_says_at_once_that_nothing_is_known(story: Begin) -> None:
    """A resource that was just made has Ready=Unknown before it is first looked at, for kstatus's sake."""
    new = story()
    assert new.condition("Ready") == ("Unknown", "Pending")
    assert new.status.phase is Phase.PENDING
    assert new.status.endpoint == "10.0.0.5:502"
    assert new.wake == Wake(0.0, spread=5.0)


def test_the_first_look_says_connecting_and_reads(story: Begin) -> None:
    """A first look says Connecting and reads exactly the register that the spec names."""
    first = story().due()
    assert first.status.phase is Phase.CONNECTING
    assert first.request == Read(plan_of(spec()), 3.0)


def test_in_sync(story: Begin) -> None:
    """A PLC that holds the target is Ready and in sync, and is looked at again after its interval."""
    settled = story().passes(2500)
    assert settled.condition("Ready") == ("True", "InSync")
    assert settled.condition("InSync") == ("True", "InSync")
    assert settled.condition("Reconciling") == ("False", "InSync")
    assert (settled.status.current_value, settled.status.in_sync, settled.status.observed_generation) == (2500, True, 1)
    assert settled.wake == Wake(5.0, steady=True)
    assert settled.notices == []


def test_nothing_is_published_while_nothing_changes(story: Begin) -> None:
    """Polls that find the same again publish nothing."""
    settled = story().passes(2500)
    before = len(settled.published)
    for _ in range(3):
        settled.passes(2500)
    assert len(settled.published) == before


def test_drift_is_recorded_before_it_is_corrected(story: Begin) -> None:
    """Before a write is sent, a status is stored that says which value is on its way."""
    drifted = story().due().reads(2311)
    published, write = drifted.last[-2], drifted.last[-1]
    assert isinstance(published, Publish)
    assert published.before_write
    assert drifted.status.unverified_write == 2500
    assert drifted.status.phase is Phase.CORRECTING
    assert drifted.condition("InSync") == ("False", "Correcting")
    assert write == Write(change_of(spec()), 3.0)


def test_a_correction_counts_when_it_is_read_back(story: Begin) -> None:
    """A drift is written, read back, counted once, and announced as detected and as corrected."""
    corrected = story().due().reads(2311).writes()
    assert corrected.request == Read(plan_of(spec()), 3.0, urgent=True)
    assert corrected.status.corrections_applied == 0
    corrected.reads(2500)
    assert (corrected.status.drift_events, corrected.status.corrections_applied) == (1, 1)
    assert corrected.status.unverified_write is None
    assert corrected.condition("Ready") == ("True", "InSync")
    assert corrected.notices == ["DriftDetected", "DriftCorrected"]


def test_a_write_of_unknown_outcome_is_read_back_first(story: Begin) -> None:
    """After a write that was not answered the next request is a reading, and the value it shows decides."""
    unknown = story().due().reads(2311).may_have_written()
    assert isinstance(unknown.request, Read)
    unknown.reads(2500)
    assert unknown.status.corrections_applied == 1


def test_a_write_that_did_not_hold_is_not_repeated_at_once(story: Begin) -> None:
    """A device that does not keep what was written is reported, read at each interval, and written after a while."""
    stubborn = story(poll_interval_secs=1, timeout_secs=1).passes(2311, 2311)
    assert stubborn.condition("Ready") == ("False", "VerificationFailed")
    assert stubborn.status.corrections_applied == 0
    assert stubborn.request is None
    assert stubborn.wake == Wake(1.0, steady=True)
    assert waits(stubborn, lambda: stubborn.writes().reads(2311)) == [2, 4, 8, 16, 32, 60, 60]
    assert stubborn.status.drift_events == 1
    assert stubborn.notices == ["DriftDetected", "CorrectionFailed"]


def waits(failing: Story, fail: Callable[[], object]) -> list[int]:
    """Return the seconds that pass between a correction that failed and the next, which fails as well."""
    seconds: list[int] = []
    for _ in range(7):
        failed = failing.at - timedelta(seconds=1)
        while True:
            looked = failing.at + timedelta(seconds=1)
            if isinstance(failing.due().reads(2311).request, Write):
                break
        seconds.append(int((looked - failed).total_seconds()))
        fail()
    return seconds


def test_a_drift_that_stays_is_one(story: Begin) -> None:
    """A drift that nobody may correct is counted once however often it is seen, and says how to correct it."""
    kept = story(auto_correct=False)
    for _ in range(5):
        kept.passes(2311)
    assert kept.status.drift_events == 1
    assert kept.notices == ["DriftDetected"]
    assert kept.condition("Stalled") == ("True", "DriftDetected")
    assert "forced sync" in kept.status.message
    assert not [each for each in kept.all if isinstance(each, Write)]


def test_a_drift_that_went_by_itself_is_no_correction(story: Begin) -> None:
    """A value that returns without a write of ours ends the episode, and is not counted as a correction."""
    gone = story(auto_correct=False).passes(2311).passes(2500)
    assert gone.notices == ["DriftDetected", "DriftResolved"]
    assert gone.status.corrections_applied == 0
    gone.passes(2311)
    assert gone.status.drift_events == 2


def test_lost_contact_makes_the_value_unknown(story: Begin) -> None:
    """A PLC that does not answer is not in sync: nobody knows; it is announced once, and once that it is back."""
    lost = story().passes(2500).due().fails_to_read()
    assert lost.condition("Ready") == ("False", "ConnectionFailed")
    assert lost.condition("InSync") == ("Unknown", "ConnectionFailed")
    assert lost.status.in_sync is None
    assert lost.status.last_error == LOST.message
    assert lost.wake == Wake(5.0)
    published = len(lost.published)
    lost.due().fails_to_read(retry_after=8.0)
    assert lost.wake == Wake(8.0)
    assert len(lost.published) == published
    lost.passes(2500)
    assert lost.notices == ["ConnectionFailed", "ConnectionRestored"]
    assert lost.status.last_error is None


def test_an_open_circuit_is_not_knocked_at(story: Begin) -> None:
    """While the device's circuit is open nothing is asked of it, and the resource says why."""
    waiting = story().due(Gate(12.0, LOST.message))
    assert waiting.request is None
    assert waiting.wake == Wake(12.0)
    assert waiting.condition("Ready") == ("False", "ConnectionFailed")


def test_an_illegal_address_stalls(story: Begin) -> None:
    """An exception that will not go by itself stalls the resource, which is still looked at each interval."""
    refused = story().due().fails_to_read(BAD_ADDRESS)
    assert refused.condition("Stalled") == ("True", "DeviceException")
    assert refused.condition("InSync") == ("Unknown", "DeviceException")
    assert refused.wake == Wake(5.0, steady=True)
    refused.due().fails_to_read(BAD_ADDRESS)
    assert refused.notices == ["DeviceException"]


def test_a_busy_device_does_not_stall(story: Begin) -> None:
    """A device that is busy is asked again within the pass and at the next, and nobody is called."""
    busy = story().due()
    for pause in (0.1, 0.2, 0.4):
        busy.fails_to_read(BUSY)
        assert busy.request == Read(plan_of(spec()), 3.0, after=pause)
    busy.fails_to_read(BUSY)
    assert busy.condition("Reconciling") == ("True", "DeviceBusy")
    assert busy.notices == []


def test_a_refused_write_backs_off(story: Begin) -> None:
    """A write that the device refuses is not counted, is told once, and is tried again after a growing while."""
    refused = story().due().reads(2311).fails_to_write(BAD_ADDRESS)
    assert refused.condition("Ready") == ("False", "WriteRefused")
    assert refused.condition("InSync") == ("False", "WriteRefused")
    assert refused.status.unverified_write is None
    assert refused.notices == ["DriftDetected", "CorrectionFailed"]
    assert waits(refused, lambda: refused.fails_to_write(BAD_ADDRESS)) == [2, 4, 8, 16, 32, 60, 60]
    assert refused.status.drift_events == 1
    assert refused.notices == ["DriftDetected", "CorrectionFailed"]


def test_a_write_that_was_never_sent(story: Begin) -> None:
    """A write for which no connection could be made leaves no trace but the lost contact."""
    unsent = story().due().reads(2311).fails_to_write(LOST)
    assert unsent.condition("Ready") == ("False", "ConnectionFailed")
    assert unsent.status.unverified_write is None


def test_contact_lost_before_the_read_back_leaves_it_open(story: Begin) -> None:
    """A write whose reading back failed stays unproven until a later reading proves it."""
    unsure = story().due().reads(2311).writes().fails_to_read()
    assert unsure.status.unverified_write == 2500
    assert unsure.status.corrections_applied == 0
    unsure.passes(2500)
    assert unsure.status.corrections_applied == 1
    assert unsure.notices == ["DriftDetected", "ConnectionFailed", "ConnectionRestored", "DriftCorrected"]


def test_a_crash_between_write_and_read_back(story: Begin) -> None:
    """A controller that starts from a status with a write on its way takes the next reading for the proof."""
    crashed = story().due().reads(2311)
    revived = Story().declare(spec(), status=crashed.status).passes(2500)
    assert (revived.status.drift_events, revived.status.corrections_applied) == (1, 1)
    assert revived.notices == ["DriftCorrected"]


def test_a_restart_goes_on_from_the_status(story: Begin) -> None:
    """After a restart counters go on, a drift that stays is the same one, and what is unchanged is not published."""
    before = story(auto_correct=False).passes(2311)
    after = Story().declare(spec(auto_correct=False), status=before.status).passes(2311)
    assert after.status.drift_events == 1
    assert after.notices == []
    assert after.published == []


def test_suspended_is_left_alone(story: Begin) -> None:
    """A suspended resource is neither read nor written, nor woken, and says so."""
    resting = story(suspend=True)
    assert resting.condition("Ready") == ("Unknown", "Suspended")
    assert resting.wake == Wake(None)
    assert resting.due().request is None


def test_suspending_stops_a_correction_that_has_not_been_sent(story: Begin) -> None:
    """A write that waits for its turn is no longer wanted once the resource is suspended."""
    waiting = story().due().reads(2311)
    change = change_of(spec())
    assert still_wanted(waiting.state, change, waiting.at)
    waiting.declare(spec(suspend=True))
    assert not still_wanted(waiting.state, change, waiting.at)
    waiting.tell(WriteWithdrawn(waiting.at, change))
    assert waiting.state.stage is Stage.IDLE
    assert waiting.status.unverified_write is None
    assert waiting.wake == Wake(None)


def test_switching_correction_off_stops_a_correction_that_has_not_been_sent(story: Begin) -> None:
    """A write that waits for its turn is no longer wanted once autoCorrect is false."""
    waiting = story().due().reads(2311).declare(spec(auto_correct=False))
    assert not still_wanted(waiting.state, change_of(spec()), waiting.at)


def test_a_suspended_pass_is_dropped(story: Begin) -> None:
    """A reading that comes back after the resource was suspended leads to no write."""
    overtaken = story().due()
    overtaken.declare(spec(suspend=True)).reads(2311)
    assert overtaken.request is None
    assert overtaken.status.drift_events == 0


def test_a_write_in_hand_while_suspended_is_proven_later(story: Begin) -> None:
    """A write that was sent before the resource was suspended is proven by the first reading after it is resumed."""
    sent = story().due().reads(2311).declare(spec(suspend=True)).writes()
    assert sent.request is None
    sent.declare(spec()).passes(2500)
    assert sent.status.corrections_applied == 1


def test_removed_is_final(story: Begin) -> None:
    """Whatever comes after a resource is gone leads to nothing."""
    gone = story().due().tell(Removed(START))
    assert gone.wake == Wake(None)
    assert gone.reads(2311).last == ()
    assert not still_wanted(gone.state, change_of(spec()), gone.at)


def test_an_invalid_spec_says_what_is_wrong(story: Begin) -> None:
    """A spec that does not parse stalls its resource with the reason, and stops the polling."""
    invalid = story().passes(2500).declare(None, problem="spec.port is 0: too small")
    assert invalid.condition("Stalled") == ("True", "InvalidSpec")
    assert "spec.port is 0" in invalid.status.message
    assert invalid.wake == Wake(None)
    assert invalid.due().request is None
    assert invalid.notices == ["InvalidSpec"]


def test_a_new_target_is_looked_at_now(story: Begin) -> None:
    """A changed target is looked at at once, and the status goes on saying the old generation until it was."""
    changed = story().passes(2500).declare(spec(target_value=3000))
    assert changed.wake == Wake(0.0)
    assert changed.status.observed_generation == 1
    changed.passes(2500, 3000)
    assert changed.status.observed_generation == 2
    assert changed.status.current_value == 3000


def test_a_target_changed_during_a_write(story: Begin) -> None:
    """A write of the old target that was already sent is proven as such; then the new target is written."""
    changed = story().due().reads(2311)
    old = change_of(changed.spec)
    changed.declare(spec(target_value=3000)).tell(WriteDone(changed.at, old)).reads(2500)
    assert changed.status.corrections_applied == 1
    assert changed.wake == Wake(0.0)
    assert changed.due().reads(2500).request == Write(change_of(spec(target_value=3000)), 3.0)


def test_another_register_forgets_what_was_known(story: Begin) -> None:
    """A spec that names another register begins anew; a reading of the old register says nothing."""
    moved = story().due().declare(spec(target_register=7))
    old = plan_of(spec())
    moved.tell(ReadDone(moved.at, old, (9,)))
    assert moved.request is None
    assert moved.status.drift_events == 0
    assert moved.wake == Wake(0.0)


@pytest.mark.parametrize("event", [WriteDone, WriteUnknown])
def test_a_write_to_a_register_that_is_no_longer_named(story: Begin, event: type) -> None:
    """A write to a register that the spec has left is not read back at the new one."""
    moved = story().due().reads(2311)
    old = change_of(moved.spec)
    moved.declare(spec(target_register=7))
    moved.tell(event(moved.at, old) if event is WriteDone else event(moved.at, old, LOST))
    assert moved.request is None
    assert moved.status.corrections_applied == 0


def test_a_refused_write_to_a_register_that_is_no_longer_named(story: Begin) -> None:
    """A refusal that concerns the old register is not held against the new one."""
    moved = story().due().reads(2311)
    old = change_of(moved.spec)
    moved.declare(spec(target_register=7)).tell(WriteFailed(moved.at, old, BAD_ADDRESS))
    assert moved.condition("Ready") == ("Unknown", "Pending")


def test_what_is_not_in_the_table_changes_nothing(story: Begin) -> None:
    """An event that meets a stage it does not belong to came too late, and changes nothing."""
    for stage in (Stage.IDLE, Stage.READING, Stage.WRITING):
        told = story()
        if stage is not Stage.IDLE:
            told.due()
        if stage is Stage.WRITING:
            told.reads(2311)
        events = (
            Due(told.at, Gate()),
            ReadDone(told.at, plan_of(told.spec), (1,)),
            WriteDone(told.at, change_of(told.spec)),
            WriteUnknown(told.at, change_of(told.spec), LOST),
            WriteFailed(told.at, change_of(told.spec), LOST),
            WriteWithdrawn(told.at, change_of(told.spec)),
        )
        for event in events:
            if (stage, type(event)) not in TABLE:
                assert step(told.state, event) == (told.state, ())


def test_an_episode_outlives_a_spec_that_did_not_parse(story: Begin) -> None:
    """A spec that is broken and mended during a drift does not make the drift count twice."""
    mended = story(auto_correct=False).passes(2311).declare(None, problem="bad").declare(spec(auto_correct=False))
    mended.passes(2311)
    assert mended.status.drift_events == 1


def test_a_value_that_wanders_is_told_now_and_then(story: Begin) -> None:
    """A drift that is left alone and shows another value at each poll is published every half minute, not each time."""
    wandering = story(auto_correct=False).passes(2311)
    told = len(wandering.published)
    for value in range(2312, 2330):
        wandering.passes(value)
    assert len(wandering.published) == told + 1
    assert wandering.status.drift_events == 1


@pytest.mark.parametrize("writing", [False, True])
def test_a_pass_that_died_is_begun_anew(story: Begin, writing: bool) -> None:
    """When it is time again although a pass never ended, it is begun anew with a reading, and nothing is lost."""
    died = story().due()
    if writing:
        died.reads(2311)
    died.due()
    assert isinstance(died.request, Read)
    died.reads(2500)
    assert died.status.in_sync
    assert died.status.corrections_applied == int(writing)


def test_another_register_named_while_suspended_inherits_nothing(story: Begin) -> None:
    """A write to one register is not proven by another that was named while the resource was suspended."""
    moved = story().due().reads(2311)
    sent = change_of(moved.spec)
    moved.declare(spec(suspend=True)).tell(WriteDone(moved.at, sent))
    moved.declare(spec(suspend=True, target_register=7)).declare(spec(target_register=7)).passes(2500)
    assert moved.status.corrections_applied == 0
    assert moved.status.in_sync


def test_neighbours_on_a_dead_device_do_not_take_turns_in_the_status(story: Begin) -> None:
    """A resource whose contact is lost keeps its own reason when a neighbour's failure holds the circuit open."""
    lost = story().due().fails_to_read()
    published = len(lost.published)
    lost.due(Gate(8.0, "another reason"))
    assert len(lost.published) == published


@pytest.mark.parametrize("failure", [LOST, BAD_ADDRESS])
def test_a_correction_that_is_found_to_have_failed_later_is_told(story: Begin, failure: Failure) -> None:
    """A write whose reading back failed, and whose value turns out to differ, is announced as a failed correction."""
    unsure = story().due().reads(2311).writes().fails_to_read(failure).passes(2311)
    assert unsure.condition("Ready") == ("False", "VerificationFailed")
    assert unsure.notices.count("CorrectionFailed") == 1
    unsure.passes(2311, 2311)
    assert unsure.notices.count("CorrectionFailed") == 1
