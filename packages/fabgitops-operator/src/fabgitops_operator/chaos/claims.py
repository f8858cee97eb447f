"""Which experiment has which target, and how many: two that begin at once see nothing of each other in what is stored.

There is one operator, so what this process knows is all that is under way; what one before it began is in the statuses.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.caps import Caps
from fabgitops_core.control.chaos.deeds import Spot
from fabgitops_core.control.chaos.ids import place_of
from fabgitops_core.control.chaos.timing import SILENCE_SECS


@dataclass(slots=True)
class _Claim:
    names: frozenset[str]
    at: float


@dataclass(slots=True)
class Claims:
    """What experiments have, for as long as they ask for anything. `clock` gives seconds that never go back."""

    clock: Callable[[], float]
    _claims: dict[Key, _Claim] = field(default_factory=dict)

    def take(self, key: Key, spots: Iterable[Spot], caps: Caps) -> str:
        """Have targets for an experiment, all of them or none; return why not, "" when all are had.

        Another has one of them, or others have so many of what its selector matches that `caps` forbid one more.
        """
        wanted, others = tuple(spots), self._others(key)
        for spot in wanted:
            for other, claim in others:
                if claim.names & names(spot):
                    return f"{spot.name} is a target of {other.namespace}/{other.name}"
        if refusal := caps.refusal(frozenset().union(*(claim.names for _, claim in others))):
            return refusal
        self._claims[key] = _Claim(frozenset().union(*map(names, wanted)), self.clock())
        return ""

    def _others(self, key: Key) -> list[tuple[Key, _Claim]]:
        """Return what others have: who has not asked for anything for so long has nothing active any more."""
        now = self.clock()
        self._claims = {each: claim for each, claim in self._claims.items() if now - claim.at <= SILENCE_SECS}
        return [(other, claim) for other, claim in self._claims.items() if other != key]

    def heard(self, key: Key) -> None:
        """Note that an experiment is under way."""
        if claim := self._claims.get(key):
            claim.at = self.clock()

    def drop(self, key: Key) -> None:
        """Let others have what an experiment had."""
        self._claims.pop(key, None)


def names(spot: Spot) -> frozenset[str]:
    """Return what only one experiment has at a time: a target, and where it is injected, which its id names."""
    return frozenset({str(spot.uid), str(place_of(spot.id))} - {""})
