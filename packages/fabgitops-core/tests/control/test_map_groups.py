"""Registers that are written together or not at all: in one request with a value for each, and proven together."""

from datetime import timedelta
from typing import Any

import pytest
from fabgitops_core.api.meta import APPROVE
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.resolving import Unresolved, resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Contested, Declared, SyncRequest
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.neighbours import Outside
from fabgitops_core.control.plc.auditing import audited, read_after
from fabgitops_core.control.plc.changes import changes_for
from fabgitops_core.control.plc.claims import claims_of
from fabgitops_core.control.plc.commands import Read, Write
from fabgitops_core.control.plc.events import WriteWithdrawn
from fabgitops_core.control.plc.requests import WriteFunction
from fabgitops_core.control.plc.writing import still_wanted, why_held
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Story
from .mapping import HOLDING, SPEED, requests, spec, story, sync, write_of


def member(name: str, address: int, value: Any, **more: Any) -> dict[str, Any]:
    """Return a register of a group."""
    return {"name": name, "address": address, "value": value, "group": "schedule", **more}


START, END, ENABLE = member("start", 100, 480), member("end", 101, 1020), member("enable", 102, 1)
SCHEDULE = (START, END, ENABLE)
WANTED = (480, 1020, 1)


def sent(told: Story) -> list[tuple[int, tuple[int, ...]]]:
    """Return what was written, and where."""
    return [(change.address, change.values) for change in told.device.writes]


def drifted(*held: int, registers: tuple[dict[str, Any], ...] = SCHEDULE, **changes: Any) -> Story:
    """Return the story of a device that takes the whole block only, and holds these words."""
    told = story(*registers, **changes)
    told.device.block = {(1, HOLDING, address) for address in (100, 101, 102)}
    told.device.holding(100, *held)
    return told


@pytest.mark.parametrize("held", [(1, 2, 3), (480, 1020, 0), (480, 7, 1)])
def test_one_that_differs_writes_all(held: tuple[int, int, int]) -> None:
    """Whichever of a group differ, one FC16 carries the values of all, one reading proves them, and these are told."""
    told = drifted(*held).polled()
    assert sent(told) == [(100, WANTED)]
    assert told.device.writes[0].function is WriteFunction.MULTIPLE
    assert [(plan.address, plan.count) for plan in told.device.reads] == [(100, 3), (100, 3)]
    wrong = sum(one != other for one, other in zip(held, WANTED, strict=True))
    assert (told.status.drift_events, told.status.corrections_applied) == (wrong, wrong)
    assert len(told.status.history) == told.notices.count("DriftCorrected") == wrong
    assert told.condition("Ready") == ("True", "InSync")
    assert "writing group schedule, all 3 registers of it" in told.published[-2].message
    told.polled().polled()
    assert len(told.device.writes) == 1


TABLES = ("holding", "coil")


@given(data=st.data(), table=st.sampled_from(TABLES))
def test_whatever_differs_goes_out_whole(data: st.DataObject, table: str) -> None:
    """Whatever subset of any group differs, one request with the values of all goes out, and nothing half."""
    count = data.draw(st.integers(2, 5))
    registers, address = list[dict[str, Any]](), 10
    for at in range(count):
        double = table == "holding" and data.draw(st.booleans())
        typed = {"type": "uint32", "byteOrder": data.draw(st.sampled_from(["ABCD", "CDAB"]))} if double else {}
        value = data.draw(st.booleans()) if table == "coil" else data.draw(st.integers(0, 9))
        registers.append(member(f"r{at}", address, value, table=table, **typed))
        address += 1 + double
    told = story(*data.draw(st.permutations(registers)), {**SPEED, "address": address, "value": 0})
    where = Table(table)
    words = [told.state.map.points[at] for at in told.state.map.whole((0,))]
    whole = tuple(word for point in sorted(words, key=lambda each: each.place.address) for word in point.wanted or ())
    wrong = data.draw(st.sets(st.integers(0, len(whole) - 1)))
    for at, word in enumerate(whole):
        told.device.memory[1, where, 10 + at] = word ^ (at in wrong)
    told.device.block = {(1, where, 10 + at) for at in range(len(whole))}
    told.polled()
    assert [(each.table, *one) for each, one in zip(told.device.writes, sent(told), strict=True)] == (
        [(where, 10, whole)] if wrong else []
    )
    assert told.condition("Ready") == ("True", "InSync")
    assert told.status.corrections_applied == told.status.drift_events


