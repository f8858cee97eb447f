"""The pages that are always the same: OpenAPI, and the docs made of it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from fabgitops_operator.facade.pages import pages
from fabgitops_operator.facade.routes import ROUTES
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from .conftest import SPEC, Client, Kubernetes

DOCUMENT: dict[str, Any] = json.loads(pages()["/openapi.json"].body)


def references(value: Any) -> Iterator[str]:
    """Yield all references in a value."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_it_is_openapi() -> None:
    """A foreign validator takes the document for what it says that it is."""
    OpenAPIV30SpecValidator(DOCUMENT).validate()


def test_all_references_lead_somewhere() -> None:
    """Each names a schema that the document has, and no operation has the id of another."""
    names = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= names
    ids = [
        does["operationId"] for item in DOCUMENT["paths"].values() for at, does in item.items() if at != "parameters"
    ]
    assert len(ids) == len(set(ids)) == 6 * 8 + 1


def test_nothing_of_kubernetes_alone_is_left() -> None:
    """No extension, and no reference by a name of Kubernetes, is told."""
    text = json.dumps(DOCUMENT)
    assert "x-kubernetes" not in text
    for route in ROUTES:
        kept = {ref.kept for ref in route.refs}
        assert not kept & set(DOCUMENT["components"]["schemas"][f"{route.name}Spec"]["properties"])


def wrong(name: str, value: Any) -> list[str]:
    """Return what a schema of the document finds wrong with a value."""
    schema = {**DOCUMENT["components"]["schemas"][name], "components": DOCUMENT["components"]}
    return [error.message for error in OAS30Validator(schema).iter_errors(value)]


async def test_what_is_told_is_what_the_document_says(ask: Client, kubernetes: Kubernetes) -> None:
    """An answer of each kind is valid by its schema, and a body that makes it by that of a new one."""
    template = kubernetes.add("RackTemplate", "t", SPEC)
    body = {"name": "r", "templateUID": template, "row": "A"}
    assert not wrong("CreateRack", body)
    assert not wrong("Rack", (await ask("POST", "/racks", body)).json)
    assert not wrong("RackTemplate", (await ask("GET", f"/racktemplates/{template}")).json)
    assert not wrong("Deleted", (await ask("DELETE", f"/racktemplates/{template}")).json)
    assert not wrong("Error", (await ask("DELETE", f"/racktemplates/{template}")).json)
    assert wrong("CreateRack", {"name": "r"}) == ["'templateUID' is a required property"]
    assert wrong("CreateRackTemplate", {"name": "t", **SPEC, "chassisCount": 43}) == [
        "43 is greater than the maximum of 42"
    ]


async def test_the_docs_fetch_nothing(ask: Client) -> None:
    """The page shows every route, and has a policy by which a browser fetches nothing for it."""
    docs = await ask("GET", "/docs")
    html = docs.body.decode()
    assert docs.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not re.findall(r"<(script|link|img|iframe)|url\(|@import", html)
    assert set(re.findall(r'href="([^"]*)"', html)) == {"/openapi.json"}
    for path in DOCUMENT["paths"]:
        assert f"{path}</code>" in html
