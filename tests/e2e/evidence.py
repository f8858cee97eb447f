"""What is kept of a failed run: logs, Events and objects, in files that a person can read."""

import json
from pathlib import Path
from typing import Any

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod

from .chaos import ChaosExperiment
from .cluster import PLANT, SYSTEM, Event, IndustrialPLC
from .floor import PARTS, Rack, RackTemplate

KINDS = (Pod, Deployment, Event, IndustrialPLC, RackTemplate, Rack, *PARTS, ChaosExperiment)


def collect(client: Any, folder: Path) -> None:
    """Write what the cluster tells of both namespaces into a folder, and say where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for namespace in (SYSTEM, PLANT):
        for kind in KINDS:
            try:
                found = [each.to_dict() for each in client.list(kind, namespace=namespace)]
            except (ApiError, httpx2.HTTPError, ValueError) as error:
                found = [{"error": str(error)}]
            (folder / f"{namespace}-{kind._api_info.plural}.json").write_text(json.dumps(found, indent=1, default=str))
        for pod in _pods(client, namespace):
            for status in (pod.status and pod.status.containerStatuses) or []:
                _log(client, pod, status.name, folder)
    print(f"e2e: what the cluster told is in {folder}")


def _pods(client: Any, namespace: str) -> list[Pod]:
    try:
        return list(client.list(Pod, namespace=namespace))
    except (ApiError, httpx2.HTTPError):
        return []  # the error stands in the file of the pods


def _log(client: Any, pod: Pod, container: str, folder: Path) -> None:
    name, namespace = str(pod.metadata and pod.metadata.name), str(pod.metadata and pod.metadata.namespace)
    try:
        lines = list(client.log(name, namespace=namespace, container=container))
    except (ApiError, httpx2.HTTPError, ValueError) as error:
        lines = [str(error)]
    (folder / f"{name}-{container}.log").write_text("".join(lines))
