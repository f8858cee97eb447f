"""The API server itself is asked thousands of questions, and answers each as `fabgitops_core.admission` does.

`./dev corpus` runs it (minutes); `./dev corpus --freeze` also writes a sample of the answers, for the unit tests.
"""

import copy
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import httpx
import pytest
from fabgitops_core.admission.judging import Admission
from fabgitops_operator.standalone.judging import policies
from testbed.plane import ControlPlane

from .asking import HEADERS, NAMESPACE, PLURALS, Answer, definitions, of_ours, of_the_server, path_of
from .corpus import BASES, STATUSES, STORED_BEFORE, Json, Question, changed, created
from .frozen import freeze

pytestmark = pytest.mark.corpus

PATIENCE = 60.0
WORKERS = 4
AGAIN = 20
"""How often a question is asked again: the API server goes through a mapping in any order, and names the first."""
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POLICIES = "/apis/admissionregistration.k8s.io/v1/{}"
RESOURCES = {
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}


def put(http: httpx.Client, path: str, body: Json) -> None:
    """Make an object what it must be, whether it is there or not."""
    name = body["metadata"]["name"]
    there = http.get(f"{path}/{name}")
    if there.is_success:
        body = {
            **body,
            "metadata": {**body["metadata"], "resourceVersion": there.json()["metadata"]["resourceVersion"]},
        }
        answer = http.put(f"{path}/{name}", content=json.dumps(body), headers=HEADERS)
    else:
        answer = http.post(path, content=json.dumps(body), headers=HEADERS)
    assert answer.is_success, answer.text


def until(true: Any, what: str) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.1)


def loose(given: Json) -> Json:
    """Return a definition that takes any spec and any status."""
    lax = copy.deepcopy(given)
    properties = lax["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    for part in ("spec", "status"):
        properties[part] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return lax


def is_taken(http: httpx.Client, kind: str, spec: Json) -> bool:
    """Return whether the API server takes a spec just now."""
    body = {"apiVersion": "fabgitops.io/v1", "kind": kind, "metadata": {"name": "tried"}, "spec": spec}
    answer = http.post(path_of(kind), params={"dryRun": "All"}, content=json.dumps(body), headers=HEADERS)
    return answer.is_success


def store(http: httpx.Client) -> None:
    """Store what is changed later, under definitions that take all of it."""
    for given in definitions().values():
        put(http, CRDS, loose(given))
    every = {**BASES, **STORED_BEFORE}
    for each in PLURALS:
        until(lambda each=each: is_taken(http, each, {"any": "thing"}), f"{each} takes anything")
    for name, (kind, spec) in every.items():
        put(
            http,
            path_of(kind.name),
            {"apiVersion": "fabgitops.io/v1", "kind": kind.name, "metadata": {"name": name}, "spec": spec},
        )
    for name, status in STATUSES.items():
        path = path_of(every[name][0].name, name)
        body = {**http.get(path).json(), "status": status}
        answer = http.put(f"{path}/status", content=json.dumps(body), headers=HEADERS)
        assert answer.is_success, answer.text


@pytest.fixture(scope="module")
def http(control_plane: ControlPlane) -> Iterator[httpx.Client]:
    """Return a way to an API server that has our definitions, our policy, and objects from before them."""
    with control_plane.client() as http:
        http.post("/api/v1/namespaces", json={"metadata": {"name": NAMESPACE}}).raise_for_status()
        store(http)
        for given in definitions().values():
            put(http, CRDS, given)
        for each in policies():
            put(http, POLICIES.format(RESOURCES[each["kind"]]), each)
        wrong = {"registers": [{"name": "a", "address": 1, "max": 1, "value": 2}]}
        for kind in PLURALS:
            until(lambda kind=kind: not is_taken(http, kind, {"deviceAddress": "a..b", **wrong}), f"{kind} is defined")
            until(
                lambda kind=kind: not is_taken(http, kind, {"deviceAddress": "plc", **wrong}), "the policy is in force"
            )
        yield http


def stored(http: httpx.Client) -> dict[str, Json]:
    """Return the stored objects as the API server shows them."""
    return {name: http.get(path_of(kind.name, name)).json() for name, (kind, _) in {**BASES, **STORED_BEFORE}.items()}


@pytest.mark.timeout(1800)
def test_both_say_the_same(http: httpx.Client, request: pytest.FixtureRequest) -> None:
    """Fields, reasons, sentences, warnings and the object that would be stored are the same for every question."""
    objects = stored(http)
    admission = Admission(definitions(), policies())
    answers: list[tuple[Question, Answer]] = []
    differences = []
    with ThreadPoolExecutor(WORKERS) as pool:
        questions = list(chain(created(), changed(objects)))
        for question, theirs in zip(
            questions, pool.map(lambda each: of_the_server(http, each), questions), strict=True
        ):
            ours = of_ours(admission, question, objects)
            answers.append((question, theirs))
            if ours != theirs and not any(of_the_server(http, question) == ours for _ in range(AGAIN)):
                differences.append(f"{question.name}\n  body   {question.body}\n  server {theirs}\n  ours   {ours}")
    print(f"{len(questions)} questions, {sum('object' in answer for _, answer in answers)} of them taken")
    if request.config.getoption("--freeze"):
        freeze(answers, objects)
    assert not differences, f"{len(differences)} of {len(questions)} differ:\n" + "\n".join(differences[:20])
