"""What of a pod the stand-in kubelet goes by, and the status that it gives to it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Pod = Mapping[str, Any]

READY = "testbed.fabgitops.io/ready"
"""Annotation: after how many seconds the pod is ready (0 unless said), or `never`."""

ANSWERS = "testbed.fabgitops.io/answers"
"""Annotation: the HTTP status that the pod's server answers with, 200 unless said."""

PORT = 18080
"""Where a pod serves whose first container declares no port."""

NEVER = "never"


def annotation(pod: Pod, name: str, otherwise: str) -> str:
    """The value of an annotation."""
    return str(pod["metadata"].get("annotations", {}).get(name, otherwise))


def ready_after(pod: Pod) -> float | None:
    """After how many seconds the pod is ready; None: never.

    Raises:
        ValueError: the annotation is neither a number nor `never`.
    """
    said = annotation(pod, READY, "0")
    return None if said == NEVER else float(said)


def image(pod: Pod) -> str:
    """The image of the first container."""
    return str(pod["spec"]["containers"][0]["image"])


def version(pod: Pod) -> str:
    """The tag of that image, or all of an image without a tag."""
    return image(pod).rpartition(":")[2]


def port(pod: Pod) -> int:
    """The first port that the first container declares."""
    ports = pod["spec"]["containers"][0].get("ports", [])
    return int(ports[0]["containerPort"]) if ports else PORT


def uid(pod: Pod) -> str:
    """What tells the pod from another one of its name."""
    return str(pod["metadata"]["uid"])


def path(pod: Pod) -> str:
    """Where the API server has the pod."""
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def going(pod: Pod) -> bool:
    """Whether the pod is being deleted."""
    return "deletionTimestamp" in pod["metadata"]


def grace(pod: Pod) -> float:
    """How many seconds a pod that is being deleted may go on."""
    return float(pod["metadata"].get("deletionGracePeriodSeconds", 0))


def status(pod: Pod, address: str, now: str, *, ready: bool) -> dict[str, Any]:
    """The status of a pod whose containers run, for a strategic merge patch; `now` is RFC 3339."""
    conditions = {"Initialized": True, "ContainersReady": ready, "Ready": ready}
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": pod.get("status", {}).get("startTime", now),
        "conditions": [_condition(kind, now, holds=holds) for kind, holds in conditions.items()],
        "containerStatuses": [_container(each, now, ready=ready) for each in pod["spec"]["containers"]],
    }


def _condition(kind: str, now: str, *, holds: bool) -> dict[str, str]:
    return {"type": kind, "status": str(holds), "lastTransitionTime": now}


def _container(container: Mapping[str, Any], now: str, *, ready: bool) -> dict[str, Any]:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": container["image"],
        "ready": ready,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": now}},
    }
