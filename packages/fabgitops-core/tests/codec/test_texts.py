"""Texts for people: what is cut says so, and nothing in it commands a terminal."""

import pytest
from fabgitops_core.codec.texts import brief


@pytest.mark.parametrize(
    ("text", "most", "told"),
    [
        ("press 4", 7, "press 4"),
        ("press 44", 7, "press …"),
        ("\x1b[2J", 20, "\\x1b[2J"),
        ("\x1b[2J", 4, "\\x1…"),
        ("\n" * 9, 5, "\\n\\n…"),
        ("a\u202eb", 20, "a\\u202eb"),
        ("", 5, ""),
    ],
)
def test_a_text_is_cut_to_what_a_status_holds(text: str, most: int, told: str) -> None:
    """Control characters are shown, and count as they are shown; an ellipsis says that there were more."""
    assert brief(text, most) == told
