"""What a PLC answers instead of doing what it was asked."""

REASONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    7: "negative acknowledge",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway no response",
}
"""What each exception code means, in short."""


class ModbusException(Exception):
    """A request is answered by an exception.

    `code` is 1 illegal function, 2 illegal data address, 3 illegal data value, 4 server device failure, 5 acknowledge,
    6 server device busy, 8 memory parity error, 10 gateway path unavailable, or 11 gateway target device failed to
    respond (Modbus Application Protocol V1.1b3, section 7).
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code} ({REASONS.get(code, 'unknown')})")
        self.code = code
