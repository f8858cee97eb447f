"""What stands in examples/ is what users copy: each file is applied to a real API server, and none is forgotten."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .conftest import Kubectl
from .pages import ROOT, blocks

EXAMPLES = ROOT / "examples"
OURS = sorted(
    file
    for file in EXAMPLES.rglob("*.yaml")
    if "plant" not in file.parts and "apiVersion: fabgitops.io/" in file.read_text()
)

# What is no manifest of ours, and what tries it.
TRIED = {
    "**/README.md": "test_blocks.py types it",
    "devices/mock/*.yaml": "tests/test_devices_played.py serves them, tests/test_devices_applied.py plays them",
    "extensions/*/pyproject.toml": "packages/fabgitops-operator/tests/chaos/test_extensions.py builds and installs it",
    "extensions/**/*.py": "the same",
    "experiments/plant/*.yaml": "docs/guides/chaos-laptop.md has an operator read them",
    "plant/**/*": "test_plant.py applies the lines and their wiring, and runs the Lua",
    "alerting/alertmanager.yml": "its README asks amtool, and tests/observability routes alerts by it",
    "security/zones.yaml": "docs/security.md applies it, and is refused",
}


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """Return a namespace that is empty again afterwards."""
    name = "examples"
    kubectl("apply", "-f", "-", text=f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{name}"}}}}')
    yield name
    kubectl.clear(name)


@pytest.mark.docs
@pytest.mark.parametrize("file", OURS, ids=lambda file: str(file.relative_to(EXAMPLES)))
def test_an_example_is_applied(file: Path, kubectl: Kubectl, namespace: str) -> None:
    """The API server takes all of it by server-side apply, unknown fields refused, and gives the same spec back."""
    text = file.read_text().replace("namespace: reference", f"namespace: {namespace}")
    kubectl("apply", "--server-side", "--validate=strict", "-n", namespace, "-f", "-", text=text)
    for body in yaml.safe_load_all(text):
        group, version = body["apiVersion"].rpartition("/")[::2]
        kind, name = f"{body['kind']}.{version}.{group}" if group else body["kind"], body["metadata"]["name"]
        stored = yaml.safe_load(kubectl("get", kind, name, "-n", namespace, "-o", "yaml"))
        assert {name: stored["spec"][name] for name in body["spec"]} == body["spec"]


def test_no_example_is_forgotten() -> None:
    """Each file of examples/ is applied here, or is tried by what is named for it."""
    tried = {file for pattern in TRIED for file in EXAMPLES.glob(pattern)}
    files = {file for file in EXAMPLES.rglob("*") if file.is_file()}
    assert files == {*OURS, *(file for file in tried if file.is_file())}
    for pattern in TRIED:
        assert list(EXAMPLES.glob(pattern)), pattern


def test_every_example_is_listed() -> None:
    """The README of the examples leads to each folder, and names each manifest beside it."""
    text = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.iterdir():
        assert path.name in text, path.name


def test_start_here_is_the_quickstart() -> None:
    """The manifest that the first page has typed is the one of examples/quickstart."""
    shown = next(each.text for each in blocks(ROOT / "docs/start.md") if each.task == "save")
    assert yaml.safe_load(shown) == yaml.safe_load((EXAMPLES / "quickstart/mixer.yaml").read_text())
