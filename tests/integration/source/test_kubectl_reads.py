"""Manifests mean to the source what they mean to kubectl, and kustomizations are built by the real kustomize in it."""

import json
import os
import random
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fabgitops_core.control.kinds import CONTROLLERS, KINDS
from fabgitops_operator.standalone.resources import RESOURCES
from fabgitops_operator.standalone.source.documents import documents
from fabgitops_operator.standalone.source.reading import read
from fabgitops_operator.standalone.source.settings import SourceSettings
from fabgitops_operator.standalone.source.syncing import Syncer
from fabgitops_operator.standalone.source.taking import Rules
from fabgitops_operator.standalone.store import Judged, Objects, Store

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
FROZEN = ROOT / "packages/fabgitops-operator/tests/standalone/source/scalars_of_kubectl.json"
HEAD = "apiVersion: example.com/v1\nkind: K\nmetadata: {name: x}\n"


class Kubectl:
    """Reads files as kubectl does, without a server."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def reads(self, text: str) -> Any:
        """Return what it makes of a text, or None where it refuses it."""
        file = self._folder / "asked.yaml"
        file.write_text(text)
        command = [str(self._program), "label", "--local", "-f", str(file), "asked=yes", "-o", "json"]
        environment = {"KUBECONFIG": os.devnull, "HOME": str(self._folder)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None


@pytest.fixture
def kubectl(kubectl_program: Path, tmp_path: Path) -> Kubectl:
    """Return the kubectl of the test bed."""
    return Kubectl(kubectl_program, tmp_path)


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same to JSON of 64 bits: 1 is no truth, and 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, int | float):
        return type(one) is type(other) and one == other
    return isinstance(other, int | float) and float(one) == float(other)


def is_scalar(text: str) -> bool:
    """Return whether a text is one value, which JSON has a word for."""
    found = documents(f"- {text}\n")
    return not found.faults and not isinstance(found.nodes[0].value[0], list | dict)


def test_the_frozen_answers_are_those_of_kubectl(kubectl: Kubectl) -> None:
    """What the unit tests take for kubectl's answer is what it says today."""
    frozen: dict[str, dict[str, Any]] = json.loads(FROZEN.read_text())
    taken = [written for written, said in frozen.items() if "refused" not in said]
    text = "".join(f"  - {written}\n" for written in taken)
    answer = kubectl.reads(f"{HEAD}spec:\n{text}")["spec"]
    assert answer == [frozen[written]["is"] for written in taken]
    for written in frozen.keys() - set(taken):
        assert kubectl.reads(f"{HEAD}spec:\n  v: {written}\n") is None, written


def test_whatever_looks_like_a_number_is_what_kubectl_makes_of_it(kubectl: Kubectl) -> None:
    """Thousands of texts made of what numbers, dates and words are made of: none means something else."""
    dice = random.Random(11)  # noqa: S311 - the same ones each time
    texts = {"".join(dice.choices("0123456789+-._eExXoObB:yn~", k=dice.randint(1, 7))) for _ in range(5000)}
    texts |= {f"{sign}{each}" for each in texts for sign in "-." if each[0].isdigit()}
    plain = [each for each in sorted(texts) if is_scalar(each)]
    text = "".join(f"  - {written}\n" for written in plain)
    mine = documents(f"spec:\n{text}").nodes[0].value["spec"]
    theirs = kubectl.reads(f"{HEAD}spec:\n{text}")["spec"]
    assert [each for each in zip(plain, mine, theirs, strict=True) if not same(each[1], each[2])] == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_the_same_to_kubectl(kubectl: Kubectl, path: Path) -> None:
    """Each object of the examples, which hold what users copy, has the same spec to both."""
    for each in read({path.name: path.read_bytes()}, KINDS).manifests:
        whole = json.dumps(each.body)
        assert kubectl.reads(whole)["spec"] == each.body["spec"]


# --- kustomize --------------------------------------------------------------------------------------------------------

BASE = """\
# two pumps
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata:
  name: pump
spec:
  deviceAddress: 10.0.0.1
  targetRegister: 40001
  targetValue: 5
"""
OVERLAY = """\
namePrefix: line-a-
namespace: line-a
resources: [../base]
patches:
- target: {kind: IndustrialPLC, name: pump}
  patch: |
    - {op: replace, path: /spec/targetValue, value: VALUE}
"""


