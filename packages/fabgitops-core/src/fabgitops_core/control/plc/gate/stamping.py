"""What registers say of what they were released to: whatever made a status of a register, this is put on it last.

A pass under way has judged registers before something was permitted, and must not tell of what was released then.
"""

from collections.abc import Sequence

from fabgitops_core.api.plc.industrialplc import RegisterStatus
from fabgitops_core.api.plc.release import RegisterRelease
from fabgitops_core.control.plc.state import UNLED, Leave, PlcState


def leave_of(register: RegisterStatus) -> Leave:
    """Return what a register says of that."""
    return Leave(register.released, register.previous, register.pending, register.replaced)


def stamped(state: PlcState, registers: Sequence[RegisterStatus]) -> Sequence[RegisterStatus]:
    """Return registers of the map, or of one that is gone by now, each with what it may hold now."""
    if len(state.leave) == len(registers):
        return [_with(each, leave) for each, leave in zip(registers, state.leave, strict=True)]
    if state.leave or not any(each.release or each.pending for each in registers):  # nearly always: nobody leads it
        return registers
    return [_with(each, UNLED) for each in registers]


def with_leave(register: RegisterStatus, **changes: str | None) -> RegisterStatus:
    """Return a register that may hold something else, by fields of `Leave`."""
    return _with(register, leave_of(register)._replace(**changes))


def _with(register: RegisterStatus, leave: Leave) -> RegisterStatus:
    if leave_of(register) == leave:
        return register
    words = {"released": leave.released, "previous": leave.previous, "replaced": leave.replaced}
    release = None if set(words.values()) == {None} else RegisterRelease(**words)
    return register.model_copy(update={"release": release, "pending": leave.pending})
