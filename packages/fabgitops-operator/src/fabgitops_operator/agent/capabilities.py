"""What the agent can do on this node: tried at its start, published, and asked before an experiment begins."""

import os
from collections.abc import Mapping
from pathlib import Path

from fabgitops_operator.agent.holders.cgroups import ROOT
from fabgitops_operator.agent.once import done

NONE = "none: "
"""How what cannot be done begins; the reason follows."""
_CONTROLLERS_FILE = "cgroup.controllers"


async def tried() -> Mapping[str, str]:
    """Return how each fault is held here: `nfqueue`, `v1` or `v2`, or `none: ` and why it is not."""
    (told,) = await done("trial", {}) or [{"event": "failed", "reason": "it ended without a word"}]
    network = "nfqueue" if told["event"] == "ready" else f"{NONE}{told['reason']}"
    return {"networkDelay": network, "cpuStress": cpu_stress()}


def cpu_stress(root: Path = ROOT) -> str:
    """Return which control groups limit processor time here: of version 1 or 2, or none and why."""
    if (root / "cpu").is_dir():
        return _writable(root / "cpu", "v1")
    try:
        controllers = (root / _CONTROLLERS_FILE).read_text().split()
    except OSError as error:
        return f"{NONE}{error}"
    return _writable(root, "v2") if "cpu" in controllers else f"{NONE}no cpu controller in {root / _CONTROLLERS_FILE}"


def _writable(group: Path, version: str) -> str:
    return version if os.access(group / "cgroup.procs", os.W_OK) else f"{NONE}{group} cannot be written to"
