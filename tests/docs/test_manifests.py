"""Each manifest that a page or an example shows is one that the API server takes."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.control.intake import declared
from fabgitops_core.control.kinds import CHAOS_KINDS, DELIVERY_KINDS, KINDS, SETPOINT_KINDS

from .conftest import Kubectl
from .pages import PAGES, ROOT, blocks

FOREIGN = ("argoproj.io/", "fluxcd.io/", "velero.io/")


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each manifest of a page or an example, with where it is."""
    texts = [(str(block), block.text) for page in PAGES for block in blocks(page) if block.language == "yaml"]
    texts += [(str(path.relative_to(ROOT)), path.read_text()) for path in sorted((ROOT / "examples").rglob("*.yaml"))]
    for place, text in texts:
        for number, document in enumerate(yaml.safe_load_all(text)):
            if isinstance(document, dict):
                yield f"{place}[{number}]", document


EVERY = dict(manifests())
OURS = {place: body for place, body in EVERY.items() if str(body.get("apiVersion", "")).startswith("fabgitops.io/")}
THEIRS = {
    place: body
    for place, body in EVERY.items()
    if str(body.get("apiVersion", "")).partition("/v")[0].endswith(tuple(each.rstrip("/") for each in FOREIGN))
}
FRAGMENTS = {place: body for place, body in EVERY.items() if list(body) == ["spec"]}


def problem(body: dict[str, Any]) -> str:
    """Return what the models find wrong with a manifest."""
    known = (*KINDS, *RACK_KINDS, *SETPOINT_KINDS, *DELIVERY_KINDS, *CHAOS_KINDS)
    kind = next(each for each in known if each.name == body["kind"])
    return str(declared(kind, body, datetime.now(UTC)).problem)


@pytest.mark.parametrize("place", [place for place in OURS if "plant/lines" not in place])
def test_a_manifest_is_valid(place: str) -> None:
    """The models find nothing wrong with it."""
    assert problem(OURS[place]) == ""


@pytest.mark.parametrize("place", FRAGMENTS)
def test_a_piece_of_a_spec_fits_into_one(place: str) -> None:
    """A block that shows only a part of a spec is right within a whole one."""
    whole = {"deviceAddress": "10.0.7.20", "targetRegister": 0, "targetValue": 1}
    if {"registers", "templateRef"} & FRAGMENTS[place]["spec"].keys():
        whole = {"deviceAddress": "10.0.7.20"}
    body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": "whole"}}
    assert problem({**body, "spec": {**whole, **FRAGMENTS[place]["spec"]}}) == ""


def dry_run(kubectl: Kubectl, body: dict[str, Any]) -> None:
    """Have the API server check a manifest, unknown fields included, without keeping it."""
    namespace = body["metadata"].get("namespace", "default")
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    kubectl("apply", "--server-side", "-f", "-", text=yaml.safe_dump(made))
    flags = ("--server-side", "--dry-run=server", "--validate=strict", "--namespace", namespace)
    kubectl("apply", *flags, "-f", "-", text=yaml.safe_dump(body))


@pytest.mark.docs
@pytest.mark.parametrize("place", [place for place in OURS if "plant/lines" not in place])
def test_a_manifest_is_accepted(place: str, kubectl: Kubectl) -> None:
    """The API server takes it: schema, rules and admission policy."""
    dry_run(kubectl, OURS[place])


@pytest.mark.docs
@pytest.mark.parametrize("place", THEIRS)
def test_a_foreign_manifest_is_accepted(place: str, foreign: Kubectl) -> None:
    """Resources of Argo CD, Flux and Velero pass the schemas that those projects ship."""
    dry_run(foreign, THEIRS[place])


def test_there_are_manifests() -> None:
    """The search for manifests finds those of pages and of examples, ours and others'."""
    assert len(OURS) > 20
    assert THEIRS
    assert FRAGMENTS
    assert any("docs/devices.md" in place for place in OURS)


def test_the_placeholder_of_a_line_is_never_an_address() -> None:
    """A base that is applied without a line's overlay names a host that cannot exist (RFC 2606)."""
    bases = [body for place, body in OURS.items() if Path(place).parts[:3] == ("examples", "plant", "line")]
    plcs = [body for body in bases if body["kind"] == "IndustrialPLC"]
    assert plcs
    assert all(body["spec"]["deviceAddress"].endswith(".invalid") for body in plcs)


CHART = ROOT / "charts/fabgitops"
KNOWN = yaml.safe_load((CHART / "values.yaml").read_text()).keys()
VALUES = {place: body for place, body in EVERY.items() if body.keys() <= KNOWN and place.startswith("docs/")}
VALUES |= {
    place: body["spec"]["source"]["helm"]["valuesObject"]
    for place, body in THEIRS.items()
    if "charts/fabgitops" in str(body["spec"].get("source", {}).get("repoURL"))
}


@pytest.mark.docs
@pytest.mark.parametrize("place", VALUES)
def test_values_are_taken_by_the_chart(place: str, helm: Path, tmp_path: Path) -> None:
    """Helm renders the chart with each set of values that a page shows: its schema refuses what is not there."""
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(VALUES[place]))
    done = subprocess.run([helm, "template", CHART, "--values", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_there_are_values() -> None:
    """The search for values finds those of the pages on closed networks and on records, and of the Application."""
    found = {place.split(":")[0] for place in VALUES}
    assert found == {"docs/guides/air-gapped.md", "docs/guides/argocd.md", "docs/operations/audit.md"}
