"""What a cluster must have before the operator runs: resource definitions and rights, as YAML."""

from importlib.resources import files

from fabgitops_core.control.kinds import CONTROLLERS


def manifests() -> str:
    """Return the CustomResourceDefinitions, the ClusterRole and its binding as one stream of YAML documents."""
    folder = files("fabgitops_operator") / "manifests"
    names = [f"{controller.kind.crd_name}.yaml" for controller in CONTROLLERS]
    return "---\n".join((folder / name).read_text(encoding="utf-8") for name in [*names, "rbac.yaml"])
