"""Registers with something written before and after them: what is refused, claimed, recorded, and never called over."""

from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.plc.registers import Register
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Failure, FailureKind
from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.beside import word_of
from fabgitops_core.control.plc.claims import Claims, claims_of
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteUnknown, WriteWithdrawn
from fabgitops_core.control.plc.requests import SecretKey
from pydantic import ValidationError

from .conftest import Story
from .mapping import requests, spec, story, sync, write_of

SECRET = {"secretKeyRef": {"name": "lock", "key": "password"}}
UNLOCK: dict[str, Any] = {"address": 24, "valueFrom": SECRET}
SAVE: dict[str, Any] = {"reference": 40031, "value": 1}
WIDTH: dict[str, Any] = {"name": "width", "address": 0, "value": 60, "write": {"before": [UNLOCK], "after": [SAVE]}}
MISSING = Hold(HoldReason.SECRET, "write.before[0]: the Secret default/lock is not there", guard="secrets")


def wrong(step: dict[str, Any], **register: Any) -> str:
    """Return what is said of a register with one step before it."""
    with pytest.raises(ValidationError) as raised:
        Register.model_validate({"name": "a", "address": 0, "value": 1, "write": {"before": [step]}, **register})
    return str(raised.value)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ({"value": 1}, "say where to write, once"),
        ({"address": 1, "reference": 40002, "value": 1}, "say where to write, once"),
        ({"address": 1}, "one of them"),
        ({"address": 1, "value": 1, "valueFrom": SECRET}, "one of them"),
        ({"reference": 30002, "value": 1}, "are read-only"),
        ({"table": "input", "address": 2, "value": 1}, "holding' or 'coil"),
        ({"reference": 40002, "table": "coil", "value": 1}, "table is coil"),
        ({"reference": 24, "value": 1000}, "a coil is true or false; for a register"),
        ({"table": "coil", "address": 1, "value": 2}, "a coil is true or false"),
        ({"address": 1, "value": True}, "takes a raw word"),
        ({"address": 1, "value": 65536}, "0 to 65535"),
        ({"address": 1, "value": "1000"}, "0 to 65535"),
        ({"address": 1, "valueFrom": {"secretKeyRef": {"name": "lock"}}}, "key"),
        ({"address": 1, "valueFrom": {"secretKeyRef": {"name": "lock", "key": "../x"}}}, "key"),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_its_field(step: dict[str, Any], says: str) -> None:
    """Each says where it goes and what it writes, once, and that fits: all else names the step."""
    said = wrong(step)
    assert says in said
    assert "write.before.0" in said or "write.before[0]" in said


def test_a_step_does_not_write_what_the_map_wants() -> None:
    """A place that has a desired value of its own, be it of the register itself, is no place of a step."""
    lock = {"name": "password", "address": 24, "value": 1000}
    with pytest.raises(ValidationError, match="password wants a value of its own there"):
        spec(WIDTH, lock)
    with pytest.raises(ValidationError, match="width wants a value of its own there"):
        spec({**WIDTH, "address": 24})
    spec(WIDTH, {**lock, "unitId": 2}, {"name": "seen", "address": 30})


def test_a_secret_is_not_written_where_the_map_shows_it() -> None:
    """A register that is read there would have the password in status and metrics."""
    with pytest.raises(ValidationError, match="would show what the Secret holds, as seen is read there: drop seen"):
        spec(WIDTH, {"name": "seen", "address": 23, "type": "uint32"})


def test_a_step_does_not_write_the_power_of_ten_by_which_a_value_is_written() -> None:
    """The value goes out by the power that was read before the step: the device would take ten times as much."""
    limit = {"name": "limit", "address": 40, "value": 70, "scaleRegister": {"address": 49}}
    step = {"address": 49, "value": 2}
    with pytest.raises(ValidationError, match="limit is written by the power of ten that stands there"):
        spec({**limit, "write": {"before": [step]}})
    with pytest.raises(ValidationError, match="limit is written by the power of ten that stands there"):
        spec({**WIDTH, "write": {"after": [step]}}, limit)
    spec({**WIDTH, "write": {"after": [step]}}, {**limit, "value": None})