class Accepts:
    """Judges nothing: that is tried elsewhere."""

    def judge(self, _resource: Any, body: dict[str, Any], *_: Any) -> Judged:
        """Accept."""

        class Accepted:
            warnings, causes, unknown = (), (), ()

            def __init__(self) -> None:
                self.body = body

        return Accepted()


class Nowhere:
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


def plant(folder: Path, overlay: str) -> Path:
    """Return a folder with a base, and an overlay on it."""
    for name, text in (("base/pump.yaml", BASE), ("base/kustomization.yaml", "resources: [pump.yaml]\n")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "a").mkdir(exist_ok=True)
    (folder / "a" / "kustomization.yaml").write_text(overlay)
    return folder


async def synced(store: Store, source: Path, state: Path, path: str = "a") -> tuple[str, list[Any]]:
    """Return how it stands with a source that was looked at, and what is kept."""
    ours = {each.kind: each for each in RESOURCES if each.definition is not None}
    judge = Accepts()
    rules = Rules(judge, CONTROLLERS, ours, "1")
    syncer = Syncer(Objects(store, judge), store, rules, SourceSettings(str(source), state, path=path), Nowhere())
    for _ in range(3):
        await syncer.look()
    return str(syncer.status()), [each for resource in ours.values() for each in store.list(resource, None)]


async def test_an_overlay_is_built_by_kubectl(
    store: Store, kubectl_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base with a patch comes to what `kubectl apply -k` would send, and knows the file that it is from."""
    monkeypatch.setenv("PATH", f"{kubectl_program.parent}:/bin")
    source = plant(tmp_path / "plant", OVERLAY.replace("VALUE", "7"))
    said, kept = await synced(store, source, tmp_path / "state")
    assert "is in force" in said
    assert [(str(each), each.origin, each.decoded()["spec"]["targetValue"]) for each in kept] == [
        ("IndustrialPLC line-a/line-a-pump", "base/pump.yaml:2", 7)
    ]
    assert "annotations" not in kept[0].decoded()["metadata"]


async def test_a_line_of_the_plant_of_the_examples(
    store: Store, kubectl_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The overlay of one line, on a base beside it, comes to that line's own addresses and values."""
    monkeypatch.setenv("PATH", f"{kubectl_program.parent}:/bin")
    said, kept = await synced(store, ROOT / "examples/plant", tmp_path / "state", "lines/line-2")
    assert "is in force" in said
    specs = {each.name: each.decoded()["spec"] for each in kept if each.resource.kind == "IndustrialPLC"}
    assert specs["mixer"]["deviceAddress"] == "10.20.2.12"
    assert {each.origin.partition("/")[0] for each in kept} <= {"line", "lines"}


@pytest.mark.parametrize(
    ("overlay", "told"),
    [
        (
            OVERLAY.replace("VALUE", "99999999"),
            "base/pump.yaml:9: IndustrialPLC line-a/line-a-pump: spec.targetValue is 99999999: ",
        ),
        ("resources: [../base]\npatches: 5\n", "a/kustomization.yaml: kustomize cannot build this: "),
        (
            "resources:\n- https://127.0.0.1:1/base\n",
            "a/kustomization.yaml:2: resources[0] is 'https://127.0.0.1:1/base': there is no such file in the source",
        ),
        (
            "resources: [../base]\nsecretGenerator: [{name: a, literals: [b=c]}]\n",
            "a Secret has no place in Git: put its files into DIR/NAMESPACE/NAME/ of --secrets DIR",
        ),
    ],
)
async def test_what_is_wrong_with_an_overlay_is_told_by_the_file_of_the_source(
    store: Store, kubectl_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overlay: str, told: str
) -> None:
    """A value that a patch brings, a kustomization that is none, a remote base, and a Secret that would be made."""
    monkeypatch.setenv("PATH", f"{kubectl_program.parent}:/bin")
    said, kept = await synced(store, plant(tmp_path / "plant", overlay), tmp_path / "state")
    assert told in said
    assert kept == []
