"""What has happened and what is so, as an onlooker knows it who never asks the operator."""

from dataclasses import dataclass, field
from typing import Any

from fabgitops_core.control.events import Failure, FailureKind

from .clock import Clock
from .plant import BOUND, GROUP, LOCKED, PLACES, Plant, is_wanted, names_at

COMMAND = "remote"


@dataclass
class Look:
    """What the readings of one pass have shown: words and failures by register."""

    shown: dict[str, tuple[int, ...]] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)

    def shows(self, unit: int, address: int, values: tuple[int, ...]) -> None:
        """Take the words of a reading."""
        for name in names_at(unit, address, len(values)):
            _, first, size = PLACES[name]
            self.shown[name] = values[first - address : first - address + size]
            self.failed.pop(name, None)

    def fails(self, unit: int, address: int, count: int, failure: Failure) -> None:
        """Take note of a reading that showed nothing; who is out of reach is so with all its registers."""
        away = failure.kind is FailureKind.UNREACHABLE
        for name in (each for each, place in PLACES.items() if away and place[0] == unit and each not in self.shown):
            self.failed[name] = failure
        for name in names_at(unit, address, count):
            self.failed[name] = failure


@dataclass
class World:
    """What is declared and since when, who else wants it, what was read, what was asked for.

    Moments are those of `Clock.lived`. `asked` says that a sync, forced or not, is not answered, `force` is the token
    of a forced one, `serving` that of the one that the pass under way answers, `forced_of` the registers that it has
    corrected by now. `recorded_at` is when the writes of the last pass were recorded. `approved` are the words before
    and after of what somebody has agreed to, `adopted` says that they have agreed once. `press` is another resource,
    read at `press_read`. `open_end` says that nobody knows whether what is to be saved was. A write under way is a
    `repeat` of what the pass has read, or makes something right.
    """

    clock: Clock = field(default_factory=Clock)
    plant: Plant = field(default_factory=Plant)
    speed: int = 5
    remote: int = 1
    short: bool = False
    bound: bool = False
    key: int = 7
    open_end: bool = False
    pinned: bool = False
    valid: bool = True
    suspend: bool = False
    annotated: bool = False
    chosen: dict[str, Any] = field(default_factory=dict)
    rivals: dict[str, str] = field(default_factory=dict)
    changed_at: float = 0.0
    look: Look = field(default_factory=Look)
    met: str = ""
    last_shown: dict[str, tuple[int, ...]] = field(default_factory=dict)
    recorded_at: float = 0.0
    asked: bool = False
    approved: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    adopted: bool = False
    press: str = "closed"
    press_read: float = 0.0
    force: str = ""
    serving: str = ""
    forced_of: set[str] = field(default_factory=set)
    repeat: bool = False

    @property
    def names(self) -> list[str]:
        """Return the registers that are declared."""
        return [each for each in PLACES if (each != "level" or not self.short) and (self.bound or each not in BOUND)]

    def is_wanted(self, name: str, words: tuple[int, ...]) -> bool:
        """Return whether a register that is compared holds what the manifest says."""
        return name == "seen" or is_wanted(name, words, self.speed)

    def is_amiss(self, look: Look, name: str) -> bool:
        """Return whether a pass has seen that a register does not hold what the manifest says, or was not saved."""
        open_end = name == LOCKED and self.open_end
        return name in look.shown and (open_end or not self.is_wanted(name, look.shown[name]))

    def goes_along(self, name: str) -> bool:
        """Return whether a register is right, and goes out with another of its group, or once more."""
        return self.repeat or (name in GROUP and name in self.look.shown and not self.is_amiss(self.look, name))

    def is_step(self, name: str, words: tuple[int, ...]) -> bool:
        """Return whether a write is a step on the way of a ramp, and not its last."""
        return name == "speed" and bool(self.chosen["ramp"]) and words != (self.speed,)

    def forces(self, name: str) -> bool:
        """Return whether a forced sync is for a register, which it corrects once."""
        return bool(self.force) and name not in self.forced_of
