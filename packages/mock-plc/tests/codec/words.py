"""Words as they are written on paper."""


def words(text: str) -> tuple[int, ...]:
    """Return the words of a text like `47BB 1C00`."""
    return tuple(int(word, 16) for word in text.split())
