"""Prepares a release of one package: its version, its changelog, what else names its version, and the tag's message.

`python tools/release.py fabctl minor` bumps the version in pyproject.toml and uv.lock, gathers the fragments of
`changes/` in CHANGELOG.md, and says which commit and tag to make; with --dry-run it only shows what it would change.
Nothing is committed and nothing is pushed: the tag, once pushed, is what makes .github/workflows/release.yaml publish.
"""

import difflib
import filecmp
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cyclopts import App
from publish import notes

ROOT = Path(__file__).parent.parent
MESSAGES = Path(".dev/release")
FRAGMENT = "packages/fabgitops-operator/changes/+core.feature.md"


class Package(StrEnum):
    """What is published."""

    FABCTL = "fabctl"
    FABGITOPS_CORE = "fabgitops-core"
    FABGITOPS_OPERATOR = "fabgitops-operator"
    MOCK_PLC = "mock-plc"


class Level(StrEnum):
    """Which part of the version goes up, by Semantic Versioning."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    FIRST = "first"


class ReleaseError(Exception):
    """The release cannot be prepared: the text says why, and what to do."""


app = App(name="release", help="Prepare a release of one package.", help_format="plaintext")


@app.default
def release(package: Package, level: Level, *, dry_run: bool = False) -> int:
    """Bump the version, gather the changes, and say which commit and tag to make.

    A release of fabgitops-core makes the operator ask for that version. A release of fabgitops-operator is one of the
    chart too, which gets its version.

    Args:
        package: What is released.
        level: major for what breaks, minor for what is new, patch for what is mended; first for the version that stands
            there, which was never released.
        dry_run: Only show what it would change.
    """
    try:
        _refuse(package, dry_run=dry_run)
        with tempfile.TemporaryDirectory(prefix="fabgitops-release-") as name:
            copy = Path(name)
            files = copied(ROOT, copy)
            prepared = Workspace(copy).release(package, level)
            changed = sorted(each for each in files | _files(copy) if not _same(ROOT / each, copy / each))
            if dry_run:
                sys.stdout.write("".join(_shown(each, _text(ROOT / each), _text(copy / each)) for each in changed))
            else:
                _taken(copy, changed)
    except ReleaseError as error:
        sys.stderr.write(f"release: {error}\n")
        return 1
    sys.stdout.write(f"{prepared.tag}\n\n{prepared.notes}\n")
    if not dry_run:
        sys.stderr.write(f"\nLook at it, then:\n{_next(prepared)}")
    return 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A release that was prepared."""

    package: Package
    version: str
    notes: str

    @property
    def tag(self) -> str:
        """The tag that makes CI publish it."""
        return f"{self.package}-v{self.version}"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A copy of the repository that a release is prepared in."""

    root: Path

    def release(self, package: Package, level: Level) -> Prepared:
        """Prepare a release.

        Raises:
            ReleaseError: There is nothing to release, something else has to be released before, or a step failed.
        """
        self._refuse(package, level)
        if package is Package.FABGITOPS_CORE:
            self._ask_for_core(self._bump(package, level, "--dry-run"))
        elif package is Package.FABGITOPS_OPERATOR:
            self._ask_for_core(self._version(Package.FABGITOPS_CORE))
        version = self._bump(package, level)
        self._lock(package, version)
        news = self._gather(package, version)
        if package is Package.FABGITOPS_OPERATOR:
            self._release_chart(version)
        return Prepared(package, version, news)

    def _refuse(self, package: Package, level: Level) -> None:
        changelog = self._folder(package) / "CHANGELOG.md"
        if level is Level.FIRST and re.search(r"^## ", changelog.read_text(), re.MULTILINE):
            raise ReleaseError(f"{package} was released before: say major, minor or patch")
        if not self.fragments(package):
            raise ReleaseError(f"packages/{package}/changes holds no fragment: there is nothing to release")

    def _folder(self, package: Package) -> Path:
        return self.root / "packages" / package

    def fragments(self, package: Package) -> list[Path]:
        """Return the changes of a package that are in no release yet."""
        return [each for each in (self._folder(package) / "changes").iterdir() if each.suffix == ".md"]

    def _version(self, package: Package) -> str:
        return _output(self.root, "uv", "version", "--package", package, "--short", "--frozen").strip()

    def _bump(self, package: Package, level: Level, *flags: str) -> str:
        """Bump the version in pyproject.toml; return it."""
        if level is Level.FIRST:
            return self._version(package)
        command = ("uv", "version", "--package", package, "--bump", level, "--short", "--frozen", *flags)
        return _output(self.root, *command).strip()

    def _lock(self, package: Package, version: str) -> None:
        """Bring the version to uv.lock, where nothing else changes: resolving anew would move what we build with."""
        _replace(self.root / "uv.lock", rf'^(name = "{package}"\nversion = )".*"$', rf'\g<1>"{version}"')
        _output(self.root, "uv", "lock", "--check", "--offline")

    def _ask_for_core(self, version: str) -> None:
        """Let the operator and an extra of fabctl ask for this version of core, up to the next that may break them."""
        major, minor, _ = map(int, version.split("."))
        ceiling = f"{major + 1}" if major else f"0.{minor + 1}"
        wanted = f'"fabgitops-core>={version},<{ceiling}"'
        changed = [self._depend_on_core(package, wanted) for package in (Package.FABGITOPS_OPERATOR, Package.FABCTL)]
        if any(changed):
            (self.root / FRAGMENT).write_text(f"It is built on fabgitops-core {version}.\n")

    def _depend_on_core(self, package: Package, wanted: str) -> bool:
        """Write the dependency of a package on core; return whether it was another one."""
        path = self._folder(package) / "pyproject.toml"
        before = path.read_text()
        after, found = re.subn(r'"fabgitops-core[<>=][^"]*"', wanted, before)
        if found != 1:
            raise ReleaseError(
                f"{path.relative_to(self.root)}: expected one dependency on fabgitops-core, found {found}"
            )
        path.write_text(after)
        return after != before

    def _gather(self, package: Package, version: str) -> str:
        """Gather the fragments in CHANGELOG.md; return what it says of the version."""
        folder = self._folder(package)
        command = [
            sys.executable,
            "-m",
            "towncrier",
            "build",
            "--dir",
            str(folder),
            "--config",
            str(folder / "pyproject.toml"),
        ]
        command += ["--version", version, "--date", datetime.now(UTC).date().isoformat()]
        _output(self.root, *command, "--yes")
        return notes(self.root, package, version)

    def _release_chart(self, version: str) -> None:
        """Give the chart the operator's version and the mock-plc that there is, and what is written of it too."""
        mock_plc = self._version(Package.MOCK_PLC)
        chart = self.root / "charts/fabgitops"
        _replace(chart / "Chart.yaml", r"^(version: ).*$", rf"\g<1>{version}")
        _replace(chart / "Chart.yaml", r"^(appVersion: ).*$", rf'\g<1>"{version}"')
        image = r"^(mockPlc:\n(?:(?: .*|#.*)?\n)*?  image:\n(?:    .*\n)*?    tag: ).*$"
        _replace(chart / "values.yaml", image, rf'\g<1>"{mock_plc}"')
        for page in sorted((self.root / "docs").rglob("*.md")):
            text = page.read_text(encoding="utf-8")
            text = re.sub(r"(charts/fabgitops .*--version )\d+\.\d+\.\d+", rf"\g<1>{version}", text)
            text = re.sub(r"\b(fabgitops-operator:|fabgitops-)\d+\.\d+\.\d+", rf"\g<1>{version}", text)
            text = re.sub(r"\b(mock-plc:)\d+\.\d+\.\d+", rf"\g<1>{mock_plc}", text)
            page.write_text(text, encoding="utf-8")
        _output(self.root, sys.executable, "tools/generate.py")


