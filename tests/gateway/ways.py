"""Ways from one version to the next, as Rollouts of stories say them."""

from collections.abc import Mapping
from typing import Any

STABLE, CANARY = "app-stable", "app-canary"
GONE = 2
"""Seconds that pods stay which no request is to reach any more."""


def canary(route: Mapping[str, Any], *steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a canary whose requests a route shares out."""
    headers = [{"name": each["setHeaderRoute"]["name"]} for each in steps if "setHeaderRoute" in each]
    requests = {**routing(route), "managedRoutes": headers}
    services = {"stableService": STABLE, "canaryService": CANARY, "trafficRouting": requests}
    delays = {"scaleDownDelaySeconds": GONE, "abortScaleDownDelaySeconds": GONE}
    return {"canary": {**services, **delays, "steps": steps, **more}}


def routing(route: Mapping[str, Any]) -> dict[str, Any]:
    """Return who shares requests out; a gateway on this machine has no way to go, so a second is enough."""
    return {"gatewayAPI": {"routes": [route], "propagationSeconds": 1}}


def weight(share: int) -> dict[str, Any]:
    """Return the step that gives the new version a share of the requests."""
    return {"setWeight": share}


WAIT: dict[str, Any] = {"pause": {}}
"""The step that waits for a promotion."""
