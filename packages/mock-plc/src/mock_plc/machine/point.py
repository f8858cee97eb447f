"""One register of a running device: it moves, and takes what is written to it in its own way."""

import math
import random
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mock_plc.behaviours.moves import At, Drift, Movement
from mock_plc.exceptions import ModbusException
from mock_plc.memory import Value
from mock_plc.spec.register import Register

ILLEGAL_VALUE = 3
_FEWEST_DIGITS, _MOST_DIGITS = 6, 17
"""What each float32 can show, and what each float64 needs."""


@dataclass(slots=True)
class _Later:
    """What is to be some seconds from now, and when that is, once the time is told."""

    after: float
    due: float | None = None

    def is_due(self, now: float) -> bool:
        """Return whether its time has come; what is asked first begins it."""
        if self.due is None:
            self.due = now + self.after
        return now >= self.due


@dataclass(slots=True, kw_only=True)
class _Fight(_Later):
    """A written value that is resisted: the words to be put back."""

    words: tuple[int, ...]


class Beside(Protocol):
    """Another place, where a register is written that is read here."""

    def reset(self) -> None:
        """Hold there what goes with the start value."""


class MapPoint:
    """A register of a device file, above the words of its table, which are the one truth about what it holds.

    Beside them it knows what the words cannot say: where its movement is between two steps of the type, how worn it
    is, and what it is about to write back.
    """

    def __init__(self, register: Register, unit_id: int, cells: MutableMapping[int, int], seed: str) -> None:
        """Give a register its place in `cells`, a table's words by address, and let it hold its start value."""
        self.register = register
        self.unit_id = unit_id
        self.table, self.address = register.place
        power = register.scale_register
        self.span = [*register.addresses, power.place[1]] if power else register.addresses
        self.movement: Movement | None = register.behaviours.movement or register.behaviours.noise
        self.setpoint: MapPoint | None = None
        self.due: float | None = None
        self.fight: _Fight | None = None
        self.inlet: Beside | None = None
        self.open: _Later | None = None
        """What locks it again, while it is open."""
        self._saved: tuple[int, ...] | None = None
        self._cells = cells
        self._dice = random.Random(seed)  # noqa: S311 - a process that can be repeated, not a secret
        self._base = self._value = 0.0
        self._steps = self._writes = 0
        for address in self.span:
            cells.setdefault(address, 0)
        self.reset()

    @property
    def hears(self) -> bool:
        """Whether it matters to it what is written to another register."""
        return bool(self.register.behaviours.locked or self.register.behaviours.saved)

    @property
    def waits(self) -> list[_Later]:
        """What is to be after a write: the end of what it resists, and of what has opened it."""
        return [each for each in (self.fight, self.open) if each]

    @property
    def words(self) -> tuple[int, ...]:
        """What lies in its words, or its bit."""
        return tuple(self._cells[address] for address in self.span)

    @property
    def about(self) -> Mapping[str, Value]:
        """Its type, and what else the device file says of its look and its behaviour."""
        register = self.register
        said: dict[str, Value] = {"type": register.kind}
        if register.codec.size > 1 and not register.parts:
            said["byteOrder"] = register.byte_order
        if register.bit is not None:
            said["bit"] = register.bit
        if register.last_bit is not None:
            said["lastBit"] = register.last_bit
        if register.unit:
            said["unit"] = register.unit
        if self.inlet:
            said["writtenAt"] = str(self.inlet)
        if register.behaviours.given:
            said["behaviours"] = ", ".join(register.behaviours.given)
        return said

    def get(self) -> Value:
        """Return what it holds: words without meaning, and NaN and the infinities, as a text that says so."""
        try:
            value = self.register.codec.decode(self.words)
        except ValueError as error:
            return str(error)
        if not isinstance(value, float):
            return value
        return self._short(value) if math.isfinite(value) else str(value)

    def _short(self, value: float) -> float:
        """Return the shortest number that lies in the same words: 21.3 for a float32, and not 21.299999237060547."""
        if self.register.kind.floating:
            for digits in range(_FEWEST_DIGITS, _MOST_DIGITS):
                shorter = float(f"{value:.{digits}g}")
                if self.register.codec.nearest(shorter) == self.words:
                    return shorter
        return value

    def set(self, value: Value) -> None:
        """Change it as the process does, not as a client; the name of a value in its `enum` is that value."""
        self.put(self._encoded(value))
        self.rebase()

    def holds(self, value: Value) -> bool:
        """Return whether its words are those that setting this would leave."""
        return self._encoded(value) == self.words

    def _encoded(self, value: Value) -> tuple[int, ...]:
        return tuple(self.register.codec.encode(self.register.valued(value), self.words))

    def reset(self) -> None:
        """Hold the start value again, or what was saved, and begin to move anew; what is worn stays worn."""
        start = self.register.codec.encode(self.register.start, self.words)
        self.put(start if self._saved is None else self._restored(self._saved))
        self.fight = self.open = self.due = None
        if self.inlet:
            self.inlet.reset()
        self.rebase()

    def rebase(self) -> None:
        """Move on from what lies in the words now, if it is a number; else from where it was."""
        self._steps = 0
        if self.movement and (number := self.number) is not None:
            self._base = self._value = number

    @property
    def number(self) -> float | None:
        """What it holds, as a number; None if it holds none."""
        try:
            value = self.register.codec.decode(self.words)
        except ValueError:
            return None
        return value if not isinstance(value, str) and math.isfinite(value) else None

    def let(self, movement: Movement) -> None:
        """Let it move so from now on."""
        self.movement = movement
        self.rebase()

    def move(self) -> tuple[Value, Value] | None:
        """Take the next step, and return what it held and holds if it has drifted."""
        if not self.movement:
            return None
        self._steps += 1
        before, grid = self.get(), self.register.grid
        at = At(self._base, self._value, self._steps * self.movement.interval, grid, self._followed())
        noise = self.register.behaviours.noise
        if self.movement is noise:
            self._show(grid.within(noise.next(at, self._dice)))
            return None
        moved = self.movement.next(at, self._dice)
        if not math.isnan(moved):  # which the arithmetic of numbers near to infinity may end in
            self._value = grid.within(moved)
        noisy = At(self._base, self._value, at.elapsed, grid)
        self._show(grid.within(noise.next(noisy, self._dice)) if noise else self._value)
        return (before, self.get()) if isinstance(self.movement, Drift) else None

    def _followed(self) -> float:
        followed = self.setpoint.number if self.setpoint else None
        return self._value if followed is None else followed

    def _show(self, value: float) -> None:
        try:
            words = self.register.codec.nearest(value, self.words)
        except ValueError:  # it has no power of ten just now, by which it could show anything
            return
        self.put(words)

    def put(self, words: Sequence[int]) -> None:
        """Hold these words."""
        self._cells.update(zip(self.span, words, strict=True))

    def taken(self, words: tuple[int, ...]) -> tuple[int, ...]:
        """Return what it would make of words that are written to it, without doing it.

        Raises:
            ModbusException: It does not take them.
        """
        ways = self.register.behaviours
        if ways.read_only:
            raise ModbusException(ways.read_only.code)
        if ways.locked and self.open is None:
            raise ModbusException(ways.locked.code)
        if ways.wears_out and self._writes >= ways.wears_out.after:
            raise ModbusException(ways.wears_out.code)
        return self._kept(words) if ways.rounds or ways.clamps else words

    def _kept(self, words: tuple[int, ...]) -> tuple[int, ...]:
        codec, rounds, grid = self.register.codec, self.register.behaviours.rounds, self.register.grid
        try:
            value = codec.decode(words)
        except ValueError:
            raise ModbusException(ILLEGAL_VALUE) from None
        if isinstance(value, str) or math.isnan(value):
            raise ModbusException(ILLEGAL_VALUE)
        value = grid.within(value)
        return codec.nearest(grid.within(rounds.kept(value, grid)) if rounds else value, words)

    def written(self, before: tuple[int, ...]) -> None:
        """Note that it was written to, and what its words were `before`."""
        self._writes += 1
        resists = self.register.behaviours.resists
        if resists and self.fight is None and before != self.words:
            self.fight = _Fight(resists.after, words=before)
        self.rebase()

    def hear(self, name: str, value: Value) -> None:
        """Note what was written to another register: it may open this one for a while, or save what it holds."""
        ways = self.register.behaviours
        if ways.locked and (name, value) == (ways.locked.by, ways.locked.value):
            self.open = _Later(ways.locked.within)
        if ways.saved and (name, value) == (ways.saved.by, ways.saved.value):
            self._saved = self.words

    def close(self, now: float) -> bool:
        """Lock it if it is time to, and return whether it was."""
        if self.open is None or not self.open.is_due(now):
            return False
        self.open = None
        return True

    def resist(self, now: float) -> tuple[Value, Value] | None:
        """Put the old value back if it is time to, and return what it held and holds then."""
        if self.fight is None or not self.fight.is_due(now):
            return None
        before, words = self.get(), self.fight.words
        self.fight = None
        self.put(self._restored(words))
        self.rebase()
        return before, self.get()

    def _restored(self, words: tuple[int, ...]) -> tuple[int, ...]:
        """Return words to put back; of a bit's word, only the bit is its own."""
        codec = self.register.codec
        return codec.words(codec.raw(words), self.words) if codec.owns_a_bit else words