def test_a_group_is_recorded_before_it_is_sent_and_proven_after_a_crash() -> None:
    """The record has the words of all; after a crash a reading is the proof, and only what had drifted is counted."""
    told = drifted(480, 7, 1).polled(until=Write)
    assert [told.register(name).unverified_write for name in ("start", "end", "enable")] == [
        "0x01E0",
        "0x03FC",
        "0x0001",
    ]
    told.device.answer(told.at, write_of(told))
    again = told.crashed().polled()
    assert again.status.corrections_applied == 1
    assert [each.register_name for each in again.status.history] == ["end"]
    assert again.condition("Ready") == ("True", "InSync")


def test_a_group_that_the_device_keeps_in_part_is_tried_again_whole() -> None:
    """What did not hold is told by its name, the whole group waits for it, and then goes out whole."""
    told = drifted(1, 2, 3)
    told.pace = 0.01
    told.polled(until=Write).answered()
    told.device.holding(102, 3)
    told.answered()
    assert told.condition("Ready") == ("False", "VerificationFailed")
    assert "enable (holding register 102) holds 3 after writing 1" in told.status.message
    assert told.status.corrections_applied == 2
    told.device.holding(100, 9)
    told.polled().polled()
    assert len(told.device.writes) == 1
    told.polled(after=3)
    assert sent(told)[1:] == [(100, WANTED)]
    assert told.condition("Ready") == ("True", "InSync")


def test_a_refusal_is_one_failure_of_all() -> None:
    """A block that the device refuses is one write and one Event, and all of it waits, whoever drifts next."""
    told = drifted(480, 7, 1)
    told.pace = 0.01
    told.device.read_only = {(1, HOLDING, 101)}
    told.polled()
    assert told.notices.count("CorrectionFailed") == 1
    assert [each.register_name for each in told.status.history] == ["end"]
    told.polled(after=3)
    assert told.notices.count("CorrectionFailed") == 1
    told.device.read_only.clear()
    told.device.holding(100, 9)
    told.polled()
    assert told.device.writes == []
    told.polled(after=5)
    assert sent(told) == [(100, WANTED)]


def test_a_device_that_shows_less_at_once_than_a_group_has_proves_it_later() -> None:
    """Where the group cannot be read back in one request, the next poll proves it in parts, and nothing is repeated."""
    told = drifted(1, 1020, 1)
    told.device.most = 2
    for _ in range(4):
        told.polled(after=60)
    assert sent(told) == [(100, WANTED)]
    assert told.status.corrections_applied == 1
    assert told.condition("Ready") == ("True", "InSync")


def test_what_holds_one_holds_all() -> None:
    """A register of the group that another resource wants, too, keeps the others from being written."""
    told = drifted(1, 1020, 1).tell(Contested(story(*SCHEDULE).at, {"enable": "line/other"}))
    told.polled()
    assert told.device.writes == []
    assert told.condition("Ready") == ("False", "Conflict")
    told.tell(Contested(told.at, {})).polled()
    assert sent(told) == [(100, WANTED)]


def test_one_without_a_value_holds_all() -> None:
    """While the device has no value for one, nothing is written, the status says why, and then all goes out."""
    enable = {**ENABLE, "noValue": [0xFFFF]}
    told = drifted(1, 1020, 0xFFFF, registers=(START, END, enable)).polled().polled()
    assert told.device.writes == []
    assert told.condition("Correcting") == ("False", "GroupIncomplete")
    assert told.status.message.endswith("not written: nobody knows what enable holds; group schedule is written as one")
    told.device.holding(102, 0)
    told.polled()
    assert sent(told) == [(100, WANTED)]


def test_one_that_cannot_be_read_holds_all() -> None:
    """A register of the group that the device refuses to show keeps all from being written."""
    told = drifted(1, 1020, 1, registers=(*SCHEDULE, {**SPEED, "value": 0}))
    told.device.write_only = {(1, HOLDING, 102)}
    told.polled().polled()
    assert told.device.writes == []
    assert told.condition("Correcting") == ("False", "GroupIncomplete")


