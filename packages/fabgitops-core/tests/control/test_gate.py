"""A PLC that a rollout leads: held at what it was released to, released by a permit, and put back."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.api.plc.release import ReleaseStatus
from fabgitops_core.api.setpoint.marks import PERMIT
from fabgitops_core.api.setpoint.permits import MANUAL, Permit
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Declared, Led, SyncRequest
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.members import Facts, Leading, Standing
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.gate.facts import facts
from fabgitops_core.control.plc.guards.guard import snapshot
from fabgitops_core.control.plc.guards.release import by_release

from .conftest import Story
from .mapping import HOLDING, REMOTE, SPEED, TORQUE, spec

LEADER = Leading("line-a", "u-line-a", "wave 2 of 4")
OTHER = Leading("line-b", "u-line-b")
RESET = {"name": "reset", "address": 0, "value": 1, "write": {"verify": False}}
SHUT = {"correction": {"windows": [{"type": "deny", "schedule": "* * * * *", "duration": "5m"}]}}


@dataclass
class Fleet:
    """One PLC, who leads it, and what is permitted; the device holds what Git wanted at first."""

    story: Story = field(default_factory=lambda: Story(pace=0.1))
    by: tuple[Leading, ...] = (LEADER,)
    permit: str = ""

    def declare(self, wanted: IndustrialPLCSpec, *, same: bool = False, **more: Any) -> "Fleet":
        """Declare the PLC as it is led and permitted now."""
        story = self.story
        story.generation += 0 if same or story.state.generation < 0 else 1
        annotations = {PERMIT: self.permit} if self.permit else {}
        event: Declared[Any, Any] = Declared(
            story.at, story.generation, wanted, annotations=annotations, led_by=self.by, uid="u-plc", **more
        )
        story.tell(event)
        return self

    def permits(self, hash_: str = "", round_: int = 1, uid: str = LEADER.uid, restore: bool = False) -> "Fleet":
        """Give a permit, for what Git wants now unless told otherwise."""
        what = hash_ or (self.release.released if restore else self.release.wanted)
        self.permit = f"{uid}/{round_}/{what}" + ("/restore" if restore else "")
        return self.declare(self.story.spec, same=True)

    def polled(self, times: int = 1) -> "Fleet":
        """Look so many times."""
        for _ in range(times):
            self.story.polled(after=60)
        return self

    def led(self, *by: Leading) -> "Fleet":
        """Let others lead it."""
        self.by = by
        self.story.tell(Led(self.story.at, by))
        return self

    def restarted(self) -> "Fleet":
        """Let another process go on with what was published last."""
        said = IndustrialPLCStatus.model_validate_json(self.story.published[-1].model_dump_json(by_alias=True))
        wanted, device = self.story.spec, self.story.device
        fresh = Fleet(Story(generation=self.story.generation, at=self.story.at, device=device, pace=0.1), self.by)
        fresh.permit = self.permit
        return fresh.declare(wanted, same=True, status=said)

    def holds(self, address: int, unit: int = 1) -> int:
        """Return what a register of the device holds."""
        return self.story.device.memory[unit, HOLDING, address]

    @property
    def writes(self) -> list[tuple[int, int]]:
        """Return address and first word of all that was written."""
        return [(each.address, each.values[0]) for each in self.story.device.writes]

    @property
    def release(self) -> ReleaseStatus:
        """Return what the status says of what is released."""
        assert self.story.status.release is not None
        return self.story.status.release

    @property
    def released(self) -> tuple[str, str, str]:
        """Return the condition Released."""
        found = next(each for each in self.story.status.conditions if each.type == "Released")
        return found.status.value, found.reason, found.message

    @property
    def facts(self) -> Facts:
        """Return what who leads it knows."""
        found = facts(self.story.state)
        assert found is not None
        return found


def fleet(*registers: dict[str, Any], **more: Any) -> Fleet:
    """Return a PLC whose device holds what Git wants, looked at once."""
    found, given = Fleet(), registers or (SPEED, TORQUE)
    for each in given:
        found.story.device.holding(each["address"], each["value"], unit=each.get("unitId", 1))
    return found.declare(spec(*given, **more)).polled(2)


def test_what_holds_what_git_wants_is_released() -> None:
    """A PLC that is selected while it is in sync may hold what it holds, and nothing is written."""
    plc = fleet()
    assert plc.released[:2] == ("True", "Released")
    assert plc.story.condition("Ready") == ("True", "InSync")
    assert plc.release.released == plc.release.wanted != ""
    assert {Standing.GATED, Standing.IN_SYNC, Standing.PROVEN, Standing.REACHABLE} <= set(plc.facts.standing)
    assert plc.writes == []


def test_an_edit_is_held() -> None:
    """What Git changes is not written; the PLC is Ready at what it had, and says what it wants and waits for."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled(3)
    assert plc.writes == []
    assert plc.story.condition("Ready") == ("True", "InSync")
    status, reason, message = plc.released
    assert (status, reason) == ("False", "HeldByRollout")
    assert "wants speed 7, holds 5" in message
    assert "wave 2 of 4" in message
    assert plc.story.register("speed").pending == "7"
    assert "and not yet what Git wants" in plc.story.status.message
    assert plc.facts.wanted != plc.facts.released


