"""The resource as a user writes it: defaults, bounds, names, and what is refused with which words."""

from typing import Any

import pytest
from fabgitops_core.api.plc.connection import Connection, Uncopied
from fabgitops_core.api.plc.correction import Correction
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.requests import Link
from pydantic import ValidationError

LEAST = {"deviceAddress": "10.0.0.5", "targetRegister": 4001, "targetValue": 2500}


def spec(**changes: Any) -> IndustrialPLCSpec:
    """Return a spec that says the least, but for these changes."""
    return IndustrialPLCSpec.model_validate({**LEAST, **changes})


def test_defaults() -> None:
    """A manifest that says the least gets the defaults of the field, by their camelCase names."""
    assert spec().model_dump(mode="json") == {
        **LEAST,
        "port": 502,
        "unitId": 1,
        "pollIntervalSecs": 5,
        "maxCorrectionsPerHour": 20,
        "timeoutSecs": None,
        "connection": Connection().model_dump(mode="json"),
        **dict.fromkeys(("registers", "templateRef", "identity")),
        "autoCorrect": True,
        "adoption": "Enforce",
        "correction": Correction().model_dump(mode="json"),
        "suspend": False,
        "tags": [],
    }


@pytest.mark.parametrize(("interval", "given", "timeout"), [(1, None, 1.0), (5, None, 3.0), (5, 4.5, 4.5)])
def test_the_timeout_fits_the_interval(interval: int, given: float | None, timeout: float) -> None:
    """A timeout that is not given is 3 seconds, or the interval where that is shorter."""
    assert spec(pollIntervalSecs=interval, timeoutSecs=given).timeout == timeout


@pytest.mark.parametrize("field", ["deviceAddress", "targetRegister", "targetValue"])
def test_what_must_be_said(field: str) -> None:
    """Address, register and value have no default: without one the manifest is refused by that field's name."""
    with pytest.raises(ValidationError) as refused:
        IndustrialPLCSpec.model_validate({name: value for name, value in LEAST.items() if name != field})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


BOUNDS = [
    ("port", 1, 65535),
    ("unitId", 0, 255),
    ("targetRegister", 0, 65535),
    ("targetValue", 0, 65535),
    ("pollIntervalSecs", 1, 86400),
]


@pytest.mark.parametrize(("field", "low", "high"), BOUNDS)
def test_bounds(field: str, low: int, high: int) -> None:
    """Each number is accepted at both of its bounds and refused one beyond either."""
    for value in (low, high):
        assert spec(**{field: value}).model_dump()[field] == value
    for value in (low - 1, high + 1):
        with pytest.raises(ValidationError, match=field):
            spec(**{field: value})


@pytest.mark.parametrize("field", [field for field, _low, _high in BOUNDS])
@pytest.mark.parametrize("value", [True, "7", 7.5])
def test_a_number_is_a_number(field: str, value: object) -> None:
    """A truth value, a text or a fraction where a whole number belongs is refused, not turned into one and written."""
    with pytest.raises(ValidationError, match=field):
        spec(**{field: value})


@pytest.mark.parametrize("field", ["autoCorrect", "suspend"])
def test_a_switch_is_a_switch(field: str) -> None:
    """A text where true or false belongs is refused: nobody is to guess whether writing is allowed."""
    with pytest.raises(ValidationError, match=field):
        spec(**{field: "yes"})


@pytest.mark.parametrize("value", [0.09, 60.5])
def test_timeout_bounds(value: float) -> None:
    """A timeout below a tenth of a second or above a minute is refused."""
    with pytest.raises(ValidationError, match="timeoutSecs"):
        spec(timeoutSecs=value, pollIntervalSecs=90)


def test_a_timeout_longer_than_the_interval_is_refused() -> None:
    """The refusal names both fields with their values, and the way out."""
    with pytest.raises(ValidationError, match=r"timeoutSecs \(6\).*pollIntervalSecs \(5\): lower timeoutSecs or raise"):
        spec(timeoutSecs=6)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.5", "::1", "fd00::a:1", "::ffff:10.0.0.5", "plc", "plc-7.line1.example.com", "plc_7.lan", "plc.lan."],
)
def test_addresses_accepted(address: str) -> None:
    """IPv4 addresses, IPv6 addresses and host names are accepted as they are."""
    assert spec(deviceAddress=address).device_address == address


