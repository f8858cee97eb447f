"""Devices as another program's file describes them: their registers, and what of them a manifest has no place for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

_LONGEST = 63
_LONGEST_UNIT = 32
_LAST = 65535
_MOST = 500
_WHOLE_WORD = 0xFFFF
_EXACT = 1 << 53
"""From here on a number of JSON is no whole one to everybody."""
_SIZES: Mapping[str, int] = {
    **dict.fromkeys(("int32", "uint32", "float32", "bcd32"), 2),
    **dict.fromkeys(("int64", "uint64", "float64"), 4),
}
_LONGEST_HOST = 253
_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class NotTaken(Exception):
    """An entry of the file becomes no register; the text says why."""


@dataclass(slots=True)
class Device:
    """A device, its registers, and what is to be told of what it has besides."""

    name: str
    address: str = ""
    """Host name or IP address; empty where the file does not say it."""
    spec: dict[str, Any] = field(default_factory=dict)
    """Fields of the spec beside address and registers."""
    registers: list[dict[str, Any]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """What was not taken over, by name, and why."""
    unused: set[str] = field(default_factory=set)
    """Settings that nothing in a manifest is like, and that change no value."""
    refused: str = ""
    """Why there is no manifest of it at all."""
    orderless: str = ""
    """A register of several words of which the file does not say in which order they come."""
    _taken: dict[tuple[int, str, int], list[tuple[int, str]]] = field(default_factory=dict)

    def leave(self, what: object, why: object) -> None:
        """Tell that something is not taken over."""
        self.told.append(f"{what}: not taken over: {why}")

    def note(self, settings: Mapping[str, Any], known: frozenset[str] | set[str]) -> None:
        """Tell of settings that are not among the known ones."""
        self.unused |= {str(each) for each in settings} - known

    def order(self, called: str, entry: dict[str, Any], order: str) -> None:
        """Say in a number of several words in which order they come, or (none is known) keep that it has to be told."""
        if size_of(entry) == 1 or entry["type"] == "string":
            return
        if not order:
            self.orderless = self.orderless or called
        elif order != "ABCD":
            entry["byteOrder"] = order

    def add(self, called: object, entry: dict[str, Any], unit_id: int | None = None) -> None:
        """Take a register over.

        Args:
            called: What the file calls it.
            entry: Its fields but name and unit id; fields that are None are left out.
            unit_id: Its unit id; the first one becomes that of the device.

        Raises:
            NotTaken: It has no name, no place of its own, or is one too many.
        """
        if len(self.registers) == _MOST:
            raise NotTaken(f"a map has at most {_MOST} registers: give the rest to a second resource")
        unit = self._unit(unit_id)
        name = self._free(register_name(str(called)))
        wanted = {each: value for each, value in entry.items() if value is not None}
        self._claim(name, wanted, unit)
        if len(wanted.get("unit", "")) > _LONGEST_UNIT or not wanted.get("unit", "").isprintable():
            self.told.append(f"{called}: its unit is left out: it is a word of up to {_LONGEST_UNIT} characters")
            del wanted["unit"]
        self.registers.append({"name": name, **wanted, **({} if unit == self._first else {"unitId": unit})})

    @property
    def _first(self) -> int:
        return int(self.spec.get("unitId", 1))

    def _unit(self, unit_id: int | None) -> int:
        if unit_id is None:
            return self._first
        if not 0 <= unit_id <= 255:
            raise NotTaken(f"{unit_id} is no unit id: they go from 0 to 255")
        if not self.registers:
            self.spec["unitId"] = unit_id
        return unit_id

    def _free(self, name: str) -> str:
        taken = {each["name"] for each in self.registers}
        found, number = name, 1
        while found in taken:
            number += 1
            found = f"{name[: _LONGEST - len(str(number)) - 1]}-{number}"
        return found

    def _claim(self, name: str, entry: Mapping[str, Any], unit: int) -> None:
        table, address, mask = entry.get("table", "holding"), entry["address"], mask_of(entry)
        places = [(unit, table, address + at) for at in range(size_of(entry))]
        if address < 0 or places[-1][2] > _LAST:
            raise NotTaken(f"address {address} lies outside of 0 to {_LAST}")
        for place in places:
            for others, who in self._taken.get(place, ()):
                if others & mask:
                    raise NotTaken(f"it would share {table} {place[2]} with {who}: two registers must not overlap")
        for place in places:
            self._taken.setdefault(place, []).append((mask, name))


def register_name(called: str) -> str:
    """Return what a register may be called.

    Raises:
        NotTaken: Nothing is left of its name.
    """
    found = _NOT_IN_A_NAME.sub("-", called).strip("-._")[:_LONGEST].strip("-._")
    if not found:
        raise NotTaken("a register needs a name of letters or digits")
    return found


def resource_name(called: str) -> str:
    """Return what a resource may be called in Kubernetes; it may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", called.lower()).strip("-")[:_LONGEST].strip("-")


