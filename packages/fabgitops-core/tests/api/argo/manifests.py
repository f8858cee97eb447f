"""Rollouts of Argo Rollouts as tests make them, and how one is refused."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from fabgitops_core.api.argo.reading import Hashes
from fabgitops_core.api.argo.rollout import Taken, taken
from fabgitops_core.api.refusals import sentences
from pydantic import ValidationError

METADATA = {"name": "hmi", "namespace": "line-1", "labels": {"plant": "north"}, "uid": "u-1"}
POD = {"metadata": {"labels": {"app": "hmi"}}, "spec": {"containers": [{"name": "hmi", "image": "hmi:1"}]}}
SPEC: dict[str, Any] = {"replicas": 3, "selector": {"matchLabels": {"app": "hmi"}}, "template": POD}
SERVICES = {"stableService": "hmi", "canaryService": "hmi-canary"}
PLUGIN = "argoproj-labs/gatewayAPI"
HASHES = Hashes(latest="66f5", stable="7bd9")


def routed(**plugin: Any) -> dict[str, Any]:
    """Return a canary with Services and routes."""
    return {**SERVICES, "trafficRouting": {"plugins": {PLUGIN: plugin}}}


def canary(**said: Any) -> Taken:
    """Return what a canary is taken as."""
    return taken({**SPEC, "strategy": {"canary": said}}, METADATA, HASHES)


def refused(way: Callable[[], object]) -> str:
    """Return in which words something is refused."""
    with pytest.raises(ValidationError) as error:
        way()
    return sentences(error.value)


def refused_canary(said: Mapping[str, Any]) -> str:
    """Return in which words a canary is refused."""
    return refused(lambda: canary(**said))
