"""The faults that a PLC has at the moment: who is hit by which, drawn from the seed."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mock_plc.faults.model import Fault, Kind, On
from mock_plc.wire.pdu import Subject


@dataclass(slots=True)
class Entry:
    """One fault that is set: since when by the clock, how often it has hit, and the dice that it alone throws."""

    id: int
    fault: Fault
    since: float
    dice: random.Random
    hits: int = 0
    name: str = ""

    def over(self, now: float) -> bool:
        """Whether its time has ended, for good."""
        fault = self.fault
        return fault.for_ is not None and fault.every is None and now - self.since >= fault.after + fault.for_

    def active(self, now: float) -> bool:
        """Whether it is on, and not through with its first hits."""
        fault = self.fault
        return (fault.first is None or self.hits < fault.first) and fault.active(now - self.since)

    def aims(self, unit: int, subject: Subject) -> bool:
        """Whether a request is one that it is for."""
        fault = self.fault
        if fault.on is not On.BOTH and (fault.on is On.WRITE) is not subject.writes:
            return False
        if fault.unit and not fault.unit.meets(unit, unit):
            return False
        if fault.function and not fault.function.meets(subject.function, subject.function):
            return False
        if fault.table and fault.table is not subject.table:
            return False
        if fault.address:
            return fault.address.meets(subject.address, subject.address + subject.count - 1)
        return True

    def draw(self) -> float:
        """Return how long it takes this time, in seconds; 0 if it has no time."""
        return self.fault.time.draw(self.dice) if self.fault.time else 0.0

    def falls(self) -> bool:
        """Throw the dice: whether it hits this time."""
        return self.fault.p >= 1 or self.dice.random() < self.fault.p


@dataclass(slots=True)
class Strike:
    """What happens to a request: how long its answer takes, in seconds, and what then is wrong with it, if anything."""

    delay: float = 0.0
    entry: Entry | None = None


_NOTHING = Strike()
_OF_REQUESTS = frozenset(Kind) - {Kind.FROZEN, Kind.SLOW_START, Kind.CONNECTION_LIMIT}


@dataclass(slots=True)
class FaultBox:
    """The faults of one PLC. The same seed, faults and requests in the same order give the same hits.

    Each fault throws dice of its own, once for each request that it is for while it is on, so that one fault more or
    less does not change what the others do. `clock` gives seconds, from any beginning.
    """

    clock: Callable[[], float]
    seed: str
    on_change: Callable[[], None] = lambda: None
    buried: set[str] = field(default_factory=set)
    """Names under which no fault is put any more."""
    _entries: dict[int, Entry] = field(default_factory=dict)
    _last: int = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, *faults: Fault) -> list[int]:
        """Set faults, from now on, and return the numbers by which they can be removed."""
        return [self._add(fault) for fault in faults]

    def _add(self, fault: Fault, name: str = "") -> int:
        self._last += 1
        dice = random.Random(f"{self.seed}/{name or self._last}")  # noqa: S311 - faults to be repeated, not a secret
        self._entries[self._last] = Entry(self._last, fault, self.clock(), dice, name=name)
        self.on_change()
        return self._last

    def named(self, name: str) -> Entry | None:
        """Return the fault that was put under a name, unless its time is over."""
        now = self.clock()
        return next((each for each in self._entries.values() if each.name == name and not each.over(now)), None)

    def put(self, name: str, fault: Fault) -> Entry:
        """Set the fault of a name. The same one again only counts its time from now on; others of it are replaced."""
        there = self.named(name)
        if there and there.fault == fault:
            there.since = self.clock()
            self.on_change()
            return there
        self._forget(name)
        return self._entries[self._add(fault, name)]

    def _forget(self, name: str) -> None:
        """Take away what a name stands for, and what of other names is over: nobody ends those one by one."""
        now = self.clock()
        gone = [each.id for each in self._entries.values() if each.name and (each.name == name or each.over(now))]
        for number in gone:
            del self._entries[number]

    def remove(self, number: int) -> Fault:
        """Take one away and return it; KeyError if there is no such fault."""
        fault = self._entries.pop(number).fault
        self.on_change()
        return fault

    def clear(self) -> int:
        """Take all away and return how many there were."""
        count = len(self._entries)
        self._entries.clear()
        self.on_change()
        return count

    def strike(self, unit: int, subject: Subject) -> Strike:
        """Return what happens to a request: delays add up, of all else the fault that was set first is the one."""
        if not self._entries:
            return _NOTHING
        now, strike = self.clock(), Strike()
        for entry in self._struck(now, unit, subject):
            if entry.fault.kind is Kind.DELAY:
                strike.delay += entry.draw()
            elif strike.entry:
                continue
            else:
                strike.entry = entry
            entry.hits += 1
        return strike

    def _struck(self, now: float, unit: int, subject: Subject) -> Iterable[Entry]:
        for entry in self._entries.values():
            fault = entry.fault
            if fault.kind not in _OF_REQUESTS or fault.by_the_clock:
                continue
            if entry.active(now) and entry.aims(unit, subject) and entry.falls():
                yield entry

    def state(self, kind: Kind) -> list[Entry]:
        """Return the faults of a kind that are on."""
        now = self.clock()
        return [entry for entry in self._entries.values() if entry.fault.kind is kind and entry.active(now)]
