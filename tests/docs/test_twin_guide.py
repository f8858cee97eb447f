"""The workflow that docs/guides/twin.md gives a plant's repository: what it runs is run here, in such a repository."""

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from testbed.plane import ControlPlane

from .conftest import Kubectl
from .pages import ROOT, blocks
from .test_blocks import BIN, run

GUIDE = ROOT / "docs/guides/twin.md"
WORKFLOW = next(yaml.safe_load(each.text) for each in blocks(GUIDE) if "jobs:" in each.text)


@pytest.mark.docs
def test_the_workflow_is_green_for_a_plant_as_it_stands(
    kubectl: Kubectl, namespaces: None, control_plane: ControlPlane, tmp_path: Path
) -> None:
    """Its last step succeeds at the root of a plant's repository, and fails where a value is out of its range."""
    *_, step = WORKFLOW["jobs"]["twin"]["steps"]
    lines = sorted(path.name for path in (ROOT / "examples/plant/lines").iterdir())
    environment = {
        **os.environ,
        "KUBECONFIG": str(control_plane.kubeconfig),
        "PATH": os.pathsep.join([str(BIN), str(kubectl.path.parent), os.environ["PATH"]]),
        "FABGITOPS_NAMESPACE": " ".join(lines),
        "FABGITOPS_METRICS_PORT": "0",
    }
    plant = tmp_path / "plant"
    shutil.copytree(ROOT / "examples/plant", plant)
    again = step["run"].replace("create namespace $line", "create namespace $line --dry-run=client -o name")
    said = run(f"set -e\n{again}", plant, environment)
    assert len(re.findall("in sync", said)) == 8
    template = plant / "line/templates.yaml"
    template.write_text(template.read_text().replace("max: 3000", "max: 2000"))
    with pytest.raises(AssertionError, match=r"mixer: not in sync within 15 s: .* above max"):
        run(f"set -e\n{again}".replace("fabctl wait", "fabctl wait --timeout 15"), plant, environment)