def test_a_step_writes_no_word_of_which_a_register_has_bits() -> None:
    """Of several registers that have bits of a word, one that has a value there is enough, whichever stands last."""
    bits = [{"name": f"b{bit}", "address": 30, "type": "bit", "bit": bit} for bit in (0, 1)]
    with pytest.raises(ValidationError, match="b0 wants a value of its own there"):
        spec(WIDTH, {**bits[0], "value": True}, bits[1])
    with pytest.raises(ValidationError, match="b1 wants a value of its own there"):
        spec(WIDTH, bits[0], {**bits[1], "value": True})
    spec(WIDTH, *bits)


def test_a_secret_is_not_written_where_a_power_of_ten_shows_it() -> None:
    """The words of a register whose scale stands elsewhere are shown with that of the scale."""
    scaled = {"name": "power", "address": 20, "scaleRegister": {"address": 24}}
    with pytest.raises(ValidationError, match="would show what the Secret holds, as power is read there: drop power"):
        spec(WIDTH, scaled)


def test_bits_of_one_word_agree_on_what_goes_around_them() -> None:
    """They go out in one write, so both unlock it in the same way, or it is told."""
    bits = [{"name": f"b{bit}", "address": 0, "type": "bit", "bit": bit, "value": True} for bit in (0, 1)]
    with pytest.raises(ValidationError, match=r"together with registers\[0\], b0"):
        spec(bits[0], {**bits[1], "write": {"before": [UNLOCK]}})
    told = story(*({**each, "write": {"before": [UNLOCK]}} for each in bits))
    told.polled()
    assert [(change.values, change.mask) for change in told.device.writes] == [((3,), 3)]
    assert told.device.writes[0].around is not None


def test_bits_that_are_read_elsewhere_have_each_its_own_around_them() -> None:
    """Each goes out alone, as it is proven alone, so nothing has to agree."""
    fields = {"address": 0, "type": "bit", "value": True}
    bits = [
        {**fields, "name": f"b{bit}", "bit": bit, "readFrom": {"table": "discrete", "address": bit}} for bit in (0, 1)
    ]
    told = story(
        {**bits[0], "write": {"function": "mask", "before": [SAVE]}}, {**bits[1], "write": {"function": "mask"}}
    )
    told.device.elsewhere = lambda change: {(1, Table.DISCRETE, change.values[0] - 1): 1}
    told.polled()
    assert [(change.mask, change.around is not None) for change in told.device.writes] == [(1, True), (2, False)]


def test_what_goes_around_a_write_is_part_of_it() -> None:
    """One change has it all, with the Secret's place and never a value, and is proven by reading the register alone."""
    told = story(WIDTH).polled()
    (change,) = told.device.writes
    assert change.around is not None
    (before,), (after,) = change.around.before, change.around.after
    assert (before.table, before.address, before.value) == (Table.HOLDING, 24, None)
    assert before.secret == SecretKey(told.state.namespace, "lock", "password")
    assert (after.table, after.address, after.value) == (Table.HOLDING, 30, 1)
    assert told.condition("Ready") == ("True", "InSync")
    assert told.register("width").unfinished is None
    assert told.status.corrections_applied == 1
    assert {plan.address for plan in told.device.reads} == {0}


def test_two_may_unlock_by_one_register_and_nobody_may_want_a_value_there() -> None:
    """The places of steps are claimed: another's desired value there is a conflict, another's unlock is not."""

    def claimed(*registers: dict[str, Any]) -> Any:
        return claims_of(story(*registers).state.map)

    a, b, c = (Key(INDUSTRIAL_PLC.name, "default", name) for name in "abc")
    claims = Claims()
    claims.lay(a, claimed(WIDTH))
    assert claims.lay(b, claimed({**WIDTH, "name": "height", "address": 1})) == set()
    assert not claims.rivals(a)
    assert claims.lay(c, claimed({"name": "lock", "address": 24, "value": 0})) == {a, b, c}
    assert claims.rivals(a) == {"width": "default/c"}
    assert claims.rivals(c) == {"lock": "default/a"}
    claims.lay(c, frozenset())
    assert not claims.rivals(b)


