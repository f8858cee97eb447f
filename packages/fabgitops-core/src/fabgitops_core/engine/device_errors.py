"""Why a request to a device did not succeed, split by what is known afterwards.

DeviceError
├── Withdrawn        the request was not wanted any more when its turn came, or not so: nothing was sent
│   └── Unchecked        what was to be read right before a write could not be read: the write was not sent
├── Unreachable      no connection could be made: nothing was sent
│   └── OutOfBounds      none may be made: its address is outside of what we may connect to
├── Refused          the device answered with an exception code: it did not do it (05 and 0B: perhaps)
│   └── UnitUnreachable  a gateway answered that it does not reach the unit (0A, 0B); its other units may be well
└── OutcomeUnknown   something was sent: a write may have been done
    ├── NoReply         nothing came within the time allowed
    ├── ConnectionLost  the peer closed before it had answered
    ├── BadReply        what came was not the answer to what was asked
    └── Unfinished      a write was confirmed, and what must be written after it was not
"""


class DeviceError(Exception):
    """A request to a device that did not succeed; its text is one sentence for the user."""

    maybe_done: bool = False
    """Whether a write may have been carried out all the same."""
    tried: bool = True
    """Whether this was an attempt of its own; a failure that many share is told to each of them, and is one."""


class Withdrawn(DeviceError):
    """The request was no longer wanted when its turn came; nothing was sent, and the device had no part in it.

    `why` is the reason where it is not the wish of who asked, as what follows "not written: ".
    """

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why


class Unchecked(Withdrawn):
    """What was to be read right before a write could not be read, and the write was not sent; `why` says so."""


class Unreachable(DeviceError):
    """No connection could be made; nothing was sent."""

    def __init__(self, message: str, *, tried: bool = True) -> None:
        super().__init__(message)
        self.tried = tried


class OutOfBounds(Unreachable):
    """No connection may be made to where the device is; the device had no part in it, and nobody tried."""

    def __init__(self, message: str) -> None:
        super().__init__(message, tried=False)


_PERHAPS = {0x05, 0x0B}
"""Acknowledge; gateway target device failed to respond."""


class Refused(DeviceError):
    """The device answered with an exception.

    It did not do it, except that after "acknowledge" it may be doing it still, and after "gateway target device failed
    to respond" nobody knows. `code` is the exception code (Modbus Application Protocol V1.1b3, section 7), 1 to 255.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code
        self.maybe_done = code in _PERHAPS


class UnitUnreachable(Refused):
    """The gateway answered for a unit that it does not reach: "gateway path unavailable" or "failed to respond"."""


class OutcomeUnknown(DeviceError):
    """The request was sent and no valid answer came: a write may have been carried out."""

    maybe_done = True


class NoReply(OutcomeUnknown):
    """Nothing came within the time allowed."""


class ConnectionLost(OutcomeUnknown):
    """The peer closed the connection before it had answered."""


class BadReply(OutcomeUnknown):
    """What came was not the answer to what was asked: wrong function, length, echo, or no Modbus at all."""


class Unfinished(OutcomeUnknown):
    """A write was confirmed, and what must be written after it was not, or nobody knows: it counts as not proven."""
