"""What words may mean: each type in each order of bytes, side by side, so that a look tells which one it is."""

from collections.abc import Mapping

from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.types import ByteOrder, DataType, Words

NONE = "-"
"""What stands where words mean nothing in a type."""

ORDERS = tuple(ByteOrder)
_ONE_WORD = (DataType.UINT16, DataType.INT16, DataType.BCD16)
_MORE = (
    (2, (DataType.UINT32, DataType.INT32, DataType.FLOAT32, DataType.BCD32)),
    (4, (DataType.UINT64, DataType.INT64, DataType.FLOAT64)),
)


def of_one_word(word: int) -> dict[str, str]:
    """Return what one word may mean, by type; the last are its bits, 15 first, and its two characters."""
    swapped = {f"{each} swapped": _text(Codec(each, ByteOrder.BADC), (word,)) for each in _ONE_WORD[:2]}
    numbers = {str(each): _text(Codec(each), (word,)) for each in _ONE_WORD}
    return {**numbers, **swapped, "bits": f"{word >> 8:08b} {word & 0xFF:08b}", "text": text_of((word,))}


def of_more_words(words: Words) -> dict[str, dict[ByteOrder, str]]:
    """Return what two and four words may mean, by type and order, as far as there are so many."""
    return {
        str(each): {order: _text(Codec(each, order), words[:count]) for order in ORDERS}
        for count, types in _MORE
        if len(words) >= count
        for each in types
    }


def text_of(words: Words) -> str:
    """Return words as a text, with dots for what is no printable ASCII."""
    data = b"".join(word.to_bytes(2, "big") for word in words)
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)


def in_short(words: Words) -> str:
    """Return the likeliest meanings in one line, for a comment."""
    if not words:
        return ""
    one = of_one_word(words[0])
    said = [f"uint16 {one['uint16']}", *([f"int16 {one['int16']}"] if words[0] > 0x7FFF else [])]
    floats: Mapping[ByteOrder, str] = of_more_words(words).get("float32", {})
    said += [f"float32 {order} {text}" for order, text in floats.items() if _is_likely(text)]
    return ", ".join(said)


def _is_likely(text: str) -> bool:
    """Return whether a number is one that people measure: not zero, and neither tiny nor huge."""
    try:
        return 1e-3 <= abs(float(text)) <= 1e7
    except ValueError:
        return False


def _text(codec: Codec, words: Words) -> str:
    try:
        return codec.text(words)
    except ValueError:
        return NONE