def test_drift_of_what_is_held_is_corrected_to_what_was_released() -> None:
    """A held PLC is still looked after: it is put back to what it may hold, not to what Git wants; so by force, too."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    plc.story.device.holding(10, 99)
    plc.story.polled(after=60, until=Write)
    assert "speed (holding register 10) holds 99, it was released to 5" in plc.story.status.message
    while plc.story.request is not None:
        plc.story.answered()
    plc.polled()
    assert plc.writes == [(10, 5)]
    plc.story.device.holding(10, 98)
    plc.declare(plc.story.spec, same=True, request=SyncRequest("now", force=True)).polled(2)
    assert plc.writes == [(10, 5), (10, 5)]


def test_a_permit_lets_go_once_what_was_held_is_stored() -> None:
    """With a permit for just these words the PLC is written; what it held before is in the record of that write."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    before = len(plc.story.published)
    plc.permits().story.polled(after=60, until=Write)
    recorded = IndustrialPLCStatus.model_validate(plc.story.published[-1])
    assert len(plc.story.published) > before
    assert next(each.previous for each in recorded.registers if each.name == "speed") == "0x0005"
    assert Standing.PROVEN not in plc.facts.standing
    while plc.story.request is not None:
        plc.story.answered()
    plc.polled()
    assert plc.writes == [(10, 7)]
    assert plc.released[:2] == ("True", "Released")
    assert Standing.PROVEN in plc.facts.standing
    assert plc.story.register("torque").previous is None, "it is not changed"
    assert plc.facts.round == 1


ODD_TURNS = [f"u-line-a/1/{{0}}/{turn}" for turn in ("0", "1", "02", "-2", "9" * 30, "back")]


@pytest.mark.parametrize(
    "text", ["nonsense", "u-line-a/1", "u-line-a/x/{0}", "u-line-b/1/{0}", "u-line-a/1/feed", *ODD_TURNS]
)
def test_a_permit_for_anything_else_allows_nothing(text: str) -> None:
    """A permit of another rollout, for other words, or that is none, writes nothing."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    plc.permit = text.format(plc.release.wanted)
    plc.declare(plc.story.spec, same=True).polled(2)
    assert plc.writes == []
    assert plc.released[0] == "False"


@pytest.mark.parametrize("round_", ["9" * 5000, "9" * 30, "1000000000", "01"])
@pytest.mark.parametrize("uid", ["u-line-a", "manual"])
def test_a_permit_with_an_odd_round_is_none(round_: str, uid: str) -> None:
    """A round that no status could hold, or that is not written as it would be, lets nothing go, and ends nothing."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    plc.permit = f"{uid}/{round_}/{plc.release.wanted}"
    plc.declare(plc.story.spec, same=True).polled(2)
    assert plc.writes == []
    assert (plc.release.permit, plc.release.round) == ("", 0)


