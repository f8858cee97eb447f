"""What runbooks tell to type is what there is to type."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
COMMANDS = sorted(
    {
        re.sub(r"\s+#.*", "", command).strip()
        for page in PAGES
        for block in re.findall(r"^(fabctl .*)$|`(fabctl [^`]*)`", page.read_text(), re.MULTILINE)
        for command in block
        if command
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_fabctl_knows(tmp_path: Path, command: str) -> None:
    """Each fabctl command fails for want of a cluster here, and not because fabctl does not understand it."""
    words = command.replace("NAMESPACE", "plant").replace("NAME", "mixer").split()
    program = Path(sys.executable).with_name(words[0])
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "none")}
    done = subprocess.run([program, *words[1:]], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 5, done.stderr
    assert str(tmp_path / "none") in done.stderr


def test_links_lead_somewhere() -> None:
    """Each link of a page leads to another that is there."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)]*)\)", page.read_text()):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"
