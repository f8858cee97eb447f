"""When so many PLCs drift together that nobody should correct them: counted of what an observer of the engine hears.

A wave of drift is a broken network, or somebody at work, more often than it is the truth. What is wanted anew is no
drift of a device: a register counts when it holds something else than Git wanted of it before, too, in a resource whose
declaration and template were looked at as they stand. So a commit that changes a whole line counts for nothing, however
many it changes; that the operator starts and finds many drifted does count.

Only PLCs that are to be corrected count, in the number that drifts and in the whole. Times are a monotonic clock's.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from fabgitops_core.api.conditions import ConditionStatus
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.api.plc.correction import Mode
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec, IndustrialPLCStatus
from fabgitops_core.control.commands import Commands, Publish
from fabgitops_core.control.events import Declared, Due, Event, Referenced
from fabgitops_core.control.plc.events import ReadDone, WriteDone, WriteUnknown
from fabgitops_core.control.plc.situations import situation_of
from fabgitops_core.control.plc.state import Declaration
from fabgitops_core.control.plc.suspending import taken

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Terms:
    """When it is too much.

    Args:
        percent: More than so many of a hundred PLCs, 1 to 99; 0 lets any number drift.
        least: Of fewer PLCs than so many nothing is concluded.
        within: The seconds within which they drift.
        corrections: More than so many within a minute; 0 lets any number be.
    """

    percent: int = 50
    least: int = 10
    within: float = 60.0
    corrections: int = 0

    def __bool__(self) -> bool:
        """Return whether anything is too much."""
        return self.percent > 0 or self.corrections > 0


@dataclass(slots=True)
class _Row:
    """What is known of one PLC, and what was said of it last."""

    generation: int
    status: IndustrialPLCStatus | None
    template: ApiModel | None = None
    counts: bool = False


class Fleet:
    """Counts drifts and corrections of many PLCs, and says when they are too many."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._rows: dict[Key, _Row] = {}
        self._changed: dict[Key, bool] = {}
        """Whose wish was changed since it was judged, and whether a pass has begun since."""
        self._counted = 0
        self._drifted: OrderedDict[Key, float] = OrderedDict()
        self._corrected: deque[float] = deque(maxlen=terms.corrections + 1)

    def happened(self, key: Key, event: Event, commands: Commands, now: float) -> bool:
        """Take what a controller of a PLC was told, and what it wanted done; return whether something was counted.

        A poll at which nothing is news costs next to nothing.
        """
        kind = type(event)
        if kind is Due:
            if key in self._changed:
                self._changed[key] = True
        elif kind is not ReadDone:
            self._told(key, event, now)
        said = [command.status for command in commands if type(command) is Publish]
        for status in said:
            if isinstance(status, IndustrialPLCStatus) and key in self._rows:
                self._said(key, self._rows[key], status, now)
        return bool(said) or kind is WriteDone or kind is WriteUnknown

    def _told(self, key: Key, event: Event, now: float) -> None:
        if isinstance(event, Declared) and isinstance(event.spec, IndustrialPLCSpec | None):
            self._declared(key, event)
        elif isinstance(event, WriteDone | WriteUnknown):
            if not event.change.repeat:
                self._corrected.append(now)
        elif isinstance(event, Referenced) and key in self._rows:
            self._refer(key, self._rows[key], event)

    def passed(self, key: Key) -> None:
        """Take the end of a pass: what it judged stands as it is wanted now."""
        if self._changed.get(key):
            row = self._rows[key]
            if row.status is not None and situation_of(row.status).in_sync is not ConditionStatus.UNKNOWN:
                del self._changed[key]

    def forget(self, key: Key) -> None:
        """Drop a PLC that is gone."""
        row = self._rows.pop(key, None)
        if row is not None:
            self._counted -= row.counts
        self._drifted.pop(key, None)
        self._changed.pop(key, None)

    def begin_anew(self) -> None:
        """Forget what was counted: what drifts or is corrected from now on counts."""
        self._drifted.clear()
        self._corrected.clear()

    def why(self, now: float) -> str:
        """Return why nothing should be corrected any more, or ""."""
        terms = self._terms
        drifted = self._drifted
        while drifted and next(iter(drifted.values())) <= now - terms.within:
            drifted.popitem(last=False)
        if terms.percent and self._counted >= terms.least and len(drifted) * 100 > self._counted * terms.percent:
            return (
                f"{len(drifted)} of {self._counted} PLCs drifted within {terms.within:g} s (limit: {terms.percent} %)"
            )
        if terms.corrections and len(self._corrected) > terms.corrections and now - self._corrected[0] < MINUTE:
            return f"{len(self._corrected)} corrections within a minute (limit: {terms.corrections})"
        return ""

    def _declared(self, key: Key, event: Declaration) -> None:
        spec, _ = taken(event)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row(event.generation, event.status)
            if event.status is None or event.status.observed_generation != event.generation:
                self._changed[key] = False
        elif row.generation != event.generation:
            row.generation = event.generation
            self._changed[key] = False
        if event.referenced is not None:
            self._refer(key, row, event.referenced)
        counts = spec is not None and spec.mode is Mode.ENFORCE and not spec.suspend
        self._counted += counts - row.counts
        row.counts = counts

    def _refer(self, key: Key, row: _Row, event: Referenced) -> None:
        """Take a template; the first one after a start is the one that was there before, as far as anybody knows."""
        if event.spec is None or event.spec is row.template:
            return
        if row.template is not None and event.spec != row.template:
            self._changed[key] = False
        row.template = event.spec

    def _said(self, key: Key, row: _Row, status: IndustrialPLCStatus, now: float) -> None:
        before, row.status = row.status, status
        if situation_of(status).reason in _NOT_LOOKED_AT:
            self._changed[key] = False
        elif row.counts and key not in self._changed and before is not None and _has_drifted(before, status):
            self._drifted[key] = now
            self._drifted.move_to_end(key)


_NOT_LOOKED_AT = {"Suspended", "InvalidSpec", "TemplateNotFound"}
"""Where the device is left alone: what it holds afterwards somebody may have wanted meanwhile."""


def _has_drifted(before: IndustrialPLCStatus, now: IndustrialPLCStatus) -> bool:
    """Return whether a register drifts of which just this was wanted before, too, and which did not drift then."""
    fresh = [each for each in now.registers if each.drifted_since is not None]
    if not fresh:
        return False
    known = {each.name: each for each in before.registers}
    return any(
        (was := known.get(each.name)) is not None
        and was.drifted_since is None
        and (was.desired, was.place) == (each.desired, each.place)
        for each in fresh
    )
