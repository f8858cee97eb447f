"""The operator that a release declares, and what `helm test` makes of it: both run for real, without pods."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .cluster import Cluster, until
from .helm import NAMESPACE, Helm, Values, find
from .operating import PROGRAMS, operating, reserved_port

pytestmark = [pytest.mark.chart, pytest.mark.timeout(300)]

MOUNTED = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture
def version() -> str:
    """Return one Helm, for both make the same (see test_render)."""
    return "helm 4"


@pytest.mark.parametrize("namespaces", [[], ["line-1", "line-2"]])
def test_operator_gets_along(installer: Helm, cluster: Cluster, namespaces: list[str], tmp_path: Path) -> None:
    """The operator, with its pod's arguments and its account's rights, becomes ready and tells of a PLC."""
    with operating(installer, cluster, {"watchNamespaces": namespaces}, tmp_path) as log:
        cluster.declare("mixer")

        def told() -> str:
            return cluster.kubectl("get", "events.events.k8s.io", "--namespace=line-1", "-o", "name")

        until(lambda: "conditions" in cluster.get("plc", "mixer", "-n", "line-1").get("status", {}), "a status")
        until(told, "an Event")
    # The Lease may have been held for all namespaces before: of those given up an operator for some may not even ask.
    said = [
        line for line in log.read_text(encoding="utf-8").lower().splitlines() if "whether somebody else" not in line
    ]
    assert not [line for line in said if "forbidden" in line]


@pytest.mark.parametrize(("namespaces", "where"), [([], NAMESPACE), (["line-1"], "line-1")])
def test_helm_test(installer: Helm, cluster: Cluster, namespaces: list[str], where: str, tmp_path: Path) -> None:
    """The program of `helm test`, with its own account's rights, sees its mock PLC corrected and takes the PLC away."""
    values: Values = {"watchNamespaces": namespaces}
    made = [each for each in installer.objects(values) if "helm.sh/hook" in each["metadata"].get("annotations", {})]
    pod = find(made, "Pod")
    cluster.kubectl("apply", "-f", "-", text=yaml.safe_dump_all(each for each in made if each is not pod))
    program = find(made, "ConfigMap")["data"]["insync.py"].replace(MOUNTED, str(tmp_path))
    token = cluster.kubectl("create", "token", pod["spec"]["serviceAccountName"], "--namespace", NAMESPACE)
    (tmp_path / "token").write_text(token, encoding="utf-8")
    (tmp_path / "ca.crt").write_bytes((cluster.plane.dir / "pki/ca.crt").read_bytes())
    host, port = cluster.plane.url.removeprefix("https://").split(":")
    given = {each["name"]: each["value"] for each in pod["spec"]["containers"][0]["env"] if "value" in each}
    given |= {"POD_IP": "127.0.0.1", "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    environment = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", **given}
    with operating(installer, cluster, values, tmp_path) as log, reserved_port() as plc:
        command = [sys.executable, "-c", program.replace("PORT = 5502", f"PORT = {plc}")]  # which a pod has for itself
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + log.read_text(encoding="utf-8")
    assert "InSync=True" in done.stdout
    assert "corrected from 1200 to 2500" in done.stdout
    assert json.loads(cluster.kubectl("get", "plc", "--namespace", where, "-o", "json"))["items"] == []
