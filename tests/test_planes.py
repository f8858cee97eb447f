"""What runs on one plane alone is listed in docs/standalone.md with its reason, and nothing else is."""

import re
from pathlib import Path

from .integration.api.transcripts import read
from .integration.planes import Reason

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/standalone.md").read_text()


def listed(title: str) -> list[str]:
    """Return what the items of a section of the page are about."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"(?m)^- \*\*(.+?)\*\*", section)


def test_what_only_one_plane_can_do_is_on_the_page() -> None:
    """Each reason of a mark stands on the page, and each on the page is that of a mark."""
    sources = "".join(path.read_text() for path in (ROOT / "tests/integration").rglob("test_*.py"))
    used = {Reason[name] for name in re.findall(r"only_(?:kubernetes|standalone)\(Reason\.(\w+)\)", sources)}
    assert used == set(Reason)
    assert sorted(listed("What only Kubernetes does")) == sorted(Reason)


def test_what_kubectl_says_otherwise_is_on_the_page() -> None:
    """Each reason for which a transcript of kubectl differs stands on the page, and each on the page is one."""
    files = (ROOT / "tests/integration/api/kubectl").glob("*.txt")
    reasons = {step.reason for file in files for step in read(file) if step.reason}
    assert sorted(listed("What kubectl says otherwise")) == sorted(reasons)