def test_a_permit_holds_for_the_words_of_its_time() -> None:
    """An edit after a permit waits for another one; what was permitted and not written yet is not written any more."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits()
    plc.declare(spec({**SPEED, "value": 8}, TORQUE)).polled(3)
    assert plc.writes == []
    assert plc.released[1] == "HeldByRollout"


@pytest.mark.parametrize("crash", [False, True])
def test_a_permit_that_was_for_other_words_in_between_is_spent(crash: bool) -> None:
    """Git gives up what was let go and not written, and wants it once more: it waits for its wave as before."""
    seven = ({**SPEED, "value": 7}, TORQUE)
    plc = fleet().declare(spec(*seven, **SHUT)).polled().permits().polled(2)
    plc.declare(spec(SPEED, TORQUE)).polled(2)
    plc = plc.restarted() if crash else plc
    plc.declare(spec(*seven)).polled(3)
    assert (plc.writes, plc.released[1]) == ([], "HeldByRollout")
    assert plc.facts.spent == plc.permit
    plc.permit = str(Permit(LEADER.uid, 1, plc.release.wanted).after(plc.facts.spent))
    plc.declare(spec(*seven), same=True).polled(2)
    assert plc.writes == [(10, 7)]
    assert plc.facts.spent == ""


@pytest.mark.parametrize("uid", [LEADER.uid, "manual"])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_permit_from_before_it_was_led_is_spent(uid: str, at_once: bool) -> None:
    """A PLC whose label is taken off and put on again is not let go by what it was permitted then."""
    seven = spec({**SPEED, "value": 7}, TORQUE)
    plc = fleet().declare(seven).polled().permits(uid=uid).polled(2).led()
    plc.declare(spec({**SPEED, "value": 9}, TORQUE)).polled(2)
    plc.by = (LEADER,)
    if not at_once:
        plc.led(LEADER).polled(2)
    plc.declare(seven).polled(3)
    assert plc.writes == [(10, 7), (10, 9)]
    assert plc.released[0] == "False"


def test_what_was_released_is_put_back_to_what_was_read() -> None:
    """A restore writes what the device held before, proves it, and leaves the revision held."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, {**TORQUE, "value": 9})).polled().permits().polled(2)
    assert plc.writes == [(10, 7), (11, 9)] or plc.writes == [(10, 7)]
    plc.permits(restore=True).polled(2)
    assert (plc.holds(10), plc.holds(11)) == (5, 6)
    assert plc.released[:2] == ("False", "RolledBack")
    assert {Standing.RESTORED, Standing.PROVEN} <= set(plc.facts.standing)
    assert plc.story.condition("Ready") == ("True", "InSync")
    plc.polled(2)
    assert (plc.holds(10), plc.holds(11)) == (5, 6)


def test_what_is_not_changed_is_not_put_back() -> None:
    """A register that the change leaves as it is goes on being held at its value, whatever it drifted to."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    plc.story.device.holding(11, 99)
    plc.permits().polled(2).permits(restore=True).polled(2)
    assert (plc.holds(10), plc.holds(11)) == (5, 6)


@pytest.mark.parametrize("at", range(1, 14))
def test_a_restart_goes_on_where_it_stopped(at: int) -> None:
    """Killed after any step of release and restore, another process comes to the same end, and stores no new past."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits()
    steps = 0

    def go(plc: Fleet) -> Fleet:
        nonlocal steps
        for _ in range(2):
            plc.story.at = plc.story.at.replace(microsecond=0)
            plc.story.due()
            while plc.story.request is not None:
                steps += 1
                if steps == at:
                    return plc.restarted().polled(2)
                plc.story.answered()
        return plc

    plc = go(plc)
    assert plc.holds(10) == 7
    assert plc.story.register("speed").previous == "0x0005"
    plc = go(plc.permits(restore=True))
    assert plc.holds(10) == 5


