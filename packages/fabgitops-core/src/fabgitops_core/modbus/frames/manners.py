"""Answers of devices that copy less of a request than they should (`spec.connection.ignore`).

What the device is known not to copy is put in as if it had been; then the answer is judged like any other. So each
thing that is ignored weakens the judgement by that thing and by no more.
"""

from fabgitops_core.control.plc.requests import Link, Uncopied

TRANSACTION_ID = 2
"""Bytes of the transaction id, which is the first thing in a frame of Modbus TCP."""


class Share:
    """One of those who share a connection: whether it is still held, and how the answers to its requests may be."""

    __slots__ = ("echo", "held", "ignore")

    def __init__(self, link: Link) -> None:
        self.held = True
        self.ignore = link.ignore
        self.echo = link.echo

    def __call__(self) -> bool:
        """Return whether it is still held."""
        return self.held

    def transaction(self, reply: bytes, sent: bytes) -> bytes:
        """Return the transaction id that a reply is believed by: the one that was sent, or whichever it has."""
        return reply[:TRANSACTION_ID] if Uncopied.TRANSACTION_ID in self.ignore else sent

    def completed(self, body: bytes, start: bytes) -> bytes:
        """Return a body with what is not copied as it should be; `start` is how the right one begins, of a write all.

        What is read follows behind its `start`, so nothing of it is ever put in.
        """
        if Uncopied.UNIT_ID in self.ignore:
            body = start[:1] + body[1:]
        if Uncopied.WRITE_ECHO in self.ignore and body[:2] == start[:2] and len(body) == len(start):
            return start
        return body


STRICT = Share(Link())
"""Whoever ignores nothing."""
