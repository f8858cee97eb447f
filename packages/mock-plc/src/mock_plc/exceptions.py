"""What a PLC answers instead of doing what it was asked."""


class ModbusException(Exception):
    """A request is answered by an exception.

    `code` is 1 illegal function, 2 illegal data address, 3 illegal data value, 4 server device failure, 5 acknowledge,
    6 server device busy, 8 memory parity error, 10 gateway path unavailable, or 11 gateway target device failed to
    respond (Modbus Application Protocol V1.1b3, section 7).
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code