def test_a_later_revision_of_the_same_round_keeps_the_oldest_words() -> None:
    """Superseded in mid-flight, what is put back is what stood there before the first of both; a new round is new."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits().polled(2)
    plc.declare(spec({**SPEED, "value": 8}, TORQUE)).polled().permits().polled(2)
    assert plc.story.register("speed").previous == "0x0005"
    plc.permits(restore=True).polled(2)
    assert plc.holds(10) == 5
    plc.permits(round_=2).polled(2)
    plc.declare(spec({**SPEED, "value": 9}, TORQUE)).polled().permits(round_=3).polled(2)
    assert plc.story.register("speed").previous == "0x0008"


def test_a_restore_of_another_round_or_other_words_does_nothing() -> None:
    """Only what was released in this round is put back, and only if that is what is released now."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits().polled(2)
    plc.permits(round_=2, restore=True).polled(2)
    plc.permits(hash_="0123456789abcdef", restore=True).polled(2)
    assert plc.writes == [(10, 7)]


def test_two_rollouts_release_nothing() -> None:
    """While two select it the PLC holds what it has, says so, and no permit of either counts."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().led(LEADER, OTHER)
    plc.permits().polled(2)
    assert plc.released[1] == "Overlap"
    assert "line-a and line-b" in plc.released[2]
    assert plc.writes == []
    plc.led(LEADER).polled(2)
    assert plc.writes == [(10, 7)]


def test_a_rollout_that_is_gone_releases_nothing() -> None:
    """Deleted in mid-flight, what is held stays held, also over a restart, until somebody releases it by hand."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().led().polled(2)
    assert plc.released[:2] == ("False", "RolloutGone")
    plc = plc.restarted().polled(2)
    assert plc.writes == []
    plc.permits(uid="manual", round_=0).polled(2)
    assert plc.writes == [(10, 7)]
    assert plc.story.status.release is None
    assert plc.story.register("speed").released is None
    assert "Released" not in {each.type for each in plc.story.status.conditions}


def test_nobody_leads_and_nothing_is_held() -> None:
    """Without a rollout a PLC follows Git, as one does whose rollout is gone when nothing waited."""
    plc = Fleet(by=())
    plc.declare(spec(SPEED, TORQUE)).polled(2)
    assert plc.story.status.release is None
    led = fleet().led().declare(spec({**SPEED, "value": 7}, TORQUE)).polled(3)
    assert led.story.status.release is None
    assert led.writes == [(10, 7)]


def test_one_that_is_not_in_sync_when_it_is_selected_waits() -> None:
    """Selected while it holds something else it is only looked at: neither written nor an alarm, until its wave."""
    plc = Fleet()
    plc.story.device.holding(10, 3).holding(11, 6)
    plc.declare(spec(SPEED, TORQUE)).polled(3)
    assert plc.writes == []
    assert plc.story.condition("Ready") == ("True", "InSync")
    assert "wants speed 5, holds what it holds" in plc.released[2]
    plc.permits().polled(2)
    assert plc.writes == [(10, 5)]
    assert plc.story.register("speed").previous == "0x0003"


def test_a_command_waits_for_its_wave_and_is_not_taken_back() -> None:
    """A command is not given before it is released, is given once then, and no restore gives it again."""
    plc = fleet(SPEED)
    plc.declare(spec(RESET, SPEED)).polled(3)
    assert plc.writes == []
    assert plc.story.condition("Ready") == ("True", "InSync")
    plc.permits().polled(3)
    assert plc.writes == [(0, 1)]
    plc.permits(restore=True).polled(3)
    assert plc.writes == [(0, 1)]


