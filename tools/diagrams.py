"""Draws the Mermaid diagrams of the site's pages when it is built, so that no reader's browser fetches what draws them.

GitHub draws the same blocks itself, so pages keep them. On the site each becomes two pictures, of which the browser
shows the one that goes with its colours.
"""

import hashlib
import re
from pathlib import Path

import mermaidx

FOLDER = "diagrams"
# The theme of Mermaid for each of the site's, by what marks a picture for it.
THEMES = {"only-light": "default", "only-dark": "dark"}

_BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def drawn(text: str, page: Path, pages: Path) -> str:
    """Return the text of a page with pictures in place of its diagrams; write those into a folder beside the pages.

    `page` is where the page is below `pages`.
    """
    above = "../" * (len(page.parts) - 1)

    def pictures(found: re.Match[str]) -> str:
        names = {mark: _picture(found[1], theme, pages / FOLDER) for mark, theme in THEMES.items()}
        return "\n".join(f"![Diagram]({above}{FOLDER}/{name}#{mark})" for mark, name in names.items())

    return _BLOCK.sub(pictures, text)


def _picture(source: str, theme: str, folder: Path) -> str:
    """Draw a diagram in a theme, and return the name of the file."""
    name = f"{hashlib.sha256(source.encode()).hexdigest()[:12]}-{theme}.svg"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(mermaidx.render(source, theme=theme).svg(), encoding="utf-8")
    return name
