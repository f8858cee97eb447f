"""From a device that runs to its manifest, on both planes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration


def test_what_is_imported_changes_nothing_but_what_git_wants(plant: Any, tmp_path: Path) -> None:
    """Applied, it has the API server want what the device holds, and by fabctl diff nothing is written."""
    plant.create("press", targetValue=0, correction={"mode": "Observe"})
    plant.create("mixer")
    plant.report("press", "Observed", "False", inSync=False, currentValue=77)
    code, out, err = plant.fabctl("import", "press")
    assert (code, err) == (0, "")
    (manifest,) = yaml.safe_load_all(out)
    assert manifest["spec"]["targetValue"] == 77
    file = tmp_path / "press.yaml"
    file.write_text(out)
    code, shown, _ = plant.fabctl("diff", "-f", str(file))
    assert code == 1
    assert "+  targetValue: 77" in shown
    assert shown.splitlines()[-1].endswith("holds it already")
    code, out, err = plant.fabctl("import", "mixer", "press")
    assert (code, len(list(yaml.safe_load_all(out)))) == (1, 1)
    assert "mixer is corrected already" in err
    assert plant.fabctl("import", "nothing")[0] == 3
