"""An API server that has the definitions of chaos."""

from collections.abc import Iterator

import httpx
import pytest
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.policy import CHAOS_POLICY
from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from testbed.plane import ControlPlane

from ..planes import until

KINDS = (CHAOS_EXPERIMENT, CHAOS_SCHEDULE, CHAOS_POLICY)
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def path_of(kind: Kind) -> str:
    """Return where objects of a kind are."""
    return f"/apis/{kind.api_version}" + ("/namespaces/default" if kind.namespaced else "") + f"/{kind.plural}"


@pytest.fixture(scope="module")
def http(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a way to an API server that has the definitions, for as long as they are asked about."""
    with control_plane.client() as http:
        for kind in KINDS:
            answer = http.post(CRDS, json=definition(kind))
            assert answer.is_success, answer.text
        until(lambda: all(http.get(path_of(kind)).is_success for kind in KINDS), "the kinds are served")
        yield http
        names = [f"{CRDS}/{kind.crd_name}" for kind in KINDS]
        for name in names:
            http.delete(name).raise_for_status()
        until(lambda: not any(http.get(name).is_success for name in names), "the kinds are gone")
