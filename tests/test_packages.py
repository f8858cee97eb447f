"""What the index and the changelog will say of the packages."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

PACKAGES = Path(__file__).parents[1] / "packages"
NAMES = ("fabctl", "fabgitops-core", "fabgitops-operator", "mock-plc")


def project(name: str) -> dict[str, Any]:
    """Return the metadata of a package."""
    return dict(tomllib.loads((PACKAGES / name / "pyproject.toml").read_text())["project"])


@pytest.mark.parametrize("name", NAMES)
def test_the_index_links_to_all_that_is_asked_for(name: str) -> None:
    """Each package links to home page, documentation, source, changelog and issues; what is in here is there."""
    urls = project(name)["urls"]
    assert set(urls) == {"Homepage", "Documentation", "Source", "Changelog", "Issues"}
    assert (PACKAGES.parent / urls["Source"].partition("/tree/main/")[2]) == PACKAGES / name
    assert (PACKAGES.parent / urls["Changelog"].partition("/blob/main/")[2]).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_the_first_release_mends_nothing(name: str) -> None:
    """A package that was never released has no fragment that tells of a bug in it."""
    _, _, released = (PACKAGES / name / "CHANGELOG.md").read_text().partition("<!-- towncrier release notes start -->")
    mended = [] if released.strip() else list((PACKAGES / name / "changes").glob("*.bugfix.md"))
    assert mended == []
