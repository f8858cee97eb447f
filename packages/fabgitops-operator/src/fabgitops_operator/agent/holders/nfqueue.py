"""A client of the kernel's packet queue (nfnetlink_queue): packets wait in the kernel until a verdict is given.

Messages are as in linux/netfilter/nfnetlink_queue.h; the headers of netlink are in the machine's byte order, what is
of netfilter is big-endian. Only a packet's number comes here, never what is in it (copy mode META). With FAIL_OPEN a
packet for which the queue has no place passes; that nobody listens is the rule's matter (`--queue-bypass`).
"""

import errno
import os
import socket
import struct
from collections.abc import Iterator
from typing import Self

_NETFILTER, _QUEUE_SUBSYSTEM = 12, 3
_PACKET, _VERDICT, _CONFIG = 0, 1, 2
_REQUEST_ACK, _REQUEST = 0x5, 0x1
_ERROR = 2
_COMMAND, _PARAMETERS, _LENGTH, _MASK, _FLAGS = 1, 2, 3, 4, 5
_BIND, _COPY_META = 1, 1
_FAIL_OPEN_AND_GSO = 0x5
_PACKET_HEADER, _VERDICT_HEADER = 1, 2
DROP, ACCEPT = 0, 1
_HEADER = struct.Struct("=LHHLL")
_RECEIVED = 1 << 16


class PacketQueue:
    """The packets of one queue of the network namespace that this process is in."""

    def __init__(self, number: int, length: int) -> None:
        """Listen to a queue, in which `length` packets find a place.

        Raises:
            OSError: The kernel has no such queues, this process may not, or somebody else listens to it.
        """
        self._number = number
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER)
        try:
            self._socket.bind((0, 0))
            self._configure(_attribute(_COMMAND, struct.pack(">BxH", _BIND, 0)))
            self._configure(_attribute(_PARAMETERS, struct.pack(">IB", 0, _COPY_META)))
            self._configure(_attribute(_LENGTH, struct.pack(">I", length)))
            both = struct.pack(">I", _FAIL_OPEN_AND_GSO)
            self._configure(_attribute(_FLAGS, both) + _attribute(_MASK, both))
        except OSError:
            self.close()
            raise
        self._socket.setblocking(False)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening: the kernel drops what waits."""
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def fileno(self) -> int:
        """Return what to wait at for packets."""
        return self._socket.fileno()

    def packets(self) -> Iterator[int]:
        """Give up the numbers of the packets that have come."""
        while True:
            try:
                received = self._socket.recv(_RECEIVED)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:  # more than there was room for; the kernel has let those pass
                    raise
                continue
            yield from _numbers(received)

    def judge(self, packet: int, verdict: int) -> None:
        """Let a packet go on, or drop it."""
        body = struct.pack(">BBH", 0, 0, self._number) + _attribute(
            _VERDICT_HEADER, struct.pack(">II", verdict, packet)
        )
        self._send(_VERDICT, _REQUEST, body)

    def _configure(self, attributes: bytes) -> None:
        self._send(_CONFIG, _REQUEST_ACK, struct.pack(">BBH", 0, 0, self._number) + attributes)
        for kind, body in _messages(self._socket.recv(_RECEIVED)):
            if kind == _ERROR and (number := -struct.unpack_from("=i", body)[0]):
                raise OSError(number, os.strerror(number))

    def _send(self, what: int, flags: int, body: bytes) -> None:
        kind = _QUEUE_SUBSYSTEM << 8 | what
        self._socket.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, 0, 0) + body)


def _attribute(kind: int, value: bytes) -> bytes:
    """Return an attribute, filled up to the next four bytes."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _messages(received: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEADER.size <= len(received):
        length, kind, *_ = _HEADER.unpack_from(received, at)
        yield kind, received[at + _HEADER.size : at + length]
        at += max(_HEADER.size, length + -length % 4)


def _numbers(received: bytes) -> Iterator[int]:
    for kind, body in _messages(received):
        if kind == _QUEUE_SUBSYSTEM << 8 | _PACKET:
            at = 4
            while at + 4 <= len(body):
                length, attribute = struct.unpack_from("=HH", body, at)
                if attribute == _PACKET_HEADER:
                    yield struct.unpack_from(">I", body, at + 4)[0]
                at += max(4, length + -length % 4)
