"""How frames are told apart in what arrives, in whatever pieces it comes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_plc.wire.framing import Frame, Framing, Mbap, Rtu, Unframed, crc

MBAP_FRAMES = st.builds(Frame, st.integers(0, 255), st.binary(min_size=1, max_size=253), st.integers(0, 65535))
RTU_PDUS = ["01 0000 0001", "06 0001 0002", "0F 0000 0009 02 FF01", "10 0000 0001 02 0007", "16 0004 00F2 0025",
            "17 0000 0001 0000 0001 02 0001", "2B 0E 01 00"]  # fmt: skip
RTU_FRAMES = st.builds(Frame, st.integers(0, 255), st.sampled_from([bytes.fromhex(each) for each in RTU_PDUS]))


@pytest.mark.parametrize(("data", "sent"), [("02 07", "41 12"), ("01 03 00 00 00 0A", "C5 CD")])
def test_crc_is_that_of_the_serial_line(data: str, sent: str) -> None:
    """The CRC of the serial specification's example, and of the read that every manual shows."""
    raw = bytes.fromhex(data)
    assert crc(raw).to_bytes(2, "little") == bytes.fromhex(sent)
    assert crc(raw + bytes.fromhex(sent)) == 0


def in_pieces(framing: Framing, data: bytes, cuts: list[int]) -> list[Frame]:
    """Take frames from data that comes cut at some places."""
    buffer, found = bytearray(), list[Frame]()
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    for start, end in pairwise(edges):
        buffer += data[start:end]
        found += framing.take(buffer)
    assert not buffer
    return found


@given(st.lists(MBAP_FRAMES, min_size=1, max_size=5), st.lists(st.integers(0), max_size=8))
def test_mbap_frames_are_found_in_any_pieces(frames: list[Frame], cuts: list[int]) -> None:
    """Frames of Modbus TCP come out as they went in, however they are cut."""
    framing = Mbap()
    assert in_pieces(framing, b"".join(map(framing.pack, frames)), cuts) == frames


@given(st.lists(RTU_FRAMES, min_size=1, max_size=5), st.lists(st.integers(0), max_size=8))
def test_rtu_frames_are_found_in_any_pieces(frames: list[Frame], cuts: list[int]) -> None:
    """Frames of every served function come out of a byte stream as they went in, however they are cut."""
    framing = Rtu()
    assert in_pieces(framing, b"".join(map(framing.pack, frames)), cuts) == frames


@pytest.mark.parametrize("data", ["0001 0001 0006 01 0300000001", "0001 0000 0001 01 03", "0001 0000 00FF 01 03"])
def test_what_is_not_modbus_tcp_is_not_believed(data: str) -> None:
    """Another protocol id, no PDU, or one too long is no frame, and nothing after it is."""
    with pytest.raises(Unframed):
        Mbap().take(bytearray.fromhex(data))


def test_a_damaged_rtu_frame_is_dropped() -> None:
    """A frame whose CRC is wrong is dropped with what came along, and what comes later is taken again."""
    framing = Rtu()
    good = framing.pack(Frame(1, bytes.fromhex("03 0000 0001")))
    buffer = bytearray(good[:-1] + bytes([good[-1] ^ 1]))
    assert framing.take(buffer) == []
    assert not buffer
    buffer += good
    assert framing.take(buffer) == [Frame(1, bytes.fromhex("03 0000 0001"))]


def test_an_rtu_frame_of_an_unknown_function_is_taken_whole() -> None:
    """A function of unknown length is taken if all that came is one right frame, so that it can be refused."""
    framing = Rtu()
    unknown = Frame(1, bytes.fromhex("41 0102 03"))
    assert framing.take(bytearray(framing.pack(unknown))) == [unknown]
    assert framing.take(bytearray.fromhex("01 41 0102 03 0000")) == []
