"""A release is prepared whole or not at all, and everything that names its version does so afterwards."""

import re

import pytest

from .conftest import Repository

PACKAGES = ("fabctl", "fabgitops-core", "fabgitops-operator", "mock-plc")


def bumped(version: str, level: str) -> str:
    """Return the version after this one."""
    major, minor, patch = map(int, version.split("."))
    after = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}[level]
    return ".".join(map(str, after))


def version(repository: Repository, package: str) -> str:
    """Return the version that a package's pyproject.toml names."""
    found = re.search(r'^version = "(.*)"$', repository.text(f"packages/{package}/pyproject.toml"), re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize("level", ["major", "minor", "patch"])
def test_everything_names_the_version(repository: Repository, level: str) -> None:
    """A release bumps pyproject.toml and uv.lock, gathers the fragments, and tags the commit with what is new."""
    wanted = bumped(version(repository, "fabctl"), level)
    said = repository.release("fabctl", level)
    assert said.startswith(f"fabctl-v{wanted}\n")
    assert "- The first of fabctl." in said
    assert version(repository, "fabctl") == wanted
    assert f'name = "fabctl"\nversion = "{wanted}"' in repository.text("uv.lock")
    assert f"## {wanted} (" in repository.text("packages/fabctl/CHANGELOG.md")
    assert not list((repository.root / "packages/fabctl/changes").glob("*.md"))
    assert repository.git("status", "--porcelain") == ""
    message = repository.git("tag", "--list", "--format=%(contents)", f"fabctl-v{wanted}")
    assert message.startswith(f"fabctl {wanted}\n\n## {wanted} (")
    assert "### Features\n\n- The first of fabctl." in message


@pytest.mark.parametrize("package", PACKAGES)
def test_dry_run_changes_nothing(repository: Repository, package: str) -> None:
    """--dry-run shows each change and the notes of any package, and leaves the repository as it is."""
    wanted = bumped(version(repository, package), "minor")
    done = repository.run("release", package, "minor", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert f'+version = "{wanted}"' in done.stdout
    assert f"{package}-v{wanted}\n\n## {wanted} (" in done.stdout
    assert repository.git("status", "--porcelain", "--ignored") == ""


def test_the_chart_follows_the_operator(with_core: Repository) -> None:
    """A release of the operator is one of its chart, whose README, pages and image of mock-plc name what is there."""
    with_core.release("mock-plc", "patch")
    old, mock_plc = version(with_core, "fabgitops-operator"), version(with_core, "mock-plc")
    wanted = bumped(old, "minor")
    with_core.release("fabgitops-operator", "minor")
    chart = with_core.text("charts/fabgitops/Chart.yaml")
    assert f'\nversion: {wanted}\nappVersion: "{wanted}"\n' in chart
    assert f"Version {wanted}." in with_core.text("charts/fabgitops/README.md")
    assert f'`mockPlc.image.tag` | `"{mock_plc}"`' in with_core.text("charts/fabgitops/README.md")
    pages = "".join(page.read_text() for page in (with_core.root / "docs").rglob("*.md"))
    assert f"charts/fabgitops --version {wanted}" in pages
    assert f"/mock-plc:{mock_plc} " in pages
    assert not re.findall(rf"(?:operator:|fabgitops-|--version ){re.escape(old)}", pages)
    assert with_core.run("generate", "--check").returncode == 0


def test_the_operator_asks_for_the_core_it_was_tested_with(repository: Repository) -> None:
    """A release of core moves what the operator asks for, up to the next that may break it, and its notes say so."""
    wanted = bumped(version(repository, "fabgitops-core"), "minor")
    ceiling = ".".join(bumped(wanted, "minor").split(".")[:2])
    repository.release("fabgitops-core", "minor")
    project = repository.text("packages/fabgitops-operator/pyproject.toml")
    assert f'"fabgitops-core>={wanted},<{ceiling}"' in project
    assert f"fabgitops-core {wanted}" in repository.release("fabgitops-operator", "patch")


def test_core_of_one_and_above(repository: Repository) -> None:
    """From 1.0 on only a new major version of core may break the operator."""
    repository.release("fabgitops-core", "major")
    assert '"fabgitops-core>=1.0.0,<2"' in repository.text("packages/fabgitops-operator/pyproject.toml")


def test_an_operator_with_an_unreleased_core(repository: Repository) -> None:
    """The operator is not released with a core that nobody can install; a dry run says what to do before."""
    done = repository.run("release", "fabgitops-operator", "minor")
    assert done.returncode == 1
    assert "release fabgitops-core first" in done.stderr
    assert repository.git("status", "--porcelain") == ""
    assert (
        "release fabgitops-core first" in repository.run("release", "fabgitops-operator", "minor", "--dry-run").stderr
    )


def test_the_first_release(repository: Repository) -> None:
    """`first` releases the version that stands there, once."""
    stands = version(repository, "mock-plc")
    assert repository.release("mock-plc", "first").startswith(f"mock-plc-v{stands}\n")
    repository.add_fragment("mock-plc", "More.")
    done = repository.run("release", "mock-plc", "first")
    assert (done.returncode, done.stderr) == (1, "release: mock-plc was released before: say major, minor or patch\n")


def test_nothing_to_release(repository: Repository) -> None:
    """A package without fragments is not released."""
    repository.release("fabctl", "minor")
    done = repository.run("release", "fabctl", "minor")
    assert done.returncode == 1
    assert done.stderr == "release: packages/fabctl/changes holds no fragment: there is nothing to release\n"


def test_changes_of_something_else(repository: Repository) -> None:
    """What is not committed yet does not slip into a release."""
    (repository.root / "README.md").write_text("Half a thought\n")
    done = repository.run("release", "fabctl", "minor")
    assert done.returncode == 1
    assert "README.md" in done.stderr
    assert version(repository, "fabctl") in repository.text("packages/fabctl/pyproject.toml")
    assert repository.git("status", "--porcelain") == " M README.md\n"


def test_a_failure_leaves_nothing_half_done(with_core: Repository) -> None:
    """A step that fails is told, and the repository is as it was before."""
    values = with_core.root / "charts/fabgitops/values.yaml"
    values.write_text(values.read_text().replace("mockPlc:", "plcMock:"))
    with_core.git("commit", "--all", "--quiet", "--message", "Rename it")
    done = with_core.run("release", "fabgitops-operator", "minor")
    assert done.returncode == 1
    assert "values.yaml" in done.stderr
    assert "Traceback" not in done.stderr
    assert with_core.git("status", "--porcelain") == ""
