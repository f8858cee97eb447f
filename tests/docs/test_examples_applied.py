"""What stands in examples/ is what users copy: each file is applied to a real API server, and none is forgotten."""

import re
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
    """The API server takes all of it by server-side apply, unknown fields refused, and gives the same back."""
    text = re.sub(
        r"^  namespace: (?:reference|line-1)$", f"  namespace: {namespace}", file.read_text(), flags=re.MULTILINE
    )
    kubectl("apply", "--server-side", "--validate=strict", "-n", namespace, "-f", "-", text=text)
    for body in yaml.safe_load_all(text):
        group, version = body["apiVersion"].rpartition("/")[::2]
        kind, name = f"{body['kind']}.{version}.{group}" if group else body["kind"], body["metadata"]["name"]
        stored = yaml.safe_load(kubectl("get", kind, name, "-n", namespace, "-o", "yaml"))
        assert said_in(stored["spec"], body["spec"]) == body["spec"]


def said_in(stored: object, given: object) -> object:
    """Return of what is stored only what was given, without what the API server filled in, within it as well."""
    if isinstance(stored, dict) and isinstance(given, dict):
        return {key: said_in(value, given[key]) for key, value in stored.items() if key in given}
    if isinstance(stored, list) and isinstance(given, list) and len(stored) == len(given):
        return [said_in(*each) for each in zip(stored, given, strict=True)]
    return stored


def test_what_the_api_server_drops_or_changes_is_seen() -> None:
    """Defaults are no difference; a key that is missing, another value and another length are."""
    given = {"a": {"b": 1}, "c": [{"d": 2}]}
    assert said_in({"a": {"b": 1, "more": 0}, "c": [{"d": 2, "more": 0}], "more": 0}, given) == given
    for stored in ({"a": {}, "c": [{"d": 2}]}, {"a": {"b": 2}, "c": [{"d": 2}]}, {"a": {"b": 1}, "c": []}):
        assert said_in(stored, given) != given


def test_no_example_is_forgotten() -> None:
    """Each file of examples/ is applied here, or is tried by what is named for it."""
    tried = {file for pattern in TRIED for file in EXAMPLES.glob(pattern)}
    files = {file for file in EXAMPLES.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
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
