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
    """Each diagram of a page is drawn on the site, for light and for dark, and no block of code is left of it."""
    for source, where in site().sources(ROOT).items():
        if source.suffix == ".md":
            name = SITE / where.with_suffix("") / "index.html"
            file = name.parent.parent / "index.html" if where.stem in {"index", "README"} else name
            text, diagrams = file.read_text(), source.read_text().count("\n```mermaid\n")
            assert "mermaid" not in re.findall(r'class="([\w-]*)"', text), source
            for mark in ("only-light", "only-dark"):
                pictures = re.findall(rf'src="([^"]*diagrams/[^"#]+)#{mark}"', text)
                assert len(pictures) == diagrams, source
                assert all((file.parent / each).read_text().startswith("<svg") for each in pictures), source


REFERRING = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|data)=["']?([^"'\s>]+)"""
)
LINKED = re.compile(r"<link\b[^>]*>")
IMPORTED = re.compile(r"""(?:@import\s+(?:url\()?|url\()\s*["']?((?:https?:)?//[^"')\s]+)""")


@pytest.mark.docs
def test_the_site_fetches_nothing_from_elsewhere(pages: dict[Path, Html]) -> None:
    """No file of the built site makes a browser fetch a script, style, font or picture of another host."""
    fetched = []
    for file in [path for path in SITE.rglob("*") if path.suffix in {".html", ".css", ".svg"}]:
        text = file.read_text(encoding="utf-8")
        links = [each for each in LINKED.findall(text) if not re.search(r"rel=\"?(?:canonical|next|prev|edit)\b", each)]
        found = REFERRING.findall(text) + re.findall(r'href="?([^"\s>]+)', " ".join(links)) + IMPORTED.findall(text)
        fetched += [(str(file.relative_to(SITE)), "stars") for _ in re.findall(r'data-md-component="?source\b', text)]
        fetched += [(str(file.relative_to(SITE)), each) for each in found if re.match(r"(https?:)?//", each)]
    assert pages
    assert fetched == []
