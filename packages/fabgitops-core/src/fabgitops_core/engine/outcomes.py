"""From what a device port raises to what a controller is told."""

from fabgitops_core.control.events import Failure, FailureKind
from fabgitops_core.engine.device_errors import DeviceError, OutOfBounds, Refused, UnitUnreachable

_FOR_NOW = {0x05, 0x06}
"""Acknowledge, server device busy: ask again later."""


def failure_of(error: DeviceError) -> Failure:
    """Return what a failed request means (exception codes: Modbus Application Protocol V1.1b3, section 7)."""
    if not isinstance(error, Refused):
        return Failure(FailureKind.UNREACHABLE, str(error), out_of_bounds=isinstance(error, OutOfBounds))
    if isinstance(error, UnitUnreachable):
        kind = FailureKind.UNREACHABLE
    else:
        kind = FailureKind.REFUSED_FOR_NOW if error.code in _FOR_NOW else FailureKind.REFUSED_FOR_GOOD
    return Failure(kind, str(error), error.code)
