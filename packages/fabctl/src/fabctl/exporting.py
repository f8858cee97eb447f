"""From an object in the cluster to the manifest that would make it: what others added is left out. Pure."""

from collections.abc import Mapping
from typing import Any

from fabctl.fields import Body, mapping, sequence, text

_OF_TOOLS = (
    "reconcile.fabgitops.io/",
    "kubectl.kubernetes.io/",
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "meta.helm.sh/",
)
_OF_PEOPLE = {"fabgitops.io/suspend", "fabgitops.io/approve", "fabgitops.io/approved-by"}
"""What is said beside Git, on purpose."""


def clean(body: Body) -> dict[str, Any]:
    """Return the manifest of an object: what it is, its name and namespace, labels, annotations and spec."""
    metadata = mapping(body.get("metadata"))
    kept: dict[str, Any] = {name: metadata[name] for name in ("name", "namespace") if name in metadata}
    for field in ("labels", "annotations"):
        if said := {name: value for name, value in mapping(metadata.get(field)).items() if not _is_added(name)}:
            kept[field] = said
    named = {field: body[field] for field in ("apiVersion", "kind") if field in body}
    return {**named, "metadata": kept, "spec": body.get("spec", {})}


def maker(body: Body) -> str:
    """Return kind and name of what made an object, and would make it again; nothing where it was a manifest."""
    for owner in sequence(mapping(body.get("metadata")).get("ownerReferences")):
        if isinstance(owner, Mapping) and owner.get("controller") is True:
            return f"{text(owner.get('kind'))} {text(owner.get('name'))}"
    return ""


def template_of(body: Body) -> str:
    """Return the template that a PLC takes its map from, or nothing."""
    return text(mapping(mapping(body.get("spec")).get("templateRef")).get("name"))


def _is_added(name: str) -> bool:
    return name in _OF_PEOPLE or name.startswith(_OF_TOOLS)
