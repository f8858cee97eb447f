"""What a serial line carries while an answer is waited for: the answer, the echo, and what others say to each other.

A frame that is not the answer is passed over, and the wait goes on (Modbus over Serial Line V1.02, section 2.4.1); a
frame with an error ends it. Frames are told apart by their lengths and checksums alone, for TCP keeps no silence
between them: so one that begins within another is never looked at.
"""

from typing import Any

from pymodbus.framer import FramerRTU

from fabgitops_core.modbus.frames.lengths import LONGEST, SHORTEST, UNKNOWN, of_answer, of_request
from fabgitops_core.modbus.frames.manners import Share
from fabgitops_core.modbus.frames.request import Request

MOST_PASSED_OVER = 65536
"""Bytes of other frames in one wait: more than a serial line carries in five seconds at 115,200 baud."""
FASTEST = 13_000
"""Bytes a second of other frames while nothing is waited for: more than a serial line carries at 115,200 baud."""

_CHECKSUM = 2
_NO_FRAME = -1
_MORE = "more than one reply"
_WRONG_SUM = "a frame whose checksum is wrong"
_NO_RTU = "something that is not Modbus RTU"
_ECHO = "the request itself: if a converter sends every request back, set spec.connection.echo to true"
_NO_ECHO = "an answer before the echo of the request: drop spec.connection.echo if nothing sends requests back"
_TOO_MUCH = f"more than {MOST_PASSED_OVER} bytes that are no answer to it"


class Ear:
    """Listens for the answer to one request.

    Args:
        request: What was asked.
        share: Who asks, which says whether there is an echo.
    """

    __slots__ = ("_buffer", "_echo_due", "_passed", "_request", "_share", "came", "touched")

    def __init__(self, request: Request[Any], share: Share) -> None:
        self._request = request
        self._share = share
        self._echo_due = share.echo
        self._buffer = b""
        self._passed = 0
        self.touched = False
        """Whether anything came at all."""
        self.came = b""
        """The last frame of the unit and function that were asked which was no answer, without its checksum."""

    @property
    def partial(self) -> bool:
        """Return whether there are bytes that are no whole frame yet."""
        return bool(self._buffer)

    @property
    def begun(self) -> bool:
        """Return whether those bytes may become the answer."""
        return self.partial and not self._echo_due and self._is_ours(self._buffer, 0)

    @property
    def others(self) -> bool:
        """Return whether frames were passed over."""
        return self._passed > 0

    def hear(self, data: bytes) -> bytes | None:
        """Return the answer, with its checksum, once it is there; the caller judges that.

        Raises:
            BadReply: What came is no frame, or something that speaks against any answer behind it.
        """
        self.touched = True
        if not self._buffer and self._is_just_that(data):
            return data
        buffer, at = self._buffer + data, 0
        while at < len(buffer):
            echo = self._echo(buffer, at)
            if echo:
                at += echo
                continue
            size = None if echo is None else self._next(buffer, at)
            if size is None:
                break
            if self._is_answer(buffer, at, size):
                if not self._is_over(buffer, at + size):
                    raise self._request.bad(_MORE)
                self._buffer = b""
                return buffer[at : at + size]
            self._pass_over(buffer, at, size)
            at += size
        self._buffer = buffer[at:]
        return None

    def _is_just_that(self, data: bytes) -> bool:
        """Return whether all that came has the shape of the answer: nearly always, and its sum is then judged once."""
        expected = self._request.expected
        start, rest = expected.start, expected.rest
        if self._echo_due or rest is None or not data.startswith(start):
            return False
        return len(data) == len(start) + rest + _CHECKSUM and (data != self._request.frame or not rest)

    def is_foreign(self, data: bytes) -> bool:
        """Return whether what came after the answer is whole frames, none of which could be one more answer to it."""
        return self._is_over(data, 0)

    def _echo(self, buffer: bytes, at: int) -> int | None:
        """Return the bytes of the echo at a place, 0 if there is none, None while it may become one.

        Raises:
            BadReply: It is the request, and no echo was declared; but for a request that looks like its answer.
        """
        sent, start = self._request.frame, self._request.expected.start
        if self._echo_due and sent.startswith(buffer[at : at + len(sent)]):
            if len(buffer) - at < len(sent):
                return None
            self._echo_due = False
            return len(sent)
        if not self._share.echo and buffer.startswith(sent, at) and sent[:-_CHECKSUM] != start:
            raise self._request.bad(_ECHO)
        return 0

    def _next(self, buffer: bytes, at: int) -> int | None:
        """Return the bytes of the frame at a place, or None while that cannot be known.

        Raises:
            BadReply: No frame begins there, or it is the answer where an echo is missing.
        """
        size = frame_at(buffer, at, answer_only=self._begins(buffer, at))
        if size == _NO_FRAME:
            raise self._request.bad(_NO_RTU if of_answer(buffer, at) == UNKNOWN else _WRONG_SUM)
        if size is not None and self._echo_due and self._is_answer(buffer, at, size):
            raise self._request.bad(_NO_ECHO)
        return size

    def _pass_over(self, buffer: bytes, at: int, size: int) -> None:
        self._passed += size
        if self._passed > MOST_PASSED_OVER:
            raise self._request.bad(_TOO_MUCH)
        if self._is_ours(buffer, at):
            self.came = buffer[at : at + size - _CHECKSUM]

    def _is_answer(self, buffer: bytes, at: int, size: int) -> bool:
        return self._request.is_answered_by(buffer[at : at + size - _CHECKSUM], self._share)

    def _is_ours(self, buffer: bytes, at: int) -> bool:
        start = self._request.expected.start
        return buffer[at] == start[0] and (len(buffer) < at + 2 or buffer[at + 1] & 0x7F == start[1])

    def _begins(self, buffer: bytes, at: int) -> bool:
        """Return whether what stands at a place begins as the answer does: then it is that or has an error."""
        return buffer.startswith(self._request.expected.start[:3], at)

    def _is_over(self, buffer: bytes, at: int) -> bool:
        """Return whether nothing follows from a place on but whole frames of others."""
        while at < len(buffer):
            size = frame_at(buffer, at, answer_only=False)
            if size is None or size == _NO_FRAME or self._is_ours(buffer, at):
                return False
            at += size
        return True


