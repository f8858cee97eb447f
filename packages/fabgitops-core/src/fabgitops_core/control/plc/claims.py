"""Who wants which register: two resources that want the same one are told of each other, and neither writes it."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fabgitops_core.api.meta import Key
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.plc.points import DeviceMap
from fabgitops_core.control.plc.requests import DeviceId, Endpoint

WHOLE = 0xFFFF
BESIDE = WHOLE + 1
"""In the mask of what is written beside a register, as an unlock: several may have it, which nobody else wants. Also in
that of a wish, which several may have for what is one's alone."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One word or bit of a device."""

    device: DeviceId
    table: Table
    address: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One spot that a register of a resource wants for itself; of a word perhaps only the bits of `mask`.

    What else a resource wants alone is a spot by its name.
    """

    spot: Spot | str
    mask: int
    register: str


def claims_of(wanted: DeviceMap) -> frozenset[Claim]:
    """Return what the registers of a map with a desired value lay claim to, however they are reached.

    What shows one that is written elsewhere is claimed as well: whoever changes that would have it written for nothing.
    So is what is written before and after one: two may unlock by the same place, each in its own turn, but nobody may
    want a value there.
    """
    site = wanted.endpoint.site
    return _beside(wanted, site) | frozenset(
        Claim(Spot(DeviceId(site, point.unit_id), place.table, address), place.codec.mask, point.name)
        for point in wanted.points
        if point.wanted is not None
        for place in ((point.place,) if point.place.shown is None else (point.place, point.place.shown))
        for address in range(place.address, place.address + place.codec.taken)
    )


def _beside(wanted: DeviceMap, site: Endpoint) -> frozenset[Claim]:
    return frozenset(
        Claim(Spot(DeviceId(site, point.unit_id), step.table, step.address), WHOLE | BESIDE, point.name)
        for point in wanted.points
        if point.wanted is not None and point.around is not None
        for step in (*point.around.before, *point.around.after)
    )


def claims_by_name(names: Iterable[str]) -> frozenset[Claim]:
    """Return the claims to what has no registers, each whole and told by its name."""
    return frozenset(Claim(name, WHOLE, name) for name in names)


def wishes_by_name(names: Iterable[str]) -> frozenset[Claim]:
    """Return the claims to what somebody would have once nobody has it: they contest those that have it, not others."""
    return frozenset(Claim(name, WHOLE | BESIDE, name) for name in names)


Place = tuple[Spot | str, int]
"""A spot, and the bits of it that are wanted."""
FIRST = 2
"""Who is told to be the rival: the first by name, and to that one the second."""


class Claims:
    """All claims there are, and who contests whose.

    However many want the same register, each is told of one of them, and whoever comes later changes nothing for those
    who know of another already: a hundred copies of a map of 500 registers would hold up every poll for seconds.
    """

    def __init__(self) -> None:
        self._of: dict[Key, tuple[Claim, ...]] = {}  # of one claim a set takes four times as much
        self._at: defaultdict[Spot | str, dict[int, list[Key]]] = defaultdict(dict)
        """Who wants it, in the order of full names."""

    def lay(self, key: Key, claims: frozenset[Claim]) -> set[Key]:
        """Put a resource's claims in the place of its earlier ones; return everybody for whom that changes anything."""
        before = frozenset(self._of.get(key, ()))
        if claims == before:
            return set()
        old, new = ({(each.spot, each.mask) for each in some} for some in (before, claims))
        contested = bool(self.rivals(key))
        touched = {other for place in old - new for other in self._without(place, key)}
        touched |= {other for place in new - old for other in self._with(place, key)}
        if claims:
            self._of[key] = tuple(claims)
        else:
            self._of.pop(key, None)
        return touched | {key} if contested or self.rivals(key) else touched

    def of(self, key: Key) -> frozenset[Claim]:
        """Return the claims of a resource."""
        return frozenset(self._of.get(key, ()))

    def rivals(self, key: Key) -> Mapping[str, str]:
        """Return, for each contested register of a resource, the full name of one who wants it too."""
        found: dict[str, str] = {}
        for claim in self._of.get(key, ()):
            for mask, those in self._at[claim.spot].items():
                if _clash(mask, claim.mask) and (rival := next((each for each in those[:FIRST] if each != key), None)):
                    other = str(rival)
                    found[claim.register] = min(found.get(claim.register, other), other)
        return found

    def _with(self, place: Place, key: Key) -> Iterable[Key]:
        """Add who wants a place; return those who are told of another rival by that."""
        spot, mask = place
        those = self._at[spot].setdefault(mask, [])
        insort(those, key, key=str)
        return self._others(place, key) if key in those[:FIRST] else ()

    def _without(self, place: Place, key: Key) -> Iterable[Key]:
        """Take away who wanted a place; return those who were told of that one."""
        spot, mask = place
        those = self._at[spot][mask]
        at = those.index(key, bisect_left(those, str(key), key=str))
        del those[at]
        others = list(self._others(place, key)) if at < FIRST else ()
        if not those:
            del self._at[spot][mask]
        if not self._at[spot]:
            del self._at[spot]
        return others

    def _others(self, place: Place, key: Key) -> Iterable[Key]:
        spot, mask = place
        return (
            other for each, those in self._at[spot].items() if _clash(each, mask) for other in those if other != key
        )


def _clash(one: int, other: int) -> bool:
    """Return whether two masks have bits in common, unless both are of what is only written beside a register."""
    return bool(one & other & WHOLE) and not one & other & BESIDE
