"""Whatever is asked is answered, and nothing of it is a fault of ours."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs"
PATHS = [
    "/", "/api", "/apis", "/apis/", "//", "/api/v1/namespaces", "/api/v1/namespaces/line-1", "/openapi/v3", ROOT,
    f"{ROOT}/mixer", f"{ROOT}/mixer/status", f"{ROOT}/mixer/", f"{ROOT}//", "/apis/events.k8s.io/v1/events",
    "/api/v1/namespaces/line-1/events", "/api/v1/namespaces/line-1/events/e", "/version",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get"]
TYPES = [
    "", "application/json", "application/merge-patch+json", "application/json-patch+json", "text/plain",
    "application/vnd.kubernetes.protobuf", "application/apply-patch+yaml",
]  # fmt: skip
NAMES = [
    "limit", "continue", "resourceVersion", "resourceVersionMatch", "labelSelector", "fieldSelector",
    "includeObject", "timeoutSeconds", "sendInitialEvents", "dryRun", "fieldValidation", "fieldManager",
    "propagationPolicy",
    "orphanDependents", "hash",
]  # fmt: skip
VALUES = [
    "", "0", "1", "-1", "9" * 30, "x", "true", "All", "Strict", "Exact", "NotOlderThan", "metadata.name=mixer",
    "a in (b", "é\x00",
]  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["mixer", "", "op", "add"])
KEYS = st.sampled_from([
    "apiVersion", "kind", "metadata", "spec", "status", "name", "namespace", "uid", "labels", "annotations",
    "finalizers",
    "ownerReferences", "resourceVersion", "resourceAttributes", "op", "path", "value", "preconditions", "dryRun",
])  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
OBJECTS = st.fixed_dictionaries(
    {"apiVersion": st.sampled_from(["fabgitops.io/v1", "v1", "events.k8s.io/v1"])},
    optional={"kind": st.sampled_from(["IndustrialPLC", "Event", "DeleteOptions"])}
    | dict.fromkeys(["metadata", "spec", "status", "involvedObject", "regarding", "series", "note"], TREES),
)
BODIES = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda raw: b"k8s\x00" + raw),
    TREES.map(lambda value: json.dumps(value).encode()),
    OBJECTS.map(lambda value: json.dumps(value).encode()),
)
ACCEPTS = ["", "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io", ";;,", "application/json;q=x", "a/b;as", "=;="]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    query=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=6)), max_size=3),
    type_=st.sampled_from(TYPES),
    accept=st.sampled_from(ACCEPTS),
    body=BODIES,
)
async def test_nothing_that_is_asked_is_a_fault_of_ours(
    method: str, path: str, query: list[tuple[str, str]], type_: str, accept: str, body: bytes, ask: Any
) -> None:
    """Garbage is refused with a reason, in a Status where it is about objects."""
    if (await ask.get(f"{ROOT}/mixer")).status == 404:
        await ask.make("mixer")
    parameters = "&".join(f"{name}={value}" for name, value in query)
    got = await ask(method, f"{path}?{parameters}", body, content_type=type_, accept=accept)
    assert got.status < 500 or (got.status, got.json["reason"]) == (504, "Timeout"), (got.status, got.body)
    for shown in (ROOT, "/api/v1/events", "/apis/events.k8s.io/v1/events"):
        assert (await ask.get(shown, accept=ACCEPTS[2])).json["kind"] == "Table"
    if got.status >= 400 and got.type == "application/json":
        assert got.json["kind"] == "Status"
        assert got.json["message"]
