"""What of a stored status is believed of a map."""

import json
from collections import defaultdict
from typing import Any

import pytest
from fabgitops_core.api.plc.industrialplc import IndustrialPLCStatus
from fabgitops_core.control.events import Contested, Declared
from fabgitops_core.control.plc.commands import Write
from fabgitops_core.control.plc.events import WriteDone

from .conftest import START, Story
from .conftest import spec as short_form
from .mapping import HOLDING, SPEED, spec, story, write_of


@pytest.mark.parametrize("sent", [None, 2500])
def test_a_status_from_before_there_were_maps_goes_on(sent: int | None) -> None:
    """A status with only the single fields, as the version before stored it, goes on: episode, record, counters."""
    told = Story().declare(short_form()).due().reads(2311)
    old = told.status.model_copy(update={"registers": (), "registers_in_sync": None, "unverified_write": sent})
    revived = Story().declare(short_form(), status=old).passes(2500)
    assert revived.status.drift_events == 1
    assert revived.status.corrections_applied == (1 if sent else 0)
    assert revived.notices == (["DriftCorrected"] if sent else ["DriftResolved"])
    assert revived.status.current_value == 2500


@pytest.mark.parametrize("spoilt", ["", "0x", "0x12", "0x00010002", "banana", "0x1_00"])
def test_stored_words_that_do_not_fit_count_for_nothing(spoilt: str) -> None:
    """Words that somebody put into the status, or that another length left there, stall nothing."""
    told = story(SPEED).polled()
    (stored,) = told.status.registers
    wrong = stored.model_copy(update={"raw": spoilt, "unverified_write": spoilt})
    revived = Story().declare(spec(SPEED), status=told.status.model_copy(update={"registers": (wrong,)}))
    revived.device = told.device
    revived.polled()
    assert revived.status.in_sync
    assert revived.status.corrections_applied == 1


@pytest.mark.parametrize(
    ("more", "spoilt"), [({"type": "bcd16"}, "0xFFFF"), ({"scaleRegister": {"address": 11}}, "0x0005000B")]
)
def test_a_stored_write_of_what_means_nothing_counts_for_nothing(more: dict[str, Any], spoilt: str) -> None:
    """Words that no register of ours was ever sent are not laid to the device's charge: it goes on being corrected."""
    told = story({**SPEED, **more}).polled()
    (stored,) = told.status.registers
    wrong = stored.model_copy(update={"unverified_write": spoilt, "given": spoilt})
    revived = Story().declare(told.spec, status=told.status.model_copy(update={"registers": (wrong,)}))
    revived.device = told.device.holding(10, 7)
    revived.polled()
    assert revived.register("speed").error is None
    assert (revived.condition("Ready"), revived.device.memory[1, HOLDING, 10]) == (("True", "InSync"), 5)


def test_a_status_that_was_cut_down_is_looked_at_like_any_other() -> None:
    """Registers without conditions, as a tool that restores may leave them, are believed no more than others."""
    told = story(SPEED).polled()
    (stored,) = told.status.registers
    wrong = stored.model_copy(update={"raw": "banana", "unverified_write": "banana"})
    cut = IndustrialPLCStatus(registers=(wrong,))
    revived = Story().declare(spec(SPEED), status=cut)
    revived.device = told.device
    assert revived.polled().status.in_sync
    elsewhere = IndustrialPLCStatus(registers=(stored.model_copy(update={"given": "0x0005"}),))
    moved = {**SPEED, "address": 40, "write": {"verify": False}}
    assert write_of(Story().declare(spec(moved), status=elsewhere).polled()).change.address == 40


def test_a_drift_is_the_same_by_whatever_name() -> None:
    """A register that drifts is counted once, also when it gets another name meanwhile; what took its name is new."""
    told = story(SPEED, autoCorrect=False).polled()
    since = told.register("speed").drifted_since
    told.declare(spec({**SPEED, "name": "pace"}, autoCorrect=False)).polled()
    assert (told.register("pace").drifted_since, told.status.drift_events) == (since, 1)
    named = {**SPEED, "address": 40, "value": 7}
    told.declare(spec({**SPEED, "name": "pace"}, named, autoCorrect=False)).polled()
    assert (told.status.drift_events, told.notices) == (2, ["DriftDetected", "DriftDetected"])


def test_nothing_is_believed_of_another_device() -> None:
    """What was stored of a register at one address is not said of the register of that name at another device."""
    told = story(SPEED, autoCorrect=False).polled()
    moved = Story(generation=2).tell(
        Declared(START, 2, spec(SPEED, deviceAddress="10.0.0.6", autoCorrect=False), status=told.status)
    )
    moved.polled()
    assert moved.status.drift_events == 2
    assert moved.notices == ["DriftDetected"]


def test_a_contested_resource_that_moved_while_nobody_looked_says_where_it_is() -> None:
    """A resource that was contested, and whose device changed meanwhile, tells of the new one at once."""
    told = story(SPEED).tell(Contested(START, {"speed": "IndustrialPLC default/press"})).polled()
    there = spec(SPEED, deviceAddress="10.0.0.6")
    moved = Story(generation=2).tell(Declared(START, 2, there, status=told.status)).polled(until=Write).answered()
    assert moved.status.endpoint == "10.0.0.6:502"
    revived = moved.crashed().polled()
    assert revived.status.corrections_applied == 1


def test_what_was_moved_while_suspended_and_away_is_begun_anew() -> None:
    """A write recorded before a restart is not proven by another register, named while suspended and nobody looked."""
    told = story(SPEED).polled(until=Write)
    moved = {**SPEED, "address": 40}
    revived = Story(generation=2, at=told.at).tell(Declared(told.at, 2, spec(moved, suspend=True), status=told.status))
    revived.device.holding(40, 5)
    revived.declare(spec(moved)).polled()
    assert revived.status.corrections_applied == 0
    assert revived.status.in_sync


