"""JSON schemas for kubeconform, of all that an API server serves: its own kinds and those that are defined in it."""

import json
from pathlib import Path
from typing import Any

import httpx

LOCATION = "{{ .Group }}-{{ .ResourceAPIVersion }}-{{ .ResourceKind }}.json"
KINDS = "x-kubernetes-group-version-kind"
OPEN = "x-kubernetes-preserve-unknown-fields"

Schema = dict[str, Any]


def write(client: httpx.Client, folder: Path) -> str:
    """Write a file for each kind into a folder; return the place as kubeconform wants it."""
    # By the hash that the listing gives; when definitions have changed since, the API server leads to the newer ones.
    for path, place in client.get("/openapi/v3").raise_for_status().json()["paths"].items():
        served = client.get(place["serverRelativeURL"], follow_redirects=True).raise_for_status().json()
        definitions = served.get("components", {}).get("schemas", {})
        if definitions:
            _write_all(definitions, folder, path.replace("/", "-"))
    return str(folder / LOCATION)


def _write_all(definitions: dict[str, Schema], folder: Path, group: str) -> None:
    everything = folder / f"all-{group}.json"
    strict = {name: _strict(schema) for name, schema in definitions.items()}
    everything.write_text(json.dumps({"components": {"schemas": strict}}), encoding="utf-8")
    for name, schema in definitions.items():
        for kind in schema.get(KINDS, ()):
            # kubeconform takes the version for the group where a kind is of none, as in v1.
            file = f"{kind['group'] or kind['version']}-{kind['version']}-{kind['kind'].lower()}.json"
            reference = {"$ref": f"{everything.as_uri()}#/components/schemas/{name}"}
            if "metadata" in schema.get("properties", {}):  # not Status or DeleteOptions, which all groups have
                (folder / file).write_text(json.dumps(reference), encoding="utf-8")


def _strict(schema: Schema) -> Schema:
    """Return a schema that refuses fields it does not know, as the API server does with strict validation."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    strict = dict(schema)
    for within in ("properties", "additionalProperties", "items", "allOf", "anyOf", "oneOf"):
        if within in schema:
            strict[within] = _within(schema[within], named=within == "properties")
    if "properties" in schema and not schema.get(OPEN):
        strict.setdefault("additionalProperties", False)
    if isinstance(schema.get("type"), str) and schema.get("nullable"):
        strict["type"] = [schema["type"], "null"]
    return strict


def _within(inner: Any, *, named: bool) -> Any:
    if isinstance(inner, list):
        return [_strict(each) for each in inner]
    if named:
        return {name: _strict(each) for name, each in inner.items()}
    return _strict(inner) if isinstance(inner, dict) else inner
