"""A repository of its own that releases are prepared in, as it is before the first one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Repository:
    """A copy of this repository, with a history of its own."""

    root: Path

    def git(self, *arguments: str) -> str:
        """Run git and return what it says."""
        command = ["git", "-c", "user.name=Tester", "-c", "user.email=tester@example.com", *arguments]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of tools/, without any network."""
        command = [sys.executable, "-B", f"tools/{script}.py", *arguments]
        environment = {**os.environ, "UV_OFFLINE": "1"}
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False, env=environment)

    def clone(self, root: Path) -> "Repository":
        """Return a copy of what is committed, elsewhere."""
        self.git("clone", "--quiet", "--shared", str(self.root), str(root))
        return Repository(root)

    def release(self, *arguments: str) -> str:
        """Prepare a release, commit it as the tool says, and return what it printed."""
        done = self.run("release", *arguments)
        assert done.returncode == 0, done.stderr
        for line in done.stderr.splitlines():
            if line.startswith(("  git add", "  git commit", "  git tag")):
                subprocess.run(
                    ["bash", "-c", line.replace("git", "git -c user.name=T -c user.email=t@example.com", 1)],
                    cwd=self.root,
                    check=True,
                    capture_output=True,
                )
        return done.stdout

    def text(self, path: str) -> str:
        """Return what a file holds."""
        return (self.root / path).read_text()

    def add_fragment(self, package: str, text: str) -> None:
        """Commit a change of a package that its users are told of."""
        (self.root / "packages" / package / "changes" / "+news.feature.md").write_text(f"{text}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", text)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Return the repository that each test gets a copy of."""
    root = tmp_path_factory.mktemp("template")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    for package in (root / "packages").iterdir():
        for fragment in (package / "changes").glob("*.md"):
            fragment.unlink()
        (package / "changes" / "+first.feature.md").write_text(f"The first of {package.name}.\n")
    found = Repository(root)
    found.git("init", "--quiet", "--initial-branch=main")
    found.git("add", "--all")
    found.git("commit", "--quiet", "--message", "All of it")
    yield found
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def template_with_core(template: Repository, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Return the same after the first release of core."""
    found = template.clone(tmp_path_factory.mktemp("core") / "repository")
    found.release("fabgitops-core", "first")
    yield found
    shutil.rmtree(found.root)


@pytest.fixture(scope="session")
def template_with_operator(
    template_with_core: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """Return the same after the first release of core and then of the operator."""
    found = template_with_core.clone(tmp_path_factory.mktemp("operator") / "repository")
    found.release("fabgitops-operator", "first")
    yield found
    shutil.rmtree(found.root)


@pytest.fixture
def repository(template: Repository, tmp_path: Path) -> Iterator[Repository]:
    """Return a repository in which nothing was released yet and each package has one change to tell of."""
    found = template.clone(tmp_path / "repository")
    yield found
    shutil.rmtree(found.root)


@pytest.fixture
def with_core(template_with_core: Repository, tmp_path: Path) -> Iterator[Repository]:
    """Return a repository in which core was released, once."""
    found = template_with_core.clone(tmp_path / "repository")
    yield found
    shutil.rmtree(found.root)


@pytest.fixture
def with_operator(template_with_operator: Repository, tmp_path: Path) -> Iterator[Repository]:
    """Return a repository in which core and the operator were released, once."""
    found = template_with_operator.clone(tmp_path / "repository")
    yield found
    shutil.rmtree(found.root)
