"""What an object says, in words and numbers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fabctl.fields import age, text
from fabctl.model import Status, view
from fabctl.outcome import outcome
from fabctl.render.description import description
from fabctl.render.maps import troubles
from fabctl.render.shapes import plain_sections, plain_table
from fabctl.render.tables import declared_table, status_table
from hypothesis import given
from hypothesis import strategies as st

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reason", "ready", "word"),
    [
        ("InSync", "True", Status.SYNCED),
        ("DriftDetected", "False", Status.DRIFT),
        ("Correcting", "False", Status.CORRECTING),
        ("Held", "False", Status.DRIFT),
        ("InternalError", "False", Status.FAILED),
        ("ContendedWriter", "False", Status.FAILED),
        ("ConnectionFailed", "False", Status.FAILED),
        ("AddressNotAllowed", "False", Status.FAILED),
        ("NotLookedAfter", "False", Status.FAILED),
        ("DeviceException", "False", Status.FAILED),
        ("DeviceBusy", "False", Status.FAILED),
        ("NoValue", "Unknown", Status.NO_VALUE),
        ("WriteRefused", "False", Status.FAILED),
        ("VerificationFailed", "False", Status.FAILED),
        ("Conflict", "False", Status.CONFLICT),
        ("IdentityMismatch", "False", Status.WRONG_DEVICE),
        ("TemplateNotFound", "False", Status.NO_TEMPLATE),
        ("Suspended", "Unknown", Status.SUSPENDED),
        ("InvalidSpec", "False", Status.INVALID),
        ("Connecting", "Unknown", Status.CONNECTING),
        ("Pending", "Unknown", Status.PENDING),
    ],
)
def test_each_reason_has_its_word(plc: Make, reason: str, ready: str, word: Status) -> None:
    """Every reason that the operator gives for Ready is one word in the table."""
    assert view(plc(reason, ready)).status is word


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ({}, Status.PENDING),
        ({"phase": "Pending"}, Status.PENDING),
        ({"phase": "Connecting"}, Status.CONNECTING),
        ({"phase": "Connected", "inSync": True}, Status.SYNCED),
        ({"phase": "Connected", "inSync": False}, Status.DRIFT),
        ({"phase": "Connected"}, Status.CONNECTING),
        ({"phase": "DriftDetected"}, Status.DRIFT),
        ({"phase": "Correcting"}, Status.CORRECTING),
        ({"phase": "Failed"}, Status.FAILED),
        ({"phase": "Dancing"}, Status.PENDING),
    ],
)
def test_without_conditions_the_phase_counts(plc: Make, status: dict[str, Any], word: Status) -> None:
    """A status without conditions, as other operators of the field write it, is read by its phase."""
    assert view(plc(**status)).status is word


def test_ready_that_is_not_true_is_never_synced(plc: Make) -> None:
    """A reason alone does not make a PLC synced."""
    assert view(plc("InSync", "False")).status is not Status.SYNCED


def test_an_older_spec_is_not_taken_for_the_present_one(plc: Make) -> None:
    """A status of an older generation is UPDATING, and its value is not shown as the actual one."""
    seen = view(plc("InSync", "True", observedGeneration=2, inSync=True, currentValue=2500))
    assert (seen.status, seen.actual, seen.last_read_shown) == (Status.UPDATING, None, "2500 (last read)")


@pytest.mark.parametrize(("in_sync", "actual"), [(True, 2500), (False, 2500), (None, None), ("yes", None)])
def test_a_value_that_may_be_old_is_not_the_actual_one(plc: Make, in_sync: Any, actual: int | None) -> None:
    """The value last read counts as actual only while it is known whether the PLC is in sync."""
    assert view(plc("ConnectionFailed", "False", inSync=in_sync, currentValue=2500)).actual == actual


@pytest.mark.parametrize("target", [70000, -1, "2500", None, True, [1], 2.5])
def test_a_target_that_is_no_word_is_invalid(plc: Make, target: Any) -> None:
    """An object that the schema of today refuses is INVALID even before the operator has said so."""
    body = plc()
    body["spec"]["targetValue"] = target
    assert view(body).status is Status.INVALID


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def of(*names: str) -> st.SearchStrategy[Any]:
    """Return strategies for a mapping of these names to anything, or anything at all."""
    return json_values | st.fixed_dictionaries({}, optional=dict.fromkeys(names, json_values))


register = of("name", "address", "reference", "table", "value", "unit")
seen = of("name", "place", "desired", "actual", "raw", "inSync", "error", "driftedSince", "unverifiedWrite", "source")
declaring_a_map = st.fixed_dictionaries(
    {}, optional={"registers": st.lists(register, max_size=3), "templateRef": of("name", "parameters")}
)
spec = declaring_a_map | of(
    "deviceAddress", "port", "unitId", "targetRegister", "targetValue", "pollIntervalSecs", "tags", "suspend"
)
condition = of("type", "status", "reason", "message", "lastTransitionTime")
status = of("phase", "currentValue", "inSync", "driftEvents", "driftedSince", "observedGeneration", "lastError") | (
    st.fixed_dictionaries(
        {"conditions": json_values | st.lists(condition, max_size=3)},
        optional={"registers": st.lists(seen, max_size=3), "registersInSync": json_values},
    )
)
metadata = of("labels", "generation", "creationTimestamp", "name", "namespace", "uid")
event = of("series", "eventTime", "type", "reason", "note", "metadata")


@given(
    st.fixed_dictionaries({}, optional={"metadata": metadata, "spec": spec, "status": status}),
    st.lists(st.dictionaries(st.text(max_size=3), json_values) | event.filter(lambda e: isinstance(e, dict))),
)
def test_nothing_that_an_object_holds_breaks_a_listing(body: dict[str, Any], events: list[Any]) -> None:
    """Whatever types an object has in whatever field, it is one row, and others are rows beside it."""
    good = plc_of_today()
    views = [view(body), view(good)]
    for table in (
        status_table(views, wide=True, namespaces=True, now=NOW),
        declared_table(views, wide=True, namespaces=True, now=NOW),
    ):
        assert plain_table(table).count("\n") == 3
    told = plain_sections(description(views[0], events, NOW, wide=True) + troubles(views[0], NOW, wide=False))
    assert outcome(views[1], views[0]).sentence
    assert all(character.isprintable() or character == "\n" for character in told)


def plc_of_today() -> dict[str, Any]:
    """Return an object as it should be."""
    return {"metadata": {"name": "mixer", "namespace": "a"}, "spec": {"targetValue": 1}, "status": {}}


def test_text_cannot_command_the_terminal() -> None:
    """An error text with escape codes and line breaks is shown as one harmless line."""
    assert text("\x1b[2Jgone\nnext\x07") == "�[2Jgone next�"


def test_an_ipv6_address_stands_in_brackets(plc: Make) -> None:
    """The port of an IPv6 address can be told from the address."""
    body = plc()
    body["spec"]["deviceAddress"] = "fd00::7"
    assert view(body).endpoint == "[fd00::7]:502"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-5, "0s"), (45, "45s"), (119, "119s"), (120, "2m"), (7200, "2h"), (172800, "2d")]
)
def test_age_has_one_unit(seconds: int, shown: str) -> None:
    """Ages are as short as kubectl's."""
    assert age(NOW - timedelta(seconds=seconds), NOW) == shown
