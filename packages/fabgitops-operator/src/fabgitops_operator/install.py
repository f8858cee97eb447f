"""What a cluster must have before the operator runs: resource definitions, an admission policy and rights, as YAML."""

from importlib.resources import files

from fabgitops_core.control.kinds import KINDS


def manifests(*, with_secrets: bool = False) -> str:
    """Return the CustomResourceDefinitions, the admission policy and the rights as one stream of YAML documents."""
    folder = files("fabgitops_operator") / "manifests"
    names = [*(f"{kind.crd_name}.yaml" for kind in KINDS), "admission.yaml", "rbac.yaml"]
    names += ["secrets.yaml"] if with_secrets else []
    return "---\n".join((folder / name).read_text(encoding="utf-8") for name in names)