@pytest.mark.parametrize(
    "address",
    [
        "tcp://10.0.0.5",
        "10.0.0.5:502",
        "[::1]",
        "[::1]:502",
        "plc:502",
        "300.1.1.1",
        "10.0.0",
        "fe80::1%eth0",
        "a..b",
        "-plc",
        "plc.lan\n",
        "two words",
        f"{'x' * 64}.lan",
    ],
)
def test_addresses_refused(address: str) -> None:
    """What is no address and no name is refused with the field, the value and what may stand there."""
    with pytest.raises(ValidationError) as refused:
        spec(deviceAddress=address)
    message = str(refused.value)
    assert "deviceAddress must be an IPv4 address, an IPv6 address without brackets, or a host name" in message
    assert refused.value.errors()[0]["loc"] == ("deviceAddress",)
    assert refused.value.errors()[0]["input"] == address


@pytest.mark.parametrize("address", ["", "x" * 254])
def test_addresses_of_a_wrong_length(address: str) -> None:
    """An address is 1 to 253 characters long."""
    with pytest.raises(ValidationError, match="deviceAddress"):
        spec(deviceAddress=address)


@pytest.mark.parametrize(
    "name", [".plc.example", "a" * 64, "plc..example", "pl\0c", "plc:802", "[::1]", "plc\n", "1.2.3"]
)
def test_server_names_refused(name: str) -> None:
    """A tlsServerName that no certificate can be for is refused as an address is, by its own name."""
    with pytest.raises(
        ValidationError, match="tlsServerName must be an IPv4 address, an IPv6 address without"
    ) as refused:
        spec(connection={"transport": "tls", "tlsServerName": name})
    assert refused.value.errors()[0]["loc"] == ("connection", "tlsServerName")


@pytest.mark.parametrize("name", ["plc-7.hall_1.example.com", "mixer", "10.0.0.5", "fe80::1"])
def test_server_names_accepted(name: str) -> None:
    """Host names and addresses, which a certificate can be for, are accepted as they are."""
    assert spec(connection={"transport": "tls", "tlsServerName": name}).connection.tls_server_name == name


def test_tags_are_bounded() -> None:
    """Up to 64 tags of up to 256 characters are kept in their order."""
    assert spec(tags=["b", "a"]).tags == ("b", "a")
    for tags in (["x"] * 65, ["x" * 257]):
        with pytest.raises(ValidationError, match="tags"):
            spec(tags=tags)


def test_a_later_field_disturbs_nothing() -> None:
    """A field that this version does not know is passed over, so that an older operator survives a newer CRD."""
    assert spec(comesLater=1) == spec()


def test_a_new_status_is_empty() -> None:
    """A status begins as Pending with both counters at zero and nothing known."""
    new = IndustrialPLCStatus()
    assert (new.phase, new.drift_events, new.corrections_applied) == ("Pending", 0, 0)
    assert (new.current_value, new.in_sync, new.last_update, new.last_error) == (None, None, None, None)


def test_a_status_survives_the_api() -> None:
    """What is written to the API in camelCase, with times in whole seconds of UTC, reads back as the same."""
    told = {"phase": "Connected", "currentValue": 7, "inSync": True, "lastUpdate": "2026-01-01T01:00:00+01:00"}
    status = IndustrialPLCStatus.model_validate(told)
    written = status.model_dump(mode="json")
    assert written["lastUpdate"] == "2026-01-01T00:00:00Z"
    assert IndustrialPLCStatus.model_validate(written) == status


@pytest.mark.parametrize(
    ("connection", "where", "why"),
    [
        ({"transport": "udp", "ignore": ["unitId", "transactionId"]}, ("ignore", 1), "a datagram that comes twice"),
        ({"transport": "rtuOverTcp", "ignore": ["transactionId"]}, ("ignore", 0), "a serial line has none"),
        ({"transport": "rtuOverTcp", "ignore": ["unitId"]}, ("ignore", 0), "the unit id is all that tells who answers"),
        ({"transport": "tls", "echo": True}, ("echo",), "only a serial line has an echo"),
    ],
)
def test_nothing_is_ignored_that_nothing_could_stand_for(
    connection: dict[str, object], where: tuple[object, ...], why: str
) -> None:
    """What an answer need not copy, and an echo, are refused where the transport has none or nothing else to go by."""
    with pytest.raises(ValidationError, match=why) as refused:
        spec(connection=connection)
    assert refused.value.errors()[0]["loc"] == ("connection", *where)


def test_what_is_ignored_is_told_to_who_opens_the_connection() -> None:
    """Both reach the link that a device is asked over; without them a link is the one of before."""
    odd = {"transport": "rtuOverTcp", "ignore": ["writeEcho", "writeEcho"], "echo": True}
    link = map_of(spec(connection=odd), "line-1", {}).link
    assert (link.ignore, link.echo) == (frozenset({Uncopied.WRITE_ECHO}), True)
    assert map_of(spec(), "line-1", {}).link == Link()
