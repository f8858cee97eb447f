"""A device behind a gateway, with registers on two units, and what can be the matter with each request."""

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Event, Failure, FailureKind
from fabgitops_core.control.plc.commands import Identify, Read, Write
from fabgitops_core.control.plc.events import (
    IdentifyDone,
    IdentifyFailed,
    ReadDone,
    ReadFailed,
    WriteDone,
    WriteFailed,
    WriteSpared,
    WriteUnknown,
)
from fabgitops_core.control.plc.requests import Around, Change, ConnectionId, SideWrite

FAILURES = {
    "lost": Failure(FailureKind.UNREACHABLE, "no reply"),
    "refused": Failure(FailureKind.REFUSED_FOR_GOOD, "exception 04", 0x04),
    "busy": Failure(FailureKind.REFUSED_FOR_NOW, "exception 06", 0x06),
}
NOT_THERE = Failure(FailureKind.REFUSED_FOR_GOOD, "exception 02", 0x02)
LEVEL, NEAR, MOST_SPEED = 21.5, 0.5, 100
GROUP = {"low": 3, "high": 7}
LAPSING = "limit"
LOCKED, SHOWN = "width", "state"
BOUND = {**GROUP, LAPSING: 30, LOCKED: 80, SHOWN: 3}
"""What is written whole or not at all, or again although it holds its value, or after a key and before a save.

Of what is read elsewhere it is what is read there.
"""
KEY_AT, SAVE_AT = 50, 52
WRITTEN_AT, RUN, STOPPED = 160, 1, 2
"""Where a command to run goes, which word that is, and what its state is otherwise."""
REPEAT_SECS = 60
ASTRAY = {"speed": (8,), "running": (0,), "level": (0x4220, 0x0000), "remote": (0,), **dict.fromkeys(BOUND, (99,))} | {
    SHOWN: (STOPPED,)
}
PLACES = {
    "speed": (1, 10, 1),
    "running": (1, 11, 1),
    "level": (1, 12, 2),
    "seen": (1, 20, 1),
    "remote": (2, 5, 1),
    "low": (1, 30, 1),
    "high": (1, 31, 1),
    LAPSING: (1, 40, 1),
    LOCKED: (1, 51, 1),
    SHOWN: (1, 61, 1),
}
"""Unit, address and number of words of each register, where it is read."""


RAMP = {"maxStep": 2, "stepIntervalSecs": 10}


def bound(repeats: bool, key: int) -> list[dict[str, Any]]:
    """Return what a manifest says of those that are bound together, to the time, to a key, or to another place."""
    group: list[dict[str, Any]] = [
        {"name": name, "address": PLACES[name][1], "value": value, "group": "band"} for name, value in GROUP.items()
    ]
    limit = {"name": LAPSING, "address": PLACES[LAPSING][1], "value": BOUND[LAPSING]}
    around = {"before": [{"address": KEY_AT, "value": key}], "after": [{"address": SAVE_AT, "value": 1}]}
    locked = {"name": LOCKED, "address": PLACES[LOCKED][1], "value": BOUND[LOCKED], "write": around}
    shown = {"address": PLACES[SHOWN][1], "enum": {"Stop": STOPPED, "Run": BOUND[SHOWN]}}
    state = {"name": SHOWN, "address": WRITTEN_AT, "enum": {"Stop": 0, "Run": RUN}, "value": "Run", "readFrom": shown}
    return [*group, limit | ({"write": {"repeatSecs": REPEAT_SECS}} if repeats else {}), locked, state]


def around(name: str, key: int) -> Around | None:
    """Return what is to be written before and after a register."""
    if name != LOCKED:
        return None
    return Around((SideWrite(Table.HOLDING, KEY_AT, key),), (SideWrite(Table.HOLDING, SAVE_AT, 1),))


def registers(speed: int, remote: int, short: bool, ramped: bool) -> list[dict[str, Any]]:
    """Return what a manifest says of them; level is left out where it is short, speed goes in steps where ramped."""
    every: list[dict[str, Any]] = [
        {"name": "speed", "address": 10, "value": speed, "min": 1, "max": MOST_SPEED},
        {"name": "running", "address": 11, "type": "bit", "bit": 3, "value": True},
        {"name": "level", "address": 12, "type": "float32", "value": LEVEL, "tolerance": NEAR},
        {"name": "seen", "address": 20},
        {"name": "remote", "address": 5, "unitId": 2, "value": remote, "write": {"verify": False}},
    ]
    every[0] |= {"write": {"ramp": RAMP}} if ramped else {}
    return [each for each in every if not short or each["name"] != "level"]


