"""How long texts in a status and an Event may be."""

from collections.abc import Iterable

from fabgitops_core.codec import texts

LONGEST_MESSAGE = 1024
"""Characters of a message: it stands in a status several times."""

MOST_NAMED = 10
"""Things that are named in one sentence; how many more there are is counted."""


def brief(text: str) -> str:
    """Return a text that fits into a status, in which control characters are shown and not obeyed."""
    return texts.brief(text, LONGEST_MESSAGE)


def listed(names: Iterable[str], count: int | None = None) -> str:
    """Return names in a row; of many the first, and how many more there are of `count`."""
    given = list(names)
    more = (len(given) if count is None else count) - len(given[:MOST_NAMED])
    return ", ".join(given[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
