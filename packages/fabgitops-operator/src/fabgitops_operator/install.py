"""What a cluster must have: resource definitions, an admission policy, rights, and the operator itself, as YAML."""

from importlib.metadata import version
from importlib.resources import files

from fabgitops_core.control.kinds import KINDS


def manifests(*, with_secrets: bool = False, with_operator: bool = False) -> str:
    """Return definitions, admission policy, rights and, if asked for, the operator as one stream of YAML documents."""
    folder = files("fabgitops_operator") / "manifests"
    names = [*(f"{kind.crd_name}.yaml" for kind in KINDS), "admission.yaml", "rbac.yaml"]
    names += ["secrets.yaml"] if with_secrets else []
    names += ["operator.yaml"] if with_operator else []
    text = "---\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    return text.replace("@VERSION@", version("fabgitops-operator"))