def names_at(unit: int, address: int, count: int) -> list[str]:
    """Return the registers that lie wholly within a row of words."""
    return [
        name
        for name, (on, first, size) in PLACES.items()
        if on == unit and address <= first and first + size <= address + count
    ]


def names_of(change: Change) -> list[str]:
    """Return the registers that a write is of."""
    if change.address == WRITTEN_AT:
        return [SHOWN]
    return [each for each in names_at(change.unit_id, change.address, len(change.values)) if each != SHOWN]


def words_of(change: Change, name: str) -> tuple[int, ...]:
    """Return the words of a write that are one register's."""
    _, first, size = PLACES[name]
    ahead = 0 if name == SHOWN else first - change.address
    return change.values[ahead : ahead + size]


def is_wanted(name: str, words: tuple[int, ...], speed: int) -> bool:
    """Return whether a register that is compared holds what the manifest says."""
    if name in BOUND:
        return words == (BOUND[name],)
    if name == "speed":
        return words == (speed,)
    if name == "running":
        return bool(words[0] & 1 << 3)
    held: float = struct.unpack(">f", struct.pack(">HH", *words))[0]
    return abs(held - LEVEL) <= NEAR


@dataclass
class Plant:
    """What the device holds, which words it does not have, and who it says it is.

    `unsaved` says that what is to be saved was written, and not saved since.
    """

    words: defaultdict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    missing: set[int] = field(default_factory=set)
    name: str = "ACME"
    unsaved: bool = False

    def drifts(self, name: str) -> None:
        """Let a register hold something that nobody declared."""
        unit, address, size = PLACES[name]
        for at in range(size):
            self.words[unit, address + at] = ASTRAY[name][at]

    def turns(self, really: bool) -> None:
        """Let the register that is only observed show that the spindle turns, or stands still."""
        self.words[1, 20] = 1500 if really else 0

    def answers(self, request: Read | Identify | Write, at: datetime, fate: str) -> Event:
        """Return what comes of a request that meets a fate: well, or what stands in the way."""
        failure = FAILURES.get(fate)
        if isinstance(request, Read):
            row = range(request.plan.address, request.plan.address + request.plan.count)
            assert WRITTEN_AT not in row, "what is read elsewhere is read where it is written"
            if failure is None and request.plan.unit_id == 1 and self.missing & set(row):
                failure = NOT_THERE
            if failure is not None:
                return ReadFailed(at, request.plan, failure)
            return ReadDone(at, request.plan, tuple(self.words[request.plan.unit_id, each] for each in row))
        if isinstance(request, Identify):
            if failure is not None:
                return IdentifyFailed(at, request.plan, failure)
            return IdentifyDone(at, request.plan, {0: self.name}, ConnectionId(1))
        return self._takes(request.change, at, fate, failure)

    def _takes(self, change: Change, at: datetime, fate: str, failure: Failure | None) -> Event:
        spot = (change.unit_id, change.address)
        if change.mask is not None and not change.repeat and not (self.words[spot] ^ change.values[0]) & change.mask:
            return WriteSpared(at, change)
        if failure is not None:
            return WriteFailed(at, change, failure)
        if fate != "vanishes":
            self.carries_out(change)
        if fate in {"silent", "vanishes"} or (fate == "unsaved" and change.around):
            return WriteUnknown(at, change, FAILURES["lost"])
        self.unsaved = self.unsaved and change.around is None
        return WriteDone(at, change)

    def carries_out(self, change: Change) -> None:
        """Hold what is written, of a word perhaps only the bits of a mask; a command to run becomes a state."""
        if change.address == WRITTEN_AT:
            self.words[PLACES[SHOWN][:2]] = BOUND[SHOWN] if change.values == (RUN,) else STOPPED
            return
        self.unsaved = self.unsaved or change.around is not None
        mask = 0xFFFF if change.mask is None else change.mask
        for address, word in enumerate(change.values, change.address):
            spot = (change.unit_id, address)
            self.words[spot] = self.words[spot] & ~mask | word & mask
