"""Whether an object is kept by GitOps: by labels and annotations, and by who has set its fields. Pure."""

from fabctl.fields import Body, mapping, sequence, text

_ARGO = "argocd.argoproj.io/"
_FLUX = (("kustomize.toolkit.fluxcd.io/", "Kustomization"), ("helm.toolkit.fluxcd.io/", "HelmRelease"))
_MANAGERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
}
"""Field managers, by the names that these controllers have."""


def kept_by(body: Body) -> str:
    """Return what keeps an object as Git has it, with its name where that is known; nothing where nothing does."""
    metadata = mapping(body.get("metadata"))
    labels, annotations = mapping(metadata.get("labels")), mapping(metadata.get("annotations"))
    for prefix, kind in _FLUX:
        if any(text(name).startswith(prefix) for name in (*labels, *annotations)):
            name, namespace = text(labels.get(f"{prefix}name")), text(labels.get(f"{prefix}namespace"))
            return f"Flux, {kind} {namespace}/{name}" if name and namespace else f"Flux, a {kind}"
    managers = map(mapping, sequence(metadata.get("managedFields")))
    manager = next((_MANAGERS[each] for each in (text(of.get("manager")) for of in managers) if each in _MANAGERS), "")
    if any(text(name).startswith(_ARGO) for name in (*labels, *annotations)) or manager == "Argo CD":
        tracked = text(annotations.get(f"{_ARGO}tracking-id")).partition(":")[0]
        app = tracked or text(labels.get(f"{_ARGO}instance")) or text(labels.get("app.kubernetes.io/instance"))
        return f"Argo CD, application {app}" if app else "Argo CD"
    return manager
