"""OpenAPI: what kubectl explains, creates and applies by."""

import json
import re
from typing import Any

import pytest

PATHS = ["api/v1", "apis/events.k8s.io/v1", "apis/fabgitops.io/v1"]


async def test_the_index_names_each_document_by_its_hash(ask: Any) -> None:
    """Who asks by that address may keep the answer for ever."""
    index = (await ask.get("/openapi/v3")).json["paths"]
    assert sorted(index) == PATHS
    for path in PATHS:
        got = await ask.get(index[path]["serverRelativeURL"])
        assert got.status == 200
        assert "immutable" in got.headers["Cache-Control"]
        assert "Cache-Control" not in (await ask.get(f"/openapi/v3/{path}")).headers
        again = await ask.get(index[path]["serverRelativeURL"], if_none_match=got.headers["ETag"])
        assert (again.status, again.type) == (304, "")


@pytest.mark.parametrize("path", PATHS)
async def test_a_document_is_whole(path: str, ask: Any) -> None:
    """Whatever it refers to is in it, and each kind can be found by group, version and kind."""
    document = (await ask.get(f"/openapi/v3/{path}")).json
    schemas = document["components"]["schemas"]
    referred = set(re.findall(r"#/components/schemas/([\w.]+)", json.dumps(document)))
    assert referred <= set(schemas)
    kinds = [each["kind"] for schema in schemas.values() for each in schema.get("x-kubernetes-group-version-kind", ())]
    assert len(kinds) == len(set(kinds)) > 1


async def test_a_change_can_be_validated_and_tried(ask: Any) -> None:
    """A kubectl sends fieldValidation and dryRun only where the document has them."""
    document = (await ask.get("/openapi/v3/apis/fabgitops.io/v1")).json
    change = document["paths"]["/apis/fabgitops.io/v1/namespaces/{namespace}/industrialplcs/{name}"]["patch"]
    assert {"dryRun", "fieldValidation"} <= {each["name"] for each in change["parameters"]}
    assert change["x-kubernetes-group-version-kind"] == {
        "group": "fabgitops.io", "version": "v1", "kind": "IndustrialPLC",
    }  # fmt: skip


async def test_the_one_of_old_is_empty(ask: Any) -> None:
    """A kubectl up to 1.27 asks for it before each change; it needs a type that its Go can parse, and no 404."""
    got = await ask.get("/openapi/v2")
    assert (got.status, got.body) == (200, b"")
    assert got.type == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
