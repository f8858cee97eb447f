"""Ways from one version to the next, as Argo Rollouts says them: canary and blue-green."""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.argo.reading import Place, Table, fields, kept, met, refused
from fabgitops_core.api.argo.refs import analyses, background
from fabgitops_core.api.argo.steps import steps
from fabgitops_core.api.argo.traffic import routing

_ONE_WAY = "say the way by exactly one of canary and blueGreen"
_ANTI_AFFINITY = "pods are as the template says, and nothing is added: say podAntiAffinity in the template"
_METADATA = "pods are as the template says while a version is new, too: select them by rollouts-pod-template-hash"
_LIMIT = "old pods stay for scaleDownDelaySeconds, of however many revisions: say that alone"
_PING_PONG = "the selectors of the two Services are held here: say stableService and canaryService"
_PROGRESS = "a step is over when all pods that it asks for are available, and nothing less: leave it out"
_HEADERS = "a step makes header routes in every route here: say useHeaderRoutes: true, or leave setHeaderRoute out"
_OURS = "it is a way of a Rollout of fabgitops.io/v1: make it one of those"


def _least(at: Place, raw: Any) -> dict[str, Any]:
    """Take the least number of pods; 0 says nothing of it."""
    return {} if raw == 0 and raw is not False else kept(at, raw)


_CANARY: Table = {
    "stableService": kept,
    "canaryService": kept,
    "maxSurge": kept,
    "maxUnavailable": kept,
    "steps": steps,
    "trafficRouting": routing,
    "analysis": background,
    "dynamicStableScale": kept,
    "minPodsPerReplicaSet": _least,
    "scaleDownDelaySeconds": kept,
    "abortScaleDownDelaySeconds": kept,
    "scaleDownDelayRevisionLimit": refused(_LIMIT),
    "antiAffinity": refused(_ANTI_AFFINITY),
    "canaryMetadata": refused(_METADATA),
    "stableMetadata": refused(_METADATA),
    "pingPong": refused(_PING_PONG),
    "replicaProgressThreshold": refused(_PROGRESS),
}
_BLUE_GREEN: Table = {
    "activeService": kept,
    "previewService": kept,
    "previewReplicaCount": _least,
    "autoPromotionEnabled": kept,
    "autoPromotionSeconds": kept,
    "scaleDownDelaySeconds": kept,
    "abortScaleDownDelaySeconds": kept,
    "prePromotionAnalysis": analyses,
    "postPromotionAnalysis": analyses,
    "maxUnavailable": met,
    "scaleDownDelayRevisionLimit": refused(_LIMIT),
    "antiAffinity": refused(_ANTI_AFFINITY),
    "previewMetadata": refused(_METADATA),
    "activeMetadata": refused(_METADATA),
}
"""Its maxUnavailable is for restarts alone, and those are refused where they are asked for."""


def _canary(at: Place, raw: Any) -> dict[str, Any]:
    made = fields(at, raw, _CANARY)
    if any("setHeaderRoute" in step for step in made.get("steps", ())):
        for path in at.told.headerless:
            Place(at.told, path).of("useHeaderRoutes").refuse(None, _HEADERS)
    return {at.name: made}


def _blue_green(at: Place, raw: Any) -> dict[str, Any]:
    return {at.name: fields(at, raw, _BLUE_GREEN)}


_WAYS: Table = {
    "canary": _canary,
    "blueGreen": _blue_green,
    "simple": refused(_OURS),
    "abTesting": refused(_OURS),
}


def strategy(at: Place, raw: Any) -> dict[str, Any]:
    """Take the way from one version to the next."""
    given = [name for name, value in raw.items() if value is not None] if isinstance(raw, Mapping) else []
    if len({"canary", "blueGreen"} & set(given)) != 1 and not {"simple", "abTesting"} & set(given):
        return at.refuse(raw, _ONE_WAY)
    return {at.name: fields(at, raw, _WAYS)}
