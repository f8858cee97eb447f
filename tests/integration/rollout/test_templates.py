"""Pod templates on a real API server: what it makes of them, and what it says is nothing."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fabgitops_core.api.rollout.marks import HASH
from fabgitops_core.control.rollout.revisions.templates import equal_as_defaulted, hash_of
from testbed import ControlPlane

pytestmark = pytest.mark.integration

CORPUS = Path(__file__).parents[3] / "packages/fabgitops-core/tests/control/rollout/templates.jsonl"
REPLICA_SETS = "/apis/apps/v1/namespaces/default/replicasets"

Body = dict[str, Any]


@pytest.fixture
def api(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a client of an API server that has none of our ReplicaSets afterwards."""
    with control_plane.client() as client:
        yield client
        client.delete(REPLICA_SETS, params={"labelSelector": "test=templates"}).raise_for_status()


def stored(api: httpx.Client, name: str, template: Body, *, dry: bool) -> Body:
    """Return a template as the API server stores it in a ReplicaSet."""
    labels = template["metadata"]["labels"]
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": name, "labels": {"test": "templates"}}
    body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}
    answer = api.post(REPLICA_SETS, json=body, params={"dryRun": "All"} if dry else {})
    assert answer.is_success, answer.text
    found: Body = answer.json()["spec"]["template"]
    return found


def test_a_replica_set_is_found_by_what_an_api_server_makes_of_a_template(api: httpx.Client) -> None:
    """Each template of the frozen corpus is valid, equals its ReplicaSet but for the hash, and none of the others'."""
    templates = [json.loads(line)["template"] for line in CORPUS.read_text().splitlines()[::4]]
    there = []
    for number, template in enumerate(templates):
        marked = copy.deepcopy(template)
        marked["metadata"]["labels"][HASH] = hash_of(template)
        there.append(stored(api, f"there-{number}", marked, dry=False))
    for number, template in enumerate(templates):
        declared = stored(api, "new", template, dry=True)
        assert [place for place, each in enumerate(there) if equal_as_defaulted(declared, each)] == [number]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("emptyDir", {}),
        ("downwardAPI", {}),
        ("projected", {}),
        ("image", {}),
        ("configMap", None),
    ],
)
def test_what_says_nothing_of_a_volume_says_nothing_to_an_api_server(
    api: httpx.Client, field: str, value: Body | None
) -> None:
    """An empty kind of volume makes another revision exactly where it is another volume."""
    plain: Body = {
        "metadata": {"labels": {"app": "hmi"}},
        "spec": {"containers": [{"name": "hmi", "image": "hmi:1"}], "volumes": [{"name": "data"}]},
    }
    other = copy.deepcopy(plain)
    other["spec"]["volumes"][0][field] = value
    is_same = equal_as_defaulted(stored(api, "a", plain, dry=True), stored(api, "b", other, dry=True))
    assert (hash_of(plain) == hash_of(other)) is is_same
