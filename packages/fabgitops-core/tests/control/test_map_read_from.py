"""Registers that are written at one place and read, compared and proven at another."""

import struct
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.types import Words
from fabgitops_core.control.plc.auditing import audited, read_after
from fabgitops_core.control.plc.claims import Claims, claims_of
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.metering import reading, readings, targets
from fabgitops_core.control.plc.requests import Change, ReadPlan

from .conftest import Story
from .device import Spot
from .mapping import SPEED, spec, story, sync

FAN: dict[str, Any] = {"name": "fan", "address": 3, "value": 1, "readFrom": {"table": "input", "address": 3}}
ROOM: dict[str, Any] = {
    "name": "room",
    "address": 10,
    "scale": 0.1,
    "unit": "°C",
    "value": 21.3,
    "readFrom": {"reference": 30101, "type": "float32", "byteOrder": "CDAB"},
}
DOOR: dict[str, Any] = {
    "name": "door",
    "table": "coil",
    "address": 7,
    "value": True,
    "readFrom": {"table": "discrete", "address": 9},
}
MODE: dict[str, Any] = {
    "name": "mode",
    "address": 20,
    "enum": {"Stop": 0, "Run": 1},
    "value": "Run",
    "readFrom": {"address": 21, "enum": {"Stop": 2, "Run": 3, "Fault": 9}},
}
WHOLE = {**ROOM, "tolerance": 0.5, "readFrom": {"table": "input", "address": 100, "type": "int16"}}


def cdab(number: float) -> Words:
    """Return the words of a float32, the lower first."""
    high, low = struct.unpack(">2H", struct.pack(">f", number))
    return low, high


def shown(change: Change) -> dict[Spot, int]:
    """Return what the device shows of a write: the fan's word, the room as it computes it, the door, the mode."""
    (word,) = change.values
    if change.table is Table.COIL:
        return {(1, Table.DISCRETE, 9): word}
    if change.address == 10:
        tenth = struct.unpack(">f", struct.pack(">f", 0.1))[0]
        low, high = cdab(word * tenth)
        return {(1, Table.INPUT, 100): low, (1, Table.INPUT, 101): high}
    return {3: {(1, Table.INPUT, 3): word}, 20: {(1, Table.HOLDING, 21): word + 2}}[change.address]


def played(*registers: dict[str, Any], **more: Any) -> Story:
    """Return a story of a device that shows elsewhere what is written to it."""
    told = story(*registers, **more)
    told.device.elsewhere = shown
    return told


def writes(told: Story) -> list[tuple[Table, int, Words]]:
    """Return what was written so far, and where."""
    return [(each.table, each.address, each.values) for each in told.device.writes]


@pytest.mark.parametrize(
    ("register", "wrote", "actual"),
    [
        (FAN, (Table.HOLDING, 3, (1,)), "1"),
        (ROOM, (Table.HOLDING, 10, (213,)), "21.300001"),
        (DOOR, (Table.COIL, 7, (1,)), "true"),
        (MODE, (Table.HOLDING, 20, (1,)), "Run"),
    ],
)
def test_what_is_written_here_is_proven_there(register: dict[str, Any], wrote: Any, actual: str) -> None:
    """It is written once at its place, proven at the other, and found right there by each poll that follows."""
    told = played(register)
    told.polled().polled().polled()
    assert writes(told) == [wrote]
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)
    assert told.condition("Ready") == ("True", "InSync")
    assert told.register(register["name"]).actual == actual
    assert {plan.table for plan in told.device.reads} == {told.state.map.points[0].place.read.table}


def test_only_the_other_place_is_read() -> None:
    """What stands where it is written is never asked for, and what is shown is read with what lies beside it."""
    told = played(FAN, {"name": "beside", "table": "input", "address": 4})
    told.device.write_only = {(1, Table.HOLDING, 3)}
    told.polled().polled()
    assert {(plan.table, plan.address, plan.count) for plan in told.device.reads[:1]} == {(Table.INPUT, 3, 2)}
    assert told.condition("Ready") == ("True", "InSync")


