"""What is asked of a kind whose reality is a device, besides what is asked of every kind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeVar, runtime_checkable

from fabgitops_core.control.holding import Hold
from fabgitops_core.control.neighbours import Outside
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.claims import Claim
from fabgitops_core.control.plc.points import DeviceMap
from fabgitops_core.control.plc.requests import Change, Endpoint

State_contra = TypeVar("State_contra", contravariant=True)


@runtime_checkable
class DeviceController(Protocol[State_contra]):
    """What is asked of a kind whose reality is a device."""

    def device(self, state: State_contra) -> DeviceMap | None:
        """Return what the resource is about and how it is reached, or None while it names no device."""
        ...

    def target(self, state: State_contra) -> Endpoint | None:
        """Return where the resource wants to write, as far as it says so itself; None while it wants nothing.

        It is known before what the resource refers to is taken in.
        """
        ...

    def still_wanted(self, state: State_contra, change: Change, at: datetime, outside: Outside) -> bool:
        """Return whether a write that waits for its turn may be sent now, at this time of day."""
        ...

    def why_held(self, state: State_contra, change: Change, at: datetime, outside: Outside) -> Hold | None:
        """Return why one that may not be sent now is to be tried again later; None where it is not."""
        ...

    def neighbours(self, state: State_contra) -> frozenset[str]:
        """Return the names of other resources of the kind, in the same namespace, that it wants to know about."""
        ...

    def looked(self, state: State_contra) -> bool:
        """Return whether the pass that has ended last was a whole look at the device."""
        ...

    def audited(self, state: State_contra, change: Change, at: datetime) -> WriteFacts:
        """Return what is known of a write that is about to be sent, for its record."""
        ...

    def claims(self, state: State_contra) -> frozenset[Claim]:
        """Return what the resource wants for itself alone."""
        ...

    def readings(self, state: State_contra) -> Mapping[str, float]:
        """Return the numbers last read, by what metrics call the register."""
        ...

    def reading(self, state: State_contra, name: str) -> float | None:
        """Return the number last read of a register, by its name; None where that is not known, or is no number.

        Raises:
            KeyError: There is no such register.
        """
        ...

    def targets(self, state: State_contra) -> Mapping[str, float]:
        """Return the numbers that registers must hold, by what metrics call the register."""
        ...

    def units(self, state: State_contra) -> Mapping[str, str]:
        """Return what registers are counted in, by what metrics call the register, where that is said."""
        ...
