"""Where a declaration came from: what Argo CD and Flux leave on an object, and nothing that is not there."""

from typing import Any

import pytest
from fabgitops_core.api.meta import FORCE_AT, REQUESTED_AT
from fabgitops_operator.hosting.origins import origin_of

FLUX = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
TRACKED = {"argocd.argoproj.io/tracking-id": "line-1:fabgitops.io/IndustrialPLC:plant/mixer"}


@pytest.mark.parametrize(
    ("labels", "annotations", "git"),
    [
        ({}, {}, {}),
        ({}, TRACKED, {"by": "Argo CD", "application": "line-1"}),
        (
            {f"{FLUX}/name": "line-1", f"{FLUX}/namespace": "flux-system"},
            {},
            {"by": "Flux", "kustomization": "flux-system/line-1"},
        ),
        (
            {f"{HELM}/name": "line-1", f"{HELM}/namespace": "plant"},
            {},
            {"by": "Flux", "helmRelease": "plant/line-1"},
        ),
        ({}, {"fabgitops.io/revision": "main@sha1:0f3e"}, {"revision": "main@sha1:0f3e"}),
        (
            {},
            {**TRACKED, "fabgitops.io/revision": "0f3e"},
            {"by": "Argo CD", "application": "line-1", "revision": "0f3e"},
        ),
        ({"app.kubernetes.io/instance": "line-1"}, {}, {}),
    ],
    ids=["by hand", "argo cd", "kustomization", "helm release", "revision", "argo cd with revision", "helm alone"],
)
def test_what_tools_leave_is_told(labels: dict[str, str], annotations: dict[str, str], git: dict[str, str]) -> None:
    """By which tool and what of it an object came is told, and its revision only where the object says one."""
    found = origin_of({"metadata": {"uid": "u-1", "labels": labels, "annotations": annotations}})
    assert (found.uid, found.git) == ("u-1", git)


def test_who_asked_for_a_sync_is_told_by_the_api_servers_own_note() -> None:
    """Of several programs that manage an object the one is told that owns the annotation of the request."""

    def managed(manager: str, *annotations: str) -> dict[str, Any]:
        fields: dict[str, Any] = {"f:metadata": {"f:annotations": {f"f:{each}": {} for each in annotations}}}
        return {"manager": manager, "time": f"2026-01-01T00:00:0{len(annotations)}Z", "fieldsV1": fields}

    several = [managed("argocd-controller"), managed("fabctl", REQUESTED_AT, FORCE_AT), managed("fabgitops-operator")]
    metadata = {"annotations": {REQUESTED_AT: "t1", FORCE_AT: "t1"}, "managedFields": several}
    assert origin_of({"metadata": metadata}).sync == {"manager": "fabctl", "managedAt": "2026-01-01T00:00:02Z"}


@pytest.mark.parametrize("nonsense", [None, 1, "text", [1], {"a": 1}, {"name": None}])
def test_what_makes_no_sense_says_nothing(nonsense: object) -> None:
    """Labels, annotations and notes of any shape are passed over without a fault."""
    fields = ("labels", "annotations", "managedFields", "uid")
    found = origin_of({"metadata": dict.fromkeys(fields, nonsense)})
    assert (dict(found.git), dict(found.sync)) == ({}, {})
    assert origin_of({"metadata": nonsense}).git == {}
    assert origin_of({"metadata": {"managedFields": [nonsense]}}).sync == {}
