"""What a real API server answers to the cases: what the store is compared with is compared with that.

`FABGITOPS_RECORD=1 ./dev integration tests/semantics` writes the answers anew.
"""

import json
import os
import time
from collections.abc import Iterator

import httpx
import pytest
import yaml
from testbed import ControlPlane

from .cases import CASES, Ask, Body, played
from .told import ANSWERS, MANIFESTS, Told

PLCS = "/apis/fabgitops.io/v1/namespaces/{}/industrialplcs"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

_TYPES = {"MERGE": "application/merge-patch+json", "JSON": "application/json-patch+json"}


@pytest.fixture(scope="module")
def client(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return an administrator's client of an API server with the definitions and the namespace."""
    with control_plane.client() as client:
        for file in sorted(MANIFESTS.glob("*.fabgitops.io.yaml")):
            client.post(DEFINITIONS, json=yaml.safe_load(file.read_text()))
        client.post(
            "/api/v1/namespaces", json={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "semantics"}}
        )
        while client.get(PLCS.format("semantics")).status_code != 200:
            time.sleep(0.05)
        yield client


def asked(client: httpx.Client, ask: Ask) -> tuple[int, Body]:
    """Send one request."""
    path = "/".join(part for part in (PLCS.format(ask.namespace), ask.name, ask.subresource) if part)
    method = "PATCH" if ask.method in _TYPES else ask.method
    content = None if ask.method == "GET" or (ask.method == "DELETE" and ask.body is None) else json.dumps(ask.body)
    kind = _TYPES.get(ask.method, "application/json")
    answer = client.request(method, path, content=content, params=ask.query, headers={"Content-Type": kind})
    return answer.status_code, answer.json()


def clean(client: httpx.Client) -> None:
    """Take away what a case left."""
    path = PLCS.format("semantics")
    for each in client.get(path).json()["items"]:
        one = f"{path}/{each['metadata']['name']}"
        client.patch(one, json={"metadata": {"finalizers": None}}, headers={"Content-Type": _TYPES["MERGE"]})
        client.delete(one)


@pytest.mark.integration
@pytest.mark.parametrize("name", CASES)
def test_the_real_api_server_answers_as_is_written_down(client: httpx.Client, name: str) -> None:
    """Each answer that the store is compared with is one that a real API server gives."""
    told = Told()
    try:
        found = [told.told(*got) for got in played(name, lambda ask: asked(client, ask))]
    finally:
        clean(client)
    answers = json.loads(json.dumps(found))
    recorded = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    if os.environ.get("FABGITOPS_RECORD"):
        recorded[name] = answers
        ANSWERS.write_text(json.dumps(recorded, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    assert answers == recorded[name]
