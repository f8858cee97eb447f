"""The devices of the examples, judged by the shipped definitions and policy: taken, and what is spoilt in them told."""

import shutil
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.admission.judging import Admission, Judged
from fabgitops_core.control.kinds import CONTROLLERS
from fabgitops_operator.standalone.resources import RESOURCES, Resource
from fabgitops_operator.standalone.source.settings import SourceSettings
from fabgitops_operator.standalone.source.syncing import Syncer
from fabgitops_operator.standalone.source.taking import Rules
from fabgitops_operator.standalone.store import Objects, Record, Store

DEVICES = Path(__file__).parents[1] / "examples/devices"
OURS = {each.kind: each for each in RESOURCES if each.definition is not None}


class Shipped:
    """Judges by what `fabgitops-operator manifests` gives a cluster."""

    def __init__(self) -> None:
        folder = files("fabgitops_operator") / "manifests"
        texts = [each.read_text() for each in folder.iterdir() if each.name.endswith(".yaml")]
        bodies = [body for text in texts for body in yaml.safe_load_all(text) if body]
        kinds = {each["spec"]["names"]["kind"]: each for each in bodies if each["kind"] == "CustomResourceDefinition"}
        policies = [each for each in bodies if each["kind"].startswith("ValidatingAdmissionPolicy")]
        self._admission = Admission(kinds, policies)

    def judge(
        self, resource: Resource, body: dict[str, Any], old: dict[str, Any] | None, operation: str, *rest: str
    ) -> Judged:
        """Judge an object, whoever asks."""
        return self._admission.judge(resource.kind, body, old, operation, *rest[:2])


class Nobody:
    """Events that nobody reads."""

    async def create_event(self, body: Any) -> None:
        """Take one."""

    async def patch_event(self, namespace: str, name: str, body: Any) -> None:
        """Take one."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Return a store."""
    opened = await Store.open(tmp_path / "kept")
    yield opened
    await opened.close()


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """Return a copy of the devices, to spoil, without those that mock-plc plays."""
    return shutil.copytree(DEVICES, tmp_path / "plant", ignore=shutil.ignore_patterns("mock"))


async def synced(store: Store, source: Path, tmp_path: Path) -> tuple[str, list[Record]]:
    """Return how it stands with a source, and what is kept."""
    judge = Shipped()
    rules = Rules(judge, CONTROLLERS, OURS, "shipped")
    settings = SourceSettings(str(source), tmp_path / "state")
    syncer = Syncer(Objects(store, judge), store, rules, settings, Nobody())
    for _ in range(3):
        await syncer.look()
    return str(syncer.status()), [each for resource in OURS.values() for each in store.list(resource, None)]


async def test_the_devices_are_taken_as_they_are(store: Store, plant: Path, tmp_path: Path) -> None:
    """Every object of the devices is in the store, with its defaults, and says where it is from."""
    said, kept = await synced(store, plant, tmp_path)
    assert "is in force" in said, said
    assert len(kept) > 10
    for each in kept:
        file, _, line = each.origin.rpartition(":")
        beginning = "\n".join((plant / file).read_text().splitlines()[int(line) - 1 :])
        assert yaml.safe_load(beginning.split("\n---")[0])["metadata"]["name"] == each.name


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  unknownField: 5", 'unknown field "spec.unknownField"'),
        ("  port: 70000", "spec.port: Invalid value: 70000: spec.port in body should be less than or equal to 65535"),
        ("  pollIntervalSecs: 07:30", 'spec.pollIntervalSecs in body must be of type integer: "string"'),
    ],
)
async def test_what_is_spoilt_keeps_all_of_it_out(
    store: Store, plant: Path, tmp_path: Path, line: str, told: str
) -> None:
    """One line too much in one file: nothing is taken, and the line is told by its number."""
    manifest = "apiVersion: fabgitops.io/v1\nkind: IndustrialPLC\nmetadata: {name: spoilt}\nspec:\n  deviceAddress: h\n"
    (plant / "spoilt.yaml").write_text(f"{manifest}  targetRegister: 40001\n  targetValue: 5\n{line}\n")
    said, kept = await synced(store, plant, tmp_path)
    assert "spoilt.yaml:8: IndustrialPLC default/spoilt: " in said
    assert told in said
    assert kept == []
