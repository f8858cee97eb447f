"""Ranges of addresses to which connections may be made: an operator that is given some goes nowhere else."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

MAPPED = IPv6Network("::ffff:0:0/96")
"""IPv4 in the guise of IPv6 (RFC 4291, section 2.5.5.2): a connection to it is one to the IPv4 address."""

TOLD = 3
"""How many addresses, or ranges, a sentence names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Ranges of addresses; none of them is no limit. Its text names them."""

    ranges: tuple[Network, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is a limit."""
        return bool(self.ranges)

    def __str__(self) -> str:
        """Return them for people."""
        return _some([str(each) for each in self.ranges])

    def holds(self, address: str) -> bool:
        """Return whether a connection to an address, as a resolver gives it, is within the limit.

        What is no address is not. One of IPv4 in the guise of IPv6 is the IPv4 address that it stands for; one that a
        gateway translates (RFC 6052) is none, for who knows where it leads.
        """
        if not self.ranges:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        plain = _plain(found)
        return any(plain in each for each in self.ranges)

    def refusal(self, addresses: Iterable[str]) -> str:
        """Return what is said of addresses that are all outside, as what follows "it is not connected to: "."""
        told = list(addresses)
        those = f"its address {told[0]} is" if len(told) == 1 else f"its addresses {_some(told)} are"
        return f"{those} outside of --allow-cidr {self}"


ANYWHERE = Networks()
"""No limit."""


def networks(texts: Iterable[str]) -> Networks:
    """Return what ranges in CIDR notation name; an address alone is a range of one.

    Raises:
        ValueError: One is no range; the text says which, and what would be.
    """
    return Networks(tuple(dict.fromkeys(_network(text) for text in texts)))


def _network(text: str) -> Network:
    try:
        found = ip_network(text)
    except ValueError:
        raise ValueError(f'"{text}" is no range of addresses{_meant(text)}') from None
    if isinstance(found, IPv6Network) and found.prefixlen >= MAPPED.prefixlen and found.subnet_of(MAPPED):
        return IPv4Network((int(found.network_address) & 0xFFFF_FFFF, found.prefixlen - MAPPED.prefixlen))
    return found


def _meant(text: str) -> str:
    try:
        return f": its address has bits beyond the prefix; {ip_network(text, strict=False)} is the range around it"
    except ValueError:
        return ", such as 10.20.0.0/16 or 2001:db8:20::/48"


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - TOLD} more" if len(texts) > TOLD else ""
    return ", ".join(texts[:TOLD]) + more
