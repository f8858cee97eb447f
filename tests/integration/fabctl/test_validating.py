"""What `fabctl validate` says of the same files offline, and by the API server that it asks where it must."""

from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration

SPEC: dict[str, Any] = {"deviceAddress": "10.0.0.7", "targetRegister": 4001, "targetValue": 2500}
SPECS: dict[str, dict[str, Any]] = {
    "fine": SPEC,
    "range": {**SPEC, "targetValue": 70000},
    "unknown": {**SPEC, "targetVaule": 5},
    "rule": {**SPEC, "timeoutSecs": 9},
    "Name": SPEC,
}


def test_both_refuse_the_same(plant: Any, tmp_path: Path) -> None:
    """Without a cluster and by a dry run: what is refused is the same, and nothing is stored."""
    for name, spec in SPECS.items():
        body = {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": name}, "spec": spec}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(body))
    refused = []
    for flags in ((), ("--server",)):
        code, out, err = plant.fabctl("validate", "-f", str(tmp_path), *flags)
        assert code == 1
        refused.append({Path(line.partition(":")[0]).stem for line in out.splitlines()})
        assert ("the API server of context" in err) == bool(flags)
    assert refused == [set(SPECS) - {"fine"}] * 2
    assert plant.fabctl("list")[2] == f"No IndustrialPLC found in namespace {plant.namespace}.\n"
    (tmp_path / "fine").mkdir()
    (tmp_path / "fine.yaml").rename(tmp_path / "fine/plc.yaml")
    assert plant.fabctl("validate", "-f", str(tmp_path / "fine"), "--server")[:2] == (0, "")
