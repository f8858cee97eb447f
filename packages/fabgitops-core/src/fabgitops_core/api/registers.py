"""Registers as a user declares them: where they are, what they hold, what they must hold, how they are written."""

from enum import StrEnum


class WriteFunction(StrEnum):
    """Which Modbus function writes a register."""

    AUTO = "auto"
    """FC06/FC05 for a single word or coil, FC16 for more; a bit by read-modify-write."""
    SINGLE = "single"
    """FC06 (holding register) or FC05 (coil)."""
    MULTIPLE = "multiple"
    """FC16 (holding registers) or FC15 (coils), also for a single one."""
    MASK = "mask"
    """FC22, for a bit of a holding register where the device has it."""
