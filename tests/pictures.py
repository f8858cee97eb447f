"""Pictures of what fabctl prints, as SVG: the same text is the same picture, to the byte."""

import io
import re

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

_NO_FONT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""The format without its fonts, which a page would load from elsewhere."""


def registers_of(described: str) -> str:
    """Return the part of `fabctl describe` that shows the registers, colours and all."""
    lines = iter(described.splitlines())
    first = next(line for line in lines if Text.from_ansi(line).plain.startswith("Registers ("))
    kept = [first]
    for line in lines:
        if not line.strip():
            break
        kept.append(line)
    return "\n".join(line.rstrip() for line in kept)


def svg(printed: str, title: str, name: str) -> str:
    """Return a picture of text as a terminal shows it, as wide as it needs.

    Args:
        printed: The text, colours as ANSI escapes.
        title: What stands above it.
        name: What makes the picture's own names its own, where several are on a page.
    """
    text = Text.from_ansi(printed)
    width = max(len(line) for line in text.plain.splitlines())
    console = Console(record=True, width=width, file=io.StringIO(), color_system="truecolor", highlight=False)
    console.print(text, no_wrap=True, overflow="ignore", crop=False)
    return console.export_svg(title=title, code_format=_NO_FONT, unique_id=name) + "\n"