def unfinished(told: Story) -> Story:
    """Have the write under way confirmed, and what goes after it not."""
    change = write_of(told).change
    told.device.carry_out(change)
    why = "it was written, but not all that must follow it: write.after[0]: exception 04"
    told.tell(WriteUnknown(told.at, change, Failure(FailureKind.UNREACHABLE, why)))
    return told


def test_what_was_not_saved_is_no_correction_and_is_written_again() -> None:
    """It holds what it must and counts as unproven, by name, until the whole step was confirmed."""
    told = unfinished(story(WIDTH).polled(until=Write))
    told.answered()
    assert told.condition("Ready") == ("False", "VerificationFailed")
    assert "write.after[0]" in told.status.message
    assert "holding register 30" in told.status.message
    assert "write.function" not in told.status.message
    known = told.register("width")
    assert (known.actual, known.in_sync, known.unfinished) == ("60", None, True)
    assert told.status.corrections_applied == 0
    told.pace = 0.1
    told.polled()
    assert told.device.writes == [], "it waits as after any failure"
    told.polled(after=60)
    assert len(told.device.writes) == 1
    assert told.condition("Ready") == ("True", "InSync")
    assert (told.register("width").unfinished, told.register("width").in_sync) == (None, True)
    assert (told.status.drift_events, told.status.corrections_applied) == (1, 1)


def test_what_was_not_saved_is_told_in_the_form_in_which_it_is_read() -> None:
    """Of a register that is read elsewhere the message says what stands there, and it counts as read."""
    elsewhere = {"readFrom": {"address": 100, "type": "float32"}, "scale": 0.5, "value": 30}
    told = story({**WIDTH, **elsewhere}).polled(until=Write)
    told.device.holding(100, 0x41F0)
    told = unfinished(told)
    told.answered()
    assert told.condition("Ready") == ("False", "VerificationFailed")
    assert "holds 30, and nobody knows whether write.after" in told.status.message
    known = told.register("width")
    assert (known.actual, known.unfinished) == ("30", True)


def test_a_crash_between_write_and_save_has_all_of_it_done_again() -> None:
    """Who comes after it finds the value there and cannot know of the save, so the whole step is made once more."""
    told = story(WIDTH).polled(until=Write)
    told.device.carry_out(write_of(told).change)
    after = told.crashed()
    assert after.register("width").unfinished
    after.polled()
    assert len(told.device.writes) == 1
    assert after.condition("Ready") == ("True", "InSync")
    assert (after.status.drift_events, after.status.corrections_applied) == (1, 1)


def test_an_edit_that_drops_the_save_ends_the_matter() -> None:
    """Nothing has to follow any more: what holds its value is in sync, and nothing is written for it."""
    told = unfinished(story(WIDTH).polled(until=Write))
    told.answered()
    told.declare(spec({**WIDTH, "write": {}})).polled()
    assert told.device.writes == []
    assert told.condition("Ready") == ("True", "InSync")
    assert told.register("width").unfinished is None


@pytest.mark.parametrize("spoilt", [True, False])
def test_what_is_refused_or_not_sent_leaves_the_record_as_it_was(spoilt: bool) -> None:
    """A refused write is not half done, unless an earlier one of the register was."""
    told = story(WIDTH)
    if spoilt:
        told = unfinished(told.polled(until=Write))
        told.answered()
        told.device.holding(0, 7)
    told.device.read_only.add((1, Table.HOLDING, 0))
    told.polled(after=60)
    assert told.register("width").unfinished is (True if spoilt else None)
    told.device.read_only.clear()
    told.device.away.add(1)
    told.polled(after=60)
    assert told.register("width").unfinished is (True if spoilt else None)


