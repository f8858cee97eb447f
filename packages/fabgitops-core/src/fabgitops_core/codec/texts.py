"""Texts in registers: two bytes a word, filled up behind the last character."""

from collections.abc import Iterable
from enum import StrEnum
from unicodedata import normalize

from fabgitops_core.codec.types import Words, bytes_of, words_of


class Encoding(StrEnum):
    """How characters become bytes."""

    ASCII = "ascii"
    LATIN_1 = "latin-1"
    UTF_8 = "utf-8"


class Padding(StrEnum):
    """What stands behind the last character."""

    NULL = "null"
    """Bytes of 0; what stands behind the first of them does not count when it is read."""
    SPACE = "space"
    """Spaces; those at the end do not count when it is read."""


_FILL = {Padding.NULL: b"\0", Padding.SPACE: b" "}


def words_of_text(text: str, length: int, encoding: Encoding, padding: Padding) -> Words:
    """Return a text as `length` bytes in words, the first character in a high byte.

    Raises:
        ValueError: It is too long, holds a null character, or one that the encoding does not have.
    """
    if "\0" in text:
        raise ValueError("a null character would end the text")
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError as error:
        missing = text[error.start]
        raise ValueError(f"{encoding} has no {missing!r}: choose another encoding, or another text") from None
    if len(data) > length:
        raise ValueError(f"it takes {len(data)} bytes and length is {length}")
    return words_of(data.ljust(length, _FILL[padding]))


def text_of_words(words: Words, encoding: Encoding, padding: Padding) -> str:
    r"""Return the text in words; bytes that the encoding does not know are shown as `\xff`.

    So memory that was never written is a text that differs, and can be corrected.
    """
    return counting(words, padding).decode(encoding, errors="backslashreplace")


def counting(words: Words, padding: Padding) -> bytes:
    """Return the bytes that count when words are read as a text: those before what fills it up."""
    data = bytes_of(words)
    return data.split(b"\0", 1)[0] if padding is Padding.NULL else data.rstrip(b" \0")


def alike(one: str, other: str) -> bool:
    """Return whether people may read two texts as the same: but for spaces, and letters that only look the same."""
    first, second = (" ".join(normalize("NFKC", each).split()) for each in (one, other))
    same = (a == b or not (a + b).isascii() for a, b in zip(first, second, strict=False))
    return len(first) == len(second) and all(same)


def printable(text: str) -> str:
    r"""Return a text of a device for a terminal: control characters are shown as `\x1b`, not obeyed."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def cut(text: str, most: int) -> str:
    """Return a text of at most `most` characters; an ellipsis says that there were more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def brief(text: str, most: int) -> str:
    """Return a text of at most `most` characters, in which control characters are shown and not obeyed.

    An ellipsis says that there were more.
    """
    return cut(text if text.isprintable() else printable(text[: most + 1]), most)


FEW = 3
"""How many registers, or parts, a message names before it says how many more there are."""


def first_of(sentences: Iterable[str], most: int = FEW) -> str:
    """Return the first of sentences in a row, and how many more there are."""
    every = list(sentences)
    more = f"; and {len(every) - most} more" if len(every) > most else ""
    return "; ".join(every[:most]) + more