def test_drift_of_any_is_confirmed_and_what_holds_waits_for_nobody() -> None:
    """Each that differs must be seen so often; those that are in sync, and go out with them, need not."""
    told = drifted(1, 1020, 1, correction={"confirmReads": 3}).polled().polled()
    told.device.holding(101, 5)
    told.polled()
    assert told.device.writes == []
    assert "seen 1 of 3 times" in told.status.message
    told.device.holding(101, 1020)
    told.polled()
    assert sent(told) == [(100, WANTED)]


def test_one_write_is_one_write_to_each_budget() -> None:
    """A budget and a cooldown count one write for each register of the group, however many had drifted."""
    told = drifted(1, 2, 1, correction={"writeBudget": {"perHour": 2}, "cooldownSecs": 30}).polled()
    for name in ("start", "end", "enable"):
        found = told.register(name).writes
        assert found is not None
        assert found.total == 1
    told.device.holding(102, 0)
    told.polled()
    assert told.condition("Correcting") == ("False", "Cooldown")
    told.polled(after=60)
    assert len(told.device.writes) == 2
    told.device.holding(100, 9)
    told.polled(after=60)
    assert told.condition("Correcting") == ("False", "WriteBudget")
    assert len(told.device.writes) == 2


def test_a_sync_in_vain_waits_for_the_group() -> None:
    """With mode Warn a forced sync that a cooldown holds corrects the group once that is over, whole."""
    told = drifted(1, 1020, 1, correction={"mode": "Warn", "cooldownSecs": 30})
    sync(told.polled(), force=True).polled()
    told.device.holding(101, 7)
    told.declare(told.spec, request=SyncRequest("t2", force=True), same=True).polled()
    assert told.condition("Correcting") == ("False", "Cooldown")
    told.polled(after=60)
    assert sent(told) == [(100, WANTED), (100, WANTED)]
    assert told.condition("Ready") == ("True", "InSync")


def test_the_plan_names_all_and_a_yes_is_for_all() -> None:
    """What is to be approved lists each register of the group, also those that hold their value, which may wander."""
    enable = {**ENABLE, "value": 100, "tolerance": 5}
    told = Story()
    wanted = spec(START, END, enable, correction={"approval": "Manual"})
    told.tell(_declared(told, wanted))
    told.device.holding(100, 1, 1020, 98)
    told.polled()
    plan = told.status.plan
    assert plan is not None
    assert [(each.register_name, each.before, each.after) for each in plan.changes] == [
        ("start", "0x0001", "0x01E0"),
        ("end", "0x03FC", "0x03FC"),
        ("enable", "0x0062", "0x0064"),
    ]
    assert told.device.writes == []
    told.device.holding(102, 101)
    told.tell(_declared(told, wanted, plan.digest)).polled()
    assert sent(told) == [(100, (480, 1020, 100))]


def _declared(told: Story, wanted: Any, approved: str = "") -> Declared[Any, Any]:
    annotations = {APPROVE: approved} if approved else {}
    return Declared(told.at, told.generation, wanted, annotations=annotations, uid="u-1")


def test_a_new_device_is_agreed_to_with_all_of_it() -> None:
    """What is to be agreed to at first contact names each register of a group, and goes out whole by that yes."""
    told, wanted = Story(), spec(*SCHEDULE, adoption="Observe")
    told.tell(_declared(told, wanted))
    told.device.holding(100, 1, 1020, 1)
    told.polled()
    assert told.status.plan is not None
    assert [each.register_name for each in told.status.plan.changes] == ["start", "end", "enable"]
    told.tell(_declared(told, wanted, told.status.plan.digest)).polled().polled()
    assert sent(told) == [(100, WANTED)]


def test_what_is_not_confirmed_says_nothing_of_another_function() -> None:
    """A group that was not answered and is not there is told so, without advice that a group cannot take."""
    told = drifted(1, 1020, 1)
    spot = (1, HOLDING, 100)
    told.device.deaf, told.device.stubborn = {spot}, {spot}
    told.polled()
    assert told.condition("Ready") == ("False", "VerificationFailed")
    assert "no reply; start" in told.status.message
    assert "try write.function" not in told.status.message


def test_the_values_stand_in_the_order_of_address() -> None:
    """In whichever order registers are handed over, each value goes to its own address."""
    points = story(ENABLE, START, END).state.map.points
    (planned,) = changes_for(points, (1, 0, 2))
    assert (planned.change.address, planned.change.values) == (100, WANTED)
    assert [points[at].name for at in planned.points] == ["start", "end", "enable"]