def copied(root: Path, copy: Path) -> set[Path]:
    """Copy what git tracks, and what it would, to another folder; return the files."""
    names = _output(root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    files = {Path(name) for name in names if name and (root / name).is_file()}
    for each in files:
        (copy / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / each, copy / each)
    return files


def _files(root: Path) -> set[Path]:
    """Return the files that a release may have made."""
    folders = ("packages", "charts", "docs")
    found = (
        path for folder in folders for path in (root / folder).rglob("*") if path.suffix in {".md", ".json", ".yaml"}
    )
    return {path.relative_to(root) for path in found}


def _same(one: Path, other: Path) -> bool:
    """Return whether two files are the same; those of one size and time are not read, since a copy keeps both."""
    return one.is_file() and other.is_file() and filecmp.cmp(one, other)


def _text(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _shown(path: Path, before: bytes | None, after: bytes | None) -> str:
    """Return the difference, or one line for a file that goes or for the changelog, whose news is told anyway."""
    if after is None or path.name == "CHANGELOG.md":
        return f"{path}: {'is gathered' if after is None else 'gets the notes below'}\n\n"
    old, new = ((each or b"").decode().splitlines(keepends=True) for each in (before, after))
    return "".join(difflib.unified_diff(old, new, str(path), str(path), n=0)) + "\n"


def _taken(copy: Path, changed: list[Path]) -> None:
    """Bring what was changed in a copy to the repository."""
    for each in changed:
        if (copy / each).is_file():
            (ROOT / each).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(copy / each, ROOT / each)
        else:
            (ROOT / each).unlink()


def _next(prepared: Prepared) -> str:
    """Write the tag's message and return the commands that are left to do."""
    message = MESSAGES / f"{prepared.tag}.md"
    (ROOT / message).parent.mkdir(parents=True, exist_ok=True)
    (ROOT / message).write_text(f"{prepared.package} {prepared.version}\n\n{prepared.notes}\n")
    # Without --cleanup, git would take the headings for comments.
    commands = (
        ("git", "add", "--all", "packages", "charts", "docs", "uv.lock"),
        ("git", "commit", "--message", f"Release {prepared.package} {prepared.version}"),
        ("git", "tag", "--annotate", "--cleanup=whitespace", "--file", str(message), prepared.tag),
        ("git", "push", "--atomic", "origin", "HEAD", prepared.tag),
    )
    return "".join(f"  {shlex.join(each)}\n" for each in commands)


def _refuse(package: Package, *, dry_run: bool) -> None:
    """Fail where something has to be done before; a dry run only tells of it."""
    hindrance = _hindrance(package)
    if hindrance and not dry_run:
        raise ReleaseError(hindrance)
    if hindrance:
        sys.stderr.write(f"release: not yet: {hindrance}\n\n")


def _hindrance(package: Package) -> str:
    """Return what has to be done before, or nothing."""
    if package is Package.FABGITOPS_OPERATOR and Workspace(ROOT).fragments(Package.FABGITOPS_CORE):
        return (
            "packages/fabgitops-core/changes holds fragments, so the operator was tested with a core that nobody can "
            "install: release fabgitops-core first"
        )
    if changed := _output(ROOT, "git", "status", "--porcelain"):
        return f"there are changes that are not committed, which would be released with it:\n{changed.rstrip()}"
    return ""


def _replace(path: Path, pattern: str, by: str) -> None:
    text, found = re.subn(pattern, by, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if found != 1:
        raise ReleaseError(f"{path.name}: expected one {pattern}, found {found}")
    path.write_text(text, encoding="utf-8")


def _output(root: Path, *command: str) -> str:
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ReleaseError(f"{command[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        raise ReleaseError(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr.strip() or done.stdout}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(app(result_action="return_int_as_exit_code_else_zero"))
