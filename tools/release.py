"""Prepares a release of one package: its version, its changelog, and the tag to make.

`python tools/release.py fabctl minor` bumps the version in pyproject.toml and uv.lock, gathers the fragments of
`changes/` in CHANGELOG.md, and says which commit and tag to make; with --dry-run it only shows what it would do.
Nothing is committed and nothing is pushed: the tag, once pushed, is what makes .github/workflows/release.yaml publish.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cyclopts import App

ROOT = Path(__file__).parent.parent


class Package(StrEnum):
    """What is published."""

    FABCTL = "fabctl"
    CORE = "fabgitops-core"
    OPERATOR = "fabgitops-operator"
    MOCK_PLC = "mock-plc"


class Level(StrEnum):
    """Which part of the version goes up, by Semantic Versioning."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


app = App(name="release", help="Prepare a release of one package.", help_format="plaintext")


@app.default
def release(package: Package, level: Level, *, dry_run: bool = False) -> int:
    """Bump the version, gather the changes, and say which commit and tag to make.

    Args:
        package: What is released.
        level: major for what breaks, minor for what is new, patch for what is mended.
        dry_run: Only show it.
    """
    folder = ROOT / "packages" / package
    if not [each for each in (folder / "changes").iterdir() if each.suffix == ".md"]:
        sys.stderr.write(f"release: packages/{package}/changes holds no fragment: there is nothing to release\n")
        return 1
    version = _bumped(package, level, dry_run=dry_run)
    notes = _gathered(folder, version, dry_run=dry_run)
    tag = f"{package}-v{version}"
    sys.stdout.write(f"{tag}\n\n{notes.strip()}\n")
    if not dry_run:
        sys.stderr.write(
            f"\nLook at it, then:\n  git commit -am 'Release {package} {version}'\n"
            f"  git tag -a {tag} -m '{package} {version}'\n  git push --follow-tags\n"
        )
    return 0


def _bumped(package: Package, level: Level, *, dry_run: bool) -> str:
    """Bump the version in pyproject.toml and uv.lock; return it."""
    flags = ["--dry-run"] if dry_run else []
    return _output("uv", "version", "--package", package, "--bump", level, "--short", *flags).strip()


def _gathered(folder: Path, version: str, *, dry_run: bool) -> str:
    """Gather the fragments in CHANGELOG.md; return what it says of the version."""
    common = ("towncrier", "build", "--dir", str(folder), "--config", str(folder / "pyproject.toml"))
    stamp = ("--version", version, "--date", datetime.now(UTC).date().isoformat())
    notes = _output(*common, *stamp, "--draft")
    if not dry_run:
        _output(*common, *stamp, "--yes")
    return re.sub(r"\A.*?(?=^## )", "", notes, flags=re.DOTALL | re.MULTILINE)


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(app(result_action="return_int_as_exit_code_else_zero"))