def test_an_edit_while_the_group_waits_sends_nothing_of_the_old() -> None:
    """Whichever register of it an edit changes, or takes out of the group, what was decided before is not sent."""
    for other in ({**END, "value": 999}, {**END, "address": 103, "group": None}):
        told = drifted(1, 1020, 1).polled(until=Write)
        change = write_of(told).change
        registers = (START, other, {**ENABLE, "address": 101} if "999" not in str(other) else ENABLE)
        told.declare(spec(*registers))
        assert not still_wanted(told.state, change, told.at)


def test_one_alone_is_not_sent_once_it_is_in_a_group() -> None:
    """A write of one register that waits while an edit puts it into a group is not sent alone."""
    alone = [{**each, "group": None, "write": {"function": "multiple"}} for each in SCHEDULE]
    told = drifted(1, 1020, 1, registers=tuple(alone)).polled(until=Write)
    change = write_of(told).change
    told.declare(spec(*({**each, "group": "g"} for each in alone)))
    assert not still_wanted(told.state, change, told.at)


def test_a_hold_at_the_last_moment_is_told_of_what_drifted() -> None:
    """A write that the operator holds is told with the drift alone, and nothing of it was sent."""
    told = drifted(1, 1020, 1).polled(until=Write)
    hold = Hold(HoldReason.RATE, "no more than 1 write(s) per second go out")
    told.tell(WriteWithdrawn(told.at, write_of(told).change, hold))
    assert told.device.writes == []
    assert [each.registers for each in told.status.held] == [1]
    assert told.status.message.startswith("start (holding register 100) holds 1, Git wants 480; not written: no more")


def test_the_record_of_a_write_has_all_and_is_one() -> None:
    """For who keeps records it is one write of all its registers, and what is read after it proves them together."""
    told = drifted(1, 1020, 1).polled(until=Write)
    change = write_of(told).change
    facts = audited(told.state, change, told.at)
    assert [(each.point.name, each.before) for each in facts.touched] == [
        ("start", (1,)),
        ("end", (1020,)),
        ("enable", (1,)),
    ]
    assert set(facts.guards.values()) == {"allows"}
    told.answered()
    assert isinstance(told.request, Read)
    assert read_after(change, facts, told.request.plan, WANTED) == (WANTED, True)
    assert read_after(change, facts, told.request.plan, (480, 1020, 0)) == ((480, 1020, 0), False)


def test_a_scale_of_one_is_asked_for_before_the_write_of_all() -> None:
    """A group with a register whose power of ten the device says goes out by it, and not where it has changed."""
    scaled = member("limit", 103, 70, scaleRegister={"address": 110})
    told = drifted(480, 1020, 1, 30, registers=(*SCHEDULE, scaled))
    told.device.block.add((1, HOLDING, 103))
    told.device.holding(110, 0xFFFF)
    told.polled(until=Write)
    write = write_of(told)
    assert write.change.values == (480, 1020, 1, 700)
    assert [(plan.address, plan.count) for plan in write.checks] == [(103, 8)]
    hold = why_held(told.state, write.change, told.at, Outside(checked=((30, *[0] * 6, 0xFFFE),)))
    assert hold is not None
    assert hold.guard == "scale"
    while told.request is not None:
        told.tell(told.device.answer(told.at, told.request))
    assert told.condition("Ready") == ("True", "InSync")


def test_what_is_written_before_and_after_goes_around_all_of_it() -> None:
    """An unlock and a save that all of a group name are one step with its one request; two that differ are refused."""
    around = {"before": [{"address": 50, "value": 9}], "after": [{"address": 51, "value": 1}]}
    told = drifted(1, 1020, 1, registers=tuple({**each, "write": around} for each in SCHEDULE)).polled()
    (change,) = told.device.writes
    assert change.around is not None
    assert [[each.address for each in side] for side in (change.around.before, change.around.after)] == [[50], [51]]
    assert (change.address, change.values) == (100, WANTED)
    with pytest.raises(ValueError, match="give both the same before and after"):
        spec({**START, "write": around}, END, ENABLE)


