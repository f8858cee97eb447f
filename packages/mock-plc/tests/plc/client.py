"""A Modbus TCP client made of bytes, by the specification and by nobody's library.

Frames are those of Modbus Messaging on TCP/IP V1.0b, section 3.1.3: transaction, protocol 0, length, unit id, then the
function code and its data.
"""

import struct
from dataclasses import dataclass
from itertools import count
from socket import create_connection, socket
from typing import Self

READ, WRITE_SINGLE, WRITE, MASK_WRITE, READ_WRITE = 3, 6, 16, 22, 23


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The PLC answered with a well-formed exception to the function that was asked."""

    code: int


class Client:
    """One connection; it checks the whole frame of each answer."""

    def __init__(self, port: int, unit: int = 1) -> None:
        self.unit = unit
        self._transactions = count(1)
        self._socket: socket = create_connection(("127.0.0.1", port), timeout=10)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def send(self, function: int, data: bytes) -> int:
        """Send one request and return its transaction id."""
        transaction = next(self._transactions)
        self._socket.sendall(struct.pack(">HHHBB", transaction, 0, len(data) + 2, self.unit, function) + data)
        return transaction

    def ask(self, function: int, data: bytes) -> bytes:
        """Send one request and return the data of its answer.

        Raises:
            Refused: The answer is an exception.
        """
        transaction = self.send(function, data)
        *header, length, unit, answered = struct.unpack(">HHHBB", self._stream.read(8))
        answer = self._stream.read(length - 2)
        assert (header, unit) == ([transaction, 0], self.unit)
        if answered == function | 0x80:
            assert len(answer) == 1
            raise Refused(answer[0])
        assert answered == function
        return answer

    def read(self, address: int, number: int = 1) -> list[int]:
        """Read holding registers with function 3."""
        size, *words = struct.unpack(f">B{number}H", self.ask(READ, struct.pack(">HH", address, number)))
        assert size == 2 * number
        return list(words)

    def write_single(self, address: int, value: int) -> None:
        """Write a holding register with function 6, whose answer repeats the request."""
        request = struct.pack(">HH", address, value)
        assert self.ask(WRITE_SINGLE, request) == request

    def write(self, address: int, *values: int) -> None:
        """Write holding registers with function 16."""
        head = struct.pack(">HH", address, len(values))
        assert self.ask(WRITE, head + struct.pack(f">B{len(values)}H", 2 * len(values), *values)) == head

    def is_closed(self) -> bool:
        """Wait until the PLC closes the connection, for ten seconds at most, and return whether it did."""
        return self._stream.read(1) == b""