def test_a_missing_secret_holds_its_register_alone_and_is_asked_for_ever_less_often() -> None:
    """The status says which field and which Secret; others are written, and a sync asks for it at once."""
    other = {"name": "speed", "address": 5, "value": 9}
    told = story(WIDTH, other).polled(until=Write)
    told.pace = 0.1
    told.tell(WriteWithdrawn(told.at, write_of(told).change, MISSING))
    assert write_of(told).first, "what is left has a record of its own"
    assert told.register("width").unverified_write is None
    assert told.register("width").unfinished is None
    while told.request is not None:
        told.answered()
    assert [change.address for change in told.device.writes] == [5]
    assert told.condition("Correcting") == ("False", "SecretUnavailable")
    assert "not written: write.before[0]: the Secret default/lock is not there" in told.status.message
    asked = requests(told, Write)
    told.polled()
    assert requests(told, Write) == asked, "the Secret is not asked for at every poll"
    sync(told).polled(until=Write)
    assert requests(told, Write) == asked + 1, "a sync asks for it at once"
    told.tell(WriteWithdrawn(told.at, write_of(told).change, MISSING)).polled()
    assert requests(told, Write) == asked + 1, "and once"
    assert "not written: write.before[0]: the Secret default/lock is not there" in told.status.message
    assert told.status.last_handled_reconcile_at is None
    assert told.condition("Correcting") == ("False", "SecretUnavailable")
    told.polled(after=60)
    assert [change.address for change in told.device.writes] == [5, 0]
    assert told.condition("Ready") == ("True", "InSync")


@pytest.mark.parametrize("force", [False, True])
def test_a_sync_that_finds_no_secret_says_so_and_waits(force: bool) -> None:
    """It asks for the Secret once; then it is held as anything is, and not told to be an operator that only warns."""
    told = story(WIDTH).polled(until=Write)
    told.pace = 0.1
    told.tell(WriteWithdrawn(told.at, write_of(told).change, MISSING))
    asked = requests(told, Write)
    sync(told, force=force).polled(until=Write)
    assert requests(told, Write) == asked + 1, "a sync asks at once"
    told.tell(WriteWithdrawn(told.at, write_of(told).change, MISSING))
    assert told.condition("Correcting") == ("False", "SecretUnavailable")
    assert told.status.message.endswith("the Secret default/lock is not there")
    assert told.status.last_handled_reconcile_at is None
    for _ in range(5):
        told.polled()
    assert requests(told, Write) == asked + 1, "while the sync waits the Secret is not asked for at every poll"
    told.polled(after=60)
    assert told.condition("Ready") == ("True", "InSync")
    assert told.status.last_handled_reconcile_at == "t1"


@pytest.mark.parametrize(
    ("text", "table", "word"),
    [
        ("1000", Table.HOLDING, 1000),
        (" 0x3e8\n", Table.HOLDING, 1000),
        ("65535", Table.HOLDING, 65535),
        ("true", Table.COIL, 1),
        ("0", Table.COIL, 0),
    ],
)
def test_a_secret_holds_a_word_or_a_truth(text: str, table: Table, word: int) -> None:
    """A number in digits or hexadecimal, also with a newline as files have one; of a coil true or false."""
    assert word_of(text, table) == word


@pytest.mark.parametrize("text", ["", "pass4711", "65536", "-1", "0x10000", "1.0", "٣", "99999999999999999999"])
@pytest.mark.parametrize("table", [Table.HOLDING, Table.COIL])
def test_what_is_no_word_is_told_without_it(text: str, table: Table) -> None:
    """The reason says what would be one, and nothing of what is there."""
    with pytest.raises(ValueError, match=r"is no word|is not true or false") as raised:
        word_of(text, table)
    assert not text or text not in str(raised.value).replace("65535", "").replace("0x0000 to 0xFFFF", "")