def test_every_place_of_it_is_claimed() -> None:
    """Another resource that wants any register of a group contests it."""
    claims = claims_of(story(*SCHEDULE).state.map)
    assert sorted(claim.spot.address for claim in claims) == [100, 101, 102]  # type: ignore[union-attr]


def test_who_has_no_group_is_written_as_ever() -> None:
    """Registers beside a group go out each for itself, before or after it as the map says."""
    told = drifted(1, 2, 3, registers=({**SPEED, "address": 103}, *SCHEDULE, {**SPEED, "name": "b", "address": 99}))
    told.polled()
    assert sent(told) == [(103, (5,)), (100, WANTED), (99, (5,))]
    assert requests(told, Write) == 3


def long(count: int, **more: Any) -> list[dict[str, Any]]:
    """Return a group of so many registers."""
    return [member(f"r{at}", at, 1, **more) for at in range(count)]


@pytest.mark.parametrize(
    ("registers", "said"),
    [
        ([START], "no other register is in it"),
        ([START, {**END, "unitId": 2}], "it is of holding, unit 2, and registers.0. of holding, unit 1"),
        ([START, {**END, "table": "coil", "value": True}], "it is of coil, unit 1"),
        ([START, ENABLE], "between start and it 101 is missing"),
        ([ENABLE, {**START, "address": 90}], "between start and it 91 to 101 is missing"),
        ([START, {**END, "value": None}], "give value"),
        ([START, {**END, "table": "input", "value": None}], "only read"),
        ([START, {**END, "type": "bit", "bit": 3, "value": True}], "in whole words"),
        ([START, {**END, "write": {"verify": False}}], "is read back"),
        ([START, {**END, "write": {"function": "single"}}], "write.function single"),
        ([START, {**END, "write": {"ramp": {"maxStep": 1, "stepIntervalSecs": 1}}}], "goes out at once"),
        (long(124), "its 124 words are more than the 123 of one request"),
        ([*long(2), {**START, "group": "-"}], "group"),
        ([*long(100), member("s", 100, 70, scaleRegister={"address": 126})], "its 127 words are read back at once"),
    ],
)
def test_what_makes_no_group_is_refused(registers: list[dict[str, Any]], said: str) -> None:
    """What does not lie side by side, cannot be written so or be proven together is refused, with what to do."""
    with pytest.raises(ValueError, match=said):
        spec(*registers)


def test_what_makes_a_group_is_taken() -> None:
    """Words up to one request, coils beyond that, in any order, of any types side by side."""
    spec(*long(123))
    spec(*long(400, table="coil"))
    spec(ENABLE, member("name", 98, "Ab", type="string", length=4), START, END)


MAP = IndustrialPLCTemplateSpec.model_validate(
    {
        "parameters": [{"name": "from", "default": 480}, {"name": "with", "default": "schedule"}],
        "registers": [{**START, "value": "${from}"}, {**END, "group": "${with}"}, ENABLE],
    }
)


def used(*registers: dict[str, Any], **parameters: Any) -> IndustrialPLCSpec:
    """Return what a resource that uses that template comes to."""
    given = {"deviceAddress": "10.0.0.5", "templateRef": {"name": "t", "parameters": parameters}}
    return resolved(IndustrialPLCSpec.model_validate({**given, "registers": registers or None}), MAP).spec


def test_a_template_has_groups_and_a_resource_changes_their_registers() -> None:
    """Values and groups come from parameters, single registers are overridden, taken out, or added at the end."""
    told = Story().declare(used({"name": "end", "value": 7}, member("more", 103, 9), **{"from": 500}))
    told.polled()
    assert sent(told) == [(100, (500, 7, 1, 9))]
    alone = Story().declare(used({"name": "enable", "group": None})).polled()
    assert sent(alone) == [(100, (480, 1020)), (102, (1,))]
    with pytest.raises(Unresolved, match="between start and it 101 is missing"):
        used({"name": "end", "address": 200, "group": None})
    with pytest.raises(Unresolved, match="give value"):
        used({"name": "end", "value": None})


def test_a_settled_group_is_over_at_once() -> None:
    """Polls that find all as it was say nothing, and write nothing."""
    told = drifted(*WANTED).polled().polled()
    published = len(told.published)
    for _ in range(3):
        told.polled(after=timedelta(hours=1).total_seconds())
    assert len(told.published) == published
    assert told.device.writes == []
