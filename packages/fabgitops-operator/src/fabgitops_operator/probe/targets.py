"""What is to be looked at, as it stands on a command line: where, which units, which registers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fabgitops_core.api.addresses import check_host, host_and_port
from fabgitops_core.api.plc.connection import Transport
from fabgitops_core.codec.tables import Table, parse_reference, reference_of
from fabgitops_core.control.plc.requests import Endpoint

MAX_SPOTS = 100
"""Registers that one call reads: each with its neighbours, which is up to six requests."""

MAX_ADDRESS = 65535
_PORTS = {Transport.TLS: 802}


class TargetError(ValueError):
    """It cannot be looked at: the text says what was given, and what can be."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One place in a table of a device; `address` is 0-based as on the wire, 0 to 65535."""

    table: Table
    address: int

    @property
    def reference(self) -> str:
        """Return what a drawing calls it: 40001."""
        return reference_of(self.table, self.address)

    def __str__(self) -> str:
        """Return it for people, counted both ways."""
        return f"{self.reference} · {self.table.noun}, address {self.address}"


def endpoint_of(text: str, transport: Transport) -> Endpoint:
    """Return where a device is reached, from `HOST`, `HOST:PORT`, `[IPv6]:PORT` or a plain IPv6 address.

    Raises:
        TargetError: It is none of them.
    """
    usual = _PORTS.get(transport, 502)
    whole = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    host, port = host_and_port(text) or (whole, usual)
    try:
        check_host(host)
    except ValueError:
        raise TargetError(f"HOST is {text!r}: give 10.0.0.5, plc-7.plant:502 or [2001:db8::7]:502") from None
    if not 1 <= port <= MAX_ADDRESS:
        raise TargetError(f"HOST is {text!r}: a port is 1 to 65535")
    return Endpoint(host, port, transport)


def units_of(texts: Iterable[str]) -> tuple[int, ...]:
    """Return the unit ids, 0 to 255, each once, from `1`, `1,5` and `10-15`.

    Raises:
        TargetError: One is no unit id.
    """
    units: dict[int, None] = {}
    for part in (each.strip() for text in texts for each in text.split(",")):
        first, _, last = part.partition("-")
        if not (_is_number(first) and _is_number(last or first)) or not int(first) <= int(last or first) <= 255:
            raise TargetError(f"--unit is {part!r}: a unit id is 0 to 255; give 1, or several as 1,5 or 10-15")
        units |= dict.fromkeys(range(int(first), int(last or first) + 1))
    return tuple(units)


def spots_of(texts: Iterable[str]) -> tuple[Spot, ...]:
    """Return the places, each once, from references (40001, 40001-40010) and addresses (holding:0, input:7-9).

    Raises:
        TargetError: One is no place, or they are too many.
    """
    spots = tuple(dict.fromkeys(spot for text in texts for spot in _spots(text.strip())))
    if len(spots) > MAX_SPOTS:
        raise TargetError(f"--register names {len(spots)} registers: at most {MAX_SPOTS} are read at once")
    return spots


def _spots(text: str) -> Iterator[Spot]:
    table, colon, addresses = text.partition(":")
    first, _, last = (addresses if colon else text).partition("-")
    try:
        start = _by_address(table, first) if colon else _by_reference(first)
        end = start if not last else _by_address(table, last) if colon else _by_reference(last)
    except ValueError as error:
        raise TargetError(f"--register is {text!r}: {error}") from None
    if end.table is not start.table or not start.address <= end.address:
        raise TargetError(f"--register is {text!r}: a range goes upwards within one table")
    if end.address - start.address >= MAX_SPOTS:
        raise TargetError(f"--register is {text!r}: at most {MAX_SPOTS} registers are read at once")
    yield from (Spot(start.table, address) for address in range(start.address, end.address + 1))


def _by_reference(text: str) -> Spot:
    if _is_number(text) and len(text) < 5:
        number = int(text)
        raise ValueError(
            f"is it a number on the drawing, or an address on the wire? Give {40000 + number} for the first, "
            f"holding:{number} for the second"
        )
    return Spot(*parse_reference(text))


def _by_address(table: str, text: str) -> Spot:
    if table not in set(Table):
        raise ValueError(f"{table} is no table: holding, input, coil or discrete")
    if not _is_number(text) or int(text) > MAX_ADDRESS:
        raise ValueError("an address is 0 to 65535")
    return Spot(Table(table), int(text))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6