def test_a_change_of_nothing_but_a_command_is_proven_to_be_back() -> None:
    """What is put back of it needs no write, and is read back all the same: nobody waits for that without end."""
    plc = fleet(SPEED).declare(spec(RESET, SPEED)).polled(2).permits().polled(2)
    reads = len(plc.story.device.reads)
    plc.permits(restore=True).polled()
    assert plc.facts.standing & (Standing.PROVEN | Standing.RESTORED) == Standing.PROVEN | Standing.RESTORED
    assert len(plc.story.device.reads) == reads + 1
    plc.polled(3)
    assert plc.writes == [(0, 1)]


@pytest.mark.parametrize("crash", [False, True])
def test_a_command_that_was_let_go_and_not_given_is_not_given_after_a_restore(crash: bool) -> None:
    """A guard held it until the change was put back: when the guard is gone the command stays away."""
    plc = fleet(SPEED).declare(spec(RESET, {**SPEED, "value": 7}, **SHUT)).polled(3).permits().polled(3)
    plc.permits(restore=True).polled(3)
    plc = plc.restarted() if crash else plc
    plc.declare(spec(RESET, {**SPEED, "value": 7})).polled(3)
    assert plc.writes == []
    assert plc.released[:2] == ("False", "RolledBack")
    assert plc.story.register("reset").pending == "1"


def test_a_command_that_git_has_given_up_before_it_was_given_waits_for_another_permit() -> None:
    """A guard held it until Git wanted another: wanted once more, it waits for its wave as any change does."""
    plc = fleet(SPEED).declare(spec(RESET, SPEED, **SHUT)).polled(3).permits().polled(3)
    plc.declare(spec({**RESET, "value": 0}, SPEED)).polled(3)
    plc.permit = ""
    plc.declare(spec(RESET, SPEED)).polled(3)
    assert plc.writes == []
    plc.permits(round_=2).polled(3)
    assert plc.writes == [(0, 1)]


def test_what_stood_there_within_its_tolerance_is_put_back_to_the_word() -> None:
    """What is put back is what was read, not what Git had said of it, where both mean the same."""
    near = {**SPEED, "value": 50, "tolerance": 2}
    plc = fleet(near, TORQUE)
    plc.story.device.holding(10, 51)
    plc.polled(2).declare(spec({**near, "value": 70}, TORQUE)).polled().permits().polled(2)
    plc.permits(restore=True).polled(2)
    assert plc.writes == [(10, 70), (10, 51)]


def test_a_knob_that_is_turned_at_the_permit_is_not_what_is_put_back() -> None:
    """What is put back is what was proven, not what stood there for the moment in which it was let go."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    plc.story.device.holding(10, 77)
    plc.permits().polled(2).permits(restore=True).polled(2)
    assert plc.writes == [(10, 7), (10, 5)]


def test_what_could_not_be_read_is_not_put_back_by_guess() -> None:
    """A register of a unit that is away keeps what it was released to before; what was read is put back."""
    plc = fleet(SPEED, REMOTE)
    plc.declare(spec({**SPEED, "value": 7}, {**REMOTE, "value": 3})).polled()
    plc.story.device.away = {2}
    plc.permits().polled(2)
    plc.permits(restore=True)
    plc.story.device.away = set()
    plc.polled(3)
    assert (plc.holds(10), plc.holds(5, unit=2)) == (5, 1)


def test_another_name_before_it_was_read_changes_nothing() -> None:
    """A register that is renamed between its permit and the next look is read before it is written, and proven."""
    plc = Fleet()
    plc.story.device.holding(10, 3)
    plc.story.device.holding(11, 6)
    plc.declare(spec(SPEED, TORQUE)).polled(2)
    plc.story.device.away = {1}
    plc.polled().permits().declare(spec({**SPEED, "name": "rpm"}, TORQUE))
    plc.story.device.away = set()
    plc.polled(3)
    assert (plc.holds(10), plc.facts.standing & Standing.PROVEN) == (5, Standing.PROVEN)
    assert plc.story.register("rpm").previous == "0x0003"
    plc.permits(restore=True).polled(2)
    assert plc.holds(10) == 3


def test_a_register_without_a_value_is_not_put_back_when_it_has_one_again() -> None:
    """What Git did not want held when the change was put back is only looked at until its next wave."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits().polled(2)
    observed = {"name": "speed", "address": 10}
    plc.declare(spec(observed, {**TORQUE, "value": 9})).polled(2).permits().polled(2)
    plc.permits(restore=True).polled(2)
    assert plc.writes == [(10, 7), (11, 9), (11, 6)]
    plc.declare(spec({**SPEED, "value": 8}, {**TORQUE, "value": 9})).polled(3)
    assert plc.writes == [(10, 7), (11, 9), (11, 6)]
    assert plc.released[0] == "False"