def frame_at(buffer: bytes, at: int, *, answer_only: bool) -> int | None:
    """Return the bytes of the frame that begins at a place, None while that cannot be known, -1 if none does.

    With `answer_only` it is taken for an answer and nothing else; otherwise it may be a request as well.
    """
    have = len(buffer) - at
    if have < SHORTEST:
        return None
    sizes = (of_answer(buffer, at),) if answer_only else (of_answer(buffer, at), of_request(buffer, at))
    for size in sizes:
        if size and size <= have and is_summed(buffer[at : at + size]):
            return size
    if any(size is None or size > have for size in sizes):
        return None
    if answer_only:
        return _NO_FRAME
    found = _by_its_sum(buffer, at)
    return _NO_FRAME if found is None and any(sizes) else found


def _by_its_sum(buffer: bytes, at: int) -> int | None:
    """Return the same where no length is known that fits, as of functions of vendors: the first end that the sum fits.

    The sum over a frame with its checksum is 0.
    """
    crc = 0xFFFF
    for size, byte in enumerate(buffer[at : at + LONGEST], 1):
        crc = crc >> 8 ^ FramerRTU.crc16_table[(crc ^ byte) & 0xFF]
        if not crc and size >= SHORTEST:
            return size
    return None if len(buffer) - at < LONGEST else _NO_FRAME


def is_summed(frame: bytes) -> bool:
    """Return whether a frame ends with its checksum (Modbus over Serial Line V1.02, section 6.2.2)."""
    return FramerRTU.compute_CRC(frame) == 0
