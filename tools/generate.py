"""Writes the files that are made from code, or with --check says which of them are not current."""

import sys
from pathlib import Path

import argoreference
import chart
import manual
import yaml
from dashboards import generated as observability
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.control.kinds import ARGO_KINDS, CHAOS_KINDS, DELIVERY_KINDS, KINDS, SETPOINT_KINDS
from fabgitops_operator.cluster.install import place_of
from reference import reference

ROOT = Path(__file__).parent.parent
MANIFESTS = ROOT / "packages/fabgitops-operator/src/fabgitops_operator/manifests"
REFERENCE = ROOT / "docs/reference"
CHART_FILES = ROOT / "charts/fabgitops/files"
COPIED = "# The operator's, copied by tools/generate.py: change that, not this.\n"
FABCTL = ROOT / "packages/fabctl/src/fabctl"
OPERATOR = ROOT / "packages/fabgitops-operator/src/fabgitops_operator"
READERS = ("composing", "documents", "json_text", "lines", "naming", "scalars")
"""How files are read, as kubectl reads them."""
NOTE = "# Made from the models in fabgitops-core by tools/generate.py: change those, not this.\n"


def generated() -> dict[Path, str]:
    """Return what each generated file must hold."""
    definitions = {MANIFESTS / f"{kind.crd_name}.yaml": _manifest(kind) for kind in KINDS}
    of_racks = {MANIFESTS / "racks" / f"{kind.crd_name}.yaml": _manifest(kind) for kind in RACK_KINDS}
    of_setpoints = {MANIFESTS / "setpoints" / f"{kind.crd_name}.yaml": _manifest(kind) for kind in SETPOINT_KINDS}
    of_delivery = {MANIFESTS / place_of(kind): _manifest(kind) for kind in DELIVERY_KINDS}
    of_argo = {MANIFESTS / "argo" / f"{kind.crd_name}.yaml": _manifest(kind) for kind in ARGO_KINDS}
    seen = {CHART_FILES / name: text for name, text in observability.files().items()}
    of_chaos = {MANIFESTS / "chaos" / f"{kind.crd_name}.yaml": _manifest(kind) for kind in CHAOS_KINDS}
    definitions |= of_chaos | of_racks | of_setpoints | of_delivery | of_argo
    charted = chart.files({str(path.relative_to(MANIFESTS)): text for path, text in definitions.items()})
    every = (*KINDS, *RACK_KINDS, *SETPOINT_KINDS, *DELIVERY_KINDS, *CHAOS_KINDS)
    pages = {REFERENCE / f"{kind.name.lower()}.md": reference(kind) for kind in every}
    pages[REFERENCE / "argo-rollouts.md"] = argoreference.page()
    terminal = {ROOT / "docs/fabctl.md": manual.page(), ROOT / "packages/fabctl/man/fabctl.1": manual.man()}
    return definitions | seen | charted | pages | terminal | _copied()


def _manifest(kind: Kind) -> str:
    return NOTE + yaml.safe_dump(definition(kind), sort_keys=False, width=120)


def _copied() -> dict[Path, str]:
    """Return what fabctl and the operator have alike, for each is installed without the other.

    The operator's way to log in is fabctl's, and fabctl reads files, and judges them, as the operator does.
    """
    logins = sorted((FABCTL / "kubeconfig").glob("*.py"))
    readers = [OPERATOR / f"standalone/source/{name}.py" for name in READERS]
    policy = (MANIFESTS / "admission.yaml").read_text()
    return {
        FABCTL / "offline/admission.yaml": COPIED + policy,
        **_copies(logins, OPERATOR / "cluster/kubeconfig", "from fabctl.", "from fabgitops_operator.cluster."),
        **_copies(readers, FABCTL / "reading", "from fabgitops_operator.standalone.source.", "from fabctl.reading."),
    }


def _copies(files: list[Path], to: Path, before: str, after: str) -> dict[Path, str]:
    return {to / each.name: each.read_text().replace(before, after) for each in files}


def main(arguments: list[str]) -> int:
    """Write, or with --check compare; return the exit code."""
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if arguments == ["--check"]:
            sys.stderr.write(f"{path.relative_to(ROOT)} is not current: run `./dev fix`\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path])
            sys.stderr.write(f"wrote {path.relative_to(ROOT)}\n")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