def test_another_tolerance_or_interval_needs_no_permit() -> None:
    """The words that are permitted are endpoint, place and value; what else is edited is in force at once."""
    plc = fleet().declare(spec({**SPEED, "tolerance": 2}, TORQUE, pollIntervalSecs=9)).polled(2)
    assert plc.released[:2] == ("True", "Released")
    plc.story.device.holding(10, 6)
    plc.polled(2)
    assert plc.writes == []


def test_another_place_is_another_register() -> None:
    """A register that moves to another address is not written there before it is released."""
    plc = fleet().declare(spec({**SPEED, "address": 20}, TORQUE)).polled(3)
    assert plc.writes == []
    assert plc.released[0] == "False"


def test_a_drift_after_the_proof_is_counted() -> None:
    """Who leads it is told how often it was corrected since it was proven."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits().polled(2)
    assert plc.facts.corrections == 0
    for count in (1, 2):
        plc.story.device.holding(10, 99)
        plc.polled(2)
        assert plc.facts.corrections == count


def test_where_it_stands_in_the_plan_is_told_when_it_changes() -> None:
    """Another place in the plan is in the message, and nothing is looked at or written for it."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    reads = len(plc.story.device.reads)
    plc.led(LEADER._replace(place="wave 3 of 4"))
    assert "wave 3 of 4" in plc.released[2]
    assert "wave 3 of 4" in str(plc.story.published[-1])
    assert len(plc.story.device.reads) == reads
    assert plc.story.wake is None


@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("restore", [False, True])
def test_a_word_in_the_middle_of_a_pass_is_not_lost(steps: int, restore: bool) -> None:
    """A permit, or a restore, that comes while the device is read or written is acted on, and stays acted on."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    if restore:
        plc.permits().polled(2)
    plc.story.device.holding(11, 99)
    plc.story.due()
    for _ in range(steps):
        if plc.story.request is not None:
            plc.story.answered()
    under_way = plc.story.request
    plc.permits(restore=restore)
    if under_way is not None:
        plc.story.tell(plc.story.device.answer(plc.story.at, under_way))
        while plc.story.request is not None:
            plc.story.answered()
    plc.polled()
    for each in (plc, plc.restarted()):
        each.polled(2)
        assert (each.holds(10), each.holds(11)) == (5 if restore else 7, 6)
        assert each.released[1] == ("RolledBack" if restore else "Released")
        assert each.story.register("speed").released == ("0x0005" if restore else "0x0007")


@pytest.mark.parametrize("holds", ["away", "window", "nothing"])
@pytest.mark.parametrize("crash", [False, True])
def test_what_git_has_given_up_is_not_written_late(holds: str, crash: bool) -> None:
    """Released, and kept from being written until Git wants something else: the PLC goes on holding what it held."""
    guarded = SHUT if holds == "window" else {}
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE, **guarded)).polled()
    plc.story.device.away = {1} if holds == "away" else set()
    plc.permits().polled(2)
    plc.story.device.away = set()
    plc = plc.restarted() if crash else plc
    plc.declare(spec({**SPEED, "value": 9}, TORQUE)).polled(3)
    assert plc.holds(10) == (7 if holds == "nothing" else 5)
    assert plc.writes == ([(10, 7)] if holds == "nothing" else [])
    plc.permits().polled(2)
    assert plc.holds(10) == 9
    assert plc.story.register("speed").previous == "0x0005"


def test_given_up_again_and_again_it_holds_what_it_held() -> None:
    """However often Git changes its mind before a PLC was written, it goes on being held at what it held."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    for value in (8, 9):
        plc.story.device.away = {1}
        plc.permits().polled()
        plc.declare(spec({**SPEED, "value": value}, TORQUE)).polled()
        plc.declare(spec({**SPEED, "value": value + 10}, TORQUE)).polled()
    plc.story.device.away = set()
    plc.story.device.holding(10, 77)
    plc.polled(3)
    assert plc.writes == [(10, 5)]


