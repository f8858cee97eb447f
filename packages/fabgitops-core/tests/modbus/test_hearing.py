"""What a serial line carries: the answer is found among what others say, wherever the stream is cut."""

import asyncio
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from fabgitops_core.control.plc.requests import Change, Endpoint, Link, ReadPlan, Table, Transport, WriteFunction
from fabgitops_core.engine.device_errors import BadReply
from fabgitops_core.modbus.frames.hearing import MOST_PASSED_OVER, Ear
from fabgitops_core.modbus.frames.manners import Share
from fabgitops_core.modbus.frames.reads import read_request
from fabgitops_core.modbus.frames.request import Request
from fabgitops_core.modbus.frames.writes import write_request
from fabgitops_core.modbus.wire import SerialLine
from hypothesis import given
from hypothesis import strategies as st

from .peer import Peer, checksum

PLACE = Endpoint("converter", 1, Transport.RTU_OVER_TCP)
UNIT = 7
REQUESTS: tuple[Request[Any], ...] = (
    read_request(ReadPlan(PLACE, UNIT, 0x0203)),
    read_request(ReadPlan(PLACE, UNIT, 4001, 10, Table.INPUT)),
    read_request(ReadPlan(PLACE, UNIT, 17, 11, Table.COIL)),
    write_request(Change(PLACE, UNIT, 4001, (2500,))),
    write_request(Change(PLACE, UNIT, 4001, (1, 2, 3))),
    write_request(Change(PLACE, UNIT, 4001, (0x0F00,), function=WriteFunction.MASK, mask=0xFF00)),
)
BEFORE_IT = st.sampled_from((False, True))


def summed(*body: int) -> bytes:
    """Return a frame."""
    return bytes(body) + checksum(bytes(body))


OTHERS = (
    summed(8, 3, 0, 0, 0, 1),
    summed(8, 3, 2, 0, 7),
    summed(8, 0x83, 2),
    summed(8, 16, 0, 1, 0, 2, 4, 1, 2, 3, 4),
    summed(8, 16, 0, 1, 0, 2),
    summed(8, 23, 4, 0, 1, 0, 2),
    summed(1, 17, 3, 9, 9, 0xFF),
    summed(2, 0x41, 1, 2, 3, 4, 5, 6),
    summed(UNIT, 8, 0, 0, 0xA5, 0x37),
    summed(0, 6, 0, 1, 0, 1),
)
"""What other masters ask, and others answer; one has a function of its vendor."""


def answer_to(request: Request[Any]) -> bytes:
    """Return what an honest device says."""
    return Peer(PLACE).proper(request.frame)


def heard(ear: Ear, pieces: Iterable[bytes]) -> bytes | None:
    """Return the answer that an ear finds in pieces, each as it comes."""
    for piece in pieces:
        answer = ear.hear(piece)
        if answer is not None:
            return answer
    return None


def cut(stream: bytes, places: Iterable[int]) -> list[bytes]:
    """Return a stream in pieces."""
    ends = sorted({0, len(stream), *(place % len(stream) for place in places)})
    return [stream[first:last] for first, last in pairwise(ends)]


@given(
    st.sampled_from(REQUESTS), st.lists(st.sampled_from(OTHERS), max_size=6), BEFORE_IT, st.lists(st.integers(0, 400))
)
def test_the_answer_is_found_among_frames_of_others_wherever_they_are_cut(
    request: Request[Any], others: list[bytes], echoes: bool, places: list[int]
) -> None:
    """Whole frames of others before the answer, and the echo where there is one, are passed over, in any pieces."""
    ear = Ear(request, Share(Link(echo=echoes)))
    stream = b"".join(others) + (request.frame if echoes else b"") + answer_to(request)
    assert heard(ear, cut(stream, places)) == answer_to(request)
    assert ear.others == bool(others)


@given(st.sampled_from(REQUESTS), st.binary(min_size=1, max_size=80), BEFORE_IT, st.lists(st.integers(0, 100)))
def test_no_noise_is_an_answer(request: Request[Any], noise: bytes, echoes: bool, places: list[int]) -> None:
    """Bytes that are no frame never become one, and only a summed and addressed frame is an answer."""
    ear = Ear(request, Share(Link(echo=echoes)))
    try:
        answer = heard(ear, cut(noise, places))
    except BadReply:
        return
    assert answer is None or answer[:2] in (bytes([UNIT, answer_to(request)[1] | 0x80]), answer_to(request)[:2])
    assert answer is None or checksum(answer[:-2]) == answer[-2:]


