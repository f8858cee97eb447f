"""What parts are called: by the place where they stand, never by an order of making.

A rack that grows gets places at its end and one that shrinks loses them there: a place that stays keeps its name, with
all that others have written down about it. Read from its end a name is unambiguous, so that no two racks collide.
"""

import re
from typing import NamedTuple

_PLACE = re.compile(r"c(\d{1,2})(?:s(\d{1,2})(?:([bn])(\d))?)?(?:-([a-z0-9][-a-z0-9]*))?")


class Place(NamedTuple):
    """A place within a rack: what is -1 or empty does not count; `part` is b for a BMC, n for a node."""

    chassis: int = -1
    blade: int = -1
    part: str = ""
    number: int = -1
    plc: str = ""

    def __str__(self) -> str:
        """Return what stands behind the Rack's name: c0, c0s3, c0s3b0, c0s3n1, c0-pdu, pdu."""
        chassis = f"c{self.chassis}" if self.chassis >= 0 else ""
        blade = f"s{self.blade}" if self.blade >= 0 else ""
        part = f"{self.part}{self.number}" if self.part else ""
        return f"{chassis}{blade}{part}{'-' if chassis and self.plc else ''}{self.plc}"

    @property
    def whole_blade(self) -> "Place":
        """Return the blade that it stands in, or is."""
        return Place(self.chassis, self.blade)

    @property
    def whole_chassis(self) -> "Place":
        """Return the chassis that it stands in, or is."""
        return Place(self.chassis)


def place_of(rack: str, name: str) -> Place | None:
    """Return the place of a part by its name, or None for a name that is no part's of this rack."""
    if not name.startswith(f"{rack}-"):
        return None
    text = name[len(rack) + 1 :]
    found = _PLACE.fullmatch(text)
    if found is None:
        return Place(plc=text) if text else None
    chassis, blade, part, number, plc = found.groups()
    place = Place(int(chassis), int(blade or -1), part or "", int(number or -1), plc or "")
    return place if str(place) == text else None
