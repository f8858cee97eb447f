"""What may stand on the command line of a look at a device."""

import pytest
from fabgitops_core.api.plc.connection import Transport
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_operator.probe.targets import MAX_SPOTS, Spot, TargetError, endpoint_of, spots_of, units_of


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        ("10.0.0.5", "10.0.0.5", 502),
        ("plc-7.plant:1502", "plc-7.plant", 1502),
        ("2001:db8::7", "2001:db8::7", 502),
        ("[2001:db8::7]", "2001:db8::7", 502),
        ("[2001:db8::7]:1502", "2001:db8::7", 1502),
    ],
)
def test_a_host_comes_with_a_port_or_without(given: str, host: str, port: int) -> None:
    """The port is Modbus' own where none is given, also for an IPv6 address."""
    assert endpoint_of(given, Transport.TCP) == Endpoint(host, port)


def test_the_usual_port_is_that_of_the_transport() -> None:
    """Modbus over TLS has a port of its own."""
    assert endpoint_of("10.0.0.5", Transport.TLS).port == 802


@pytest.mark.parametrize(
    "given", ["", "http://10.0.0.5", "10.0.0.5:0", "10.0.0.5:70000", "a b", "10.0.0.5:x", "[plc-7]:502"]
)
def test_what_is_no_host_is_refused_with_an_example(given: str) -> None:
    """A scheme, a port out of range or a blank is refused, and named."""
    with pytest.raises(TargetError, match="HOST is"):
        endpoint_of(given, Transport.TCP)


def test_units_are_listed_once_each() -> None:
    """Single ids, lists and ranges may be mixed."""
    assert units_of(["1", "3-5,4", "0"]) == (1, 3, 4, 5, 0)


@pytest.mark.parametrize("given", ["256", "-1", "5-3", "1-", "x", "", "1-300"])
def test_what_is_no_unit_is_refused(given: str) -> None:
    """A unit id is 0 to 255, and a range goes upwards."""
    if given == "1-":  # an open range would be a scan of more than was told
        assert units_of([given]) == (1,)
        return
    with pytest.raises(TargetError, match="a unit id is 0 to 255"):
        units_of([given])


def test_registers_are_counted_either_way() -> None:
    """A reference as on the drawing and an address as on the wire name the same place."""
    assert spots_of(["40001-40002", "holding:0", "input:7-8", "10017"]) == (
        Spot(Table.HOLDING, 0),
        Spot(Table.HOLDING, 1),
        Spot(Table.INPUT, 7),
        Spot(Table.INPUT, 8),
        Spot(Table.DISCRETE, 16),
    )


def test_a_number_that_may_be_counted_either_way_is_asked_back() -> None:
    """A short number is a coil to a drawing and an address to a programmer: nobody guesses."""
    with pytest.raises(TargetError, match="44001 for the first, holding:4001 for the second"):
        spots_of(["4001"])


@pytest.mark.parametrize(
    "given", ["holdings:1", "holding:65536", "holding:9-3", "40005-40001", "40001-30009", "90001", "holding:", "x"]
)
def test_what_is_no_register_is_refused(given: str) -> None:
    """Each refusal names what was given."""
    with pytest.raises(TargetError, match=f"--register is '{given}'"):
        spots_of([given])


def test_no_more_is_read_than_a_device_can_bear() -> None:
    """A range of a whole table is refused: nobody scans by accident."""
    with pytest.raises(TargetError, match=f"at most {MAX_SPOTS}"):
        spots_of(["holding:0-65535"])
    with pytest.raises(TargetError, match=f"at most {MAX_SPOTS}"):
        spots_of(["holding:0-60", "input:0-60"])
