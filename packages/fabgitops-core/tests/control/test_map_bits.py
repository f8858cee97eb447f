"""Bits of one word that a resource wants: together on their way, each for itself in what is told."""

from typing import Any

import pytest
from fabgitops_core.api.plc.registers import WriteFunction
from fabgitops_core.control.events import Contested, Failure, FailureKind
from fabgitops_core.control.plc.changes import changes_for
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import ReadFailed
from fabgitops_core.control.plc.writing import still_wanted

from .conftest import Story
from .mapping import HOLDING, SPEED, requests, spec, story, write_of

CHARGE = 0x5551


def bit(number: int, value: bool, **fields: Any) -> dict[str, Any]:
    """Return a register that is a bit of the word at 111."""
    return {"name": f"b{number}", "address": 111, "type": "bit", "bit": number, "value": value, **fields}


def mode(value: int, **fields: Any) -> list[dict[str, Any]]:
    """Return the two lowest bits as a mode: 0 off, 1 grid, 2 sun, 3 both."""
    return [bit(number, bool(value >> number & 1), **fields) for number in (0, 1)]


def charging(*registers: dict[str, Any], **changes: Any) -> Story:
    """Return a story of a charger that is in mode 1."""
    told = story(*registers, **changes)
    told.device.holding(111, CHARGE)
    return told


def test_bits_of_one_word_go_out_together() -> None:
    """A value of two bits goes from 1 to 2 in one write and is never 0 between; it is proven by one reading."""
    told = charging(*mode(2)).polled()
    assert [(change.values, change.mask) for change in told.device.writes] == [((2,), 3)]
    assert told.device.memory[1, HOLDING, 111] == 0x5552
    assert len(told.device.reads) == 1 + 1
    assert (told.status.drift_events, told.status.corrections_applied, told.status.registers_in_sync) == (2, 2, "2/2")
    assert told.notices == ["DriftDetected", "DriftDetected", "DriftCorrected", "DriftCorrected"]
    assert [(each.unverified_write, each.drifted_since) for each in told.status.registers] == [(None, None)] * 2


def test_only_the_bits_that_differ_go_out() -> None:
    """A bit that is right already is not named in the write, and what lies elsewhere has a write of its own."""
    told = charging(bit(0, True), bit(1, True), SPEED, bit(14, False)).polled()
    assert [(each.address, each.values, each.mask) for each in told.device.writes] == [
        (111, (2,), 0x4002),
        (10, (5,), None),
    ]
    assert told.device.memory[1, HOLDING, 111] == 0x1553


def test_bits_that_are_told_apart_by_their_place_are() -> None:
    """The same bit of another unit or address is another word, and a coil is no bit of one."""
    told = story(
        bit(0, True),
        {**bit(1, True), "unitId": 2},
        {**bit(2, True), "address": 112},
        {"name": "coil", "table": "coil", "address": 111, "value": True},
    ).polled()
    assert [(each.unit_id, each.address, each.mask) for each in told.device.writes] == [
        (1, 111, 1),
        (2, 111, 2),
        (1, 112, 4),
        (1, 111, None),
    ]


def test_each_bit_is_recorded_and_proven_for_itself() -> None:
    """Each bit has a record before the write; of a device that takes only one of two, one is corrected, one is not."""
    told = charging(*mode(2)).polled(until=Write)
    assert [each.unverified_write for each in told.published[-1].registers] == ["0x0000", "0x0002"]
    told.answered()
    told.device.holding(111, 0x5553)
    while told.request:
        told.answered()
    assert (told.status.corrections_applied, told.status.registers_in_sync) == (1, "1/2")
    assert "b0 (bit 0 of holding register 111) holds true after writing false" in told.status.message
    assert "b1" not in told.status.message
    assert told.notices.count("DriftCorrected") == 1