@pytest.mark.parametrize("request_", REQUESTS[:3])
def test_a_request_that_comes_back_is_no_answer_unless_an_echo_was_declared(request_: Request[Any]) -> None:
    """What comes back unasked for is told, with the way out: a write could not tell its echo from its confirmation."""
    with pytest.raises(BadReply, match=r"the request itself: .* set spec\.connection\.echo"):
        heard(Ear(request_, Share(Link())), [request_.frame, answer_to(request_)])


@pytest.mark.parametrize("request_", REQUESTS)
def test_an_echo_is_exact_and_comes_first(request_: Request[Any]) -> None:
    """Where an echo was declared nothing is an answer before it; a write's confirmation is that only once."""
    ear = Ear(request_, Share(Link(echo=True)))
    if answer_to(request_) == request_.frame:
        assert ear.hear(request_.frame) is None
        assert ear.hear(request_.frame) == answer_to(request_)
        return
    with pytest.raises(BadReply, match=r"an answer before the echo of the request: drop spec\.connection\.echo"):
        ear.hear(answer_to(request_) + request_.frame)


@pytest.mark.parametrize("behind", [b"\0", OTHERS[0][:-1], OTHERS[0] + b"\1"])
def test_only_whole_frames_of_others_may_stand_behind_the_answer(behind: bytes) -> None:
    """The answer with a frame of others behind it in one piece is the answer; with anything else it is in doubt."""
    answer = answer_to(REQUESTS[0])
    assert Ear(REQUESTS[0], Share(Link())).hear(answer + OTHERS[0] + OTHERS[1]) == answer
    for doubtful in (answer + behind, answer + answer, answer + OTHERS[0] + answer):
        with pytest.raises(BadReply, match="more than one reply"):
            Ear(REQUESTS[0], Share(Link())).hear(doubtful)


def test_a_frame_within_a_frame_is_not_looked_at() -> None:
    """What looks like the answer inside of what somebody else is told is theirs."""
    inner = answer_to(REQUESTS[0])
    outer = summed(9, 3, len(inner), *inner)
    ear = Ear(REQUESTS[0], Share(Link()))
    assert ear.hear(outer) is None
    assert ear.others


def test_an_answer_that_begins_like_a_request_is_the_answer() -> None:
    """Where a value makes the first bytes of an answer a summed request, the rest is waited for."""
    data = bytes([1, 2, 3]) + checksum(bytes([UNIT, 4, 20, 1, 2, 3])) + bytes(15)
    answer = summed(UNIT, 4, 20, *data)
    assert heard(Ear(REQUESTS[1], Share(Link())), [answer[:8], answer[8:]]) == answer


def test_a_line_that_never_rests_is_not_listened_to_for_ever() -> None:
    """Who sends frames of others faster than any serial line does keeps nobody busy with them."""
    ear = Ear(REQUESTS[0], Share(Link()))
    flood = OTHERS[0] * 128
    with pytest.raises(BadReply, match="that are no answer to it"):
        heard(ear, [flood] * (MOST_PASSED_OVER // len(flood) + 2))


class Closable(asyncio.Transport):
    """A transport that knows whether it was closed."""

    closed = False

    def abort(self) -> None:
        """Close."""
        self.closed = True


@pytest.mark.parametrize(("secs", "closed"), [(0, True), (3600, False)])
async def test_a_line_that_never_rests_is_left_while_nothing_is_asked(secs: float, closed: bool) -> None:
    """Who floods us between two polls loses the connection; one that is as fast as a serial line does not."""
    line, transport = SerialLine(), Closable()
    line.connection_made(transport)
    line.listen(Ear(REQUESTS[0], Share(Link())))
    line._since -= secs
    for _ in range(4 * MOST_PASSED_OVER // 1024):
        line.data_received(OTHERS[0] * 128)
    assert transport.closed is closed


def test_a_reply_of_the_right_unit_and_the_wrong_shape_is_remembered() -> None:
    """It is no answer, and the wait goes on; when the time is over it says what was wrong."""
    ear = Ear(REQUESTS[0], Share(Link()))
    assert ear.hear(summed(UNIT, 3, 4, 0, 1, 0x11, 0x70)) is None
    said = str(REQUESTS[0].verdict(ear.came))
    assert "4 bytes for 1 register, counted as 4, instead of 2: a device with four bytes at each address" in said
