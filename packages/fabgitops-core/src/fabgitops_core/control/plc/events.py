"""What comes of a request to a device."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fabgitops_core.control.events import Event, Failure
from fabgitops_core.control.holding import Hold
from fabgitops_core.control.plc.requests import Change, ConnectionId, IdentityPlan, ReadPlan


@dataclass(frozen=True, slots=True)
class ReadDone(Event):
    """The device answered a reading with these words."""

    at: datetime
    plan: ReadPlan
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadFailed(Event):
    """A reading did not succeed; `retry_after` is the seconds that the device's circuit stays open, 0 if closed."""

    at: datetime
    plan: ReadPlan
    failure: Failure
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class IdentifyDone(Event):
    """The device said who it is: texts by object id, and the connection `over` which it did."""

    at: datetime
    plan: IdentityPlan
    objects: Mapping[int, str]
    over: ConnectionId


@dataclass(frozen=True, slots=True)
class IdentifyFailed(Event):
    """The device did not say who it is; `retry_after` as for a reading."""

    at: datetime
    plan: IdentityPlan
    failure: Failure
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class WriteDone(Event):
    """The device confirmed a write."""

    at: datetime
    change: Change


@dataclass(frozen=True, slots=True)
class WriteUnknown(Event):
    """A write was sent and not confirmed: it may have been carried out."""

    at: datetime
    change: Change
    failure: Failure


@dataclass(frozen=True, slots=True)
class WriteFailed(Event):
    """A write was certainly not carried out."""

    at: datetime
    change: Change
    failure: Failure
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class WriteUnrecorded(Event):
    """The record of a write, and of those that should follow it, was refused: none of them was sent."""

    at: datetime
    change: Change
    failure: Failure


@dataclass(frozen=True, slots=True)
class WriteWithdrawn(Event):
    """A write was not sent: it was no longer wanted when its turn came or, with a `hold`, may not go out now.

    `recorded` says whether a status with the record of a write was made known in this pass.
    """

    at: datetime
    change: Change
    hold: Hold | None = None
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class WriteSpared(Event):
    """A write was not sent, for the device held it already when its turn came."""

    at: datetime
    change: Change
