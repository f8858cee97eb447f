"""What describe says of the guards of a PLC: how each is set, and what it says now."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.guards import guards, to_write
from fabctl.model import view
from fabctl.render.guards import guards_section
from fabctl.render.shapes import plain_section

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOSTILE = "\x1b[2J\x07 \x7f \x9b2J \u202e \u2028\nforged"
CORRECTION: dict[str, Any] = {
    "mode": "Warn",
    "confirmReads": 3,
    "cooldownSecs": 600,
    "approval": "Manual",
    "fight": {"corrections": 5, "withinSecs": 60},
    "writeBudget": {"perHour": 10, "perDay": 50},
    "interlocks": [
        {"register": "spindle", "operator": "==", "value": 0},
        {"plc": "oven", "register": "door", "operator": "in", "values": ["Open", "Ajar"], "maxAgeSecs": 5},
    ],
    "windows": [{"type": "allow", "schedule": "0 6 * * 1-5", "duration": "2h30m", "timeZone": "Europe/Berlin"}],
}


def held(guard: str, registers: int = 1, **more: Any) -> dict[str, Any]:
    """Return what a status says of a guard that holds."""
    said = {"reason": "Because", "message": f"{guard} says no", "since": "2026-01-01T23:00:00Z"}
    return {"guard": guard, "registers": registers, **said, **more}


def rows(body: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return how each guard is set and what it says now, by name."""
    content: Any = guards_section(view(body), guards(body), to_write(body), NOW).content
    return {name: (setting, now) for name, setting, now in content.rows}


def drifted(make: Make, *holds: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a PLC with two registers that are not as Git wants them."""
    body = make("Held", "False", speed={"inSync": False}, mode={"inSync": False})
    body["spec"] |= spec
    body["status"]["held"] = list(holds)
    return body


def test_guards_stand_in_their_order_as_they_are_set(mapped: Make) -> None:
    """All that the spec says of guards is there, in the words of people."""
    body = drifted(mapped, adoption="Observe", identity={"vendor": "ABB"}, correction=CORRECTION)
    scaled = {"name": "limit", "scaleRegister": {"address": 5}, "value": 70}
    ramped = {"name": "speed", "write": {"ramp": {"maxStep": 5, "stepIntervalSecs": 10}}}
    secret = {"address": 24, "valueFrom": {"secretKeyRef": {"name": "drive", "key": "password"}}}
    locked = {"name": "width", "address": 9, "value": 5, "write": {"before": [secret, {"address": 3, "value": 1}]}}
    group = [{"name": name, "group": "charging"} for name in ("start", "end")]
    body["spec"]["registers"] = [ramped, scaled, {**scaled, "name": "seen", "value": None}, locked, *group]
    assert [(name, setting) for name, (setting, _) in rows(body).items()] == [
        ("mode", "Warn"),
        ("adoption", "Observe, not approved yet"),
        ("settling", "always"),
        ("conflict", "always"),
        ("identity", "vendor=ABB"),
        ("answers", "always"),
        ("confirming", "3 readings running"),
        ("cooldown", "600 s between corrections of a register"),
        ("interlocks", "spindle == 0; plc/oven door in [Open, Ajar] (at most 5 s old)"),
        ("windows", "allow 0 6 * * 1-5 for 2h30m (Europe/Berlin)"),
        ("budget", "10 per hour, 50 per day for each register"),
        ("fight", "5 corrections of a register within 60 s"),
        ("approval", "Manual"),
        ("ramp", "speed by 5 every 10 s"),
        ("scale", "limit by the power of ten that the device says"),
        ("group", "charging as one: start, end"),
        ("secrets", "width by drive/password"),
        ("operator", "always"),
    ]
    body["status"]["adoptedAt"] = "2026-01-01T00:00:00Z"
    assert rows(body)["adoption"][0] == "Observe, approved 2026-01-01T00:00:00Z"


def test_what_nobody_set_is_left_out(mapped: Make) -> None:
    """A plain PLC has the guards that everybody has, with what they are without a word in the spec."""
    plain = rows(drifted(mapped))
    assert list(plain) == ["mode", "settling", "conflict", "answers", "fight", "operator"]
    assert (plain["mode"][0], plain["fight"][0]) == ("Enforce", "20 corrections of a register within 3600 s")
    short = rows(drifted(mapped, autoCorrect=False, maxCorrectionsPerHour=7))
    assert (short["mode"][0], short["fight"][0]) == ("Warn", "7 corrections of a register within 3600 s")


def test_a_guard_that_holds_says_what(mapped: Make) -> None:
    """Those before it allow; behind one that holds the last register nobody was asked."""
    body = drifted(mapped, held("conflict"), held("fight"))
    found = {name: now for name, (_, now) in rows(body).items()}
    assert found == {
        "mode": "allows",
        "settling": "allows",
        "conflict": "holds 1 register since 2026-01-01T23:00:00Z, Because: conflict says no",
        "answers": "allows",
        "fight": "holds 1 register since 2026-01-01T23:00:00Z, Because: fight says no",
        "operator": "not asked: held already",
    }


def test_a_guard_of_a_newer_operator_is_shown(mapped: Make) -> None:
    """One that this fabctl does not know stands below the others, with what it says."""
    found = rows(drifted(mapped, held("tide", 2)))
    assert list(found)[-1] == "tide"
    assert found["tide"] == ("-", "holds 2 registers since 2026-01-01T23:00:00Z, Because: tide says no")


@pytest.mark.parametrize(
    ("reason", "ready", "now"),
    [("InSync", "True", "nothing to write"), ("Suspended", "Unknown", "not asked: it is suspended")],
)
def test_where_nothing_is_to_be_written_nobody_allows(mapped: Make, reason: str, ready: str, now: str) -> None:
    """Of a PLC in sync, or left alone, no guard says anything."""
    assert {said for _, said in rows(mapped(reason, ready)).values()} == {now}


def test_a_status_of_an_older_spec_says_nothing(mapped: Make) -> None:
    """What held under another spec is not told of this one."""
    body = drifted(mapped, held("conflict"))
    body["status"]["observedGeneration"] = 2
    assert {now for _, now in rows(body).values()} == {"not known: the operator has not seen the latest spec yet"}


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}])
def test_whatever_it_holds_is_shown(mapped: Make, junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, disturb nothing."""
    fields = (*CORRECTION, "mode")
    for correction in (
        junk,
        dict.fromkeys(fields, junk),
        {key: [junk] for key in fields},
        {key: {"a": junk} for key in fields},
    ):
        spec = {"correction": correction, "adoption": junk, "identity": junk, "registers": junk}
        holds = [junk, dict.fromkeys(("guard", "reason", "message", "registers", "since"), junk)]
        for more in ({"adoptedAt": junk, "held": junk}, {"held": holds}):
            body = mapped("Held", "False")
            body["spec"] |= spec
            body["status"] |= more
            shown = plain_section(guards_section(view(body), guards(body), to_write(body), NOW))
            assert all(character.isprintable() or character == "\n" for character in shown)
