"""What a changed PLC would have written, from what was observed last."""

from collections.abc import Callable
from typing import Any

import pytest
from fabctl.effects import Then, effects

Make = Callable[..., dict[str, Any]]


def changed(body: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return an object with other fields in its spec; None takes one away."""
    merged = {name: value for name, value in {**body["spec"], **spec}.items() if value is not None}
    return {**body, "spec": merged}


def short(body: dict[str, Any], before: dict[str, Any] | None, after: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return name, what it holds, what is wanted then, and what becomes of it."""
    found = effects(before, after, None, None)
    assert found is not None, body
    return [(each.register, each.holds, each.then_wanted, each.then) for each in found]


def test_of_a_map_what_changes_is_shown(mapped: Make) -> None:
    """A new value is written, what stays as it is is left out, what only is read is so."""
    body = mapped()
    registers = [dict(each) for each in body["spec"]["registers"]]
    registers[0]["value"] = 30
    registers.append({"name": "new", "address": 9, "value": 1})
    after = changed(body, registers=registers)
    assert short(body, body, after) == [
        ("speed", "21.5 rpm", "30 rpm", Then.WRITTEN),
        ("new", "-", "1", Then.UNLESS),
    ]
    assert short(body, body, body) == []
    assert short(body, body, changed(body, registers=registers[1:])) == [
        ("new", "-", "1", Then.UNLESS),
        ("speed", "21.5 rpm", "-", Then.GONE),
    ]


def test_what_it_holds_already_is_not_written(mapped: Make) -> None:
    """By number within the tolerance, and by a name of the enum."""
    body = mapped("DriftDetected", "False", speed={"inSync": False, "actual": "30.0"}, mode={"actual": "Stopped"})
    registers = [dict(each) for each in body["spec"]["registers"]]
    registers[0] |= {"value": 29.9, "tolerance": "2%"}
    registers[1]["value"] = 0
    assert short(body, body, changed(body, registers=registers)) == [
        ("speed", "30.0 rpm", "29.9 rpm", Then.HOLDS),
        ("mode", "Stopped", "0", Then.HOLDS),
    ]


@pytest.mark.parametrize(
    ("actual", "value", "then"),
    [
        ("21.300001", 21.3, Then.HOLDS),
        ("21.31", 21.3, Then.WRITTEN),
        ("true", 1, Then.HOLDS),
        ("0", True, Then.WRITTEN),
    ],
)
def test_what_is_read_elsewhere_holds_what_reads_so(mapped: Make, actual: str, value: Any, then: Then) -> None:
    """A float that the device has computed may be off in its last digits, and true is 1; another place is news."""
    body = mapped("DriftDetected", "False", speed={"inSync": False, "actual": actual})
    registers = [dict(each) for each in body["spec"]["registers"]]
    registers[0] = {"name": "speed", "address": 1, "value": 5, "readFrom": {"address": 9}}
    before = changed(body, registers=registers)
    registers = [{**registers[0], "value": value}, *registers[1:]]
    assert [each[-1] for each in short(before, before, changed(body, registers=registers))] == [then]
    moved = [{**registers[0], "readFrom": {"address": 10}}, *registers[1:]]
    assert [each[-1] for each in short(before, before, changed(body, registers=moved))] == [Then.UNLESS]


@pytest.mark.parametrize(
    ("spec", "then"),
    [
        ({"targetValue": 7}, Then.WRITTEN),
        ({"targetValue": 7, "autoCorrect": False}, Then.TOLD),
        ({"targetValue": 7, "correction": {"mode": "Observe"}}, Then.TOLD),
        ({"targetValue": 7, "correction": {"approval": "Manual"}}, Then.WAITS),
        ({"targetValue": 7, "adoption": "Observe"}, Then.WAITS),
        ({"targetValue": 7, "suspend": True}, Then.ALONE),
        ({"targetRegister": 4002}, Then.UNLESS),
        ({"deviceAddress": "10.0.0.8"}, Then.UNLESS),
    ],
)
def test_what_becomes_of_it_is_for_the_spec_to_say(plc: Make, spec: dict[str, Any], then: Then) -> None:
    """Who corrects nothing, waits for a yes or leaves it alone says so; of another device or place nothing is known."""
    body = plc("InSync", "True", inSync=True, currentValue=2500)
    assert short(body, body, changed(body, **spec))[0][3] == then


def test_what_a_rollout_leads_is_written_when_that_releases_it(plc: Make) -> None:
    """Applying alone writes nothing then; what it holds already it goes on holding."""
    body = plc("InSync", "True", inSync=True, currentValue=2500, release={"rollout": "recipe"})
    assert short(body, body, changed(body, targetValue=7)) == [("register 4001", "2500", "7", Then.LED)]


def test_drift_that_is_only_told_of_is_written_once_it_may_be(plc: Make) -> None:
    """Whoever lets corrections through again sees what they will do, though no value changes."""
    body = changed(plc("DriftDetected", "False", inSync=False, currentValue=9), autoCorrect=False)
    assert short(body, body, changed(body, autoCorrect=True)) == [("register 4001", "9", "2500", Then.WRITTEN)]


def test_of_a_new_plc_nothing_is_known(plc: Make) -> None:
    """It is read first, and written unless it holds what is wanted."""
    body = plc()
    assert short(body, None, body) == [("register 4001", "-", "2500", Then.UNLESS)]


TEMPLATE: dict[str, Any] = {
    "parameters": [{"name": "speed", "default": 5}, {"name": "at"}],
    "registers": [
        {"name": "ramp", "address": "${at}", "value": "${speed}", "unit": "s"},
        {"name": "label", "address": 3, "value": "at $${x} ${speed}"},
    ],
}


def test_of_a_template_the_registers_are_filled_in(plc: Make) -> None:
    """By parameters and their defaults; what the PLC says itself goes first; without the template nothing is known."""
    body = plc()
    reference = {"name": "drive", "parameters": {"at": 7}}
    body["spec"] = {"deviceAddress": "a", "templateRef": reference, "registers": [{"name": "ramp", "value": 6}]}
    found = effects(None, body, None, TEMPLATE)
    assert found is not None
    assert [(each.register, each.place, each.then_wanted) for each in found] == [
        ("ramp", "holding 7", "6 s"),
        ("label", "holding 3", "at ${x} 5"),
    ]
    assert effects(None, body, None, None) is None


def test_a_changed_template_changes_those_that_use_it(plc: Make) -> None:
    """From what was observed of each."""
    body = plc("InSync", "True", registers=[{"name": "ramp", "actual": "5", "inSync": True}])
    body["spec"] = {"deviceAddress": "a", "templateRef": {"name": "drive", "parameters": {"at": 7}}}
    new = {**TEMPLATE, "parameters": [{"name": "speed", "default": 8}, {"name": "at"}]}
    found = effects(body, body, TEMPLATE, new)
    assert found is not None
    assert [(each.register, each.holds, each.wanted, each.then_wanted, each.then) for each in found] == [
        ("ramp", "5 s", "5 s", "8 s", Then.WRITTEN),
        ("label", "-", "at ${x} 5", "at ${x} 8", Then.UNLESS),
    ]


HOSTILE = "\x1b[2J\x07\nforged"


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, [HOSTILE], {"name": HOSTILE}, 1e999])
def test_whatever_an_object_holds_it_is_shown(plc: Make, junk: Any) -> None:
    """A field of any type neither fails nor commands a terminal."""
    register = {"name": HOSTILE, "address": junk, "value": junk, "unit": junk, "tolerance": junk, "enum": junk}
    for spec in ({"registers": junk}, {"registers": [register]}, {"targetRegister": junk, "targetValue": junk}, {}):
        body = plc("InSync", "True", registers=[{"name": HOSTILE, "actual": "1"}], currentValue=junk)
        body["spec"] = spec
        template = {"registers": [register], "parameters": junk}
        reference = {"name": junk, "parameters": junk}
        for after in (body, changed(body, registers=[{**register, "value": 1}]), changed(body, templateRef=reference)):
            for each in effects(body, after, template, template) or ():
                said = f"{each.register}{each.place}{each.holds}{each.wanted}{each.then_wanted}"
                assert said.isprintable() or not said


@pytest.mark.parametrize("actual", ["nan", "sNaN", "1e9999999", "-1e9999999", "inf", "1e-9999999"])
def test_what_is_beyond_all_numbers_is_not_what_is_wanted(mapped: Make, actual: str) -> None:
    """Whatever a status says that was read, it is compared."""
    body = mapped("DriftDetected", "False", speed={"inSync": False, "actual": actual})
    registers = [dict(each) for each in body["spec"]["registers"]]
    registers[0] |= {"value": 29.9, "tolerance": "2%"}
    assert short(body, body, changed(body, registers=registers)) == [
        ("speed", f"{actual} rpm", "29.9 rpm", Then.WRITTEN)
    ]