def test_a_drift_is_told_by_what_is_read_there() -> None:
    """A fan that is switched off by hand is a drift; the message names both places, the status the words as read."""
    told = played(MODE)
    told.polled()
    told.device.holding(21, 9)
    told.polled(until=Write)
    assert "mode (holding register 20, read at holding register 21) holds Fault, Git wants Run" in told.status.message
    register = told.register("mode")
    assert register.place == "holding 20 uint16 unit 1, read at holding 21 uint16"
    assert (register.raw, register.actual, register.desired) == ("0x0009", "Fault", "Run")
    assert register.unverified_write == "0x0001"


def test_a_write_that_shows_nothing_did_not_hold() -> None:
    """A device that confirms a write and goes on showing the old value has not kept it; both values are told."""
    told = played(FAN)
    told.device.elsewhere = lambda _: {}
    told.polled()
    assert told.condition("Ready") == ("False", "VerificationFailed")
    assert "holds 0 after writing 1" in told.status.message
    assert told.status.corrections_applied == 0


def test_a_write_that_was_not_confirmed_is_proven_there() -> None:
    """After a restart in the middle of a write the next reading at the other place says whether it was carried out."""
    told = played(ROOM)
    told.polled(until=Write)
    told.device.memory.update(shown(told.request.change))  # type: ignore[union-attr]
    stored = type(told.status).model_validate_json(told.published[-1].model_dump_json(by_alias=True))
    again = Story(generation=told.generation, device=told.device, at=told.at)
    again.declare(told.spec, status=stored, same=True)
    assert again.state.status.registers[0].raw == "0x00000000"
    again.polled().polled()
    assert again.device.writes == []
    assert again.condition("Ready") == ("True", "InSync")
    assert again.status.corrections_applied == 1


def test_what_is_read_in_larger_steps_is_judged_by_the_value_itself() -> None:
    """21.3 read as whole degrees is held by 21, and not by 22; what the tolerance does not reach is refused."""
    told = played(WHOLE)
    told.device.memory[1, Table.INPUT, 100] = 21
    told.polled()
    assert told.device.writes == []
    told.device.memory[1, Table.INPUT, 100] = 22
    told.device.elsewhere = lambda _: {(1, Table.INPUT, 100): 21}
    told.polled()
    assert writes(told) == [(Table.HOLDING, 10, (213,))]
    with pytest.raises(ValueError, match=r"21.3 is never read: the nearest is 21; say a tolerance of at least 0.3"):
        Register.model_validate({**WHOLE, "tolerance": 0.2})


def test_no_value_is_what_is_read() -> None:
    """Words for no value are meant where it is read: nothing is written because of them."""
    told = played({**ROOM, "noValue": ["NaN"]})
    told.device.memory.update({(1, Table.INPUT, 100): 0, (1, Table.INPUT, 101): 0x7FC0})
    told.polled().polled()
    assert told.device.writes == []
    assert told.register("room").no_value is True


def test_both_places_belong_to_it() -> None:
    """Who wants what is written, or what shows it, wants the same thing; what is only observed claims nothing."""
    claims = Claims()
    mine, input_rival, observer = Key("IndustrialPLC", "d", "a"), Key("IndustrialPLC", "d", "b"), Key("i", "d", "c")
    claims.lay(mine, claims_of(played(DOOR, MODE).state.map))
    assert claims.lay(input_rival, claims_of(story({**SPEED, "address": 21}).state.map)) == {mine, input_rival}
    assert claims.rivals(mine) == {"mode": str(input_rival)}
    claims.lay(observer, claims_of(story({**FAN, "value": None}).state.map))
    assert claims.rivals(observer) == {}
    spots = {(each.spot.table, each.spot.address) for each in claims_of(played(DOOR).state.map)}  # type: ignore[union-attr]
    assert spots == {(Table.COIL, 7), (Table.DISCRETE, 9)}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"name": "b", "address": 21}, r"b \(holding 21\) overlaps registers\[0\], mode \(holding 21\)"),
        ({"name": "b", "address": 20}, r"b \(holding 20\) overlaps registers\[0\], mode \(holding 20\)"),
        (
            {"name": "b", "address": 30, "readFrom": {"address": 20, "type": "int32"}},
            r"b \(holding 20 to 21\) overlaps",
        ),
    ],
)
def test_two_of_a_map_in_one_place_are_refused(other: dict[str, Any], said: str) -> None:
    """No register of a map may stand where another one is written, or read."""
    with pytest.raises(ValueError, match=said):
        spec(MODE, other)
    spec(MODE, {"name": "b", "table": "input", "address": 21})


