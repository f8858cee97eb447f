"""A device behind a gateway, with registers on two units, and what can be the matter with each request."""

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
from fabgitops_core.control.plc.requests import Change, ConnectionId

FAILURES = {
    "lost": Failure(FailureKind.UNREACHABLE, "no reply"),
    "refused": Failure(FailureKind.REFUSED_FOR_GOOD, "exception 04", 0x04),
    "busy": Failure(FailureKind.REFUSED_FOR_NOW, "exception 06", 0x06),
}
NOT_THERE = Failure(FailureKind.REFUSED_FOR_GOOD, "exception 02", 0x02)
LEVEL, NEAR, MOST_SPEED = 21.5, 0.5, 100
GROUP = {"low": 3, "high": 7}
LAPSING = "limit"
BOUND = {**GROUP, LAPSING: 30}
"""What is written whole or not at all, and what is written again although it holds its value."""
REPEAT_SECS = 60
ASTRAY = {"speed": (8,), "running": (0,), "level": (0x4220, 0x0000), "remote": (0,), **dict.fromkeys(BOUND, (99,))}
PLACES = {
    "speed": (1, 10, 1),
    "running": (1, 11, 1),
    "level": (1, 12, 2),
    "seen": (1, 20, 1),
    "remote": (2, 5, 1),
    "low": (1, 30, 1),
    "high": (1, 31, 1),
    LAPSING: (1, 40, 1),
}
"""Unit, address and number of words of each register."""


RAMP = {"maxStep": 2, "stepIntervalSecs": 10}


def bound(repeats: bool) -> list[dict[str, Any]]:
    """Return what a manifest says of those that are bound together, or to the time."""
    group: list[dict[str, Any]] = [
        {"name": name, "address": PLACES[name][1], "value": value, "group": "band"} for name, value in GROUP.items()
    ]
    limit = {"name": LAPSING, "address": PLACES[LAPSING][1], "value": BOUND[LAPSING]}
    return [*group, limit | ({"write": {"repeatSecs": REPEAT_SECS}} if repeats else {})]


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
    """What the device holds, which words it does not have, and who it says it is."""

    words: defaultdict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    missing: set[int] = field(default_factory=set)
    name: str = "ACME"

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
        return WriteUnknown(at, change, FAILURES["lost"]) if fate in {"silent", "vanishes"} else WriteDone(at, change)

    def carries_out(self, change: Change) -> None:
        """Hold what is written, of a word perhaps only the bits of a mask."""
        mask = 0xFFFF if change.mask is None else change.mask
        for address, word in enumerate(change.values, change.address):
            spot = (change.unit_id, address)
            self.words[spot] = self.words[spot] & ~mask | word & mask
