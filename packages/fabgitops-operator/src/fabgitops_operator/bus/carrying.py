"""What takes one event to a bus."""

from enum import Enum, auto
from typing import Protocol

from fabgitops_operator.bus.envelope import Message

REPLY_SECS = 10.0
"""How long the bus has for an answer."""


class Taken(Enum):
    """How the bus has it now."""

    NOW = auto()
    BEFORE = auto()
    """It says that it had it already."""


class Carrier(Protocol):
    """A connection to a bus, made when it is needed, and anew after it was lost."""

    async def reach(self) -> None:
        """See whether the bus is there and would take events.

        Raises:
            NotTaken: It is not, or would not; the text says why.
        """
        ...

    async def deliver(self, message: Message) -> Taken:
        """Return when the bus has a message for good; several may be under way at once.

        Raises:
            NotTaken: It has not, or did not say so.
        """
        ...

    async def close(self) -> None:
        """Give up the connection."""
        ...