def test_metrics_show_what_is_read_and_what_is_wanted() -> None:
    """What was read stands beside what is wanted, each by its form; a name is one number in both."""
    told = played(ROOM, MODE)
    told.polled().polled()
    assert readings(told.state)["room"] == pytest.approx(21.3)
    assert reading(told.state, "mode") == 1
    assert told.status.current_value is None, "the first takes two words where it is read"
    assert targets(told.state) == {"room": pytest.approx(21.3), "mode": 1}
    told.device.holding(21, 9)
    told.polled()
    assert told.register("mode").actual == "Run"
    told.device.elsewhere = lambda _: {}
    told.device.holding(21, 9)
    told.polled(after=60).polled(after=60)
    assert reading(told.state, "mode") == 9


def test_an_interlock_judges_what_is_read() -> None:
    """Whoever may only be written while the door is shut waits for what the door shows, not for what it was told."""
    locks = {"correction": {"interlocks": [{"register": "door", "operator": "==", "value": True}]}}
    told = played({**DOOR, "value": None}, SPEED, **locks)
    told.device.memory[1, Table.COIL, 7] = 1
    told.polled()
    assert told.device.writes == []
    told.device.memory[1, Table.DISCRETE, 9] = 1
    told.device.elsewhere = None
    told.polled()
    assert [each.address for each in told.device.writes] == [10]


def test_an_interlock_is_satisfied_by_a_register_that_is_as_git_wants_it() -> None:
    """A mode that shows the state to its command is as Git wants it, though its words are others."""
    locks = {"correction": {"interlocks": [{"register": "mode", "operator": "==", "value": "Run"}]}}
    told = played(MODE, SPEED, **locks)
    told.device.holding(21, 3)
    told.device.elsewhere = None
    told.polled()
    assert [each.address for each in told.device.writes] == [10]


def test_a_register_may_show_its_state_where_it_is_commanded() -> None:
    """A command and the state to it may stand in one word, by numbers of their own: it overlaps nobody but itself."""
    told = played({**MODE, "readFrom": {**MODE["readFrom"], "address": 20}})
    told.device.elsewhere = lambda change: {(1, Table.HOLDING, 20): change.values[0] + 2}
    told.polled().polled()
    assert writes(told) == [(Table.HOLDING, 20, (1,))]
    assert told.condition("Ready") == ("True", "InSync")


def test_the_audit_has_the_reading_that_proved_it() -> None:
    """A record says what was read before, what was written where, and which words at the other place proved it."""
    told = played(FAN)
    told.polled(until=Write)
    change = told.request.change  # type: ignore[union-attr]
    facts = audited(told.state, change, told.at)
    assert [(each.before, each.point.wanted) for each in facts.touched] == [((0,), (1,))]
    where = told.state.map.endpoint
    assert read_after(change, facts, ReadPlan(where, 1, 3), (1,)) is None
    assert read_after(change, facts, ReadPlan(where, 1, 2, 2, Table.INPUT), (9, 1)) == ((1,), True)
    assert read_after(change, facts, ReadPlan(where, 1, 3, 1, Table.INPUT), (0,)) == ((0,), False)


def test_bits_go_out_alone_by_a_mask_and_are_proven_each_at_its_place() -> None:
    """Bits of one word that are read at places far apart are written and proven one after the other."""
    mask = {"type": "bit", "value": True, "write": {"function": "mask"}}
    one = {"name": "a", "address": 30, "bit": 1, **mask, "readFrom": {"table": "discrete", "address": 4}}
    two = {"name": "b", "address": 30, "bit": 2, **mask, "readFrom": {"address": 900, "type": "bit", "bit": 7}}
    told = story(one, two)
    spots: dict[int, dict[Spot, int]] = {2: {(1, Table.DISCRETE, 4): 1}, 4: {(1, Table.HOLDING, 900): 0x80}}
    told.device.elsewhere = lambda change: spots[change.mask or 0]
    told.polled().polled()
    assert [(each.mask, each.values) for each in told.device.writes] == [(2, (2,)), (4, (4,))]
    assert told.condition("Ready") == ("True", "InSync")
    assert told.status.corrections_applied == 2


