"""What waits for approval: from objects to what is shown."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.model import view
from fabctl.plans import plan
from fabctl.render.plans import plan_sections, waiting_section
from fabctl.render.shapes import plain_sections

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOSTILE = "\x1b[2J\x07 \x7f \x9b2J \u202e \u2028\nforged"
JUNK = [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}]
SPEED = {
    "register": "speed",
    "table": "holding",
    "address": 100,
    "unitId": 1,
    "before": "0x41980000",
    "after": "0x41AC0000",
}


def waits(make: Make, **more: Any) -> dict[str, Any]:
    """Return a PLC of which one register waits to be written."""
    body = make("Held", "False", speed={"actual": "19", "raw": "0x41980000", "inSync": False, "unit": "rpm"})
    body["status"]["plan"] = {"digest": "5f2c", "changes": [SPEED], "since": "2026-01-01T23:00:00Z", **more}
    return body


def shown(body: dict[str, Any]) -> str:
    """Return what approve shows of a PLC."""
    waiting = plan(body)
    assert waiting is not None
    return plain_sections(plan_sections(view(body), waiting, NOW))


def test_a_plan_shows_device_digest_and_registers(mapped: Make) -> None:
    """Each register stands with what it holds and what it gets, for people and in words."""
    assert shown(waits(mapped)).splitlines() == [
        "PLC:          line-3/mixer",
        "Device:       10.0.0.7:502, unit id 1",
        "Digest:       5f2c",
        "Waits since:  2026-01-01T23:00:00Z",
        "",
        "Planned writes:",
        "  REGISTER   PLACE                        BEFORE      AFTER   WORDS",
        "  speed      holding 100 float32 unit 1   19 rpm   21.5 rpm   0x41980000 → 0x41AC0000",
    ]


def test_a_register_that_the_status_does_not_tell_of_is_shown_by_its_words(mapped: Make) -> None:
    """Nothing that is to be approved is left out."""
    body = waits(mapped, changes=[{**SPEED, "register": "torque"}])
    assert "torque     holding 100 unit 1   0x41980000   0x41AC0000   0x41980000 → 0x41AC0000" in shown(body)


def test_words_that_the_status_does_not_explain_are_shown_as_they_are(mapped: Make) -> None:
    """What was read for another plan is not told for what this one begins with."""
    body = waits(mapped, changes=[{**SPEED, "before": "0x41970000"}])
    assert "0x41970000   21.5 rpm   0x41970000 → 0x41AC0000" in shown(body)


def test_an_adoption_says_what_it_leads_to(mapped: Make) -> None:
    """Where nothing differs yet, what is approved is that it will be corrected from then on."""
    body = waits(mapped, changes=[])
    body["spec"]["adoption"] = "Observe"
    assert "Adoption:     once approved, whatever differs from Git is corrected" in shown(body)
    waiting = plan(body)
    assert waiting is not None
    assert waiting.sentence == "adoption, nothing to write now"


def test_describe_says_how_to_approve(mapped: Make) -> None:
    """What waits is told with its command, and what is approved with who has."""
    body = waits(mapped)
    waiting, approved = plan(body), plan(waits(mapped, approvedBy="alice"))
    assert waiting is not None
    assert approved is not None
    assert "To approve:  fabctl approve mixer" in plain_sections([waiting_section(view(body), waiting, NOW)])
    assert "Approved by:  alice" in plain_sections([waiting_section(view(body), approved, NOW)])


def test_without_a_plan_nothing_waits(mapped: Make) -> None:
    """Nor with one that has no digest."""
    assert plan(mapped()) is None
    assert plan(waits(mapped, digest="")) is None


@pytest.mark.parametrize("junk", JUNK)
def test_whatever_it_holds_is_shown(mapped: Make, junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, disturb nothing."""
    change = dict.fromkeys(SPEED, junk)
    for fields in ({"changes": junk, "approvedBy": junk, "since": junk}, {"changes": [junk, change]}):
        out = shown(waits(mapped, **fields))
        assert all(character.isprintable() or character == "\n" for character in out)
    body = waits(mapped)
    body["status"]["registers"] = [{"name": "speed", **dict.fromkeys(("actual", "desired", "unit", "place"), junk)}]
    assert all(character.isprintable() or character == "\n" for character in shown(body))
    plan({"metadata": junk, "spec": junk, "status": {"plan": junk}})
