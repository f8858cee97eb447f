"""Files out of other projects' Go modules, at the version that a go.mod names and with the checksum of its go.sum."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from testbed.errors import SourceError
from testbed.gobuild import MODULES
from testbed.golang import find_go

DEFINITIONS = MODULES / "gitops-crds"
"""The modules whose definitions of resources tests apply."""


def downloaded(module: str, among: Path = DEFINITIONS) -> Path:
    """Return the folder of one of the modules that a go.mod names, which is in `gomod/gitops-crds` unless said.

    Raises:
        SourceError: there is no go, or it cannot have the module; the message ends with what go said.
    """
    lines = (among / "go.mod").read_text(encoding="utf-8").split()
    version = lines[lines.index(module) + 1]
    command = [find_go(), "mod", "download", "-json", f"{module}@{version}"]
    done = subprocess.run(command, cwd=among, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SourceError(f"{module} {version}: {json.loads(done.stdout or '{}').get('Error', done.stderr)}")
    return Path(json.loads(done.stdout)["Dir"])