def size_of(entry: Mapping[str, Any]) -> int:
    """Return how many words, or bits of a table of bits, a register takes."""
    if entry.get("type") == "string":
        return (int(entry["length"]) + 1) // 2
    kind: str = entry.get("type", "")
    return _SIZES.get(kind, 1)


def mask_of(entry: Mapping[str, Any]) -> int:
    """Return which bits of its word are a register's own."""
    if "bit" not in entry:
        return _WHOLE_WORD
    first: int = entry["bit"]
    last: int = entry.get("lastBit", first)
    return (2 << last) - (1 << first)


def whole(said: object, what: str) -> int:
    """Return a whole number, also where it stands in quotes, as 16 or 0x10.

    Raises:
        NotTaken: It is none.
    """
    try:
        if isinstance(said, int | str) and not isinstance(said, bool):
            return int(said, 0) if isinstance(said, str) else said
    except ValueError:
        pass
    raise NotTaken(f"{what} is no whole number: {said}")


def number(said: object, what: str) -> int | float:
    """Return a number, a whole one where it is one, also where it stands in quotes.

    Raises:
        NotTaken: It is none, or not finite.
    """
    try:
        found = float(said) if isinstance(said, int | float | str) and not isinstance(said, bool) else float("nan")
    except (ValueError, OverflowError):
        found = float("nan")
    if found - found != 0:
        raise NotTaken(f"{what} is no number: {said}")
    return int(found) if found == int(found) and abs(found) < _EXACT else found


def amount(said: object) -> int | float:
    """Return a number of seconds or the like as it is, and 0 for what is none, or goes beyond all measure."""
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    return said if is_number and abs(said) < _EXACT else 0  # type: ignore[return-value,arg-type]


def is_address(said: str) -> bool:
    """Return whether the API server takes a text for a deviceAddress: an IP address, or a host name (RFC 1123, 2.1)."""
    try:
        return "%" not in str(ip_address(said))
    except ValueError:
        return len(said) <= _LONGEST_HOST and bool(_HOST.fullmatch(said)) and not re.fullmatch(r"[0-9.]+", said)


def scaling(scale: float, offset: float = 0) -> dict[str, int | float]:
    """Return the fields of a scale and an offset; what changes nothing is left out.

    Raises:
        NotTaken: The scale is 0.
    """
    if scale == 0:
        raise NotTaken("its scale is 0, which makes every value the same")
    return {**({"scale": scale} if scale != 1 else {}), **({"offset": offset} if offset else {})}


def line(raw_low: float, raw_high: float, low: float, high: float) -> tuple[int | float, int | float]:
    """Return scale and offset of a straight line through two points.

    Raises:
        NotTaken: It has no slope, or only one.
    """
    if raw_low == raw_high:
        raise NotTaken("its raw range has no width")
    scale = number(f"{(high - low) / (raw_high - raw_low):.15g}", "scale")
    return scale, number(f"{low - raw_low * scale:.15g}", "offset")


def bit(at: int) -> dict[str, Any]:
    """Return the fields of one bit of a word.

    Raises:
        NotTaken: A word has no such bit.
    """
    if not 0 <= at <= 15:
        raise NotTaken(f"a word has the bits 0 to 15, and no bit {at}")
    return {"type": "bit", "bit": at}


def text(words: int) -> dict[str, Any]:
    """Return the fields of a text of so many words.

    Raises:
        NotTaken: It has none, or more than one request may read.
    """
    if not 1 <= words <= 125:
        raise NotTaken(f"a text of {words} words: it has 1 to 125")
    return {"type": "string", "length": 2 * words}


def mappings(given: object) -> Iterator[dict[str, Any]]:
    """Yield the mappings of a list, or the one that stands where a list may; what is none is passed over."""
    yield from (each for each in (given if isinstance(given, list) else [given]) if isinstance(each, dict))