def test_a_forced_sync_writes_what_is_adrift_there() -> None:
    """Observed only, it is corrected once when somebody forces it, and proven at the other place."""
    told = played(DOOR, autoCorrect=False)
    told.polled()
    assert told.device.writes == []
    sync(told, force=True).polled()
    assert writes(told) == [(Table.COIL, 7, (1,))]
    assert told.condition("Ready") == ("True", "InSync")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"readFrom": {}}, "say where it is read, once"),
    ({"readFrom": {"address": 4, "reference": 30005}}, "say where it is read, once"),
    ({"readFrom": {"table": "holding", "reference": 30005}}, "it is input 4, and table says holding"),
    ({"readFrom": {"address": 3}}, "that is where and how it is written"),
    ({"readFrom": {"address": 65535, "type": "int32"}}, "the last is 65535"),
    ({"readFrom": {"table": "coil", "address": 1, "type": "int16"}}, "a coil holds true or false"),
    ({"readFrom": {"address": 5, "type": "bit"}}, "which need it"),
    ({"readFrom": {"address": 5, "type": "string", "length": 4}}, "a text is no number"),
    ({"readFrom": {"address": 5, "padding": "space"}}, "it goes with type string"),
    ({"readFrom": {"address": 5, "enum": {"Run": 1}}}, "give the register an enum, too"),
    ({"readFrom": {"address": 5, "type": "float32", "scale": 0}}, "a scale of 0"),
    ({"readFrom": {"address": 5}, "noValue": [1]}, "holds no such value"),
    ({"readFrom": {"address": 5}, "noValue": ["NaN"]}, "NaN is for float32 and float64"),
    ({"readFrom": {"table": "coil", "address": 5}, "noValue": [1]}, "is true or false and nothing else"),
    ({"readFrom": {"table": "discrete", "address": 5}, "value": 2}, "holds no such value"),
    ({"readFrom": {"address": 5}, "write": {"verify": False}}, "verify: false is never read"),
    ({"readFrom": {"address": 5}, "write": {"ramp": {"maxStep": 1, "stepIntervalSecs": 5}}}, "or ramp"),
    ({"readFrom": {"address": 5}, "scaleRegister": {"address": 9}}, "drop readFrom, or that"),
    ({"readFrom": {"address": 5}, "table": "input", "value": None}, "only read"),
    ({"readFrom": {"address": 5}, "group": "g"}, "readFrom names another place"),
    ({"readFrom": {"address": 5}, "type": "bit", "bit": 3, "value": True}, "write.function: mask"),
    (
        {"enum": {"Go": 1}, "value": "Go", "readFrom": {"address": 5, "enum": {"Gone": 1}}},
        r"it is no name of readFrom.enum \(Gone\)",
    ),
]


@pytest.mark.parametrize(("fields", "said"), REFUSED)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], said: str) -> None:
    """What could never be told from what is read there, or is only read or never, is refused with the way out."""
    with pytest.raises(ValueError, match=said):
        Register.model_validate({"name": "a", "address": 3, "value": 1, **fields})


def test_it_has_the_form_of_the_register_unless_it_says_another() -> None:
    """Without a type scale, order and offset hold there, too; with one, or among bits, none of them does."""
    own = {"name": "a", "address": 3, "type": "int32", "byteOrder": "CDAB", "scale": 0.1, "offset": 5}
    same = Register.model_validate({**own, "readFrom": {"address": 9}}).shown
    assert (same.type, same.order, same.scale, same.offset) == ("int32", "CDAB", 0.1, 5)
    other = Register.model_validate({**own, "readFrom": {"address": 9, "type": "int16"}}).shown
    assert (other.type, other.order, other.scale, other.offset) == ("int16", "ABCD", 1, 0)
    bit = Register.model_validate({**own, "readFrom": {"table": "discrete", "address": 9}}).shown
    assert (bit.type, bit.scale) == ("bool", 1)
