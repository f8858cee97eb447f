"""A link into a page lands on a heading that is there: in the repository as GitHub shows it, and on the site."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .pages import PAGES, ROOT
from .test_pages import site

SITE = ROOT / ".docs/site"
LINK = re.compile(r"\]\(([^)\s]*)#([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings: in small letters, a number where two are alike."""
    found: list[str] = []
    for line, is_prose in site().prose(page.read_text()):
        heading = re.match(r"#{1,6} (.*)", line) if is_prose else None
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            found.append(re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-"))
    return {f"{each}-{found[:at].count(each)}" if each in found[:at] else each for at, each in enumerate(found)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_an_anchor_is_a_heading(page: Path) -> None:
    """Each link with a # names a heading of the page that it leads to."""
    text = "".join(line for line, is_prose in site().prose(page.read_text()) if is_prose)
    for path, anchor in LINK.findall(text):
        if not re.match(r"[a-z]+:", path):
            target = page if not path else Path(os.path.normpath(page.parent / path))
            target = target / "README.md" if target.is_dir() else target
            assert anchor in anchors(target), f"{path}#{anchor}"


class Html(HTMLParser):
    """What a page of the site offers to link to, where it leads itself, and what it loads."""

    def __init__(self, file: Path) -> None:
        """Read a page."""
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if tag in {"script", "img", "iframe"} and "src" in given:
            self.loaded.add(given["src"])


@pytest.fixture(scope="module")
def pages() -> dict[Path, Html]:
    """Return the pages of the site that `./dev docs` has built."""
    assert SITE.is_dir(), "the site is not built: ./dev docs"
    return {file: Html(file) for file in SITE.rglob("*.html") if file.name != "404.html"}


@pytest.mark.docs
def test_links_of_the_site_lead_somewhere(pages: dict[Path, Html]) -> None:
    """Each link between pages of the built site leads to a file that is there, and to a place in it that is there."""
    dead = []
    for file, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("/"):
                continue
            target = Path(os.path.normpath(file.parent / unquote(parts.path))) if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.exists() or (parts.fragment and parts.fragment not in pages.get(target, page).ids):
                dead.append(f"{file.relative_to(SITE)}: {link}")
    assert not dead


@pytest.mark.docs
def test_every_page_is_in_the_navigation(pages: dict[Path, Html]) -> None:
    """From the start page each page of the site is one click away."""
    start = pages[SITE / "index.html"]
    reached = {Path(os.path.normpath(SITE / urlsplit(link).path)) / "index.html" for link in start.links}
    assert {file.relative_to(SITE) for file in pages if file not in reached} <= {Path("index.html")}


@pytest.mark.docs
def test_diagrams_are_drawn(pages: dict[Path, Html]) -> None:
    """Each diagram of a page arrives on the site as one to be drawn, and not as a block of code."""
    for source, where in site().sources(ROOT).items():
        if source.suffix == ".md":
            name = SITE / where.with_suffix("") / "index.html"
            file = name.parent.parent / "index.html" if where.stem in {"index", "README"} else name
            drawn = file.read_text().count('class="mermaid"')
            assert drawn == source.read_text().count("\n```mermaid\n"), source
