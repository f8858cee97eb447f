"""The devices of the plant, and what can be the matter with each."""

from dataclasses import dataclass, field
from datetime import datetime

from fabgitops_core.control.events import Event, Failure, FailureKind
from fabgitops_core.control.plc.commands import DeviceRequest, Read, Write
from fabgitops_core.control.plc.events import ReadDone, ReadFailed, WriteDone, WriteFailed, WriteUnknown

SPEED, LEVEL = 10, 11
AWAY = Failure(FailureKind.UNREACHABLE, "no reply")
REFUSED = Failure(FailureKind.REFUSED_FOR_GOOD, "exception 04", 0x04)


@dataclass
class Device:
    """Two registers; it may be away, refuse or not keep what is written, or keep the answer to itself."""

    words: dict[int, int] = field(default_factory=lambda: {SPEED: 0, LEVEL: 0})
    away: bool = False
    fate: str = ""

    def answers(self, request: DeviceRequest, at: datetime) -> Event:
        """Carry a request out, and return what came of it."""
        if isinstance(request, Read):
            if self.away:
                return ReadFailed(at, request.plan, AWAY)
            addresses = range(request.plan.address, request.plan.address + request.plan.count)
            return ReadDone(at, request.plan, tuple(self.words[each] for each in addresses))
        assert isinstance(request, Write)
        change = request.change
        if self.away:
            return WriteFailed(at, change, AWAY)
        if self.fate == "refuses":
            return WriteFailed(at, change, REFUSED)
        if self.fate != "forgets":
            self.words[change.address] = change.values[0]
        return WriteUnknown(at, change, AWAY) if self.fate == "silent" else WriteDone(at, change)
