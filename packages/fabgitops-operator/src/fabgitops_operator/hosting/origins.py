"""Where declarations come from, for the records of writes: what tools of GitOps leave on an object, and no more.

Neither Argo CD nor Flux writes a Git revision on what it applies: they say by which Application, Kustomization or
HelmRelease it came. The revision is known where the object's annotation `fabgitops.io/revision` says it.
"""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.meta import FORCE_AT, GROUP, REQUESTED_AT, Key

from fabgitops_operator.audit.records import UNKNOWN, Origin
from fabgitops_operator.hosting.ports import Body

REVISION = f"{GROUP}/revision"
TRACKED = "argocd.argoproj.io/tracking-id"
"""Annotation of Argo CD: APP:GROUP/KIND:NAMESPACE/NAME."""
APPLIED = {"Kustomization": "kustomize.toolkit.fluxcd.io", "HelmRelease": "helm.toolkit.fluxcd.io"}
"""Labels of Flux, by what they name: PREFIX/name and PREFIX/namespace."""


class Origins:
    """Keeps where each object came from, as it was seen last."""

    def __init__(self) -> None:
        self._known: dict[Key, Origin] = {}

    def note(self, key: Key, body: Body) -> None:
        """Take an object as it stands now."""
        self._known[key] = origin_of(body)

    def forget(self, key: Key) -> None:
        """Forget one that is gone."""
        self._known.pop(key, None)

    def of(self, key: Key) -> Origin:
        """Return where an object came from."""
        return self._known.get(key, UNKNOWN)


def origin_of(body: Body) -> Origin:
    """Return where an object says that it came from."""
    metadata = _mapping(body.get("metadata"))
    return Origin(_text(metadata.get("uid")), _git(metadata), _asked(metadata))


def _git(metadata: Mapping[str, Any]) -> dict[str, str]:
    labels, annotations = _mapping(metadata.get("labels")), _mapping(metadata.get("annotations"))
    by = dict[str, str]()
    if tracked := _text(annotations.get(TRACKED)):
        by = {"by": "Argo CD", "application": tracked.partition(":")[0]}
    for kind, prefix in APPLIED.items():
        if name := _text(labels.get(f"{prefix}/name")):
            by = {"by": "Flux", kind[0].lower() + kind[1:]: f"{_text(labels.get(f'{prefix}/namespace'))}/{name}"}
            break
    revision = _text(annotations.get(REVISION))
    return {**by, "revision": revision} if revision else by


def _asked(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return which program asked for the last sync, and when, as the API server noted it."""
    annotation = FORCE_AT if FORCE_AT in _mapping(metadata.get("annotations")) else REQUESTED_AT
    fields = metadata.get("managedFields")
    for each in fields if isinstance(fields, list) else ():
        owned = _mapping(_mapping(_mapping(_mapping(each).get("fieldsV1")).get("f:metadata")).get("f:annotations"))
        if f"f:{annotation}" in owned:
            return {"manager": _text(each.get("manager")), "managedAt": _text(each.get("time"))}
    return {}


def _mapping(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""
