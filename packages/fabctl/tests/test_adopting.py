"""What devices hold becomes what Git wants, of PLCs that are only observed."""

from collections.abc import Callable
from typing import Any

import pytest
from fabctl.adopting import NotAdopted, adopted

Make = Callable[..., dict[str, Any]]


def observed(body: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return an object that is only observed."""
    return {**body, "spec": {**body["spec"], "correction": {"mode": "Observe"}, **spec}}


def test_what_was_read_is_wanted(mapped: Make) -> None:
    """Of each register that can be written; what only can be read gets no value, and the mode stays."""
    body = observed(mapped("Observed", "False", speed={"actual": "30.5"}, mode={"actual": "Stopped"}))
    manifest, left = adopted(body, ())
    speed, mode, power = manifest["spec"]["registers"]
    assert (speed["value"], mode["value"], "value" in power, left) == (30.5, "Stopped", False, [])
    assert manifest["spec"]["correction"] == {"mode": "Observe"}
    assert set(manifest) == {"apiVersion", "kind", "metadata", "spec"}
    some, _ = adopted(body, ("mode",))
    assert [each.get("value") for each in some["spec"]["registers"]] == [21.5, "Stopped", None]


def test_of_a_template_it_says_only_values(mapped: Make) -> None:
    """Beside those that the PLC says itself already."""
    body = observed(mapped("Observed", "False"), templateRef={"name": "drive"}, registers=[{"name": "mode", "max": 1}])
    registers = adopted(body, ())[0]["spec"]["registers"]
    assert registers == [{"name": "mode", "max": 1, "value": "Running"}, {"name": "speed", "value": 21.5}]


@pytest.mark.parametrize(
    ("place", "actual", "value"),
    [
        ("holding 3 uint16 unit 1, read at discrete 7 bool", "true", 1),
        ("coil 3 bool unit 1, read at input 7 uint16", "1", True),
        ("holding 3 string unit 1, read at input 7 string", "true", "true"),
        ("holding 1 uint16 unit 1", "7", 7),
        ("holding 1 float32 unit 1", "7.25", 7.25),
        ("holding 1 string unit 1", "007", "007"),
        ("coil 1 bool unit 1", "true", True),
        ("holding 1 uint16 unit 1", "Running", "Running"),
        ("holding 1 string unit 1", "true", "true"),
    ],
)
def test_values_keep_their_kind(mapped: Make, place: str, actual: str, value: Any) -> None:
    """Numbers, truths, names and texts, also a text that looks like a number."""
    body = observed(mapped("Observed", "False", speed={"place": place, "actual": actual}))
    found = adopted(body, ("speed",))[0]["spec"]["registers"][0]["value"]
    assert (found, type(found)) == (value, type(value))


def test_the_short_form(plc: Make) -> None:
    """Its register is the one; adoption Observe will do as well."""
    body = plc("DriftDetected", "False", inSync=False, currentValue=9)
    body["spec"]["adoption"] = "Observe"
    assert adopted(body, ())[0]["spec"] == {**body["spec"], "targetValue": 9}


def test_what_is_not_known_is_not_wanted(mapped: Make) -> None:
    """A register that cannot be read stays as it is, and is told."""
    body = observed(mapped("Observed", "False", mode={"error": "illegal data address", "inSync": None}))
    manifest, left = adopted(body, ())
    assert left == ["mode"]
    assert manifest["spec"]["registers"][1] == body["spec"]["registers"][1]


def test_what_cannot_be_taken_over_says_why(plc: Make, mapped: Make) -> None:
    """A PLC that is corrected, one of which nothing is known, and a register that it does not have."""
    with pytest.raises(NotAdopted, match="is corrected already"):
        adopted(mapped(), ())
    with pytest.raises(NotAdopted, match="not known what the register holds"):
        adopted(observed(plc()), ())
    with pytest.raises(NotAdopted, match="has no register sped: there are speed, mode, power"):
        adopted(observed(mapped()), ("sped",))
    with pytest.raises(NotAdopted, match="of no register is known"):
        adopted(observed({**mapped(), "status": {}}), ())


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, True, ["\x1b"], {"name": "\x1b"}])
def test_whatever_it_holds_it_is_no_traceback(plc: Make, junk: Any) -> None:
    """An object may be older than the schema, or edited by hand."""
    for spec in ({"registers": junk}, {"templateRef": junk, "registers": [junk]}, {"targetValue": junk}):
        body = observed({**plc("Observed", "False", registers=[junk, {"name": junk, "actual": "1"}]), "spec": spec})
        try:
            adopted(body, ())
        except NotAdopted:
            continue
