"""How long texts in a status may be: etcd takes no more than 1.5 MiB in one request, and a map has up to 500 registers.

Events, logs and messages tell of a few registers, and may say more of each.
"""

from fabgitops_core.codec import texts

LONGEST_MESSAGE = 4096
"""Characters of a message: it stands in a status six times, and the definition takes 32768 in a condition."""

LONGEST_TEXT = 64
"""Characters of what a register holds, in text or words, and of where that comes from."""

LONGEST_ERROR = 120
"""Characters of what is wrong with one register."""


def brief(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text of at most `most` characters, in which control characters are shown and not obeyed.

    An ellipsis says that there were more.
    """
    return texts.brief(text, most)


def was_cut(text: str) -> bool:
    """Return whether a text of a status is the beginning of a longer one."""
    return text.endswith("…")
