"""The pictures of the documentation are whole, load nothing from anywhere, and are shown."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .pages import PAGES, ROOT

PICTURES = sorted((ROOT / "docs/images").rglob("*.svg"))
TERMINAL = [each for each in PICTURES if each.stem in {"watch", "get-status"}]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: str(path.relative_to(ROOT / "docs/images")))
def test_a_picture_is_whole_and_loads_nothing(picture: Path) -> None:
    """It is XML, refers to itself alone, and has neither scripts nor fonts."""
    text = picture.read_text()
    tree = ET.fromstring(text)  # noqa: S314 - our own
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert not [each.tag for each in tree.iter() if each.tag.rpartition("}")[2] in {"script", "image", "foreignObject"}]
    led = [value for each in tree.iter() for name, value in each.attrib.items() if name.rpartition("}")[2] == "href"]
    assert all(each.startswith("#") for each in led + re.findall(r"url\(['\"]?([^)'\"]*)", text))
    assert "@import" not in text
    assert "@font-face" not in text


def test_each_picture_of_a_terminal_is_on_a_page() -> None:
    """The dashboard is the first that is seen in the README; none is left over from what is not shown any more."""
    text = {page: page.read_text() for page in PAGES}
    assert "](docs/images/watch.svg)" in text[ROOT / "README.md"]
    shown = " ".join(text.values())
    assert len(TERMINAL) == 2
    assert all(f"images/{each.relative_to(ROOT / 'docs/images').as_posix()}" in shown for each in TERMINAL)


def test_the_dashboard_shows_a_plant() -> None:
    """What needs somebody stands first, trends are seen, and the keys at the bottom."""
    said = (ROOT / "docs/images/watch.svg").read_text().replace("&#160;", " ")
    assert said.index("press") < said.index("oven") < said.index("mixer-1")
    assert all(word in said for word in ("DRIFT", "SYNCED", "SUSPENDED", "DriftCorrected", "▁", "q quit"))
