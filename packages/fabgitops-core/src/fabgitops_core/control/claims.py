"""Who wants which register: two resources that want the same one are told of each other, and neither writes it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from fabgitops_core.api.meta import Key
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.points import DeviceMap
from fabgitops_core.control.requests import DeviceId

WHOLE = 0xFFFF


@dataclass(frozen=True, slots=True)
class Spot:
    """One word or bit of a device."""

    device: DeviceId
    table: Table
    address: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One spot that a register of a resource wants for itself; of a word perhaps only the bits of `mask`."""

    spot: Spot
    mask: int
    register: str


def claims_of(wanted: DeviceMap) -> frozenset[Claim]:
    """Return what the registers of a map with a desired value lay claim to, however they are reached."""
    site = wanted.endpoint.site
    return frozenset(
        Claim(Spot(DeviceId(site, point.unit_id), point.place.table, address), point.place.codec.mask, point.name)
        for point in wanted.points
        if point.wanted is not None
        for address in range(point.place.address, point.end)
    )


class Claims:
    """All claims there are, and who contests whose."""

    def __init__(self) -> None:
        self._of: dict[Key, frozenset[Claim]] = {}
        self._at: defaultdict[Spot, dict[Key, list[Claim]]] = defaultdict(dict)

    def lay(self, key: Key, claims: frozenset[Claim]) -> set[Key]:
        """Put a resource's claims in the place of its earlier ones; return everybody for whom that changes anything."""
        before = self._of.pop(key, frozenset[Claim]())
        if claims == before:
            if claims:
                self._of[key] = claims
            return set()
        touched = self._rivals_at(key, before)
        for claim in before:
            at = self._at[claim.spot]
            at.pop(key, None)
            if not at:
                del self._at[claim.spot]
        for claim in claims:
            self._at[claim.spot].setdefault(key, []).append(claim)
        if claims:
            self._of[key] = claims
        touched |= self._rivals_at(key, claims)
        return touched | {key} if touched else set()

    def rivals(self, key: Key) -> Mapping[str, str]:
        """Return, for each contested register of a resource, the full name of one who wants it too."""
        found: dict[str, str] = {}
        for claim in self._of.get(key, ()):
            for other, theirs in self._at[claim.spot].items():
                if other != key and any(each.mask & claim.mask for each in theirs):
                    found[claim.register] = min(found.get(claim.register, str(other)), str(other))
        return found

    def _rivals_at(self, key: Key, claims: frozenset[Claim]) -> set[Key]:
        return {other for claim in claims for other in self._at.get(claim.spot, ()) if other != key}
