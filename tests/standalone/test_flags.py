"""The flags that pages and messages name are flags that there are."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from .conftest import BIN

ROOT = Path(__file__).parents[2]
COMMANDS = ["check", "backup", "restore", "accept", "certificate", "token", "kubeconfig", "unit", "healthy"]
OTHERS = {
    "--with-chaos",
    "--server-side",
    "--dry-run",
    "--show-labels",
    "--sort-by",
    "--lease-outage",
    "--kubernetes",
    "--all",
    "--for",
}
"""What is spoken of on the pages and belongs to kubectl, to the operator in a cluster, or to ./dev demo."""
SAID = re.compile(r"`(--[a-z][a-z-]*)")


def help_of(*command: str) -> str:
    """Return what a command says of itself, on lines that are not broken."""
    asked = [str(BIN / "fabgitops-operator"), *command, "--help"]
    wide = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(asked, capture_output=True, text=True, check=True, env=wide).stdout


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return every flag of `standalone` and of its commands."""
    texts = [help_of("standalone"), *(help_of("standalone", each) for each in COMMANDS)]
    return set(re.findall(r"--[a-z][a-z-]*[a-z]", "\n".join(texts)))


@pytest.mark.parametrize("page", ["docs/standalone.md", "docs/guides/one-box.md"])
def test_pages_name_flags_that_there_are(page: str, known: set[str]) -> None:
    """Each flag that a page names is one of the operator's without a cluster."""
    said = set(SAID.findall((ROOT / page).read_text()))
    assert said
    assert said - known - OTHERS == set()


def test_the_table_of_settings_has_every_flag(known: set[str]) -> None:
    """The operator's page lists each setting of `standalone`, and none that there is not."""
    text = (ROOT / "packages/fabgitops-operator/README.md").read_text()
    section = text.partition("## Without a cluster")[2].partition("\n## ")[0]
    listed = set(SAID.findall(section))
    settings = set(re.findall(r"(--[a-z][a-z-]*[a-z])", help_of("standalone"))) - {"--help", "--version"}
    assert settings - listed == set()
    assert listed - {"--help"} <= known


def test_messages_name_flags_that_there_are(known: set[str]) -> None:
    """A way out that a message of the source, the state or the API names is one."""
    package = ROOT / "packages/fabgitops-operator/src/fabgitops_operator/standalone"
    texts = [each.read_text() for folder in ("source", "store", "api") for each in (package / folder).rglob("*.py")]
    said = set(
        re.findall(
            r"(--(?:git|webhook|allow|tls)-[a-z-]*[a-z]|--(?:listen|secrets|state|source|path)\b)", "\n".join(texts)
        )
    )
    assert said - known - {"--git-dir"} == set()
