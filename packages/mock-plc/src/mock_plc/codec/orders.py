"""In which order the bytes of a value stand in its words."""

import struct
from collections.abc import Sequence
from enum import StrEnum


class ByteOrder(StrEnum):
    """How a value of four bytes, A the most significant, lies in two words.

    For two, six or eight bytes it goes on in the same way: CDAB has the words in reverse (GHEFCDAB), BADC the bytes of
    each word (BADCFEHG), DCBA both (HGFEDCBA).
    """

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"

    @property
    def swaps_words(self) -> bool:
        """Whether the least significant word comes first."""
        return self in (ByteOrder.CDAB, ByteOrder.DCBA)


_WITHIN = {ByteOrder.ABCD: ">", ByteOrder.CDAB: ">", ByteOrder.BADC: "<", ByteOrder.DCBA: "<"}
"""How the two bytes of a word lie, in the signs of struct."""


def words_of(data: bytes, order: ByteOrder) -> tuple[int, ...]:
    """Return the words, 0 to 65535 each, that bytes (an even number, most significant first) lie in."""
    words: tuple[int, ...] = struct.unpack(f"{_WITHIN[order]}{len(data) // 2}H", data)
    return words[::-1] if order.swaps_words else words


def bytes_of(words: Sequence[int], order: ByteOrder) -> bytes:
    """Return the bytes, most significant first, that lie in words; the inverse of `words_of`."""
    first_to_last = reversed(words) if order.swaps_words else words
    return struct.pack(f"{_WITHIN[order]}{len(words)}H", *first_to_last)
