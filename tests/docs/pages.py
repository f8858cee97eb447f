"""The pages of the documentation, and the blocks of code in them.

A comment above a block says what a test does with it: `<!-- run -->` runs it, one block of a page after the other in
one shell; `<!-- save NAME -->` keeps it as a file for them; `<!-- prints -->` says that the block run before it prints
this, where … stands for anything; `<!-- not run: REASON -->` says why nothing does. A manifest of ours, a query, and a
runbook's commands are tried without being told to.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
READMES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "packages/*/README.md",
    "charts/*/README.md",
    "docker/README.md",
)
PAGES = sorted(
    {
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
        *(p for each in READMES for p in ROOT.glob(each)),
    }
)

_BLOCK = re.compile(
    r"^(?:<!-- (run|prints|save|not run:) ?(.*?) ?-->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its text, the line that it begins in, what is done with it, and how or why."""

    page: Path
    line: int
    language: str
    text: str
    task: str
    about: str = ""

    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page."""
    text = page.read_text()
    for found in _BLOCK.finditer(text):
        task, about = (found[1] or "").rstrip(":"), found[2] or ""
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[3], found[4], task, about)


def has_tasks(page: Path) -> bool:
    """Return whether a page has anything to run."""
    return any(block.task == "run" for block in blocks(page))
