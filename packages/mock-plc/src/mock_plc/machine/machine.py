"""The device of a device file, running."""

import logging
from collections.abc import Callable, Iterator, Mapping

from mock_plc.behaviours.moves import Drift
from mock_plc.machine.point import MapPoint
from mock_plc.machine.unit import MapUnit
from mock_plc.memory import Point, Table, Unit, Value
from mock_plc.simple import Chaos
from mock_plc.spec.device import DeviceFile

log = logging.getLogger("mock_plc.moves")

_UNIT_IDS = range(256)
_ANY = 1
"""The unit id that is shown where all of them are the same unit."""


class Machine:
    """A device file's PLC. The same seed and the same requests between the same steps give the same values.

    With `chaos` each holding register drifts that holds a number and does not move in its own way. `drifts` counts the
    drifts. `on_due` is called when `tick` is to be called earlier than it said.
    """

    def __init__(self, spec: DeviceFile, seed: int | str = 0, chaos: Chaos | None = None, called: str = "") -> None:
        """Make the PLC; where there are several, `called` tells them apart in the log."""
        self.drifts = 0
        self._called = f"{called} " if called else ""
        self.on_due: Callable[[], None] = lambda: None
        self.units: Mapping[int, Unit]
        if every := spec.every_unit:
            unit = MapUnit(every, _ANY, f"{seed}/any", self._written)
            self._units = {_ANY: unit}
            self.units = dict.fromkeys(_UNIT_IDS, unit)
        else:
            units = spec.units or {}
            self._units = {each: MapUnit(units[each], each, f"{seed}/{each}", self._written) for each in sorted(units)}
            self.units = self._units
        self._named = dict(self._names())
        self.points: Mapping[str, Point] = self._named
        if chaos:
            self._let_drift(chaos)
        self._moving = [(name, point) for name, point in self._named.items() if point.movement]
        self._waiting = [
            (name, point)
            for name, point in self._named.items()
            if point.register.behaviours.resists or point.register.behaviours.locked
        ]
        self._due: float | None = 0.0

    def _names(self) -> Iterator[tuple[str, MapPoint]]:
        """Return the registers by their names, with the unit id before them where there is more than one unit."""
        for unit_id, unit in self._units.items():
            for name, point in unit.points.items():
                yield (f"{unit_id}.{name}" if len(self._units) > 1 else name), point

    def _let_drift(self, chaos: Chaos) -> None:
        for point in self._named.values():
            free = not (point.movement or point.register.behaviours.fixed)
            written = point.table is Table.HOLDING or point.inlet
            if free and written and point.register.kind.numeric:
                point.let(Drift(max=chaos.max_drift, interval=chaos.interval))

    def tick(self, now: float) -> float | None:
        """Let all move whose time has come, and return when the next is."""
        if self._due is None or now < self._due:
            return self._due
        for name, point in self._moving:
            self._move(name, point, now)
        for name, point in self._waiting:
            if fought := point.resist(now):
                _tell("resists", self._called + name, fought)
            if point.close(now):
                log.info("locks: %s", self._called + name)
        dues = [point.due for _, point in self._moving]
        dues += [each.due for _, point in self._waiting for each in point.waits]
        self._due = min((due for due in dues if due is not None), default=None)
        return self._due

    def _move(self, name: str, point: MapPoint, now: float) -> None:
        interval = point.movement.interval if point.movement else 0.0
        if point.due is None:
            point.due = now + interval
        elif now >= point.due:
            if drifted := point.move():
                self.drifts += 1
                _tell("drift", self._called + name, drifted)
            point.due += interval
            if point.due <= now:  # held up for more than a step; what it has missed, it has missed
                point.due = now + interval

    def restart(self) -> None:
        """Hold the start values again, or what was saved; what is worn stays worn."""
        for point in self._named.values():
            point.reset()
        self._soon()

    def _written(self) -> None:
        if any(each.due is None for _, point in self._waiting for each in point.waits):
            self._soon()

    def _soon(self) -> None:
        self._due = 0.0
        self.on_due()


def _tell(what: str, name: str, change: tuple[Value, Value]) -> None:
    log.info("%s: %s %s -> %s", what, name, *change)
