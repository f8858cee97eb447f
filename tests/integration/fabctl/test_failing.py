"""What stands in the way is told in one line, on a real API server."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..planes import Reason, only_kubernetes

pytestmark = pytest.mark.integration

READ = ("fabgitops.io", "industrialplcs", ["get", "list", "watch"])
CRD_URL = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/industrialplcs.fabgitops.io"


NOT_FOUND, DENIED, NOT_REACHED = 3, 4, 5


def complaint(answer: tuple[int, str, str], expected: int) -> str:
    """Return the one line of a run that failed, with an exit code that says how."""
    code, out, err = answer
    assert (code, out) == (expected, ""), answer
    assert err.count("\n") == 1, err
    return err


@pytest.mark.parametrize("command", ["get-status", "describe", "sync", "watch"])
def test_an_unknown_plc_brings_near_names(plant: Any, command: str) -> None:
    """Who mistypes a name is told the namespace and the names that are near."""
    plant.create("mixer-1")
    told = complaint(plant.fabctl(command, "mixr-1"), NOT_FOUND)
    assert told == f'fabctl: no IndustrialPLC "mixr-1" in namespace {plant.namespace}: did you mean mixer-1?\n'


@only_kubernetes(Reason.RIGHTS)
def test_a_missing_right_names_who_and_what(plant: Any) -> None:
    """Without the right, the line names the user, the verb, the resource and the namespace."""
    plant.create("mixer")
    nobody = plant.plane.control.kubeconfig_for("nobody")
    what = f"industrialplcs.fabgitops.io in namespace {plant.namespace} (403)"
    assert f"nobody may not list {what}" in complaint(plant.fabctl("get-status", kubeconfig=nobody), DENIED)
    assert f"nobody may not get {what}" in complaint(plant.fabctl("describe", "mixer", kubeconfig=nobody), DENIED)
    assert "in all namespaces" in complaint(plant.fabctl("get-status", "-A", kubeconfig=nobody), DENIED)


@only_kubernetes(Reason.RIGHTS)
def test_who_may_only_read_cannot_sync(plant: Any) -> None:
    """A reader sees everything, is told that sync needs the verb patch, and describe goes on without Events."""
    plant.create("mixer")
    reader = plant.grant("reader", READ)
    assert plant.fabctl("get-status", kubeconfig=reader)[0] == 0
    assert 'verb "patch"' in complaint(plant.fabctl("sync", "mixer", kubeconfig=reader), DENIED)
    code, out, _ = plant.fabctl("describe", "mixer", kubeconfig=reader)
    assert code == 0
    assert "reader may not list events.events.k8s.io" in out


@only_kubernetes(Reason.LOGIN)
def test_unknown_credentials_are_told(plant: Any, tmp_path: Path) -> None:
    """A token that the API server does not know is told as that."""
    file = changed(plant, tmp_path, user={"token": "wrong"})
    assert "does not know who you are (401)" in complaint(plant.fabctl("get-status", kubeconfig=file), DENIED)


@only_kubernetes(Reason.LOGIN)
def test_an_authority_that_did_not_sign_is_told(plant: Any, tmp_path: Path) -> None:
    """A server whose certificate is not trusted is told as that, with where to look."""
    file = changed(plant, tmp_path, cluster={"server": plant.plane.url})
    told = complaint(plant.fabctl("get-status", kubeconfig=file), NOT_REACHED)
    assert re.search(r"no trust between fabctl and https://.*check certificate-authority", told)


def changed(plant: Any, folder: Path, **parts: dict[str, Any]) -> Path:
    """Write the administrator's kubeconfig with other parts."""
    document = yaml.safe_load(plant.plane.kubeconfig.read_text())
    for name, part in parts.items():
        document[f"{name}s"][0][name] = part
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(document))
    return file


@only_kubernetes(Reason.DEFINITIONS)
def test_a_cluster_without_the_kind_says_how_to_install_it(plant: Any) -> None:
    """Where the CRD is missing, every command names the line that installs it."""
    plant.api.delete(CRD_URL).raise_for_status()
    plant.until(lambda: plant.api.get(CRD_URL).status_code == 404, "the definition is gone")
    plant.until(lambda: plant.api.get("/apis/fabgitops.io/v1/industrialplcs").status_code == 404, "so is the kind")
    for command in (["get-status"], ["get-status", "mixer"], ["list", "-A"], ["sync", "mixer"], ["sync", "--all"]):
        told = complaint(plant.fabctl(*command), NOT_FOUND)
        assert "fabgitops-operator manifests | kubectl apply -f -" in told
