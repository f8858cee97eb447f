"""What may be written to a fleet, as an onlooker knows it who looks at Git, permits and devices, and asks no operator.

A PLC is held at some words. A permit for the words that Git wants of it lets it go over to those; what was proven in
the device before a round, or read between its first permit and its first write, is what a restore of it may write.
"""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

from fabgitops_core.api.meta import ApiModel
from fabgitops_core.api.setpoint.permits import MANUAL, permit_of
from fabgitops_core.api.setpoint.status import Phase, SetpointRolloutStatus
from fabgitops_core.control.happenings import Happening

COUNTED: Counter[str] = Counter()
"""What all stories together came to."""

Words = dict[int, int]


@dataclass
class Seen:
    """One PLC: what it is held at, what was read before this round wrote it, and which registers that has written."""

    held: Words
    before: dict[int, set[int]] = field(default_factory=dict)
    written: set[int] = field(default_factory=set)
    round: tuple[str, int] = ("", 0)


@dataclass
class Onlooker:
    """Looks at every write as it goes out."""

    named: dict[str, dict[str, Words]] = field(default_factory=dict)
    """By PLC what each hash stands for."""
    seen: dict[str, Seen] = field(default_factory=dict)
    limits: tuple[int, ...] = ()
    """How many PLCs each wave reaches, before the first as well."""
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By id of an event its chain, which is one revision of a round, and its type."""

    def permits(self, plc: str, permit: str, status: ApiModel | None) -> None:
        """See that a PLC is let go in its wave, whose status is stored; who was away is caught up after the last."""
        assert isinstance(status, SetpointRolloutStatus)
        given = permit_of(permit)
        assert given is not None
        if given.restore or status.phase is Phase.DONE or status.promoted.endswith("/full"):
            return
        rank = sorted(self.seen, key=lambda name: sha256(name.encode()).digest()).index(plc)
        assert rank < self.limits[status.wave], f"{plc} is number {rank}, and is let go in wave {status.wave}"
        assert status.phase is Phase.RELEASING, f"{plc} is let go while it stands at {status.phase}"
        COUNTED["permits"] += 1

    def hears(self, happening: Happening) -> None:
        """See that an event is the same whenever it is told, and that one revision begins and ends once."""
        chain, kind = str(happening.data["context"]["chainId"]), happening.type
        assert self.told.setdefault(happening.id, (chain, kind)) == (chain, kind), "one id for two events"
        for word in ("pipelinerun.started", "pipelinerun.finished"):
            same = [id_ for id_, (of, type_) in self.told.items() if of == chain and word in type_]
            assert len(same) <= 1, f"{word} is told twice of one revision"
        COUNTED["events"] += 1

    def reads(self, plc: str, words: Words, permit: str) -> None:
        """Take what a device has shown to an operator that has heard of this permit."""
        seen = self._begun(plc, permit)
        for address in words.keys() - seen.written:
            seen.before.setdefault(address, set()).add(words[address])

    def kept(self, plc: str, address: int, value: int) -> None:
        """Take it that a device holds what was written: what it did not keep it was never let go over to."""
        self.seen[plc].held[address] = value

    def _begun(self, plc: str, permit: str) -> Seen:
        """Return what is known of a PLC, for which a permit may have begun another round."""
        seen, given = self.seen[plc], permit_of(permit)
        if given is not None and given.uid != MANUAL and not given.restore and seen.round != (given.uid, given.round):
            seen.round, seen.written = (given.uid, given.round), set()
            seen.before = {address: {word} for address, word in seen.held.items()}
        return seen

    def writes(self, plc: str, address: int, value: int, stands: int, permit: str, wanted: str) -> None:
        """See that a write is one that may go out.

        Args:
            plc: To which PLC.
            address: Which register.
            value: What is written.
            stands: What stands there.
            permit: The permit that the operator has heard of.
            wanted: The hash of what the operator has heard that Git wants.
        """
        COUNTED["writes"] += 1
        seen, given = self._begun(plc, permit), permit_of(permit)
        released = given is not None and not given.restore and given.hash == wanted
        if released and self.named[plc][wanted][address] == value:
            COUNTED["released"] += seen.held.get(address) != value
            seen.written.add(address)
        elif given is not None and given.restore and value in seen.before.get(address, ()):
            COUNTED["put back"] += 1
        else:
            why = f"it held {stands}, held at {seen.held}, before {seen.before}, permit {permit!r}, wanted {wanted}"
            assert seen.held.get(address) == value, f"{plc}: {value} is written to {address}, and nobody let it: {why}"
            COUNTED["corrected"] += 1
