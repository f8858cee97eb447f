"""Puts the pages of the documentation's site together in .docs/pages, for Zensical to build from.

The documentation is written to be read in the repository too: its links lead to files, also to such that are no page of
the site. Here a link to another page becomes one to where that page is on the site, and any other a link to the
repository. A link that leads nowhere is an error. Diagrams are drawn: see tools/diagrams.py.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / ".docs" / "pages"
REPOSITORY = "https://github.com/fabgitops/fabgitops"

# Pages that are kept where they belong, by where they are on the site.
ELSEWHERE = {
    "SECURITY.md": "reporting.md",
    "charts/fabgitops/README.md": "chart.md",
    "packages/fabctl/README.md": "terminal.md",
    "packages/fabgitops-operator/README.md": "operator.md",
    "packages/mock-plc/README.md": "mock-plc.md",
}

_FENCE = re.compile(r"^(\s*)(```|~~~)")
_LINK = re.compile(r"`[^`]+`|(!?\[(?:`[^`]*`|[^\]`])*\]\()([^)\s]+)(\))")  # code that is no link's text is left alone


class DeadLink(Exception):
    """A link leads nowhere; the message says which, and in which file."""


def sources(root: Path) -> dict[Path, Path]:
    """Return where on the site each file of the documentation goes, by where it is in the repository."""
    docs = root / "docs"
    inside = {path: path.relative_to(docs) for path in sorted(docs.rglob("*")) if path.is_file()}
    return inside | {root / kept: Path(page) for kept, page in ELSEWHERE.items()}


def prose(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a page, and whether each is prose, where a link is a link, rather than a block of code."""
    fence = ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if fence or found:
            yield line, False
            if found:
                fence = "" if fence == found[2] else fence or found[2]
        else:
            yield line, True


def moved(target: str, source: Path, pages: Mapping[Path, Path], root: Path) -> str:
    """Return where a link of a file leads to on the site.

    Raises:
        DeadLink: there is no such file in the repository.
    """
    path, mark, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", path):
        return target
    meant = Path(os.path.normpath(source.parent / path))
    if not meant.exists() or not meant.is_relative_to(root):
        raise DeadLink(f"{source.relative_to(root)}: {target} leads nowhere")
    page = pages.get(meant / "README.md" if meant.is_dir() else meant)
    if page is not None:
        return os.path.relpath(page, pages[source].parent) + mark + anchor
    kind = "tree" if meant.is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/main/{meant.relative_to(root).as_posix()}{mark}{anchor}"


def rendered(source: Path, pages: Mapping[Path, Path], root: Path) -> str:
    """Return the text of a page with its links led to where things are on the site."""

    def lead(found: re.Match[str]) -> str:
        return found[1] + moved(found[2], source, pages, root) + found[3] if found[1] else found[0]

    return "".join(_LINK.sub(lead, line) if is_prose else line for line, is_prose in prose(source.read_text()))


def put_together(root: Path, into: Path, draw: Callable[[str, Path, Path], str]) -> list[str]:
    """Write all pages into an empty folder, their diagrams drawn; return what is wrong with links."""
    shutil.rmtree(into, ignore_errors=True)
    pages, problems = sources(root), []
    for source, page in pages.items():
        target = into / page
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if source.suffix == ".md":
                target.write_text(draw(rendered(source, pages, root), page, into), encoding="utf-8")
            else:
                target.write_bytes(source.read_bytes())
        except DeadLink as dead:
            problems.append(str(dead))
    return problems


def main() -> int:
    """Put the pages together and return the exit code."""
    from diagrams import drawn  # noqa: PLC0415  # which a test of links does without

    problems = put_together(ROOT, PAGES, drawn)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
