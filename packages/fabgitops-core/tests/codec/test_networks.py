"""Ranges of addresses: what is within them, however an address is spelled, and what is no range."""

import pytest
from fabgitops_core.codec.networks import ANYWHERE, networks

PLANT = networks(["10.20.0.0/16", "192.0.2.7", "2001:db8:20::/48"])


@pytest.mark.parametrize(
    "address",
    ["10.20.255.1", "192.0.2.7", "2001:db8:20::7", "::ffff:10.20.0.1", "::FFFF:0a14:1", "2001:DB8:20:0::7%eth0"],
)
def test_what_is_within_is_within_in_each_of_its_spellings(address: str) -> None:
    """An address of a range is in it, also in the guise of IPv6, in capitals, or with a zone."""
    assert PLANT.holds(address)


@pytest.mark.parametrize(
    "address",
    [
        *("10.21.0.1", "192.0.2.8", "2001:db8:21::7", "::ffff:10.21.0.1"),
        *("::10.20.0.1", "64:ff9b::10.20.0.1", "2002:0a14:0001::1", "::ffff:0:10.20.0.1"),
        *("0.0.0.1", "::", "127.0.0.1", "10.20", "plc-7", "0x0a140001", "169090601", ""),
    ],
)
def test_nothing_else_is(address: str) -> None:
    """Another address is not, nor one that others would translate into one of the range, nor what is no address."""
    assert not PLANT.holds(address)


def test_a_range_in_the_guise_of_ipv6_is_the_one_that_it_stands_for() -> None:
    """Who names ::ffff:10.20.0.0/112 means 10.20.0.0/16, and all of IPv6 does not hold IPv4 in disguise."""
    assert networks(["::ffff:10.20.0.0/112"]) == networks(["10.20.0.0/16"])
    assert not networks(["::/0"]).holds("::ffff:10.20.0.1")


def test_no_range_is_no_limit() -> None:
    """Without ranges everything is within, and that can be asked for."""
    assert ANYWHERE.holds("198.51.100.1")
    assert not ANYWHERE
    assert PLANT


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10.20.1.7/16", "beyond the prefix; 10.20.0.0/16 is the range around it"),
        ("plc.example/24", '"plc.example/24" is no range of addresses, such as 10.20.0.0/16'),
        ("10.20.0.0/33", "is no range"),
        ("", '"" is no range'),
    ],
)
def test_what_is_no_range_is_told(text: str, told: str) -> None:
    """What cannot be meant is refused in a sentence that says what could."""
    with pytest.raises(ValueError, match=told):
        networks(["10.0.0.0/8", text])


def test_a_refusal_names_the_addresses_and_the_ranges() -> None:
    """One address, some, and more than a sentence holds."""
    ranges = "outside of --allow-cidr 10.20.0.0/16, 192.0.2.7/32, 2001:db8:20::/48"
    assert PLANT.refusal(["10.9.9.9"]) == f"its address 10.9.9.9 is {ranges}"
    assert PLANT.refusal(["a", "b"]) == f"its addresses a, b are {ranges}"
    assert PLANT.refusal("abcde") == f"its addresses a, b, c and 2 more are {ranges}"
