"""What a cluster must have: resource definitions, an admission policy, rights, and the operator itself, as YAML."""

from importlib.metadata import version
from importlib.resources import files

from fabgitops_core.control.kinds import KINDS

from fabgitops_operator.labels import labels


def manifests(*, with_secrets: bool = False, with_operator: bool = False) -> str:
    """Return definitions, admission policy, rights and, if asked for, the operator as one stream of YAML documents."""
    folder = files("fabgitops_operator") / "manifests"
    names = ["admission.yaml", "rbac.yaml", *(["secrets.yaml"] if with_secrets else [])]
    names += ["operator.yaml"] if with_operator else []
    definitions = [_labelled((folder / f"{kind.crd_name}.yaml").read_text(encoding="utf-8")) for kind in KINDS]
    text = "---\n".join([*definitions, *((folder / name).read_text(encoding="utf-8") for name in names)])
    return text.replace("@VERSION@", version("fabgitops-operator"))


def _labelled(definition: str) -> str:
    """Return a definition that says of which version it is, as the chart's do."""
    lines = "".join(f'    {name}: "{value}"\n' for name, value in labels().items())
    return definition.replace("\nmetadata:\n", f"\nmetadata:\n  labels:\n{lines}", 1)