def test_given_up_after_an_earlier_revision_was_written_it_is_left_as_it_is() -> None:
    """Of two revisions of a round the first was written, the second not: a third writes nothing without a permit.

    What was written is what is held, whatever it drifts to.
    """
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits().polled(2)
    plc.declare(spec({**SPEED, "value": 8}, TORQUE)).polled().permits()
    plc.declare(spec({**SPEED, "value": 9}, TORQUE)).polled(3)
    assert plc.writes == [(10, 7)]
    plc.story.device.holding(10, 77)
    plc.polled(3)
    assert plc.writes == [(10, 7), (10, 7)]
    plc.permits().polled(2)
    assert plc.writes == [(10, 7), (10, 7), (10, 9)]
    plc.permits(restore=True).polled(2)
    assert plc.holds(10) == 5


def test_a_reading_that_is_refused_is_no_failure_of_the_change() -> None:
    """A device that answers a poll with an exception is not in sync, and has not failed: it may answer the next."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits().polled(2)
    plc.story.device.refuses = {(1, HOLDING, 11): 0x04}
    plc.polled()
    assert plc.story.condition("Ready") == ("False", "DeviceException")
    assert not plc.facts.standing & (Standing.FAILED | Standing.IN_SYNC)
    plc.story.device.refuses = {}
    plc.polled(2)
    assert plc.facts.standing & Standing.IN_SYNC


@pytest.mark.parametrize("mode", [{"autoCorrect": False}, {"correction": {"mode": "Observe"}}, {"suspend": True}])
def test_what_may_not_be_written_is_no_part_of_a_change(mode: dict[str, Any]) -> None:
    """A PLC that is only looked at fails no change and holds none up; it is shown at what it was released to."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE, **mode)).polled(2)
    assert plc.facts.standing & Standing.SUSPENDED
    assert not plc.facts.standing & Standing.FAILED
    assert plc.released[:2] == ("False", "HeldByRollout")