def test_a_bit_that_is_a_command_goes_out_with_the_others() -> None:
    """Of bits that go out together, one with `verify: false` is given with that, and the others are proven."""
    told = charging(bit(0, False), bit(1, True, write={"verify": False})).polled()
    assert [change.mask for change in told.device.writes] == [3]
    assert (told.status.corrections_applied, told.status.registers_in_sync) == (1, "1/1")
    assert [(each.unverified_write, each.given) for each in told.status.registers] == [(None, None), (None, "0x0002")]
    told.polled()
    assert len(told.device.writes) == 1


def test_a_proof_that_is_put_off_is_of_the_same_bits() -> None:
    """A reading back that is answered with "busy" is tried again for those bits only that it should prove."""
    told = charging(bit(0, False), bit(1, True, write={"verify": False})).polled(until=Write).answered()
    told.tell(ReadFailed(told.at, told.device.reads[0], Failure(FailureKind.REFUSED_FOR_NOW, "busy", 6)))
    while told.request:
        told.answered()
    assert told.device.reads[-1].address == 111
    assert [(each.unverified_write, each.given) for each in told.status.registers] == [(None, None), (None, "0x0002")]


def test_a_refusal_is_told_of_all_that_went_out_together() -> None:
    """Where a device refuses the word, it is asked once in the pass, and each of its bits waits before the next."""
    told = charging(*mode(2))
    told.device.read_only = {(1, HOLDING, 111)}
    told.polled()
    assert requests(told, Write) == 1
    assert {name: trouble.count for name, trouble in told.state.memory.troubles.items()} == {"b0": 1, "b1": 1}
    assert [each.unverified_write for each in told.status.registers] == [None, None]
    assert told.status.corrections_applied == 0


def test_a_bit_that_somebody_else_wants_stays_behind() -> None:
    """A contested bit is not written with its neighbour; contested while both wait, neither is sent."""
    told = charging(*mode(2))
    told.tell(Contested(told.at, {"b0": "IndustrialPLC default/press"})).polled()
    assert [(change.values, change.mask) for change in told.device.writes] == [((2,), 2)]
    waiting = charging(*mode(2)).polled(until=Write)
    waiting.tell(Contested(waiting.at, {"b0": "IndustrialPLC default/press"}))
    assert not still_wanted(waiting.state, write_of(waiting).change, waiting.at)


def test_an_edit_of_one_bit_takes_the_write_back() -> None:
    """A write of two bits that waits is not sent once one of them is wanted otherwise, or the resource is suspended."""
    for edited in (spec(*mode(3)), spec(*mode(2), suspend=True)):
        told = charging(*mode(2)).polled(until=Write)
        change = write_of(told).change
        assert still_wanted(told.state, change, told.at)
        told.declare(edited)
        assert not still_wanted(told.state, change, told.at)


def test_a_crash_between_write_and_proof_is_made_up_for() -> None:
    """After a crash behind the write the next reading proves both bits, and nothing is written again."""
    told = charging(*mode(2)).polled(until=Write)
    told.device.carry_out(write_of(told).change)
    revived = told.crashed().polled()
    assert revived.device.writes == []
    assert (revived.status.corrections_applied, revived.status.registers_in_sync) == (2, "2/2")


@pytest.mark.parametrize(
    ("functions", "sent"),
    [
        (("auto", "auto", "auto"), [("auto", 7)]),
        (("auto", "mask", "auto"), [("mask", 7)]),
        (("single", "auto", "single"), [("single", 7)]),
        (("mask", "multiple", "auto"), [("mask", 5), ("multiple", 2)]),
        (("auto", "multiple", "mask"), [("multiple", 3), ("mask", 4)]),
    ],
)
def test_functions_of_the_bits(functions: tuple[str, ...], sent: list[tuple[str, int]]) -> None:
    """A bit that asks for no function goes with its neighbours; those that ask for another one go for themselves."""
    told = charging(*(bit(at, True, write={"function": each}) for at, each in enumerate(functions)))
    points = told.state.map.points
    planned = changes_for(points, range(3))
    assert [(each.change.function, each.change.mask) for each in planned] == [(WriteFunction(a), b) for a, b in sent]
    for each in planned:
        assert changes_for(points, each.points) == (each,), "what is decided anew for the same registers is the same"