def test_a_map_of_five_hundred_registers_stays_small() -> None:
    """500 registers in drift, each with what Kubernetes stores of it, take less than 200 KB."""
    kinds = ("uint16", "float32", "int32", "float64")
    many = [
        {"name": f"line-4.register-{at:03}", "address": 4 * at, "type": kinds[at % 4], "value": 12.5 if at % 2 else 3}
        for at in range(500)
    ]
    told = story(*many, autoCorrect=False)
    told.polled()
    assert told.status.registers_in_sync == "0/500"
    body = told.status.model_dump_json(by_alias=True, exclude_none=True).encode()
    spec_body = told.spec.model_dump_json(by_alias=True, exclude_unset=True).encode()
    assert len(body) + len(spec_body) < 200_000
    published = len(told.published)
    for _ in range(5):
        told.polled(after=100)
    assert len(told.published) == published


def test_a_map_of_five_hundred_odd_registers_stays_small() -> None:
    """500 registers in groups, unlocked, read elsewhere or repeated, all of them in drift, take less than 200 KB."""
    unlock = {"before": [{"address": 60_000, "value": 1000}], "after": [{"address": 60_001, "value": 1}]}
    odd: tuple[dict[str, Any], ...] = (
        {"group": "set-points", "write": {"repeatSecs": 60}},
        {"group": "set-points", "write": {"repeatSecs": 60}},
        {"readFrom": {"table": "input"}, "write": {"repeatSecs": 60}},
        {"write": {**unlock, "repeatSecs": 60}},
        {"write": {"verify": False}},
    )
    many: list[dict[str, Any]] = []
    for at in range(500):
        each = {"name": f"line-4.register-{at:03}", "address": 2 * at, "value": 3, **odd[at % len(odd)]}
        if "group" in each:
            each |= {"group": f"set-points-{at // len(odd)}", "address": 2 * (at - at % len(odd)) + at % len(odd)}
        if "readFrom" in each:
            each["readFrom"] = {"table": "input", "address": 2 * at}
        many.append(each)
    told = story(*many)
    told.pace = 0.001
    told.device.stubborn = {(1, HOLDING, at) for at in range(65_536)}
    told.polled()
    assert sum(each.error is not None for each in told.status.registers) > 200
    spec_body = told.spec.model_dump_json(by_alias=True, exclude_unset=True).encode()
    sizes = [len(each.model_dump_json(by_alias=True, exclude_none=True).encode()) for each in told.published]
    assert max(sizes) + len(spec_body) < 200_000, (max(sizes), len(spec_body))


def test_a_late_confirmation_leads_to_nothing() -> None:
    """A confirmation of a write that comes when nothing is under way changes nothing."""
    told = story(SPEED).polled()
    late = WriteDone(told.at, told.device.writes[0])
    assert told.tell(late).last == ()


def test_the_largest_status_that_a_definition_allows_stays_below_what_etcd_takes() -> None:
    """500 texts of 246 bytes, none of which holds, with the longest names, units and sources, take less than 1 MB.

    What guards count of each is less than 150 KB more.
    """
    name, text = "n" * 59, "€" * 82
    many = [
        {
            "name": f"{name}{at:04}",
            "address": 123 * at,
            "type": "string",
            "length": 246,
            "encoding": "utf-8",
            "padding": "space",
            "value": text,
            "unitId": 255,
        }
        for at in range(500)
    ]
    told = Story()
    told.pace = 0.001
    told.declare(spec(*many, pollIntervalSecs=3600))
    told.device.memory = defaultdict(lambda: 0xC3BC)  # "ü", twice as many characters as are shown
    told.device.stubborn = {(255, HOLDING, at) for at in range(65536)}
    told.polled()
    assert sum(each.error is not None for each in told.status.registers) == 500
    largest, counted, when = 0, 0, "2026-11-21T07:54:19Z"
    for status in told.published:
        given = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        for each in given["registers"]:
            each |= {"unit": "€" * 32, "source": "s" * 64, "error": "€" * 120, "brakedSince": when}
            each |= {"unverifiedWrite": "0x" + "E282AC" * 82, "writeIntended": True}
        given |= {"message": "€" * 4096, "lastError": "€" * 4096}
        for condition in given["conditions"]:
            condition["message"] = "€" * 4096
        largest = max(largest, len(json.dumps(given, ensure_ascii=False).encode()))
        for each in given["registers"]:
            each |= {"correctedAt": when, "fight": {"corrections": 3600, "since": when, "last": when}}
            each |= {"writes": {"total": 10**9, "hour": 3600, "hourSince": when, "day": 86400, "daySince": when}}
        counted = max(counted, len(json.dumps(given, ensure_ascii=False).encode()))
    assert 800_000 < largest < 1_000_000
    assert largest < counted < 1_150_000


def test_a_long_text_is_shown_by_its_beginning_and_compared_as_a_whole() -> None:
    """A text of which only the end differs is in drift, is corrected, and is known again after a restart."""
    recipe = {
        "name": "recipe",
        "address": 0,
        "type": "string",
        "length": 200,
        "padding": "space",
        "value": "R" * 199 + "A",
    }
    told = story(recipe).polled()
    assert told.register("recipe").desired == told.register("recipe").actual == "R" * 63 + "…"
    told.device.memory[1, HOLDING, 99] ^= 1
    told.polled()
    assert told.status.corrections_applied == 2
    revived = told.crashed().polled()
    assert revived.status.in_sync
    assert revived.published == [] or revived.published[-1].registers == told.status.registers