@pytest.mark.parametrize("spoilt", ["no hex", "0x", "0x00050005", "0xZZZZ"])
def test_words_that_somebody_has_put_into_the_status_are_none(spoilt: str) -> None:
    """A status in which nobody knows what stood there keeps the PLC held, and neither ends a pass nor is written."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled().permits()
    said = plc.story.published[-1]
    forged = {"released": "0x0007", "previous": spoilt, "replaced": spoilt}
    registers = [{**each.model_dump(by_alias=True), "release": forged} for each in said.registers]
    status = IndustrialPLCStatus.model_validate({**said.model_dump(by_alias=True), "registers": registers})
    fresh = Fleet(Story(generation=plc.story.generation, at=plc.story.at, device=plc.story.device, pace=0.1), plc.by)
    fresh.permit = plc.permit
    fresh.declare(plc.story.spec, same=True, status=status).polled(2)
    fresh.permits(restore=True).polled(2)
    assert fresh.holds(10) in {5, 7}
    assert fresh.holds(11) == 6


def test_what_was_not_released_is_not_written_whatever_the_map_says() -> None:
    """The guard has the last word: a map that wants what Git wants lets no register go that a rollout holds."""
    plc = fleet().declare(spec({**SPEED, "value": 7}, TORQUE)).polled()
    forged = plc.story.state._replace(map=plc.story.state.git)
    held = by_release(snapshot(forged, plc.story.at), forged.map.points[0])
    assert held is not None
    assert held.reason is HoldReason.ROLLOUT
    assert by_release(snapshot(forged, plc.story.at), forged.map.points[1]) is None


ELSEWHERE: dict[str, Any] = {
    "name": "room",
    "address": 10,
    "scale": 0.1,
    "value": 21.3,
    "readFrom": {"table": "input", "address": 50, "type": "int16", "scale": 0.1},
}
COARSE = {**ELSEWHERE, "tolerance": 0.5, "readFrom": {"table": "input", "address": 50, "type": "int16"}}


def elsewhere(register: dict[str, Any], shows: int, step: int = 1) -> Fleet:
    """Return a PLC that shows at input register 50, in such steps, what is written to holding register 10."""
    found = Fleet()
    found.story.device.memory[1, Table.INPUT, 50] = shows
    found.story.device.elsewhere = lambda change: {(1, Table.INPUT, 50): change.values[0] // step}
    return found.declare(spec(register)).polled(2)


def test_what_is_read_elsewhere_is_put_back_as_it_is_written() -> None:
    """What is kept of what it held are the words to write: a hand's value in tenths comes back as tenths."""
    plc = elsewhere(ELSEWHERE, 198).declare(spec({**ELSEWHERE, "value": 22.5})).polled().permits().polled(2)
    assert plc.writes == [(10, 225)]
    assert plc.story.register("room").previous == "0x00C6"
    plc.permits(restore=True).polled(2)
    assert plc.writes == [(10, 225), (10, 198)]
    assert plc.story.condition("Ready") == ("True", "InSync")


def test_what_was_proven_is_put_back_to_the_last_digit() -> None:
    """Read in whole degrees, 21.3 comes back as 21.3 and not as 21; 21.4 beside it waits for a permit like any edit."""
    plc = elsewhere(COARSE, 21, step=10).declare(spec({**COARSE, "value": 21.4})).polled(2)
    assert plc.writes == []
    assert plc.released[:2] == ("False", "HeldByRollout")
    plc.declare(spec({**COARSE, "value": 25})).polled().permits().polled(2)
    assert plc.writes == [(10, 250)]
    plc.permits(restore=True).polled(2)
    assert plc.writes == [(10, 250), (10, 213)]


def test_what_could_not_be_put_back_is_not_written_by_a_rollout() -> None:
    """Whole degrees do not tell which tenths were held: it waits, and says why, until somebody releases it by hand."""
    plc = elsewhere(COARSE, 17, step=10).permits().polled(3)
    assert plc.writes == []
    assert plc.story.condition("Correcting")[1] == HoldReason.NO_RETURN
    assert "17 there does not tell what to write to put it back" in plc.story.status.message
    assert Standing.HELD in plc.facts.standing
    plc.restarted().polled(3)
    assert plc.writes == []
    plc.permits(round_=2).polled(3)
    assert plc.writes == [], "nor by a later round, which finds it released"
    plc.permits(uid=MANUAL).polled(2)
    assert plc.writes == [(10, 213)]


def test_a_tolerance_as_wide_as_a_step_says_that_it_is_near_enough() -> None:
    """Where a whole degree is within the tolerance, what is read in whole degrees is good enough to be put back."""
    plc = elsewhere({**COARSE, "tolerance": 1}, 17, step=10).permits().polled(2)
    assert plc.writes == [(10, 213)]
    plc.permits(restore=True).polled(2)
    assert plc.writes == [(10, 213), (10, 170)]


def test_what_shows_what_git_wants_needs_no_way_back() -> None:
    """A register that shows what Git wants is not written, and is proven, though it does not tell its tenths."""
    plc = elsewhere(COARSE, 17, step=10)
    plc.story.device.memory[1, Table.INPUT, 50] = 21
    plc.permits().polled(2)
    assert plc.writes == []
    assert Standing.PROVEN in plc.facts.standing
