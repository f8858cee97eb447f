"""Writes down what a real API server answers to the cases: `python semantics_recorded.py`, where the test bed is."""

import json
import sys
from pathlib import Path

import httpx
import yaml
from testbed import control_plane

sys.path.insert(0, str(Path(__file__).parent))
from semantics_cases import CASES, Ask, Body, played
from semantics_told import Told

ANSWERS = Path(__file__).with_name("semantics_answers.json")
MANIFESTS = Path(__file__).parents[3] / "src" / "fabgitops_operator" / "manifests"
PLCS = "/apis/fabgitops.io/v1/namespaces/{}/industrialplcs"

_TYPES = {"MERGE": "application/merge-patch+json", "JSON": "application/json-patch+json"}


def asked(client: httpx.Client, ask: Ask, namespace: str) -> tuple[int, Body]:
    """Send one request; the namespace `plant` is one of the case's own."""
    path = PLCS.format(namespace if ask.namespace == "plant" else ask.namespace)
    path += f"/{ask.name}" if ask.name else ""
    path += f"/{ask.subresource}" if ask.subresource else ""
    method = "PATCH" if ask.method in _TYPES else ask.method
    content = None if ask.method == "GET" or (ask.method == "DELETE" and ask.body is None) else json.dumps(ask.body)
    kind = _TYPES.get(ask.method, "application/json")
    answer = client.request(method, path, content=content, params=ask.query, headers={"Content-Type": kind})
    return answer.status_code, answer.json()


def main() -> None:
    """Play all cases and write the answers down."""
    answers: dict[str, list[Body]] = {}
    with control_plane() as plane, plane.client() as client:
        for file in sorted(MANIFESTS.glob("*.fabgitops.io.yaml")):
            client.post(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json=yaml.safe_load(file.read_text())
            ).raise_for_status()
        for name in ("plant", "default"):
            client.post("/api/v1/namespaces", json={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        while client.get(PLCS.format("plant")).status_code != 200:
            pass
        for name in CASES:
            told = Told()
            answers[name] = [told.told(*got) for got in played(name, lambda ask: asked(client, ask, "plant"))]
            clean(client)
    ANSWERS.write_text(json.dumps(answers, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def clean(client: httpx.Client) -> None:
    """Take away what a case left."""
    path = PLCS.format("plant")
    for each in client.get(path).json()["items"]:
        one = f"{path}/{each['metadata']['name']}"
        client.patch(one, json={"metadata": {"finalizers": None}}, headers={"Content-Type": _TYPES["MERGE"]})
        client.delete(one)


if __name__ == "__main__":
    main()
